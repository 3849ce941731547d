"""Training goes on exactly where it was stopped, stops when it should, and logs what happened."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from attractor import checkpoints, training
from attractor.batching import Examples
from attractor.config import TrainConfig
from attractor.models.protocol import Network
from attractor.network import build_network
from attractor.scoring import answers, correctness
from attractor.tasks.language_model import LanguageModel
from attractor.tasks.number_prediction import NumberPrediction
from attractor.training import DivergedError, TrainingState, Weights, train
from attractor.vocab import Vocabulary
from tiny import first_word_rule, network, settings

TASK = NumberPrediction()
TEXT = first_word_rule(40, seed=1)
VALID = first_word_rule(20, seed=2)
STILL = 1e-30  # a learning rate at which no weight moves


class StoppedError(Exception):
    """Stands for kill -9 right after an epoch's state was written."""


def fit(
    net: Network,
    given: TrainConfig,
    seed: int = 0,
    state: TrainingState | None = None,
    after_epoch: Callable[[TrainingState], None] = lambda state: None,
    text: Examples = TEXT,
) -> TrainingState:
    return train(net, text, VALID, TASK, given, seed, state, after_epoch)


def same(one: Weights, other: Weights) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def without_seconds(state: TrainingState) -> list[dict[str, float]]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in state.history]


def gradients(net: Network, examples: Examples, rng: np.random.Generator, size: int) -> list[float]:
    """The norm of each batch's gradient at the present weights, from the definition."""
    norms = []
    for batch in examples.batches(size, rng):
        net.zero_grad()
        logit, target = net(batch)[:, 0], batch.targets
        p = torch.sigmoid(logit)
        loss = -(target * p.log() + (1 - target) * (1 - p).log()).mean()
        found = torch.autograd.grad(loss, list(net.parameters()))
        norms.append(math.sqrt(sum(float((g.double() ** 2).sum()) for g in found)))
    return norms


@pytest.mark.parametrize(("cell", "both_ends"), [("srn", False), ("lstm", True)])
@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_stopped_run_ends_as_one_never_stopped(
    cell: str, both_ends: bool, stop: int, tmp_path: Path
) -> None:
    given, path = settings(max_epochs=4), tmp_path / "state.safetensors"
    whole = fit(network(cell, both_ends), given, seed=7)

    def write(state: TrainingState) -> None:
        checkpoints.save_state(state, path)
        if state.epoch == stop:
            raise StoppedError

    with pytest.raises(StoppedError):
        fit(network(cell, both_ends), given, seed=7, after_epoch=write)
    torch.manual_seed(99)  # a new process: other weights to begin with, another state of the dice
    found = checkpoints.load_state(path)
    assert found is not None
    assert found.epoch == stop
    resumed = fit(network(cell, both_ends, seed=5), given, seed=7, state=found)
    assert len(resumed.epochs) == 5
    assert all(same(one, other) for one, other in zip(whole.epochs, resumed.epochs, strict=True))
    assert same(whole.optimizer, resumed.optimizer)
    assert without_seconds(whole) == without_seconds(resumed)


def test_a_resumed_run_throws_the_dice_of_its_epoch() -> None:
    """A network with dropout: what is dropped depends on seed and epoch, not on what ran before."""

    def dropping() -> Network:
        net = network()
        net.head = torch.nn.Sequential(torch.nn.Dropout(0.5), net.head)
        return net

    kept: list[TrainingState] = []
    whole = fit(
        dropping(),
        settings(max_epochs=3),
        after_epoch=lambda state: kept.append(copy.deepcopy(state)),
    )
    resumed = fit(dropping(), settings(max_epochs=3), state=kept[0])
    assert same(whole.epochs[-1], resumed.epochs[-1])


