"""Hydra's own sweeper, with grids, a quicker check of the jobs, and a report at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from joblib import Parallel, delayed
from omegaconf import DictConfig

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
        self.arguments: list[str] = []
        self.launched = False

    def sweep(self, arguments: list[str]) -> Any:
        """Run all jobs and report on them, also where some failed."""
        self.arguments = arguments
        try:
            results = super().sweep(arguments)
        except Exception:
            if self.launched:  # else nothing has changed that a report could tell of
                self._report()
            raise
        if code := self._report():
            sys.exit(code)
        return results

    def split_arguments(self, *_: Any) -> list[list[list[str]]]:  # type: ignore[override]
        """All jobs, each once, in one batch: the launcher decides how many run at a time."""
        jobs = self._jobs(self.params, self.grids, self.arguments)
        shared = [a for a in self.arguments if a.partition("=")[0] not in _OWN]
        for name in self.experiments:
            sweeper = self._composed([f"experiment={name}"]).hydra.sweeper
            params = {"experiment": name, **(sweeper.get("params") or {})}
            jobs += self._jobs(params, sweeper.get("grids") or (), shared)
        return [[list(job) for job in dict.fromkeys(map(tuple, jobs))]]

    def validate_batch_is_legal(self, batch: Sequence[Sequence[str]]) -> None:
        """Raise what composing a job of the covering raises.

        Hydra composes every job beforehand, to find what is misspelt in any, and each again when it
        runs. What can be misspelt is an override, so it is enough to compose as many jobs as hold
        every override once: 8 of the 20 jobs of four models and five seeds.
        """
        super().validate_batch_is_legal(covering(batch))
        self.launched = True

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

    def _report(self) -> int:
        """Report on every experiment of this sweep; the worst exit code."""
        assert self.config is not None
        if "evaluate" not in self.config.stages:
            return 0
        folders = [folder for folder in self._folders() if folder.is_dir()]
        # Side by side, in the workers that ran the jobs; one alone needs no worker.
        n_jobs = self.config.hydra.launcher.n_jobs if len(folders) > 1 else 1
        codes = [0]
        for code, said, complained in Parallel(n_jobs)(map(delayed(_report_on), folders)):
            codes.append(code)
            sys.stdout.write(said)
            sys.stderr.write(complained)
        return max(codes)

    def _folders(self) -> Iterator[Path]:
        """The experiments' folders, this one's last."""
        assert self.config is not None
        for name in self.experiments:
            yield Path(self.config.output_dir) / self._composed([f"experiment={name}"]).name
        yield Path(self.config.output_dir) / self.config.name


def _report_on(folder: Path) -> tuple[int, str, str]:
    """The exit code of attractor-report, and what it printed to either stream."""
    from attractor.report.cli import main

    with redirect_stdout(StringIO()) as said, redirect_stderr(StringIO()) as complained:
        code = main([str(folder)])
    return code, said.getvalue(), complained.getvalue()


def covering(batch: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The jobs of `batch`, in order, that hold an override which no earlier one holds."""
    seen: set[str] = set()
    jobs = []
    for job in batch:
        if not seen.issuperset(job):
            jobs.append(job)
            seen.update(job)
    return jobs
