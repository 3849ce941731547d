"""Hydra's own sweeper, with grids, jobs that are planned before any runs, and a report."""

from __future__ import annotations

import shlex
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import HydraContext, RunMode, TaskFunction
from omegaconf import DictConfig

if TYPE_CHECKING:
    from attractor.sweeps import Job, Refused

# The keys of hydra.sweeper. (No dataclass: Hydra loads its plugins without naming their module.)
_KEYS: dict[str, Any] = {
    "_target_": "hydra_plugins.attractor_sweeper.GridSweeper",
    "max_batch_size": None,
    "params": {},
    "grids": [],
    "experiments": [],
}
ConfigStore.instance().store("grids", _KEYS, group="hydra/sweeper", provider="attractor")

_OWN = ("experiment", "name")  # what other experiments of a sweep do not share with it
Values = Mapping[str, Any]  # dotted keys, and what they are swept over


class GridSweeper(BasicSweeper):
    """Runs the jobs of several grids, and makes the report of each experiment that they belong to.

    params: as Hydra's, for every grid. grids: each a mapping like params; without any there is one,
    which is params. experiments: others whose sweeps belong to this one, each in a folder of its
    own. What the command line says holds for every job.
    """

    def __init__(
        self,
        max_batch_size: int | None = None,
        params: Values | None = None,
        grids: Sequence[Values] = (),
        experiments: Sequence[str] = (),
    ) -> None:
        super().__init__(max_batch_size, dict(params or {}))
        self.grids = grids
        self.experiments = experiments

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """As Hydra's, with a loader by which workers compose their jobs faster."""
        from attractor.composing import SweepLoader

        loader = SweepLoader(hydra_context.config_loader)
        quick = HydraContext(config_loader=loader, callbacks=hydra_context.callbacks)
        super().setup(hydra_context=quick, task_function=task_function, config=config)
        self.hydra_context = hydra_context

    def sweep(self, arguments: list[str]) -> None:
        """Run the jobs that are not done, and report on them, also where some failed.

        Exits with code 1 if any failed, or was set aside. Raises what composing a job raises, and
        UserError if every job is refused, before anything has changed.
        """
        from attractor.errors import UserError
        from attractor.sweeps import Job, Refused, carry_out

        all_jobs = self._planned(self._overrides(arguments))
        assert self.config is not None
        jobs = [job for job in all_jobs if isinstance(job, Job)]
        refused = [job for job in all_jobs if isinstance(job, Refused)]
        if not jobs:
            raise UserError(refused[0].why)
        if "evaluate" in self.config.stages:  # else nothing is published that could be missed
            self._record(all_jobs)
        failures = {tuple(job.overrides): job.why for job in refused}
        _complain(failures, all_jobs)
        found = carry_out(jobs, self._launch, lambda line: print(line, flush=True))
        code = self._report({job.run_id for job in found})
        _complain(late := {tuple(job.overrides): why for job, why in found.items()}, all_jobs)
        if failures := failures | late:
            n_done = len(all_jobs) - len(failures)
            print(f"attractor: {n_done} of {len(all_jobs)} jobs are done", file=sys.stderr)
        if failures or code:
            sys.exit(max(code, 1))

    def _overrides(self, arguments: list[str]) -> list[list[str]]:
        """The overrides of all jobs, each job once: the launcher decides how many run at a time."""
        jobs = self._jobs(self.params, self.grids, arguments)
        shared = [a for a in arguments if a.partition("=")[0] not in _OWN]
        for name in self.experiments:
            sweeper = self._composed([f"experiment={name}"]).hydra.sweeper
            params = {"experiment": name, **(sweeper.get("params") or {})}
            jobs += self._jobs(params, sweeper.get("grids") or (), shared)
        return [list(job) for job in dict.fromkeys(map(tuple, jobs))]

    def _planned(self, jobs: Sequence[Sequence[str]]) -> list[Job | Refused]:
        from attractor.progress import progress_bar
        from attractor.sweeps import Planner

        assert self.config is not None
        assert self.hydra_context is not None
        planned = Planner(self.hydra_context.config_loader, self.config.hydra.job.config_name)
        all_jobs = []
        with progress_bar("planning", len(jobs), "job") as advance:
            for overrides in jobs:
                all_jobs.append(planned(overrides))
                advance(1)
        return all_jobs

    def _record(self, jobs: Sequence[Job | Refused]) -> None:
        """Note in the experiments' folders which jobs there are, for others to see what is left."""
        from attractor.sweep_record import Recorded, Sweep, record

        command = shlex.join(["attractor", *sys.argv[1:]])
        of_folder: defaultdict[Path, list[Recorded]] = defaultdict(list)
        for job in jobs:
            of_folder[job.folder].append(Recorded(job.run_id, list(job.overrides)))
        for folder, of_it in of_folder.items():
            record(folder, Sweep(command, of_it))

    def _launch(self, jobs: Sequence[Sequence[str]]) -> list[str | None]:
        assert self.launcher is not None
        assert self.config is not None
        if "evaluate" in self.config.stages and not self.experiments:
            # There is time while the first worker starts and makes the text.
            Thread(target=_prepare_report, daemon=True).start()
        returned = self.launcher.launch(jobs, initial_job_idx=0)
        return [one.return_value for one in returned]

    def _jobs(
        self, params: Values, grids: Sequence[Values], arguments: list[str]
    ) -> list[list[str]]:
        """The overrides of every job; where two name a key, the later one counts."""
        assert self.hydra_context is not None
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        jobs = []
        for grid in grids or [{}]:
            values = [f"{key}={value}" for key, value in {**params, **grid}.items()]
            overrides = parser.parse_overrides([*values, *arguments])
            jobs += BasicSweeper.split_arguments(overrides, None)[0]
        return jobs

    def _composed(self, overrides: list[str]) -> DictConfig:
        """Another experiment's configuration, with what the command line says for all."""
        assert self.config is not None
        assert self.hydra_context is not None
        given = self.config.hydra.overrides.task
        single = [argument for argument in given if argument.partition("=")[0] not in _OWN]
        return self.hydra_context.config_loader.load_configuration(
            config_name=self.config.hydra.job.config_name,
            overrides=[*overrides, *single],
            run_mode=RunMode.MULTIRUN,
        )

    def _report(self, failed: Collection[str]) -> int:
        """Report on every experiment of this sweep; the worst exit code.

        failed: runs of which it is told already why.
        """
        from joblib import Parallel, delayed

        assert self.config is not None
        if "evaluate" not in self.config.stages:
            return 0
        folders = [folder for folder in self._folders() if folder.is_dir()]
        # Side by side, in the workers that ran the jobs; one alone needs no worker.
        n_jobs = self.config.hydra.launcher.get("n_jobs", 1) if len(folders) > 1 else 1
        codes = [0]
        for code, said, complained in Parallel(n_jobs)(map(delayed(_report_on), folders)):
            codes.append(code)
            sys.stdout.write(said)
            for line in complained.splitlines():
                if line.partition(": ")[2].partition(": ")[0] not in failed:
                    print(line, file=sys.stderr)
        return max(codes)

    def _folders(self) -> Iterator[Path]:
        """The experiments' folders, this one's last."""
        assert self.config is not None
        for name in self.experiments:
            yield Path(self.config.output_dir) / self._composed([f"experiment={name}"]).name
        yield Path(self.config.output_dir) / self.config.name


def _prepare_report() -> None:
    """Import what a report needs, and have its page's scripts bundled: three seconds."""
    import attractor.report.build  # noqa: F401
    from attractor.report.page import bundle

    bundle()


def _report_on(folder: Path) -> tuple[int, str, str]:
    """The exit code of attractor-report, and what it printed to either stream."""
    from attractor.report.cli import main

    with redirect_stdout(StringIO()) as said, redirect_stderr(StringIO()) as complained:
        code = main([str(folder)])
    return code, said.getvalue(), complained.getvalue()


def _complain(failures: Mapping[tuple[str, ...], str], jobs: Sequence[Job | Refused]) -> None:
    """Name each failed job by what tells it from others, and say why it failed."""
    from attractor.sweep_record import names

    for job, name in zip(jobs, names([job.overrides for job in jobs]), strict=True):
        if why := failures.get(tuple(job.overrides)):
            print(f"attractor: {name}: {why}", file=sys.stderr)
