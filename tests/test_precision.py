"""`train.precision=auto` follows from machine and network; bfloat16 trains, resumes and scores."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from attractor import precision
from attractor.resources import CONF
from attractor.sweeps import Job, Planner
from tiny import job


@pytest.fixture
def amx(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor that multiplies tiles of bfloat16."""
    monkeypatch.setattr(precision, "has_amx", lambda: True)


@pytest.fixture
def no_amx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "has_amx", lambda: False)


SIZES = [
    ({"cell": "lstm", "hidden_size": 64}, "bf16"),
    ({"cell": "lstm", "hidden_size": 63}, "fp32"),
    ({"cell": "gru", "hidden_size": 640}, "fp32"),  # never measured
    ({"cell": "srn", "hidden_size": 255}, "fp32"),
    ({"cell": "srn", "hidden_size": 256}, "bf16"),
    ({"cell": "lstm", "parameters": 20_000}, "fp32"),  # 59 units
    ({"cell": "lstm", "parameters": 26_000}, "bf16"),  # 65
    ({"cell": "lstm", "parameters": 26_000, "both_ends": True}, "fp32"),  # of each direction fewer
    ({"cell": "of another's", "hidden_size": 1000}, "fp32"),
    ({"hidden_size": 1000}, "fp32"),
    ({"cell": "lstm", "hidden_size": "many"}, "fp32"),  # the model refuses it, and says why
]


def model(**settings: object) -> dict[str, object]:
    return {"embedding_size": 32, "hidden_size": None, "parameters": 20_000, **settings}


@pytest.mark.usefixtures("amx")
@pytest.mark.parametrize(("settings", "expected"), SIZES)
def test_a_large_enough_network_is_in_half_precision(
    settings: dict[str, object], expected: str
) -> None:
    assert precision.best(model(**settings), "cpu") == expected


@pytest.mark.usefixtures("no_amx")
@pytest.mark.parametrize(("settings", "expected"), SIZES)
def test_where_it_is_slow_none_is(settings: dict[str, object], expected: str) -> None:
    assert precision.best(model(**settings), "cpu") == "fp32"


@pytest.mark.parametrize(
    ("there", "capability", "expected"),
    [(False, (9, 0), "fp32"), (True, (7, 5), "fp32"), (True, (8, 0), "bf16")],
)
def test_a_gpu_is_asked_for_its_generation(
    there: bool, capability: tuple[int, int], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    assert precision.best(model(cell="lstm", hidden_size=64), "cuda") == expected


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [
        ("processor\t: 0\nflags\t\t: fpu avx512f amx_bf16 amx_tile\n\nprocessor\t: 1\n", True),
        ("processor\t: 0\nflags\t\t: fpu avx512f amx_tile amx_int8\n", False),
        ("processor\t: 0\nFeatures\t: fp asimd bf16\n", False),
    ],
)
def test_linux_tells_what_a_processor_can(
    cpuinfo: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    monkeypatch.setattr(precision, "_CPUINFO", tmp_path / "cpuinfo")
    assert precision.has_amx.__wrapped__() is expected
    monkeypatch.setattr(precision, "_CPUINFO", tmp_path / "nothing")
    assert precision.has_amx.__wrapped__() is False


def test_torch_tells_the_same_of_this_processor() -> None:
    assert precision.has_amx() == torch.cpu._is_amx_tile_supported()


def test_a_job_is_named_after_what_auto_came_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two machines that decide otherwise make two runs; each is the one that names it."""
    job.cache_clear()
    large = "model.hidden_size=64"
    named = {name: job(large, f"train.precision={name}") for name in ("fp32", "bf16")}
    for fast, expected in ((False, "fp32"), (True, "bf16")):
        monkeypatch.setattr(precision, "has_amx", lambda fast=fast: fast)
        job.cache_clear()
        auto = job(large, "train.precision=auto")
        assert auto.config.train.precision == expected
        assert (auto.run_id, auto.config_id) == (named[expected].run_id, named[expected].config_id)
    assert named["fp32"].run_id != named["bf16"].run_id


@pytest.mark.usefixtures("amx")
def test_a_sweep_decides_for_the_machines_that_run_its_jobs() -> None:
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        planned = Planner(GlobalHydra.instance().config_loader(), "config")
        found = planned(["model.hidden_size=64", "train.precision=auto"])
        same = planned(["model.hidden_size=64", "train.precision=bf16"])
    assert isinstance(found, Job)
    assert isinstance(same, Job)
    assert found.overrides[-1] == "train.precision=bf16"
    assert found.run_id == same.run_id
