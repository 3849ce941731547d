"""A sweep's jobs: planned before any runs, what they share built first, none lost with another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hydra.core.config_loader import ConfigLoader

from attractor import job_marks, runs
from attractor.artifacts import ArtifactStore
from attractor.cli import configuration
from attractor.composing import Composer
from attractor.errors import UserError
from attractor.explain import explain
from attractor.pipeline import is_done_but_for_baselines, publish_items
from attractor.plan import Plan, plan
from attractor.precision import AUTO, PRECISION

# Runs jobs, given by their overrides, and returns for each the line that says why it failed, if it
# did. Raises what a launcher raises when it, or a worker of its, is lost.
Launch = Callable[[Sequence[Sequence[str]]], Sequence[str | None]]

_KILLED: Final = (
    "killed three times while it ran, the last time alone (out of memory, or of time?); "
    "give the job more, or make it smaller"
)


@dataclass(frozen=True, eq=False)
class Job:
    """A job of a sweep: its overrides, and what it will build."""

    overrides: tuple[str, ...]
    plan: Plan

    @property
    def folder(self) -> Path:
        """Its experiment's."""
        return self.plan.folder

    @property
    def run_id(self) -> str:
        return self.plan.run_id


@dataclass(frozen=True, eq=False)
class Refused:
    """A job of a sweep whose configuration is not sound: its experiment's folder, and why."""

    overrides: tuple[str, ...]
    folder: Path
    why: str
    run_id: str = ""  # none


class Planner:
    """Plans the jobs of a sweep, given by their overrides."""

    def __init__(self, loader: ConfigLoader, config_name: str) -> None:
        self._compose = Composer(loader, config_name)

    def __call__(self, overrides: Sequence[str]) -> Job | Refused:
        """A job; raises what composing it raises: what else is wrong with it is its own affair."""
        composed = self._compose(overrides)
        try:
            config = configuration(composed)
            if composed.train.precision == AUTO:  # decided here for all machines that run jobs
                overrides = [*overrides, f"{PRECISION}={config.train.precision}"]
            return Job(tuple(overrides), plan(config, config))  # nobody asks for its config_id
        except Exception as error:
            folder = Path(str(composed.output_dir)) / str(composed.name)
            return Refused(tuple(overrides), folder, explain(error)[0])


def carry_out(jobs: Sequence[Job], launch: Launch, say: Callable[[str], None]) -> dict[Job, str]:
    """Run the jobs that are not done; returns, of those that failed, one line each with its remedy.

    Jobs that are killed, or were under way when a worker was lost, are run again together, then
    each by itself: one that is killed even so failed, and the others go on. Raises what `launch`
    raises where that brought no job any further twice, and none before it either: a worker may be
    lost before it begins a job.
    """
    done = _done(jobs)
    if done:
        say(f"{len(done)} of {len(jobs)} jobs were done before")
        _check_items(done, say)
    batch = [job for job in jobs if job not in done]
    for job in batch:
        job_marks.forget(job.plan)
    shared = _shared(batch)
    if texts := [job for job in shared if not _has_items(job.plan)]:
        with suppress(Exception):  # the jobs that need them will meet and tell it
            launch([[*job.overrides, "stages=[generate]"] for job in texts])
    # Baselines are asked for first, and nobody waits for them: networks train meanwhile.
    rules = [job for job in shared if not runs.has_baselines(job.plan)]
    first = [[*job.overrides, "stages=[baselines]"] for job in rules]
    failures: dict[Job, str] = {}
    once, twice = list[Job](), list[Job]()  # killed so often
    deaths = Counter[Job]()
    in_vain = 0
    while batch or once or twice:
        if not batch:
            batch, once = (once, []) if once else ([twice.pop(0)], [])
        try:
            lines = launch([*first, *(job.overrides for job in batch)])[len(first) :]
            failures |= {job: line for job, line in zip(batch, lines, strict=True) if line}
            batch = []
        except Exception as error:
            done = _done(batch)
            lost = [job for job in batch if job not in done]
            failures |= {job: line for job in lost if (line := job_marks.error_of(job.plan))}
            lost = [job for job in lost if job not in failures]
            dead = [job for job in lost if job_marks.was_killed(job.plan)]
            in_vain = in_vain + 1 if lost == batch and not dead else 0
            if in_vain == 2:
                if len(lost) == len(jobs):
                    raise
                return failures | {job: explain(error)[0] for job in [*lost, *once, *twice]}
            say(f"{explain(error)[0]}; running again what was lost")
            deaths.update(dead)
            for job in dead:
                if deaths[job] > 2:
                    failures[job] = job_marks.keep_error(job.plan, UserError(_KILLED))
            once += [job for job in dead if deaths[job] == 1]
            twice += [job for job in dead if deaths[job] == 2]
            batch = [job for job in lost if job not in dead]
        finally:
            for job in [*shared, *batch, *once, *twice]:
                job_marks.forget_marks(job.plan)
        first = []
    return failures


def _done(jobs: Sequence[Job]) -> list[Job]:
    """Those of the jobs that are done. Baselines are large, and looked at once for all."""
    rules = {job.folder / job.plan.baselines_id: job.plan for job in jobs}
    stand = {folder for folder, one in rules.items() if runs.has_baselines(one)}
    return [
        job
        for job in jobs
        if job.folder / job.plan.baselines_id in stand and is_done_but_for_baselines(job.plan)
    ]


def _check_items(jobs: Iterable[Job], say: Callable[[str], None]) -> None:
    """See that the items of finished jobs are what they were, each text's once."""
    for job in _by_items(jobs).values():
        store = _store(job.plan, say)
        if "generate" in job.plan.config.stages and store.path(job.plan.stages.text).is_dir():
            try:
                publish_items(store, job.plan)
            except Exception as error:  # of jobs that are done: others need not wait for it
                say(explain(error)[0])


def _shared(jobs: Sequence[Job]) -> list[Job]:
    """One job of each text and set of suites that several of the jobs are scored on."""
    scored = [job for job in jobs if "evaluate" in job.plan.config.stages]
    n_jobs = Counter(job.plan.stages.baselines.key for job in scored)
    return [job for key, job in _by_items(scored).items() if n_jobs[key] > 1]


def _by_items(jobs: Iterable[Job]) -> dict[str, Job]:
    """The first job of each text and set of suites, by its baselines' key."""
    first: dict[str, Job] = {}
    for job in jobs:
        first.setdefault(job.plan.stages.baselines.key, job)
    return first


def _has_items(job: Plan) -> bool:
    store = _store(job)
    return all(store.has(stage) for stage in (job.stages.text, *job.stages.suites.values()))


def _store(job: Plan, say: Callable[[str], None] = print) -> ArtifactStore:
    return ArtifactStore(Path(job.config.output_dir) / "artifacts", say)
