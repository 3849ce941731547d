"""What a job leaves in its experiment while it runs, and when it fails, for others to see."""

from __future__ import annotations

import json
import os
import platform
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from attractor.explain import BAD_INPUT, explain
from attractor.files import clear_leftovers, locked
from attractor.plan import Plan

ERROR = "error.txt"
_RUNNING = ".running"  # in an experiment's folder: a locked file for each job under way


@contextmanager
def running(job: Plan, command: str) -> Iterator[None]:
    """Mark the job as under way, and forget how it failed before.

    The mark is locked: that of a job which was killed stays, and can be locked by others.
    """
    mark = _mark(job)
    mark.parent.mkdir(parents=True, exist_ok=True)
    with locked(mark, wait=False) as alone:
        if not alone:  # another launcher runs the same job, or the file system has no locks
            yield
            return
        who = {"host": platform.node(), "pid": os.getpid(), "since": time.time()}
        mark.write_text(json.dumps({"command": command, **who}), encoding="utf-8")
        clear_leftovers(_folder(job))
        for diagnostic in job.stages.diagnostics:
            clear_leftovers(_folder(job) / diagnostic)
        _forget_errors(job)
        try:
            yield
        finally:
            mark.unlink(missing_ok=True)


def marks_in(folder: Path) -> dict[str, dict[str, Any]]:
    """By run_id, what the marks of an experiment's jobs say that run or were killed."""
    marks = {}
    for path in (folder / _RUNNING).glob("*"):
        with suppress(OSError, ValueError):  # it ended just now, or was killed as it began
            marks[path.name] = json.loads(path.read_text(encoding="utf-8"))
    return marks


def is_running(folder: Path, run_id: str) -> bool:
    """Whether a process holds the mark of an experiment's job."""
    mark = folder / _RUNNING / run_id
    try:
        if mark.exists():
            with locked(mark, wait=False) as free:
                return not free
    except OSError:  # of somebody else, or read-only: nobody can tell
        return True
    return False


def was_killed(job: Plan) -> bool:
    """Whether the job left its mark behind."""
    return _mark(job).exists() and not is_running(job.folder, _mark(job).name)


def forget(job: Plan) -> None:
    """Remove what the job left when it was killed, or failed."""
    forget_marks(job)
    _forget_errors(job)


def forget_marks(job: Plan) -> None:
    """Remove what the job, or that of its text's baselines, left when it was killed."""
    for name in (job.run_id, job.baselines_id):
        mark = job.folder / _RUNNING / name
        if mark.exists():
            with suppress(OSError), locked(mark, wait=False) as free:
                if free:
                    clear_leftovers(job.folder / name)
                    mark.unlink(missing_ok=True)


def keep_error(job: Plan, error: BaseException, diagnostic: str = "") -> str:
    """Leave an exception's traceback, its last line what to tell a person; returns that line.

    diagnostic: in whose folder of the run, if one failed. Where nothing can be written, nothing is
    left.
    """
    folder = _folder(job) / diagnostic
    line, code = explain(error)
    told = line if code == BAD_INPUT else f"{line} (traceback: {folder / ERROR})"
    lines = "".join(traceback.format_exception(error))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ERROR).write_text(f"{lines}{told}\n", encoding="utf-8")
    except OSError:
        return line
    return told


def error_of(job: Plan) -> str:
    """What to tell a person of the job's failure, or of its diagnostics'; empty without any."""
    return next((last_line(error) for error in _errors(job)), "")


def last_line(error: Path) -> str:
    """The last line of an error that was kept."""
    lines = error.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((x.strip() for x in lines[::-1] if x.strip()), "failed")


def _folder(job: Plan) -> Path:
    """The folder of the run; of a job without a network, that of its text's baselines."""
    has_network = {"train", "evaluate", "diagnose"} & set(job.config.stages)
    return job.folder / (job.run_id if has_network else job.baselines_id)


def _mark(job: Plan) -> Path:
    return job.folder / _RUNNING / _folder(job).name


def _errors(job: Plan) -> list[Path]:
    return sorted([*_folder(job).glob(ERROR), *_folder(job).glob(f"[!.]*/{ERROR}")])


def _forget_errors(job: Plan) -> None:
    with suppress(OSError):
        for error in _errors(job):
            error.unlink(missing_ok=True)
