"""`train.precision=auto` follows from machine and network; bfloat16 trains, resumes and scores."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from attractor import checkpoints, precision
from attractor.models.protocol import Network
from attractor.models.recurrent import Recurrent
from attractor.resources import CONF
from attractor.scoring import answers
from attractor.sweeps import Job, Planner
from attractor.tasks.language_model import LanguageModel
from attractor.tasks.number_prediction import NumberPrediction
from attractor.training import DivergedError, TrainingState, train
from attractor.vocab import Vocabulary
from tiny import first_word_rule, job, network, settings

ASKED = {"_target_": "attractor.tasks.number_prediction.NumberPrediction"}
TASK = NumberPrediction()
TEXT = first_word_rule(40, seed=1)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor that multiplies bfloat16."""
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: True)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: False)


SIZES = [
    ({"cell": "lstm", "hidden_size": 200}, "bf16"),
    ({"cell": "lstm", "hidden_size": 199}, "fp32"),
    ({"cell": "gru", "hidden_size": 640}, "fp32"),  # never measured
    ({"cell": "srn", "hidden_size": 640}, "fp32"),  # not shown to learn the same
    ({"cell": "lstm", "parameters": 180_000}, "fp32"),  # 195 units
    ({"cell": "lstm", "parameters": 200_000}, "bf16"),  # 206
    ({"cell": "lstm", "parameters": 200_000, "both_ends": True}, "fp32"),  # of each direction fewer
    ({"cell": "of another's", "hidden_size": 1000}, "fp32"),
    ({"hidden_size": 1000}, "fp32"),
    ({"cell": "lstm", "hidden_size": "many"}, "fp32"),  # the model refuses it, and says why
]


def model(**settings: object) -> dict[str, object]:
    return {"embedding_size": 32, "hidden_size": None, "parameters": 20_000, **settings}


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize(("settings", "expected"), SIZES)
def test_a_large_enough_network_is_in_half_precision(
    settings: dict[str, object], expected: str
) -> None:
    assert precision.best(model(**settings), ASKED, "cpu") == expected


@pytest.mark.usefixtures("fast")
def test_a_task_that_was_not_compared_stays_in_full_precision() -> None:
    large = model(cell="lstm", hidden_size=640)
    for task in (ASKED, {"_target_": "attractor.tasks.language_model.LanguageModel"}):
        assert precision.best(large, task, "cpu") == "bf16"
    for task in ({"_target_": "attractor.tasks.verb_inflection.VerbInflection"}, {}):
        assert precision.best(large, task, "cpu") == "fp32"


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize(("settings", "expected"), SIZES)
def test_where_it_is_slow_none_is(settings: dict[str, object], expected: str) -> None:
    assert precision.best(model(**settings), ASKED, "cpu") == "fp32"