@pytest.mark.parametrize("options", [{}, {"context": "stream"}, {"tied": True}])
def test_a_resumed_language_model_with_dropout_ends_as_one_never_stopped(
    options: dict[str, object], tmp_path: Path
) -> None:
    """The state of a stream and what is dropped begin anew in each epoch; what is tied stays so."""
    task = LanguageModel(**options, bptt=3)  # type: ignore[arg-type]
    text = pd.DataFrame({"sentence": ["the keys laugh", "a key laughs", "the key was the keys"]})
    vocabulary = task.vocabulary(text, Vocabulary.of(text["sentence"]))
    examples, path = task.examples(text, vocabulary, False), tmp_path / "state.safetensors"
    model = {
        "_target_": "attractor.models.recurrent.Recurrent",
        "name": "lstm",
        "cell": "lstm",
        "both_ends": False,
        "embedding_size": 6,
        "hidden_size": 6,
        "parameters": 1000,
        "dropout": 0.5,
    }

    def write(state: TrainingState) -> None:
        if state.epoch == 2:
            checkpoints.save_state(state, path)

    def run(seed: int, max_epochs: int, state: TrainingState | None = None) -> TrainingState:
        net = build_network(model, task, len(vocabulary), seed)
        given = settings(max_epochs=max_epochs, batch_size=2)
        return train(net, examples, examples, task, given, 7, state, after_epoch=write)

    whole = run(seed=0, max_epochs=4)
    run(seed=0, max_epochs=2)
    resumed = run(seed=1, max_epochs=4, state=checkpoints.load_state(path))
    assert resumed.epoch == 4
    assert same(whole.epochs[-1], resumed.epochs[-1])
    assert without_seconds(whole) == without_seconds(resumed)


def test_going_on_from_a_finished_state_trains_no_more() -> None:
    done = fit(network(), settings(max_epochs=2))
    last = copy.deepcopy(done.epochs[-1])
    again = fit(network(seed=3), settings(max_epochs=2), state=done)
    assert again.epoch == 2
    assert same(again.epochs[-1], last)


@pytest.mark.parametrize(
    ("losses", "patience", "epochs", "best"),
    [
        ([5, 4, 3, 3.5, 3.2, 3.1, 1], 3, 6, 3),  # stops before the 1 it never sees
        ([5, 4, 4, 4, 4, 4, 4], 2, 4, 2),  # of equals the earliest is best
        ([5, 6, 7, 8, 9, 9, 9], 1, 2, 1),
        ([7, 6, 5, 4, 3, 2, 1], 2, 7, 7),  # goes on to max_epochs
        ([5, 6, 4, 6, 3, 6, 6], 2, 7, 5),  # a better epoch resets the patience
    ],
)
def test_stops_when_validation_has_not_improved_for_patience_epochs(
    monkeypatch: pytest.MonkeyPatch, losses: list[float], patience: int, epochs: int, best: int
) -> None:
    script = iter(losses)
    monkeypatch.setattr(training, "_validate", lambda *arguments: (next(script), 0.5))
    state = fit(network(), settings(max_epochs=7, patience=patience))
    assert (state.epoch, state.best) == (epochs, best)
    assert [row["valid_loss"] for row in state.history] == losses[:epochs]


def test_snapshots_are_the_weights_of_their_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    script = iter([5, 4, 3, 2, 1, 6])  # epoch 5 is best, so 2 is half-way
    monkeypatch.setattr(training, "_validate", lambda *arguments: (next(script), 0.5))
    net = network()
    initial = copy.deepcopy(net.state_dict())
    seen: list[Weights] = []
    state = fit(
        net,
        settings(max_epochs=6),
        after_epoch=lambda state: seen.append(copy.deepcopy(net.state_dict())),
    )
    found = state.snapshots()
    assert same(found["initial"], initial)
    assert same(found["halfway"], seen[1])
    assert same(found["best"], seen[4])
    assert not same(found["best"], seen[5])
    assert not same(found["halfway"], found["best"])


class Breaking(NumberPrediction):
    """A task whose loss is no number from one call on."""

    def __init__(self, call: int, factor: float) -> None:
        self.calls, self.call, self.factor = itertools.count(), call, factor

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        factor = self.factor if next(self.calls) == self.call else 1.0
        return super().losses(outputs, targets) * factor


@pytest.mark.parametrize("factor", [math.nan, math.inf])
def test_a_loss_that_is_no_number_stops_with_epoch_norm_and_remedy(factor: float) -> None:
    per_epoch = len(list(TEXT.batches(8)))
    kept: list[int] = []
    with pytest.raises(DivergedError) as error:
        train(
            network(),
            TEXT,
            VALID,
            Breaking(per_epoch + 2, factor),  # in the second epoch
            settings(learning_rate=0.02, clip=0.75),
            seed=0,
            after_epoch=lambda state: kept.append(state.epoch),
        )
    message = str(error.value)
    assert "\n" not in message
    for part in ("epoch 2", f"loss {factor}", "gradient norm nan", "learning_rate", "clip"):
        assert part in message
    assert "0.02" in message  # the settings as they are, or a value to try
    assert "0.75" in message
    assert kept == [1]


