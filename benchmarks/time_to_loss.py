"""Seconds of training to the same validation loss, each side at its own best setting.

A setting is a batch, a rate, and how large the recurrent weights begin. Each side's settings are
chosen on some seeds, by the time of the slowest, and measured on others; a run that never reaches a
loss takes forever, and so does a side of whose runs half do not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median

from benchmarks.measuring import Row, rates

CHOSEN_ON, MEASURED_ON = (100, 101, 102), range(1, 6)  # seeds
HIGHER = (0.5, 0.45, 0.4)  # losses on the way
Epochs = list[dict[str, float]]  # of each its train_seconds and valid_loss
Setting = tuple[int, float, float]  # batch, rate, and what recurrent weights are multiplied by


@dataclass
class Side:
    """What trains with a setting and a seed, the settings it may choose from, and what it did."""

    train: Callable[[Setting, int], Epochs]
    settings: list[Setting]
    done: dict[tuple[Setting, int], Epochs] = field(default_factory=dict)

    def runs(self, setting: Setting, seeds: Iterable[int]) -> list[Epochs]:
        """A run a seed, trained once."""
        for seed in seeds:
            if (setting, seed) not in self.done:
                self.done[setting, seed] = self.train(setting, seed)
        return [self.done[setting, seed] for seed in seeds]

    def best(self) -> Setting:
        """The setting of least loss, in the median of the seeds to choose on."""
        return min(self.settings, key=lambda setting: lowest(self.runs(setting, CHOSEN_ON)))

    def fastest(self, goal: float) -> Setting:
        """The setting with which all runs reach a loss first; where none does, of least loss."""

        def merit(setting: Setting) -> tuple[float, float]:
            runs = self.runs(setting, CHOSEN_ON)
            return max(compiled(run, goal) for run in runs), lowest(runs)

        return min(self.settings, key=merit)


def to_the_same_losses(keras: Side, ours: Side) -> list[Row]:
    """Seconds to the lowest loss of Keras in the median of its runs, and to higher ones.

    `compiled` leaves out what Keras's first epoch takes beyond the others.
    """
    rows: list[Row] = []
    least = lowest(keras.runs(keras.best(), MEASURED_ON))
    for goal in (*HIGHER, math.ceil(1000 * least) / 1000):
        theirs, own = keras.fastest(goal), ours.fastest(goal)
        their_runs, our_runs = keras.runs(theirs, MEASURED_ON), ours.runs(own, MEASURED_ON)
        reached = sum(until(run, goal) < math.inf for run in our_runs)
        print(
            f"  to a loss of {goal}: keras at batch, rate, scale {theirs}, ours at {own}; ours gets"
            f" there in {reached} of {len(our_runs)} seeds; lowest in the median"
            f" {lowest(their_runs):.3f}, ours {lowest(our_runs):.3f}",
            flush=True,
        )
        seconds = {
            "keras": median(until(run, goal) for run in their_runs),
            "keras, compiled": median(compiled(run, goal) for run in their_runs),
            "ours": median(until(run, goal) for run in our_runs),
        }
        rows += rates(f"to a validation loss of {goal}", "s", seconds, "ours", decimals=3)
    return rows


def lowest(runs: list[Epochs]) -> float:
    """The median of the runs' lowest losses."""
    return median(min(row["valid_loss"] for row in run) for run in runs)


def until(epochs: Epochs, goal: float) -> float:
    """Seconds of training up to the end of the epoch that reaches the goal; infinite if none."""
    total = 0.0
    for row in epochs:
        total += row["train_seconds"]
        if row["valid_loss"] <= goal:
            return total
    return math.inf


def compiled(epochs: Epochs, goal: float) -> float:
    """The same, were the first epoch as fast as the others."""
    usual = median(row["train_seconds"] for row in epochs[1:])
    return until([{**epochs[0], "train_seconds": usual}, *epochs[1:]], goal)
