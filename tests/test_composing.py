"""A sweep's jobs are composed as Hydra composes them."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import OmegaConf

from attractor import cli
from attractor.composing import Composer, SweepLoader
from attractor.resources import CONF

JOBS = [
    ["model=lstm", "seed=3"],
    ["model=lstm", "seed=4", "data.seed=${seed}"],
    ["experiment=capacity", "model=srn", "model.hidden_size=40", "train.learning_rate=0.003"],
    ["experiment=tasks", "task=cloze", "model=bilstm", "seed=1"],
    ["experiment=suites", "model=srn", "seed=0"],
    ["model=gru", "suite=[probes,clams]", "suite.clams.path=x", "diagnostic=[gates,locality]"],
    ["~suite.probes", "+model.colour=red", "++train.clip=2", "name=trial"],
    ["data=structural", "data.held_out=[PrepPhrase]", "stages=[train]", "stages=[generate]"],
    ["model=lstm", "seed=3"],  # again: what was composed before has not changed
]


@pytest.fixture(scope="module")
def composer() -> Iterator[Composer]:
    assert cli.Schema.__name__ == "Schema"  # it is registered where the command line begins
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        yield Composer(GlobalHydra.instance().config_loader(), "config")


@pytest.mark.parametrize("overrides", JOBS, ids=" ".join)
def test_a_job_is_what_hydra_makes_of_it(composer: Composer, overrides: Sequence[str]) -> None:
    expected = compose("config", list(overrides))
    assert OmegaConf.to_container(composer(overrides)) == OmegaConf.to_container(expected)


@pytest.mark.parametrize("wrong", ["model=lsmt", "train.colour=red", "modle=lstm", "~nothing"])
def test_what_hydra_refuses_is_refused(composer: Composer, wrong: str) -> None:
    with pytest.raises(HydraException) as expected:
        compose("config", [wrong])
    with pytest.raises(HydraException) as raised:
        composer([wrong])
    assert type(raised.value) is type(expected.value)
    assert str(raised.value) == str(expected.value)


def test_a_worker_composes_a_job_of_a_sweep_as_hydra_does() -> None:
    given = ["hydra.mode=MULTIRUN", "hydra/launcher=joblib", "hydra.launcher.n_jobs=3"]
    jobs = [["model=srn", f"seed={seed}", "experiment=smoke"] for seed in (1, 2)]
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        loader = GlobalHydra.instance().config_loader()
        master = loader.load_configuration("config", given, run_mode=RunMode.MULTIRUN)
        quick = pickle.loads(pickle.dumps(SweepLoader(loader)))  # as it is sent to a worker
        for job in jobs:
            expected = loader.load_sweep_config(master, job)
            found = quick.load_sweep_config(master, job)
            for config in (expected, found):
                config.hydra.job.override_dirname = ""  # names no folder here
            assert OmegaConf.to_container(found) == OmegaConf.to_container(expected)
            assert OmegaConf.is_struct(found)
