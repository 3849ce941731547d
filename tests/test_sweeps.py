"""Sweeps: what is shared comes first, what is done is not launched, no job is lost with another."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path

import pytest

from attractor import job_marks, sweeps
from attractor.errors import UserError
from attractor.sweeps import Job, carry_out
from jobs import tiny_job


class Launcher:
    """Stands in for a launcher: finishes jobs, fails some, and dies with others.

    fails: by seed, the line that a job returns. dies: seeds whose jobs take the launcher with them,
    always, or (a number) so many times; who runs beside them is killed too.
    """

    def __init__(self, jobs: Sequence[Job], n_workers: int = 2) -> None:
        self.jobs = {job.overrides: job for job in jobs}
        self.n_workers = n_workers
        self.done: set[str] = set()
        self.fails: dict[int, str] = {}
        self.dies: dict[int, int] = {}
        self.launches: list[list[tuple[str, ...]]] = []

    def __call__(self, overrides: Sequence[Sequence[str]]) -> list[str | None]:
        self.launches.append([tuple(one) for one in overrides])
        lines: list[str | None] = []
        for start in range(0, len(overrides), self.n_workers):
            under_way = [tuple(one) for one in overrides[start : start + self.n_workers]]
            known = [self.jobs[one] for one in under_way if one in self.jobs]
            if any(self._dies(job.plan.config.seed) for job in known):
                for job in known:
                    mark = job_marks._mark(job.plan)
                    mark.parent.mkdir(parents=True, exist_ok=True)
                    mark.write_text("{}")
                raise RuntimeError("a worker was lost")
            for one in under_way:
                lines.append(self._run(self.jobs.get(one)))
        return lines

    def _dies(self, seed: int) -> bool:
        left = self.dies.get(seed, 0)
        self.dies[seed] = left - 1
        return left > 0

    def _run(self, job: Job | None) -> str | None:
        if job is None:
            return None
        if line := self.fails.get(job.plan.config.seed):
            return job_marks.keep_error(job.plan, UserError(line))
        self.done.add(job.run_id)
        return None


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    return [Job((f"seed={n}",), tiny_job(tmp_path, f"seed={n}")) for n in range(6)]


@pytest.fixture
def launcher(jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> Launcher:
    made = Launcher(jobs)
    monkeypatch.setattr(sweeps, "_done", lambda jobs: [j for j in jobs if j.run_id in made.done])
    return made


def whole(launch: Sequence[tuple[str, ...]]) -> list[str]:
    """The seeds of a launch's whole jobs."""
    return [one[0] for one in launch if len(one) == 1]


def test_what_jobs_share_is_built_first_and_once(jobs: list[Job], launcher: Launcher) -> None:
    assert carry_out(jobs, launcher, print) == {}
    items, rest = launcher.launches
    assert items == [("seed=0", "stages=[generate]")]
    assert rest == [("seed=0", "stages=[baselines]"), *(job.overrides for job in jobs)]
    assert launcher.done == {job.run_id for job in jobs}


def test_jobs_that_share_nothing_wait_for_nothing(tmp_path: Path, launcher: Launcher) -> None:
    own = ["data.seed=${seed}", "stages=[generate,train,evaluate]"]
    apart = [Job((f"seed={n}",), tiny_job(tmp_path, f"seed={n}", *own)) for n in range(3)]
    launcher.jobs = {job.overrides: job for job in apart}
    assert carry_out(apart, launcher, print) == {}
    assert launcher.launches == [[job.overrides for job in apart]]


def test_what_is_done_is_not_launched(jobs: list[Job], launcher: Launcher) -> None:
    launcher.done = {job.run_id for job in jobs[:4]}
    said: list[str] = []
    assert carry_out(jobs, launcher, said.append) == {}
    assert said == ["4 of 6 jobs were done before"]
    assert whole(launcher.launches[-1]) == ["seed=4", "seed=5"]
    launcher.launches.clear()
    assert carry_out(jobs, launcher, said.append) == {}
    assert launcher.launches == []


def test_failed_jobs_are_named_and_the_others_go_on(jobs: list[Job], launcher: Launcher) -> None:
    launcher.fails = {1: "it diverged; lower it", 5: "no such file; give another"}
    assert carry_out(jobs, launcher, print) == {
        jobs[1]: "it diverged; lower it",
        jobs[5]: "no such file; give another",
    }
    assert launcher.done == {jobs[n].run_id for n in (0, 2, 3, 4)}


