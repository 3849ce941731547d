"""SIGKILL at random moments of a sweep, which is started again each time: the results are the same.

`make soak KILLS=30` does by hand, longer, what the suite does a few times.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from jobs import TINY_FLAGSHIP

KILLS = int(os.environ.get("ATTRACTOR_KILLS", "5"))
SEED = int(os.environ.get("ATTRACTOR_SEED", "0"))
N_JOBS = 4


def sweep(folder: Path) -> subprocess.Popen[bytes]:
    """Start a sweep of N_JOBS small jobs on two workers, all in a process group of their own."""
    folder.mkdir(exist_ok=True)
    with (folder / "said.txt").open("w") as said:
        return subprocess.Popen(
            [
                Path(sys.executable).with_name("attractor"), "-m", *TINY_FLAGSHIP,
                "model=srn,lstm", "seed=0,1", "train.max_epochs=8", "train.patience=8",
                "name=trial", f"output_dir={folder}", "hydra.launcher.n_jobs=2",
            ],
            stdout=said,
            stderr=said,
            start_new_session=True,
        )  # fmt: skip


def workers(launcher: int) -> list[int]:
    """The processes of a launcher that run jobs."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            runs_jobs = "loky.backend.popen_loky_posix" in (folder / "cmdline").read_text()
        except OSError:  # it ended just now
            continue
        if parent == launcher and runs_jobs:
            found.append(int(folder.name))
    return found


def kill(process: subprocess.Popen[bytes], rng: random.Random) -> str:
    """Kill all processes of a sweep, or its launcher alone, or one of its workers; says which."""
    under_way = workers(process.pid)
    whom = rng.choice(["all", "launcher", *["a worker"] * bool(under_way)])
    if whom == "all":
        os.killpg(process.pid, signal.SIGKILL)
    elif whom == "launcher":
        process.kill()
    else:
        os.kill(rng.choice(under_way), signal.SIGKILL)
    return whom


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, float]:
    """The results of the sweep, and how many seconds it takes."""
    folder, started = tmp_path_factory.mktemp("undisturbed"), time.monotonic()
    assert sweep(folder).wait(timeout=300) == 0, (folder / "said.txt").read_text()
    return (folder / "trial" / "results.csv").read_bytes(), time.monotonic() - started


def killed_sweeps(root: Path, seconds: float, rng: random.Random) -> Iterator[tuple[Path, str]]:
    """Sweeps that were killed, KILLS times in all, and started again until they finished.

    Yields each's folder, and what was done to it.
    """
    left = KILLS
    for number in count():
        if not left:
            return
        folder = root / f"sweep-{number}"
        story = []
        while True:
            process = sweep(folder)
            wait = rng.uniform(0.1, 0.9) * seconds
            try:
                code = process.wait(timeout=wait if left else 300)
            except subprocess.TimeoutExpired:
                story.append(f"{kill(process, rng)} after {wait:.1f} s")
                left -= 1
                code = process.wait(timeout=300)
            if code != -signal.SIGKILL:
                assert code == 0, f"{story}: exit {code}: {(folder / 'said.txt').read_text()}"
                break
        yield folder, ", ".join(story) or "not killed"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds workers in /proc")
def test_kills_at_random_moments_change_no_result(
    undisturbed: tuple[bytes, float], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results, seconds = undisturbed
    rng = random.Random(SEED)
    for folder, story in killed_sweeps(tmp_path, seconds, rng):
        with capsys.disabled():
            print(f"\n{folder.name}: {story}", end="", flush=True)
        assert (folder / "trial" / "results.csv").read_bytes() == results, story
        assert len(list((folder / "trial").glob("*-natural-s?-*/predictions.csv"))) == N_JOBS
        # What was killed leaves nothing behind once its job is done.
        left = {path.name for path in (folder / "trial").glob(".running/*")}
        assert left == set(), story
        for kind in (".new-*", ".partial-*"):
            assert [path.name for path in folder.rglob(kind)] == [], story