def test_weights_that_the_last_step_broke_are_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every batch's loss and gradient were numbers; what validation makes of the weights is not."""
    monkeypatch.setattr(training, "_validate", lambda *arguments: (math.nan, 0.0))
    kept: list[int] = []
    with pytest.raises(DivergedError, match="epoch 1: loss nan"):
        fit(network(), settings(max_epochs=1), after_epoch=lambda state: kept.append(state.epoch))
    assert kept == []


def test_gradient_norms_are_logged_before_clipping() -> None:
    net, clip = network("lstm"), 1e-3
    expected = gradients(copy.deepcopy(net), TEXT, np.random.default_rng([4, 1]), 8)
    (row,) = fit(
        net, settings(max_epochs=1, clip=clip, learning_rate=STILL, batch_size=8), seed=4
    ).history
    assert len(expected) == 5
    assert row["grad_norm"] == pytest.approx(np.mean(expected), rel=1e-4)
    assert row["grad_norm_max"] == pytest.approx(max(expected), rel=1e-4)
    assert row["grad_norm"] > 10 * clip


def test_history_holds_the_losses_of_the_definition() -> None:
    net = network("gru")
    ticks: list[int] = []
    (row,) = train(
        net,
        TEXT,
        VALID,
        TASK,
        settings(max_epochs=1, learning_rate=STILL, batch_size=7),  # the last batch is smaller
        seed=0,
        after_batch=ticks.append,
    ).history

    def loss(examples: Examples) -> float:
        return float(
            np.mean([math.log1p(math.exp(-m)) for m in answers(net, examples, TASK.margins)])
        )

    assert row["train_loss"] == pytest.approx(loss(TEXT), abs=1e-6)
    assert row["valid_loss"] == pytest.approx(loss(VALID), abs=1e-6)
    assert row["valid_accuracy"] == correctness(answers(net, VALID, TASK.margins)).mean()
    assert row["tokens"] == TEXT.n_tokens == sum(ticks)
    assert row["epoch"] == 1
    assert row["seconds"] > 0


def test_first_step_is_adams() -> None:
    """One batch, no clipping: every weight with a gradient moves by the learning rate."""
    net, rate = network("srn"), 0.01
    before = copy.deepcopy(net.state_dict())
    fit(net, settings(max_epochs=1, batch_size=99, clip=1e9, learning_rate=rate))
    moved = [(before[name] - p).abs() for name, p in net.named_parameters()]
    grads = [p.grad for p in net.parameters()]
    for step, gradient in zip(moved, grads, strict=True):
        assert gradient is not None
        expected = rate * gradient.abs() / (gradient.abs() + 1e-8)
        torch.testing.assert_close(step, expected, atol=1e-6, rtol=1e-3)


def test_same_seed_same_weights_other_seed_other_order() -> None:
    def final(seed: int) -> Weights:
        return fit(network(seed=0), settings(max_epochs=2), seed=seed).epochs[-1]

    assert same(final(3), final(3))
    assert not same(final(3), final(4))


def test_padding_keeps_no_embedding() -> None:
    net = network("lstm", both_ends=True)
    fit(net, settings(max_epochs=3))
    assert net.encoder.embedding.weight[0].eq(0).all()  # type: ignore[union-attr,operator,index]


@pytest.mark.parametrize(("cell", "both_ends"), [("srn", False), ("lstm", False), ("gru", True)])
def test_a_tiny_network_learns_a_tiny_rule(cell: str, both_ends: bool) -> None:
    """The number of the first word decides, up to five words on: memory is needed."""
    net = network(cell, both_ends, hidden_size=12)
    text = first_word_rule(120, seed=3)
    state = fit(net, settings(max_epochs=30, patience=30, learning_rate=0.02), text=text)
    net.load_state_dict(state.snapshots()["best"])
    assert correctness(answers(net, text, TASK.margins)).mean() == 1.0
    assert state.history[-1]["valid_accuracy"] > 0.9


def test_bfloat16_computes_otherwise_and_keeps_float32_weights() -> None:
    full = fit(network("lstm"), settings(max_epochs=2))
    half = fit(network("lstm"), settings(max_epochs=2, precision="bf16"))
    assert not same(full.epochs[-1], half.epochs[-1])
    assert {value.dtype for value in half.epochs[-1].values()} == {torch.float32}
    assert half.history[-1]["train_loss"] == pytest.approx(full.history[-1]["train_loss"], abs=0.02)
