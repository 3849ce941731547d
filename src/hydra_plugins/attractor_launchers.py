"""Slurm and Ray, waiting for every job also where some are lost; each only where it is installed.

Hydra imports this module whenever it starts, so what takes time to import is imported on launch.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress

from hydra.core.utils import JobReturn

# What a job prints is shown as it stands, and Ray tells nobody that it is used.
_RAY = {"RAY_DEDUP_LOGS": "0", "RAY_COLOR_PREFIX": "0", "RAY_USAGE_STATS_ENABLED": "0"}

with suppress(ImportError):
    from hydra_plugins.hydra_submitit_launcher import submitit_launcher

    class SlurmLauncher(submitit_launcher.SlurmLauncher):  # type: ignore[misc]
        """hydra-submitit-launcher's, which raises at the first lost job while others run."""

        def launch(
            self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
        ) -> Sequence[JobReturn]:
            """Run all jobs; raises RuntimeError, when all are over, if any left no result."""
            from attractor.launchers.on_slurm import launch

            return launch(self, job_overrides, initial_job_idx)


with suppress(ImportError):
    from hydra_plugins.hydra_ray_launcher import ray_launcher

    class RayLauncher(ray_launcher.RayLauncher):  # type: ignore[misc]
        """hydra-ray-launcher's, which raises at the first lost job and so ends all others."""

        def launch(
            self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
        ) -> Sequence[JobReturn]:
            """Run all jobs; raises RuntimeError, when all are over, if any left no result."""
            os.environ.update({**_RAY, **os.environ})  # read when ray is imported
            from attractor.launchers.on_ray import launch

            return launch(self, job_overrides, initial_job_idx)
