"""`attractor-report --status`: what became of each job, and the command for what is left."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from attractor import job_marks
from attractor.errors import UserError
from attractor.explain import explain
from attractor.pipeline import is_done
from attractor.plan import Plan
from attractor.report import faults
from attractor.resources import CONF
from attractor.runs import MANIFEST, has_baselines, has_diagnostic, is_published, read_manifest
from attractor.sweep_record import Recorded, Sweep, names, recorded
from attractor.sweeps import Job, Planner

STATES: Final = ("done", "running", "failed", "stale", "missing")


@dataclass(frozen=True)
class Status:
    """A job: its run's name, its choices, one of STATES, and what more there is to know."""

    run_id: str
    choices: str
    state: str
    detail: str = ""


def status(folder: Path) -> tuple[list[Status], list[str]]:
    """Every job of an experiment, and the commands that would finish what is not done.

    Jobs are those of recorded sweeps, as they would be run today, and any other run that stands
    there. Raises UserError for a folder without either.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; run an experiment first, e.g. make experiment")
    jobs: dict[tuple[str, ...], Status] = {}
    commands = []
    sweeps = recorded(folder)
    for sweep in reversed(sweeps):  # the last word on a job is the latest
        of_sweep = list(_of_sweep(folder, sweep))
        if any(job.state not in ("done", "running") for _, job in of_sweep):
            commands.append(sweep.command)
        jobs = dict(of_sweep) | jobs
    known = {job.run_id for job in jobs.values()} | {
        job.run_id for sweep in sweeps for job in sweep.jobs
    }
    for job, command in _others(folder, known):
        jobs[(job.run_id,)] = job
        commands += [command] if command else []
    if not jobs:
        raise UserError(f"{folder}: no sweep and no run; run an experiment first")
    return sorted(jobs.values(), key=lambda job: STATES.index(job.state)), commands


def table(folder: Path, jobs: Sequence[Status], commands: Sequence[str]) -> str:
    """What a person reads: the number of jobs in each state, those not done, and what to do."""
    counts = Counter(job.state for job in jobs)
    numbers = ", ".join(f"{counts[state]} {state}" for state in STATES)
    lines = [f"{folder}: {len(jobs)} job{'s' * (len(jobs) > 1)}: {numbers}"]
    for job in jobs:
        if job.state != "done":
            name = f"{job.run_id} ({job.choices})" if job.run_id and job.choices else ""
            detail = f": {job.detail}" if job.detail else ""
            lines.append(f"  {job.state:<8} {name or job.run_id or job.choices}{detail}")
    if commands:
        lines += ["what is left, and nothing else, is run by", *(f"  {c}" for c in commands)]
    return "\n".join(lines)


def _of_sweep(folder: Path, sweep: Sweep) -> Iterator[tuple[tuple[str, ...], Status]]:
    """The jobs of a recorded sweep, planned anew, with what they are known by: run, diagnostics."""
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        planned = Planner(GlobalHydra.instance().config_loader(), "config")
    of_jobs = names([job.overrides for job in sweep.jobs])
    for was, choices in zip(sweep.jobs, of_jobs, strict=True):
        try:
            job = planned(was.overrides)
        except Exception as error:
            yield (choices,), _unplanned(folder, was, choices, explain(error)[0])
            continue
        if isinstance(job, Job):
            here = replace(job.plan.config, output_dir=str(folder.parent), name=folder.name)
            known_by = job.run_id, *job.plan.stages.diagnostics
            yield known_by, _of_job(replace(job.plan, config=here), was, choices)
        else:
            yield (choices,), _unplanned(folder, was, choices, job.why)


def _unplanned(folder: Path, was: Recorded, choices: str, why: str) -> Status:
    """A job that cannot be planned here and now: that need not be held against what it made."""
    made = was.run_id and (folder / was.run_id / MANIFEST).is_file()
    return Status(was.run_id, choices, "stale" if made else "failed", why)


def _of_job(job: Plan, was: Recorded, choices: str) -> Status:
    marks = job_marks.marks_in(job.folder)
    if is_done(job):
        return Status(job.run_id, choices, "done")
    if job_marks.is_running(job.folder, job.run_id):
        return Status(job.run_id, choices, "running", _who(marks.get(job.run_id, {})))
    if error := job_marks.error_of(job):
        return Status(job.run_id, choices, "failed", error)
    if job.run_id in marks:
        detail = f"killed, {_who(marks[job.run_id])}; it goes on from its last epoch"
        return Status(job.run_id, choices, "missing", detail)
    if was.run_id != job.run_id and (job.folder / was.run_id / MANIFEST).is_file():
        detail = f"made as {was.run_id}; its settings, its data or the program changed since"
        return Status(job.run_id, choices, "stale", detail)
    if is_published(job) and has_baselines(job):
        lacks = [name for name in job.stages.diagnostics if not has_diagnostic(job, name)]
        return Status(job.run_id, choices, "missing", f"its diagnostics {', '.join(lacks)}")
    if (job.folder / job.run_id / MANIFEST).is_file():
        detail = "it, or its baselines, are not as they were published"
        return Status(job.run_id, choices, "stale", detail)
    return Status(job.run_id, choices, "missing")


def _others(folder: Path, known: set[str]) -> Iterator[tuple[Status, str]]:
    """Runs that no recorded sweep leads to, and the command that finishes one, if it is known."""
    marks = job_marks.marks_in(folder)
    for path in sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")):
        if path.name in known or path.name in marks:
            continue
        if (path / MANIFEST).is_file():
            if not str(read_manifest(path).get("model", "")).startswith("baseline"):
                yield _of_folder(path), ""
        elif (path / job_marks.ERROR).is_file():
            yield Status(path.name, "", "failed", faults.why_unfinished(path)), ""
    for run_id, mark in sorted(marks.items()):
        if run_id in known:
            continue
        if job_marks.is_running(folder, run_id):
            yield Status(run_id, "", "running", _who(mark)), ""
        else:
            detail = f"killed, {_who(mark)}; it goes on from its last epoch"
            yield Status(run_id, "", "missing", detail), str(mark["command"])


def _of_folder(path: Path) -> Status:
    try:
        manifest = faults.manifest_of(path, faults.OF_RUN)
        faults.check_at_sight(path, manifest, faults.tables_of(manifest))
        faults.check_contents(path, manifest, faults.tables_of(manifest))
    except UserError as error:
        return Status(path.name, "", "stale", str(error))
    return Status(path.name, "", "done")


def _who(mark: dict[str, Any]) -> str:
    since = time.strftime("%Y-%m-%d %H:%M", time.localtime(float(mark.get("since", 0))))
    return f"on {mark.get('host', '?')} (process {mark.get('pid', '?')}) since {since}"
