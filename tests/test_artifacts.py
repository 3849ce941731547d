"""A stage's output is there as a whole or not at all, whoever builds it, kills it or shares it."""

from __future__ import annotations

import errno
import hashlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from attractor.artifacts import ArtifactStore, Stage, digest
from attractor.files import locked, sha256

STAGE = Stage("text", {"version": 1, "data": {"seed": 0, "size": 10}})


def build(folder: Path) -> None:
    (folder / "items.csv").write_text("a,b\n", encoding="utf-8")


def visible(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()} - {".locks"}


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


def test_key_does_not_depend_on_the_order_of_keys() -> None:
    moved = Stage("text", {"data": {"size": 10, "seed": 0}, "version": 1})
    assert moved.key == STAGE.key
    assert len(STAGE.key) == 16


@pytest.mark.parametrize(
    "other",
    [
        Stage("train", STAGE.parts),
        Stage("text", {**STAGE.parts, "version": 2}),
        Stage("text", {**STAGE.parts, "data": {"seed": 1, "size": 10}}),
        Stage("text", {**STAGE.parts, "data": {"seed": 0, "size": 10, "regime": "x"}}),
        Stage("text", {**STAGE.parts, "data": {"seed": "0", "size": 10}}),
        Stage("text", {**STAGE.parts, "input": "abc"}),
        Stage("text", {"version": 1}),
    ],
)
def test_key_depends_on_every_part(other: Stage) -> None:
    assert other.key != STAGE.key


def test_order_of_a_list_counts_and_nan_is_refused() -> None:
    assert digest({"a": [1, 2]}) != digest({"a": [2, 1]})
    with pytest.raises(ValueError, match="JSON"):
        digest({"a": float("nan")})


def test_build_once_then_find(store: ArtifactStore) -> None:
    calls: list[Path] = []

    def counted(folder: Path) -> None:
        calls.append(folder)
        build(folder)

    assert not store.has(STAGE)
    first, second = store.get(STAGE, counted), store.get(STAGE, counted)
    assert first == second == store.path(STAGE)
    assert len(calls) == 1
    assert calls[0] != first  # built beside its place
    assert (first / "items.csv").read_text() == "a,b\n"
    done = json.loads((first / "stage.json").read_text())
    checksum = hashlib.sha256(b"a,b\n").hexdigest()
    assert done == {**STAGE.parts, "files": {"items.csv": 4}, "sha256": {"items.csv": checksum}}
    assert visible(store.root) == {first.name}


@pytest.mark.parametrize("name", ["items.csv", "stage.json"])
@pytest.mark.parametrize("size", [0, 2, None])
def test_an_output_that_was_cut_short_since_is_built_again(
    tmp_path: Path, name: str, size: int | None
) -> None:
    said: list[str] = []
    store = ArtifactStore(tmp_path / "artifacts", said.append)
    path = store.get(STAGE, build)
    if size is None:
        (path / name).unlink()
    else:
        os.truncate(path / name, size)
    assert not store.has(STAGE)
    assert said == []
    assert (store.get(STAGE, build) / "items.csv").read_text() == "a,b\n"
    assert store.has(STAGE)
    assert visible(store.root) == {path.name}
    [line] = said
    assert line.startswith(f"{path / name}: ")
    assert line.endswith("; building it again")


def flip(path: Path, position: int) -> None:
    """Flip the lowest bit of one byte, in place, and keep the file's times."""
    content, times = bytearray(path.read_bytes()), path.stat()
    content[position] ^= 1
    path.write_bytes(bytes(content))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_a_flipped_byte_is_named_and_built_again(tmp_path: Path) -> None:
    path = ArtifactStore(tmp_path / "artifacts").get(STAGE, build)
    before = sha256(path / "items.csv")
    flip(path / "items.csv", 2)
    said: list[str] = []
    store = ArtifactStore(tmp_path / "artifacts", said.append)  # another process
    assert not store.has(STAGE)
    assert sha256(store.get(STAGE, build) / "items.csv") == before
    fault = "altered since it was written (its checksum is another)"
    assert said == [f"{path / 'items.csv'}: {fault}; building it again"]
    assert store.has(STAGE)


def test_a_byte_flipped_anywhere_in_stage_json_is_never_trusted(tmp_path: Path) -> None:
    root = tmp_path / "artifacts"
    path = ArtifactStore(root).get(STAGE, build)
    whole = (path / "stage.json").read_bytes()
    for position in range(len(whole)):
        flip(path / "stage.json", position)
        changed = (path / "stage.json").read_bytes()
        assert not ArtifactStore(root).has(STAGE) or json.loads(changed) == json.loads(whole)
        (path / "stage.json").write_bytes(whole)
    assert ArtifactStore(root).has(STAGE)


