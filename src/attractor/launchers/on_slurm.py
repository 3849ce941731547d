"""A sweep's jobs as one array of Slurm, through submitit."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import submitit
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn
from hydra_plugins.hydra_submitit_launcher.config import BaseQueueConf
from hydra_plugins.hydra_submitit_launcher.submitit_launcher import SlurmLauncher
from submitit.core.utils import FailedJobError
from submitit.slurm.slurm import SlurmInfoWatcher

from attractor.errors import UserError
from attractor.launchers.lost import lost_jobs

# How long a result may take to be seen, on a shared file system, after its job has left the queue.
GRACE_SECONDS = 5.0


def launch(
    launcher: SlurmLauncher, job_overrides: Sequence[Sequence[str]], first: int
) -> list[JobReturn]:
    """Submit the jobs, wait until each has left a result or the queue, and return the results.

    Raises RuntimeError, naming the first, if any left none: killed, out of memory or of time.
    """
    jobs = _submit(launcher, job_overrides, first)
    print(f"Slurm has {len(jobs)} jobs; their logs: {jobs[0].paths.folder}", flush=True)
    try:
        _wait(jobs)
    except KeyboardInterrupt:
        print(f"Slurm's jobs go on: scancel {jobs[0].job_id.partition('_')[0]} ends them")
        raise
    why = {
        i: f"Slurm's job {job.job_id}: {job.paths.stdout}"
        for i, job in enumerate(jobs)
        if not job.paths.result_pickle.exists() or job.exception() is not None
    }
    if why:
        raise lost_jobs(job_overrides, why)
    return [job.result() for job in jobs]


def _submit(
    launcher: SlurmLauncher, job_overrides: Sequence[Sequence[str]], first: int
) -> list[submitit.Job[JobReturn]]:
    if shutil.which("sbatch") is None:
        raise UserError("hydra/launcher=submitit_slurm: no sbatch here; use a node of the cluster")
    given = dict(launcher.params)
    executor = submitit.AutoExecutor(
        folder=given.pop("submitit_folder"),
        cluster="slurm",
        slurm_max_num_timeout=given.pop("max_num_timeout"),
    )
    shared = {field.name for field in fields(BaseQueueConf)}
    executor.update_parameters(
        **{key if key in shared else f"slurm_{key}": value for key, value in given.items()}
    )
    state = Singleton.get_state()
    arguments: list[tuple[Any, ...]] = [
        (list(overrides), "hydra.sweep.dir", i, f"job_id_for_{i}", state)
        for i, overrides in enumerate(job_overrides, first)
    ]
    try:
        jobs: list[submitit.Job[JobReturn]] = executor.map_array(
            launcher, *zip(*arguments, strict=True)
        )
    except FailedJobError as error:
        raise UserError(
            "Slurm did not take the jobs, sbatch says above why, and what it was asked is in"
            f" {executor.folder}: change hydra.launcher"
        ) from error
    return jobs


class Queue(SlurmInfoWatcher):  # type: ignore[misc]
    """Asks squeue for what submitit asks sacct, which answers only where accounting is on."""

    def _make_command(self) -> list[str]:
        return ["squeue", "--me", "--noheader", "--array", "--format=%i"]

    def read_info(self, string: bytes | str) -> dict[str, dict[str, str]]:
        """What became of each job: it waits or runs, or else it is over."""
        queued = set((string if isinstance(string, str) else string.decode()).split())
        return {job: {"State": "PENDING" if job in queued else "OVER"} for job in self._registered}


def _wait(jobs: Sequence[submitit.Job[JobReturn]]) -> None:
    """Return when every job has left its result, or has left the queue without one."""
    queue = Queue(delay_s=10)
    for job in jobs:
        job.watcher = queue
        queue.register_job(job.job_id)
    waiting = list(jobs)
    while waiting := [job for job in waiting if not job.done()]:
        time.sleep(1)
    deadline = time.monotonic() + GRACE_SECONDS
    results = [job.paths.result_pickle for job in jobs]
    while not all(map(Path.exists, results)) and time.monotonic() < deadline:
        time.sleep(0.5)
