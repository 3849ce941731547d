"""attractor-report on what is no experiment, or has no sound run left: one line, exit code 2."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from attractor.errors import UserError
from attractor.report import cli, contracts
from attractor.report.collect import collect
from attractor.report.runs import find_runs
from fake_runs import as_published, read, write_small


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Two models × 2 seeds, few items: to spoil."""
    return as_published(write_small(tmp_path / "small"))


def refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of a report that cannot be made."""
    assert cli.main([str(folder)]) == 2
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert line.startswith("attractor-report: ")
    assert out == ""
    return line


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


def test_no_runs_are_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert "absent: no such folder; run an exp" in refused(tmp_path / "absent", capsys)
    assert "empty: no finished run; run the exp" in refused(tmp_path / "empty", capsys)


@pytest.mark.parametrize("seen", ["at sight", "by checksum", "by reading"])
def test_nothing_left_is_one_clear_line(
    small: Path, seen: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in small.glob("*/predictions.csv"):
        text = path.read_text()
        path.write_text(text[:-40] if seen == "at sight" else text.replace(",0.", ",1.", 1))
        if seen == "by reading":
            path.write_text(text.splitlines(keepends=True)[0])
            as_published(small)
    line = refused(small, capsys)
    assert f"{small}: no finished run; baselines-natural: predictions.csv" in line
    assert line.endswith("; and 4 more; run the experiment (again)")
    assert sorted(p.name for p in small.iterdir() if not p.is_dir()) == []


def test_a_release_that_noted_less_is_named(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in small.glob("*/manifest.json"):
        manifest = json.loads(path.read_text())
        for key in ("trained", "suites", "suite_config_ids"):
            del manifest[key]
        path.write_text(json.dumps(manifest))
    line = refused(small, capsys)
    assert "baselines-natural: manifest.json has no trained, suites, suite_config_ids" in line
    assert "delete the folder and run again" in line


def test_collect_leaves_out_a_foreign_table(small: Path) -> None:
    wrong = small / "lstm-natural-0" / "predictions.csv"
    shutil.copy(small / "srn-natural-0" / "predictions.csv", wrong)
    found = find_runs(as_published(small))
    assert len(found.finished) == 5
    collected = collect(found)
    assert len(collected.runs) == 4
    assert collected.failed == found.failed
    assert found.failed["lstm-natural-0"].startswith("predictions.csv names srn")


def test_a_folder_that_cannot_be_written_is_one_clear_line(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (small / "results.csv").mkdir()  # where a table should go
    assert "make the folder readable and writable" in refused(small, capsys)


def test_only_broken_runs_left_raise_in_collect(small: Path) -> None:
    for path in small.glob("*/history.csv"):
        path.write_text(path.read_text().replace("1", "2", 1))
    shutil.rmtree(small / "baselines-natural")
    with pytest.raises(UserError, match=r"no finished run; lstm-natural-0: history\.csv was edit"):
        collect(find_runs(small))