def test_files_are_read_again_only_if_they_changed(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = store.get(STAGE, build)
    assert store.has(STAGE)
    read: list[Path] = []
    monkeypatch.setattr("attractor.files.sha256", lambda file: read.append(file) or sha256(file))
    assert store.has(STAGE)
    assert read == []
    os.utime(path / "items.csv", ns=(1, 1))
    assert store.has(STAGE)
    assert read == [path / "items.csv"]


def test_an_output_of_a_version_that_noted_no_sizes_still_counts(store: ArtifactStore) -> None:
    path = store.get(STAGE, build)
    (path / "stage.json").write_text(json.dumps(STAGE.parts))
    assert store.has(STAGE)


def test_nothing_is_seen_at_its_place_before_it_is_whole(store: ArtifactStore) -> None:
    def watched(folder: Path) -> None:
        build(folder)
        assert not store.path(STAGE).exists()

    store.get(STAGE, watched)
    assert store.has(STAGE)


def test_a_build_that_raises_leaves_nothing(store: ArtifactStore) -> None:
    def broken(folder: Path) -> None:
        build(folder)
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        store.get(STAGE, broken)
    assert not store.has(STAGE)
    assert visible(store.root) == set()
    store.get(STAGE, build)  # the lock is free again
    assert store.has(STAGE)


def test_scratch_outlives_a_failed_build_and_goes_with_a_finished_one(
    store: ArtifactStore,
) -> None:
    def checkpointed(folder: Path) -> None:
        store.scratch(STAGE).mkdir()
        (store.scratch(STAGE) / "state").write_text("1")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.get(STAGE, checkpointed)
    assert (store.scratch(STAGE) / "state").read_text() == "1"
    store.get(STAGE, build)
    assert not store.scratch(STAGE).exists()


def slowly(root: Path, log: Path) -> None:
    """Ask for the stage in a process of its own; a line in `log` for each build."""

    def logged(folder: Path) -> None:
        with log.open("a") as file:
            file.write(f"{os.getpid()}\n")
        time.sleep(0.5)
        build(folder)

    path = ArtifactStore(root).get(STAGE, logged)
    assert (path / "items.csv").read_text() == "a,b\n"


@pytest.mark.slow
def test_32_processes_that_ask_at_once_build_once(tmp_path: Path) -> None:
    context, log = multiprocessing.get_context("forkserver"), tmp_path / "log"
    workers = [context.Process(target=slowly, args=(tmp_path / "a", log)) for _ in range(32)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0] * 32  # each read it whole
    assert len(log.read_text().splitlines()) == 1


def test_without_locks_the_second_to_finish_throws_its_copy_away(store: ArtifactStore) -> None:
    """On a file system without locks a reader of the first copy must not lose it."""

    def overtaken(folder: Path) -> None:
        build(folder)
        ArtifactStore(store.root)._build(STAGE, build, False)  # another machine was faster

    store._build(STAGE, overtaken, False)
    assert visible(store.root) == {store.path(STAGE).name}
    first = store.path(STAGE).stat().st_ino
    store._build(STAGE, build, False)
    assert store.path(STAGE).stat().st_ino == first


def test_a_file_system_without_locks_is_no_hindrance(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refused)
    assert (store.get(STAGE, build) / "items.csv").read_text() == "a,b\n"
    with locked(store.root / "lock") as held:
        assert not held


KILLED = """
import sys, time
from pathlib import Path
from attractor.artifacts import ArtifactStore, Stage

def build(folder):
    (folder / "items.csv").write_text("half")
    print("building", flush=True)
    time.sleep(60)

ArtifactStore(Path(sys.argv[1])).get(Stage("text", {"version": 1}), build)
"""


def test_a_killed_build_publishes_nothing_and_the_next_one_builds(tmp_path: Path) -> None:
    root, stage = tmp_path / "artifacts", Stage("text", {"version": 1})
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(root)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "building\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    store = ArtifactStore(root)
    assert not store.has(stage)
    assert not store.path(stage).exists()
    assert len(visible(root)) == 1  # the dead builder's folder
    path = store.get(stage, build)  # its lock does not stand in the way
    assert (path / "items.csv").read_text() == "a,b\n"
    assert visible(root) == {path.name}


def test_a_digest_is_that_of_the_sorted_json() -> None:
    """Caches outlive an update: what changes digests rebuilds everything that people have."""
    text = b'{"a":{"x":true},"b":[1,2.5,null]}'
    expected = hashlib.sha256(text).hexdigest()[:16]
    assert digest({"b": [1, 2.5, None], "a": {"x": True}}) == expected == "e4f1f0315dfff37b"
