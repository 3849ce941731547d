"""A sweep's jobs as tasks of Ray."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ray
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, setup_globals
from hydra_plugins.hydra_ray_launcher._launcher_util import _run_job
from hydra_plugins.hydra_ray_launcher.ray_launcher import RayLauncher
from omegaconf import DictConfig, OmegaConf, open_dict

from attractor.errors import UserError
from attractor.launchers.lost import lost_jobs


def launch(
    launcher: RayLauncher, job_overrides: Sequence[Sequence[str]], first: int
) -> list[JobReturn]:
    """Submit the jobs, wait for all, and return their results.

    Raises RuntimeError, naming the first, if any left none: Ray runs a job again whose worker was
    killed, but not for ever.
    """
    assert launcher.hydra_context is not None
    assert launcher.config is not None
    setup_globals()
    _start(launcher.ray_cfg.init)
    run = ray.remote(**_plain(launcher.ray_cfg.remote))(job)
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
            why[i] = (str(error).strip().splitlines() or [type(error).__name__])[-1]
    if why:
        raise lost_jobs(job_overrides, why)
    return results


def _start(settings: DictConfig) -> None:
    """Start a cluster of this machine alone, or join the one at `address`."""
    given = _plain(settings)
    if given["address"] != "local":
        del given["num_cpus"]  # a standing cluster has as many as it has
    if ray.is_initialized():
        return  # by an earlier launch of this sweep
    try:
        ray.init(**given)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise UserError(
            f"hydra.launcher.ray.init.address={given['address']}: no Ray cluster ({error}); start"
            " one with `ray start --head`, or leave the address out for this machine alone"
        ) from error


def _plain(settings: DictConfig) -> dict[str, Any]:
    plain = OmegaConf.to_container(settings, resolve=True)
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}


def job(folder: Path, *arguments: Any) -> JobReturn:
    """Run a job where the sweep was started: the workers of a standing cluster are elsewhere."""
    os.chdir(folder)
    result: JobReturn = _run_job(*arguments)
    return result
