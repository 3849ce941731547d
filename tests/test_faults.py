"""A bad disk, a cut cache, two launchers at once: nothing wrong is published, nothing is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from attractor.files import sha256
from jobs import TINY_FLAGSHIP


def start(root: Path) -> subprocess.Popen[str]:
    """Start a sweep of two small jobs into root/outputs."""
    return subprocess.Popen(
        [
            Path(sys.executable).with_name("attractor"), "-m", *TINY_FLAGSHIP,
            "model=srn,lstm", "name=trial",
        ],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def sweep(root: Path) -> tuple[int, str, list[str]]:
    """Run the sweep: its exit code, what it printed, and its complaints."""
    process = start(root)
    said, complained = process.communicate(timeout=300)
    return process.returncode, said, complained.splitlines()


def results(root: Path) -> bytes:
    return (root / "outputs" / "trial" / "results.csv").read_bytes()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished sweep, not to be changed."""
    root = tmp_path_factory.mktemp("finished")
    code, _, complained = sweep(root)
    assert (code, complained) == (0, [])
    return root


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    shutil.copytree(finished / "outputs", tmp_path / "outputs")
    return tmp_path


def flip(path: Path) -> None:
    """Flip a bit in the middle of a file, and keep its size and times."""
    content, times = bytearray(path.read_bytes()), path.stat()
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.slow
@pytest.mark.parametrize("trained", ["yes", "no"])
def test_a_flipped_byte_of_a_cached_dataset_is_named_and_mended(copied: Path, trained: str) -> None:
    before = results(copied)
    [items] = copied.glob("outputs/artifacts/text-*/items.csv")
    checksum = sha256(items)
    flip(items)
    if trained == "no":  # else all is done, and the dataset is only looked at
        shutil.rmtree(copied / "outputs" / "trial")
        for folder in copied.glob("outputs/artifacts/[!t.]*"):
            shutil.rmtree(folder)
        for folder in copied.glob("outputs/artifacts/train-*"):
            shutil.rmtree(folder)
    code, said, complained = sweep(copied)
    assert (code, complained) == (0, [])
    fault = "altered since it was written (its checksum is another); building it again"
    assert f"{items.relative_to(copied)}: {fault}" in said.splitlines()
    assert sha256(items) == checksum
    assert results(copied) == before
    assert "building it again" not in sweep(copied)[1]  # it is whole now


@pytest.mark.slow
def test_an_altered_run_is_made_again_from_altered_predictions_and_weights(copied: Path) -> None:
    before = results(copied)
    [run] = copied.glob("outputs/trial/lstm-*")
    flip(run / "predictions.csv")
    cached = [*copied.glob("outputs/artifacts/evaluate-*/predictions.csv")]
    cached += copied.glob("outputs/artifacts/train-*/best.safetensors")
    assert len(cached) == 4
    for path in cached:
        flip(path)
    code, said, complained = sweep(copied)
    assert (code, complained) == (0, [])
    assert "1 of 2 jobs were done before" in said
    mended = [line for line in said.splitlines() if line.endswith("; building it again")]
    assert sorted(line.split("/")[2].split("-")[0] for line in mended) == ["evaluate", "train"]
    assert results(copied) == before


@pytest.mark.slow
def test_two_launchers_at_once_build_once_and_publish_the_same(
    finished: Path, tmp_path: Path
) -> None:
    both = [start(tmp_path), start(tmp_path)]
    told = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert results(tmp_path) == results(finished)
    assert len(list(tmp_path.glob("outputs/artifacts/text-*"))) == 1
    trained = [line for said, _ in told for line in said.splitlines() if "of training" in line]
    assert len(trained) == 4  # each launcher's two jobs; of training done once:
    assert len(set(trained)) == 2
    assert list(tmp_path.glob("outputs/trial/.running/*")) == []


@pytest.mark.slow
def test_a_full_and_a_read_only_disk_lose_nothing(finished: Path, small_disk: Path) -> None:
    code, _, complained = sweep(small_disk)
    assert code != 0
    assert any("No space left on device" in line for line in complained)
    assert not any("Traceback" in line for line in complained)
    built = {path.name for path in small_disk.glob("outputs/artifacts/[!.]*")}
    assert built
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    code, _, complained = sweep(small_disk)
    assert code == 2
    [line] = complained
    assert "Read-only file system" in line
    assert "choose another folder with output_dir=FOLDER" in line
    subprocess.run(["mount", "-o", "remount,rw,size=200m", str(small_disk)], check=True)
    code, _, complained = sweep(small_disk)  # the same command goes on
    assert (code, complained) == (0, [])
    assert results(small_disk) == results(finished)
    assert built <= {path.name for path in small_disk.glob("outputs/artifacts/[!.]*")}
