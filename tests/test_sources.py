"""Data that a suite's `path` leads to: known by content, wherever they lie."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from attractor.artifacts import Stage
from attractor.errors import UserError
from attractor.plan import VERSIONS
from attractor.sources import files_of, fingerprint, locate, read_lines, stream_lines
from jobs import tiny_job

CLAMS = Path(__file__).parent / "fixtures" / "clams"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CLAMS, tmp_path / "clams"))


def keys(output_dir: Path, folder: Path | str, *more: str) -> dict[str, str]:
    """The keys of the suites' stages, and the run's id."""
    job = tiny_job(output_dir, "suite=[probes,clams]", f"suite.clams.path={folder}", *more)
    return {name: stage.key for name, stage in job.stages.suites.items()} | {"run": job.run_id}


def test_a_run_is_known_by_its_data_and_not_by_where_they_lie(tmp_path: Path, copy: Path) -> None:
    before = keys(tmp_path, copy)
    assert keys(tmp_path, CLAMS) == before
    moved = Path(shutil.move(copy, tmp_path / "moved"))
    (moved / ".DS_Store").write_bytes(b"x")
    assert keys(tmp_path, moved) == before
    assert keys(tmp_path, moved, "suite.clams.citation=mine", "suite.clams.licence=none") == before
    assert keys(tmp_path, moved, "suite.clams.version=99") != before
    (moved / "subj_rel.txt").rename(moved / "another.txt")
    renamed = keys(tmp_path, moved)
    (moved / "another.txt").rename(moved / "subj_rel.txt")
    assert keys(tmp_path, moved) == before
    with (moved / "prep_anim.txt").open("a", encoding="utf-8") as file:
        file.write("\n")
    edited = keys(tmp_path, moved)
    for after in (renamed, edited):
        assert after["clams"] != before["clams"]
        assert after["run"] != before["run"]
        assert after["probes"] == before["probes"]


def test_a_suite_without_a_path_keeps_its_key(tmp_path: Path) -> None:
    job = tiny_job(tmp_path)
    for name, stage in job.stages.suites.items():
        parts = {"version": VERSIONS["suite"], "text": job.stages.text.key}
        assert stage == Stage("suite", {**parts, "suite": job.config.suite[name]})


@pytest.mark.parametrize("wrong", ["", "nowhere"])
def test_a_path_that_leads_nowhere_is_told_before_anything_is_built(
    tmp_path: Path, wrong: str
) -> None:
    with pytest.raises(UserError) as here:
        locate("suite.clams", wrong)
    with pytest.raises(UserError) as planned:
        keys(tmp_path, wrong)
    assert str(planned.value) == str(here.value)
    assert str(here.value).startswith(f"suite.clams.path={wrong or '... is needed: give'}")


def test_a_file_alone_is_known_by_its_content_not_its_name(copy: Path) -> None:
    found = fingerprint("suite.x", copy / "prep_anim.txt")
    assert fingerprint("suite.x", (copy / "prep_anim.txt").rename(copy / "mine")) == found
    assert fingerprint("suite.x", copy / "subj_rel.txt") != found


def test_lines_are_those_of_the_file_with_or_without_a_last_line_end(tmp_path: Path) -> None:
    for text in ("one\n\ntwo\x0bthree\u2028", "one\n\ntwo\x0bthree\u2028\n"):
        (tmp_path / "file").write_text(text, encoding="utf-8")
        assert read_lines(tmp_path / "file") == ["one", "", "two\x0bthree\u2028"]
    with pytest.raises(UserError, match=r"cannot be read \(Is a directory\)"):
        read_lines(tmp_path)


def test_windows_line_ends_will_do_where_they_may(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"one\r\ntwo\r\n\r\nthree")
    assert list(stream_lines(file, windows=True)) == ["one", "two", "", "three"]
    with pytest.raises(UserError, match=r"a\.txt line 1: a Windows line end"):
        read_lines(file)
    file.write_bytes(b"one\rtwo\r\n")  # a stray one is a fault in either
    with pytest.raises(UserError, match=r"a\.txt line 1: a Windows line end"):
        list(stream_lines(file, windows=True))


def test_a_name_with_brackets_is_a_name(tmp_path: Path) -> None:
    file = tmp_path / "a[1].txt"
    file.write_text("one\n", encoding="utf-8")
    assert files_of("data.files", [str(file)]) == [file]
