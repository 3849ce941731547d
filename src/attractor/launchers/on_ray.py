"""A sweep's jobs as tasks of Ray."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ray
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, setup_globals
from hydra_plugins.hydra_ray_launcher._launcher_util import _run_job, start_ray
from hydra_plugins.hydra_ray_launcher.ray_launcher import RayLauncher
from omegaconf import OmegaConf, open_dict

from attractor.launchers.lost import lost_jobs


def launch(
    launcher: RayLauncher, job_overrides: Sequence[Sequence[str]], first: int
) -> list[JobReturn]:
    """Submit the jobs, wait for all, and return their results.

    Raises RuntimeError, naming the first, if any left none: Ray runs a job again whose worker was
    killed, but not for ever.
    """
    assert launcher.hydra_context is not None
    setup_globals()
    start_ray(launcher.ray_cfg.init)
    run = ray.remote(**OmegaConf.to_container(launcher.ray_cfg.remote, resolve=True))(job)
    tasks = []
    for i, overrides in enumerate(job_overrides, first):
        config = launcher.hydra_context.config_loader.load_sweep_config(
            launcher.config, list(overrides)
        )
        with open_dict(config):
            config.hydra.job.id = f"job_id_for_{i}"
            config.hydra.job.num = i
        arguments = (launcher.hydra_context, config, launcher.task_function, Singleton.get_state())
        tasks.append(run.remote(Path.cwd(), *arguments))
    results: list[JobReturn] = []
    why = {}
    for i, task in enumerate(tasks):
        try:
            results.append(ray.get(task))
        except ray.exceptions.RayError as error:
            why[i] = type(error).__name__
    if why:
        raise lost_jobs(job_overrides, why)
    return results


def job(folder: Path, *arguments: Any) -> JobReturn:
    """Run a job where the sweep was started: the workers of a standing cluster are elsewhere."""
    os.chdir(folder)
    return _run_job(*arguments)
