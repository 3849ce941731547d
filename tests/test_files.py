"""Files and folders are put in place whole, and known again."""

from __future__ import annotations

import errno
import multiprocessing
import os
import platform
from pathlib import Path

import pytest

from attractor.errors import UserError
from attractor.files import (
    clear_leftovers,
    describe_write_error,
    explain_write_errors,
    fault_of,
    locked,
    noted,
    publish,
    published,
    put_copy,
    replacing,
)


def test_publish_replaces_what_stands_there(tmp_path: Path) -> None:
    old, new = tmp_path / "run", tmp_path / "new"
    for folder, text in ((old, "old"), (new, "new")):
        folder.mkdir()
        (folder / text).write_text(text)
    publish(new, old)
    assert {path.name for path in tmp_path.iterdir()} == {"run"}
    assert [path.name for path in old.iterdir()] == ["new"]


def test_publish_tells_a_refusal_that_is_not_about_what_stands_there(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    with pytest.raises(FileNotFoundError):
        publish(folder, tmp_path / "absent" / "run")
    assert folder.exists()


def test_put_copy_writes_once_and_never_in_place(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_text("one")
    put_copy(source, target)
    assert target.read_text() == "one"
    first = target.stat()
    put_copy(source, target)
    assert target.stat().st_ino == first.st_ino  # the same stands there already
    with target.open() as reader:
        source.write_text("two")
        put_copy(source, target)
        assert reader.read() == "one"  # who reads the old file goes on reading it
    assert target.read_text() == "two"
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}


def test_put_copy_sees_a_change_of_equal_length(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_text("one")
    put_copy(source, target)
    target.write_text("two")
    os.utime(target, ns=(source.stat().st_atime_ns, source.stat().st_mtime_ns))
    put_copy(source, target)
    assert target.read_text() == "one"


def test_a_refusal_to_write_names_file_reason_and_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(UserError, match=r"below: cannot be written \(Not a directory\)") as told,
        explain_write_errors(tmp_path),
    ):
        (tmp_path / "file" / "below").mkdir()
    assert "output_dir=FOLDER" in str(told.value)
    full = OSError(28, "No space left on device")
    assert describe_write_error(full, Path("out")).startswith("out: cannot be written (No space")


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")

    def fill(file: Path) -> None:
        file.write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError), replacing(path) as temporary:
        fill(temporary)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_while_filling_publishes_nothing(tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        (folder / "a.csv").write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError), published(tmp_path / "run") as temporary:
        fill(temporary)
    assert list(tmp_path.iterdir()) == []


def test_what_killed_processes_left_of_a_folder_is_cleared_and_nothing_of_others(
    tmp_path: Path,
) -> None:
    here = platform.node()
    of_others = {f".new-{here}-rune-1", ".new-elsewhere-run-1", "run", "new-run-1"}
    for name in (f".new-{here}-run-1", f".replaced-{here}-run-2", *of_others):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.csv").write_text("half")
    clear_leftovers(tmp_path / "run")
    assert {path.name for path in tmp_path.iterdir()} == of_others


def test_a_folder_is_known_again_by_its_files(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("one")
    (tmp_path / "below").mkdir()
    facts = noted(tmp_path)
    assert facts["files"] == {"a.csv": 3}
    assert fault_of(tmp_path, facts) == ""
    assert fault_of(tmp_path, {}) == ""  # nothing was noted of it
    for content, fault in (
        ("two", "altered since it was written (its checksum is another)"),
        ("three", "5 bytes where 3 were written"),
    ):
        (tmp_path / "a.csv").write_text(content)
        assert fault_of(tmp_path, facts) == f"{tmp_path / 'a.csv'}: {fault}"
    (tmp_path / "a.csv").unlink()
    expected = f"{tmp_path / 'a.csv'}: cannot be read (No such file or directory)"
    assert fault_of(tmp_path, facts) == expected


def republish(root: Path, name: str) -> None:
    for round_ in range(50):
        with published(root / "run") as temporary:
            (temporary / "a.csv").write_text(f"{name} {round_}")


def test_publishers_of_one_folder_do_not_trip_over_one_another(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    workers = [context.Process(target=republish, args=(tmp_path, f"w{n}")) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert (tmp_path / "run" / "a.csv").read_text().endswith(" 49")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_lock_is_for_one_at_a_time(tmp_path: Path) -> None:
    with locked(tmp_path / "lock") as held, locked(tmp_path / "lock", wait=False) as again:
        assert held
        assert not again
    with locked(tmp_path / "lock", wait=False) as free:
        assert free


def test_a_full_disk_leaves_the_old_file_and_no_half_of_a_new_one(small_disk: Path) -> None:
    path = small_disk / "a.csv"
    path.write_text("old")
    with (
        pytest.raises(UserError, match=r"No space left on device.*output_dir=FOLDER"),
        explain_write_errors(small_disk),
        replacing(path) as temporary,
    ):
        temporary.write_bytes(b"x" * 3_000_000)
    with pytest.raises(OSError, match="No space left") as error, published(small_disk / "r") as new:
        (new / "a.csv").write_bytes(b"x" * 3_000_000)
    assert error.value.errno == errno.ENOSPC
    assert path.read_text() == "old"
    assert list(small_disk.iterdir()) == [path]
