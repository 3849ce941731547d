"""One loop for every model and task: Adam, clipped gradients, early stopping on validation loss.

The order of batches and any dropout depend on (seed, epoch) alone, so a run that goes on from the
state after some epoch ends with the very weights of one that was never stopped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from attractor.batching import Examples
from attractor.config import TrainConfig
from attractor.denormals import without_denormals
from attractor.models.protocol import Network
from attractor.optimizer.adam import Adam
from attractor.scoring import answers
from attractor.tasks.protocol import Task

Weights = dict[str, Tensor]


class DivergedError(Exception):
    """Training met a loss that is no number; the message names epoch, norm and remedy."""


@dataclass
class TrainingState:
    """All that the next epoch depends on, as tensors and plain numbers.

    `epochs[e]`: the weights after epoch e (0: at initialisation), kept for later analysis;
    `optimizer`: Adam's moments by parameter; `history`: a row an epoch.
    """

    epochs: list[Weights]
    optimizer: dict[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def epoch(self) -> int:
        return len(self.history)

    @property
    def best(self) -> int:
        """The epoch of least validation loss (the earliest of equals)."""
        losses = [row["valid_loss"] for row in self.history]
        return 1 + losses.index(min(losses))

    def snapshots(self) -> dict[str, Weights]:
        """Weights at initialisation, half-way to the best epoch, and at the best epoch."""
        return {
            "initial": self.epochs[0],
            "halfway": self.epochs[self.best // 2],
            "best": self.epochs[self.best],
        }


@without_denormals()
def train(
    network: Network,
    train_examples: Examples,
    valid_examples: Examples,
    task: Task,
    settings: TrainConfig,
    seed: int,
    state: TrainingState | None = None,
    after_epoch: Callable[[TrainingState], None] = lambda state: None,
    after_batch: Callable[[int], None] = lambda n_tokens: None,
) -> TrainingState:
    """Train `network`, from `state` where a run was stopped; returns the final state.

    after_epoch is given the state to keep; after_batch the number of tokens read. Raises
    DivergedError where loss or gradient stop being numbers.
    """
    network.to(settings.device)
    optimizer = Adam(network, settings.learning_rate)
    if state is None:
        state = TrainingState(epochs=[_copies(network.state_dict())])
    else:
        network.load_state_dict(state.epochs[-1])
        optimizer.resume(state.optimizer)
    while not _finished(state, settings):
        started = time.perf_counter()
        epoch = state.epoch + 1
        torch.manual_seed(seed * 1_000_003 + epoch)
        rng = np.random.default_rng([seed, epoch])
        losses, norms = [], []
        network.train()
        for batch in train_examples.batches(settings.batch_size, rng, settings.length_spread):
            batch = batch.to(settings.device)
            optimizer.zero_grad()
            with _precision(settings):
                loss = task.loss(network.head, network.encoder(batch), batch.targets)
            loss.backward()  # type: ignore[no-untyped-call]
            norms.append(optimizer.step(settings.clip))
            losses.append((loss.item(), len(batch.targets)))
            if not (math.isfinite(losses[-1][0]) and math.isfinite(norms[-1])):
                raise DivergedError(_diverged(epoch, losses[-1][0], norms[-1], settings))
            after_batch(int(batch.lengths.sum()))
        optimizer.settle()
        seconds = time.perf_counter() - started
        valid_loss, valid_accuracy = _validate(network, valid_examples, task, settings)
        if not math.isfinite(valid_loss):  # the epoch's last steps broke the weights
            raise DivergedError(_diverged(epoch, valid_loss, norms[-1], settings))
        loss_sum = sum(value * n for value, n in losses)
        state.history.append(
            {
                "epoch": epoch,
                "train_loss": loss_sum / sum(n for _, n in losses),
                "valid_loss": valid_loss,
                "valid_accuracy": valid_accuracy,
                "grad_norm": float(np.mean(norms)),
                "grad_norm_max": max(norms),
                "tokens": train_examples.n_tokens,
                "seconds": seconds,
            }
        )
        state.epochs.append(_copies(network.state_dict()))
        state.optimizer = _copies(optimizer.state)
        after_epoch(state)
    return state


def _precision(settings: TrainConfig) -> AbstractContextManager[object]:
    """Where torch takes the products of half precision, if the settings say so."""
    if settings.precision == "bf16":
        return torch.autocast(settings.device, dtype=torch.bfloat16)
    return nullcontext()


def _finished(state: TrainingState, settings: TrainConfig) -> bool:
    if state.epoch >= settings.max_epochs:
        return True
    return state.epoch > 0 and state.epoch - state.best >= settings.patience


def _validate(
    network: Network, examples: Examples, task: Task, settings: TrainConfig
) -> tuple[float, float]:
    """Mean loss in nats and accuracy over the validation questions."""

    def both(outputs: Tensor, targets: Tensor) -> Tensor:
        return torch.stack([task.losses(outputs, targets), task.correct(outputs, targets)], dim=1)

    loss, accuracy = answers(network, examples, both, settings.device).mean(axis=0).tolist()
    return loss, accuracy


def _copies(tensors: Mapping[str, Tensor]) -> Weights:
    return {name: value.detach().cpu().clone() for name, value in tensors.items()}


def _diverged(epoch: int, loss: float, norm: float, settings: TrainConfig) -> str:
    return (
        f"training diverged in epoch {epoch}: loss {loss:g}, gradient norm {norm:g} before "
        f"clipping; lower train.learning_rate={settings.learning_rate:g} by a factor of ten "
        f"or train.clip={settings.clip:g} by four"
    )
