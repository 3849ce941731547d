"""`attractor --help` names every choice, in lines that fit a terminal."""

from __future__ import annotations

import pytest

from attractor import cli
from attractor.resources import CONF


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_choice(
    flag: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["attractor", "model=lstm", flag])
    cli.main()
    said = capsys.readouterr().out
    choices = [path for path in CONF.glob("*/*.yaml") if path.parent.name != "hydra"]
    assert len(choices) > 30
    words = said.replace(",", " ").split()
    assert not [p.stem for p in choices if not {p.stem, p.parent.name} <= set(words)]
    assert max(map(len, said.splitlines())) <= 100
