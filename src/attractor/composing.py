"""Composes the configurations of many jobs, sharing what those have in common that choose alike."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict


class Composer:
    """Composes as Hydra does, but reads the files that a set of choices names only once.

    An override chooses files (model=lstm) or sets a value (seed=3). Hydra's time goes into the
    files: .2 s a job, where a value takes milliseconds.
    """

    def __init__(self, loader: ConfigLoader, config_name: str, with_hydra: bool = False) -> None:
        self._loader = loader
        self._config_name = config_name
        self._with_hydra = with_hydra  # Hydra's own node, which is as large as all the rest
        self._parser = OverridesParser.create(config_loader=loader)
        self._groups: dict[str, bool] = {}  # by an override's key, whether it chooses files
        self._chosen: dict[tuple[str, ...], DictConfig] = {}

    def __call__(self, overrides: Sequence[str]) -> DictConfig:
        """The configuration of a job. Raises what Hydra raises."""
        choices = tuple(o for o in overrides if self._chooses(o))
        if choices not in self._chosen:
            self._chosen[choices] = self._load(choices)
        values = [o for o in overrides if not self._chooses(o)]
        composed = copy.deepcopy(self._chosen[choices])
        ConfigLoaderImpl._apply_overrides_to_config(self._parser.parse_overrides(values), composed)
        return composed

    def _load(self, choices: Sequence[str]) -> DictConfig:
        loaded = self._loader.load_configuration(
            self._config_name, list(choices), run_mode=RunMode.RUN
        )
        if not self._with_hydra:
            with open_dict(loaded):
                del loaded["hydra"]
        return loaded

    def _chooses(self, override: str) -> bool:
        key = override.lstrip("+~").partition("=")[0].partition("@")[0]
        if key not in self._groups:
            self._groups[key] = bool(self._loader.get_group_options(key))
        return self._groups[key]


class SweepLoader(ConfigLoaderImpl):
    """Hydra's loader, which a launcher sends to its workers; there it composes with a Composer."""

    def __init__(self, loader: ConfigLoader) -> None:
        super().__init__(loader.get_search_path())

    def load_sweep_config(
        self, master_config: DictConfig, sweep_overrides: list[str]
    ) -> DictConfig:
        """The configuration of a job of a sweep, as Hydra's own loader makes it."""
        of_hydra = tuple(master_config.hydra.overrides.hydra)
        name = master_config.hydra.job.config_name
        if (of_hydra, name) not in _COMPOSERS:
            _COMPOSERS[of_hydra, name] = Composer(self, name, with_hydra=True)
        config = _COMPOSERS[of_hydra, name]([*of_hydra, *sweep_overrides])
        config.hydra.overrides.hydra = list(of_hydra)
        config.hydra.overrides.task = list(sweep_overrides)
        OmegaConf.copy_cache(from_config=master_config, to_config=config)
        return config


# A worker's, while it lives: it runs many jobs, and is sent a loader with each.
_COMPOSERS: dict[tuple[tuple[str, ...], str], Composer] = {}
