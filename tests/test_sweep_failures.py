"""A sweep whose jobs fail in many ways: the sound ones finish, and each failure is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import TINY

# By what tells the job from others, a part of the line that names it.
FAILURES = {
    "train.learning_rate=1e+38": "lower train.learning_rate=1e+38 by a factor of ten",
    "train.batch_size=0": "train.batch_size=0: give a whole number of at least 1",
    "seed=7 train.device=cuda": "torch finds no such device; give train.device=cpu",
    "model.hidden_size=0": "hidden_size",
    "+model.colour=red": "takes",
    "model=srn diagnostic=[gates]": "suites: this job has no suite probes; add it",
    "suite=[clams] suite.clams.path=absent": "suite.clams.path=absent: there is no such file",
    "data.split=structural data.held_out=[Nonsense]": "Nonsense",
    "suite.flagship._target_=nowhere.draw": "_target_=nowhere.draw: cannot be imported",
    "suite.flagship._target_=failing.raises": "RuntimeError: half the items are missing (traceback",
    "suite.flagship._target_=failing.unpicklable": "UnpicklableError: it holds a function",
    "suite.flagship._target_=failing.exits": "SystemExit: 3 (traceback",
    "suite.flagship._target_=failing.needs_too_much": "out of memory; give the job more",
    "suite.flagship._target_=failing.recurses": "RecursionError",
    "suite.flagship._target_=failing.returns_nothing": "TypeError",
    "suite.flagship._target_=failing.is_killed": "killed three times while it ran, the last time",
}
SOUND = ["model=srn", "model=lstm", "model=gru"]


def _named(job: str) -> str:
    """What tells the job from others: one of them chooses another suite than the rest."""
    return job if job.startswith("suite=") else f"suite=[flagship] {job}"


def _grid(choices: str) -> str:
    pairs = (choice.split("=", 1) for choice in choices.split(" "))
    return "{" + ", ".join(f"{key}: '{value}'" for key, value in pairs) + "}"


@pytest.mark.slow
def test_each_failure_is_named_with_its_remedy_and_the_others_finish(tmp_path: Path) -> None:
    program = Path(sys.executable)
    tiny = [one for one in TINY if not one.startswith("suite.")]  # not every job has that suite
    grids = ",".join(map(_grid, [*SOUND, *FAILURES]))
    command = [
        program.with_name("attractor"), "-m", *tiny, "name=trial", f"hydra.sweeper.grids=[{grids}]",
        "+hydra.sweeper.params.suite='[flagship]'",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 1
    errors = done.stderr.splitlines()
    for job, part in FAILURES.items():
        told = [line for line in errors if line.startswith(f"attractor: {_named(job)}: ")]
        assert len(told) == 1, (job, "\n".join(errors))
        assert part in told[0]
    summary = [line for line in errors if line.startswith("attractor: ")][-1]
    assert summary == f"attractor: {len(SOUND)} of {len(SOUND) + len(FAILURES)} jobs are done"
    assert not [line for line in errors if "Traceback" in line]
    finished = {
        path.parent.name.split("-")[0] for path in tmp_path.glob("outputs/trial/*/history.csv")
    }
    assert finished == {"srn", "lstm", "gru"}
    status = subprocess.run(
        [program.with_name("attractor-report"), "--status", "outputs/trial"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert status.returncode == 1
    first, *lines = status.stdout.splitlines()
    counts = f"{len(SOUND)} done, 0 running, {len(FAILURES)} failed, 0 stale, 0 missing"
    assert first == f"outputs/trial: {len(SOUND) + len(FAILURES)} jobs: {counts}"
    for job, part in FAILURES.items():
        [line] = [
            line for line in lines if f"({_named(job)}):" in line or f"  {_named(job)}:" in line
        ]
        assert part in line
    assert lines[-1].startswith("  attractor -m ")