def test_a_worker_that_dies_once_costs_nothing(jobs: list[Job], launcher: Launcher) -> None:
    launcher.dies = {2: 1}
    assert carry_out(jobs, launcher, print) == {}
    assert launcher.done == {job.run_id for job in jobs}
    again = [whole(launch) for launch in launcher.launches[2:]]
    # 0 is beside the baselines' job; 1 and 2 die together, and run together at the end.
    assert again == [["seed=3", "seed=4", "seed=5"], ["seed=1", "seed=2"]]


def test_a_job_that_always_dies_fails_and_who_ran_beside_it_does_not(
    jobs: list[Job], launcher: Launcher
) -> None:
    launcher.dies = {2: 99, 4: 99}
    launcher.fails = {0: "it diverged; lower it"}
    failures = carry_out(jobs, launcher, print)
    assert {job.overrides[0] for job in failures} == {"seed=0", "seed=2", "seed=4"}
    assert failures[jobs[0]] == "it diverged; lower it"  # kept, though its launch was lost
    assert failures[jobs[2]].startswith("killed three times while it ran, the last time alone")
    assert launcher.done == {jobs[n].run_id for n in (1, 3, 5)}
    assert job_marks.error_of(jobs[2].plan) == failures[jobs[2]]  # for --status to tell


def test_a_launcher_that_breaks_half_way_leaves_nothing_untold(
    jobs: list[Job], launcher: Launcher
) -> None:
    launcher.done = {jobs[0].run_id}

    def broken(overrides: Sequence[Sequence[str]]) -> list[str | None]:
        raise RuntimeError("sbatch: no partition")

    failures = carry_out(jobs, broken, print)
    assert failures == dict.fromkeys(jobs[1:], "RuntimeError: sbatch: no partition")


def test_a_launcher_that_brings_no_job_further_is_at_fault_itself(
    jobs: list[Job], launcher: Launcher
) -> None:
    def broken(overrides: Sequence[Sequence[str]]) -> list[str | None]:
        raise RuntimeError("sbatch: not found")

    with pytest.raises(RuntimeError, match="sbatch: not found"):
        carry_out(jobs, broken, print)


def test_a_worker_lost_before_it_began_a_job_is_no_ones_fault(
    jobs: list[Job], launcher: Launcher
) -> None:
    launcher.done = {jobs[0].run_id}
    starts = iter([True, False])

    def launch(overrides: Sequence[Sequence[str]]) -> list[str | None]:
        if next(starts):
            raise RuntimeError("a worker was lost")
        return launcher(overrides)

    assert carry_out(jobs, launch, print) == {}
    assert launcher.done == {job.run_id for job in jobs}


def test_an_old_error_does_not_count_as_a_new_one(jobs: list[Job], launcher: Launcher) -> None:
    job_marks.keep_error(jobs[3].plan, UserError("of yesterday"))
    launcher.dies = {0: 1}
    assert carry_out(jobs, launcher, print) == {}
    assert jobs[3].run_id in launcher.done


def test_a_mark_stands_while_a_job_runs_and_stays_where_it_was_killed(tmp_path: Path) -> None:
    job = tiny_job(tmp_path, "name=trial")
    folder = tmp_path / "trial"
    assert not job_marks.is_running(folder, job.run_id)
    with job_marks.running(job, "attractor seed=0"):
        assert job_marks.is_running(folder, job.run_id)
        mark = job_marks.marks_in(folder)[job.run_id]
        assert mark["command"] == "attractor seed=0"
        assert mark["pid"] == os.getpid()
        with job_marks.running(job, "another launcher's"):  # does not wait, and marks nothing
            assert job_marks.marks_in(folder)[job.run_id] == mark
        assert not job_marks.was_killed(job)
    assert job_marks.marks_in(folder) == {}
    pid = os.fork()
    if pid == 0:
        with job_marks.running(job, "attractor seed=0"):
            os.kill(os.getpid(), 9)
    os.waitpid(pid, 0)
    assert job_marks.was_killed(job)
    assert not job_marks.is_running(folder, job.run_id)
    job_marks.forget(job)
    assert not job_marks.was_killed(job)


def test_a_job_that_begins_forgets_how_it_failed_and_what_it_left(tmp_path: Path) -> None:
    job = tiny_job(tmp_path, "name=trial")
    kept = tmp_path / "trial" / job.run_id / "error.txt"
    with pytest.raises(RuntimeError) as raised:
        raise RuntimeError("of yesterday")
    line = f"RuntimeError: of yesterday (traceback: {kept})"
    assert job_marks.keep_error(job, raised.value) == line
    assert kept.read_text().startswith("Traceback (most recent call last):\n")
    assert job_marks.error_of(job) == line
    left = tmp_path / "trial" / f".new-{platform.node()}-{job.run_id}-abc"
    left.mkdir()
    with job_marks.running(job, ""):
        assert job_marks.error_of(job) == ""
        assert not left.exists()
