"""attractor-report on what is broken, unfinished or not its own: one clear line, exit code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from attractor.errors import UserError
from attractor.report import cli, contracts
from attractor.report.collect import collect
from attractor.report.runs import find_runs
from fake_runs import read, write_small


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Two models × 2 seeds, few items: to spoil."""
    return write_small(tmp_path / "small")


def test_failed_and_unfinished_runs_are_named(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (small / "lstm-natural-1" / "manifest.json").unlink()
    (small / "lstm-natural-1" / "error.txt").write_text("Traceback\n…\nValueError: loss is NaN\n")
    (small / "srn-natural-1" / "manifest.json").unlink()
    (small / ".tmp-srn").mkdir()
    (small / "figures").mkdir()
    for _ in range(2):  # made, then only printed
        assert cli.main([str(small)]) == 1
        errors = capsys.readouterr().err.splitlines()
        assert errors == [
            "attractor-report: lstm-natural-1: ValueError: loss is NaN",
            "attractor-report: srn-natural-1: not finished: run the experiment again, it resumes",
        ]
    assert set(read(small, contracts.FLAGSHIP)["run_id"]) == {
        *("lstm-natural-0", "srn-natural-0", "baselines-natural")
    }


@pytest.mark.parametrize("keep", [0, 1000, -40, "line", "header"])
def test_a_truncated_table_is_one_clear_line(
    small: Path, keep: int | str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = small / "lstm-natural-1" / "predictions.csv"
    text = path.read_text()
    lines = text.splitlines(keepends=True)
    cut = {"line": "".join(lines[:-3]), "header": lines[0]}
    path.write_text(cut[keep] if isinstance(keep, str) else text[:keep])
    assert cli.main([str(small)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("attractor-report: ")
    assert "lstm-natural-1" in line
    assert "again" in line
    assert not (small / "results.csv").exists()


def test_other_bad_input_is_one_clear_line(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(folder: Path, *words: str) -> None:
        assert cli.main([str(folder)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert all(word in line for word in words), line

    (tmp_path / "empty").mkdir()
    fails(tmp_path / "absent", "absent", "no such folder")
    fails(tmp_path / "empty", "empty", "no finished run")
    (small / "srn-natural-0" / "history.csv").unlink()
    fails(small, "history.csv", "run again")
    manifest = json.loads((small / "srn-natural-0" / "manifest.json").read_text())
    for key in ("trained", "suites", "suite_config_ids"):
        del manifest[key]  # as the first release wrote it
    (small / "srn-natural-0" / "manifest.json").write_text(json.dumps(manifest))
    fails(small, "srn-natural-0", "no trained, suites, suite_config_ids", "delete the folder")
    (small / "srn-natural-0" / "manifest.json").write_text('{"run_id": "x"}')
    fails(small, "manifest.json", "config_id")
    (small / "srn-natural-0" / "manifest.json").write_text("{")
    fails(small, "manifest.json", "JSON")
    shutil.rmtree(small / "srn-natural-0")
    shutil.copytree(small / "lstm-natural-0", small / "twin")
    fails(small, "lstm-natural-0", "delete one")


def test_collect_names_a_foreign_table(small: Path) -> None:
    wrong = small / "lstm-natural-0" / "predictions.csv"
    shutil.copy(small / "srn-natural-0" / "predictions.csv", wrong)
    with pytest.raises(UserError, match=r"lstm-natural-0/predictions\.csv: names srn"):
        collect(find_runs(small))