@pytest.mark.parametrize(
    ("there", "capability", "expected"),
    [(False, (9, 0), "fp32"), (True, (7, 5), "fp32"), (True, (8, 0), "bf16")],
)
def test_a_gpu_is_asked_for_its_generation(
    there: bool, capability: tuple[int, int], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    assert precision.best(model(cell="lstm", hidden_size=200), ASKED, "cuda") == expected


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [
        ("processor\t: 0\nflags\t\t: fpu avx512f amx_bf16 amx_tile\n\nprocessor\t: 1\n", True),
        ("processor\t: 0\nflags\t\t: fpu avx512f avx512_bf16\n", True),
        ("processor\t: 0\nflags\t\t: fpu avx512f amx_tile amx_int8\n", False),
        ("processor\t: 0\nFeatures\t: fp asimd bf16\n", False),
    ],
)
def test_linux_tells_what_a_processor_can(
    cpuinfo: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    monkeypatch.setattr(precision, "_CPUINFO", tmp_path / "cpuinfo")
    assert precision.multiplies_bfloat16.__wrapped__() is expected
    monkeypatch.setattr(precision, "_CPUINFO", tmp_path / "nothing")
    assert precision.multiplies_bfloat16.__wrapped__() is False


def test_torch_tells_the_same_of_this_processor() -> None:
    told = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    assert precision.multiplies_bfloat16() == told


def test_a_job_is_named_after_what_auto_came_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two machines that decide otherwise make two runs; each is the one that names it."""
    job.cache_clear()
    large = "model.hidden_size=200"
    named = {name: job(large, f"train.precision={name}") for name in ("fp32", "bf16")}
    for fast, expected in ((False, "fp32"), (True, "bf16")):
        monkeypatch.setattr(precision, "multiplies_bfloat16", lambda fast=fast: fast)
        job.cache_clear()
        auto = job(large, "train.precision=auto")
        assert auto.config.train.precision == expected
        assert (auto.run_id, auto.config_id) == (named[expected].run_id, named[expected].config_id)
    assert named["fp32"].run_id != named["bf16"].run_id
    job.cache_clear()


@pytest.mark.usefixtures("fast")
def test_a_sweep_decides_for_the_machines_that_run_its_jobs() -> None:
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        planned = Planner(GlobalHydra.instance().config_loader(), "config")
        found = planned(["model.hidden_size=200", "train.precision=auto"])
        same = planned(["model.hidden_size=200", "train.precision=bf16"])
    assert isinstance(found, Job)
    assert isinstance(same, Job)
    assert found.overrides[-1] == "train.precision=bf16"
    assert found.run_id == same.run_id


def fit(state: TrainingState | None = None, seed: int = 0, epochs: int = 4) -> list[TrainingState]:
    """The states after every epoch in bfloat16."""
    kept: list[TrainingState] = []
    given = settings(max_epochs=epochs, precision="bf16")
    net = network("lstm", seed=seed)
    train(net, TEXT, TEXT, TASK, given, 7, state, lambda now: kept.append(copy.deepcopy(now)))
    return kept


def test_a_resumed_training_ends_as_one_never_stopped(tmp_path: Path) -> None:
    checkpoints.save_state(fit(epochs=2)[-1], tmp_path / "state.safetensors")
    whole = fit()[-1]
    resumed = fit(checkpoints.load_state(tmp_path / "state.safetensors"), seed=1)[-1]
    assert (whole.epoch, resumed.epoch) == (4, 4)
    assert all(torch.equal(whole.epochs[-1][k], resumed.epochs[-1][k]) for k in whole.epochs[-1])
    assert [row["valid_loss"] for row in whole.history] == [
        row["valid_loss"] for row in resumed.history
    ]


def test_validation_and_scores_are_in_full_precision() -> None:
    """They are those of the weights, read by a program that knows of no other precision."""
    (state,) = fit(epochs=1)
    net = network("lstm", seed=5)
    net.load_state_dict(state.epochs[-1])
    losses = answers(net, TEXT, TASK.losses)
    assert losses.shape == (TEXT.n_queries,)
    assert state.history[-1]["valid_loss"] == losses.mean()
    margins = answers(net, TEXT, TASK.margins).astype(np.float32)
    assert not np.array_equal(margins, torch.from_numpy(margins).bfloat16().float().numpy())


@pytest.mark.parametrize("context", ["sentence", "stream"])
@pytest.mark.parametrize("softmax", ["full", "adaptive"])
def test_a_language_model_learns_in_half_precision(context: str, softmax: str) -> None:
    """The state that a stream carries on is one of half precision."""
    task = LanguageModel(softmax, context=context, bptt=3)
    text = pd.DataFrame({"sentence": ["the keys laugh", "a key laughs", "the key was the keys"]})
    vocabulary = task.vocabulary(text, Vocabulary.of(text["sentence"]))
    torch.manual_seed(0)
    encoder = Recurrent(len(vocabulary), "", "lstm", False, 8, 8, 1)
    net = Network(encoder, task.head(8, len(vocabulary)))
    examples = task.examples(text, vocabulary, False)
    given = settings(max_epochs=30, patience=30, batch_size=2, precision="bf16")
    history = train(net, examples, examples, task, given, 0).history
    assert len(history) == 30
    assert history[-1]["valid_loss"] < 0.6 * history[0]["valid_loss"]


def test_a_training_that_diverges_says_so() -> None:
    """Bfloat16 holds numbers as large as float32: what overflows in one does in the other."""
    given = settings(learning_rate=1e38, precision="bf16")
    with pytest.raises(DivergedError, match=r"^training diverged in epoch \d+: loss nan"):
        train(network("srn"), TEXT, TEXT, TASK, given, 0)
