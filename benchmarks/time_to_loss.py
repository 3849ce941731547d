"""Seconds of training to the same validation loss, each side at its own best setting.

A setting is a batch, a rate, and how large the recurrent weights begin; a side's are chosen on some
seeds and measured on others. Not all runs reach a loss. So two numbers are given: the median over
runs, infinite where half do not get there, and what one run that does costs if seeds are tried
until one does, the seconds of all runs over the number of those that get there (the expected
running time of Hansen et al. 2021, "COCO: a platform for comparing continuous optimizers in a
black-box setting"). Settings are chosen for each by itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from statistics import median

from benchmarks.measuring import Row, rates

CHOSEN_ON, MEASURED_ON = range(100, 106), range(1, 21)  # seeds
HIGHER = (0.5, 0.45, 0.4)  # losses on the way
Epochs = list[dict[str, float]]  # of a run, each its train_seconds and valid_loss
Setting = tuple[int, float, float]  # batch, rate, and what recurrent weights are multiplied by
Clock = Callable[[Epochs], Epochs]  # what is counted of a run
Measure = Callable[[Sequence[Epochs], float], float]  # seconds of runs to a loss


@dataclass
class Side:
    """What trains a run a seed, the settings it may choose from, and what it did."""

    train: Callable[[Setting, Sequence[int]], list[Epochs]]
    settings: list[Setting]
    done: dict[tuple[Setting, int], Epochs] = field(default_factory=dict)

    def runs(self, setting: Setting, seeds: Iterable[int]) -> list[Epochs]:
        """A run a seed, trained once."""
        missing = [seed for seed in seeds if (setting, seed) not in self.done]
        if missing:
            for seed, run in zip(missing, self.train(setting, missing), strict=True):
                self.done[setting, seed] = run
        return [self.done[setting, seed] for seed in seeds]

    def best(self) -> Setting:
        """The setting of least loss, in the median of the seeds to choose on."""
        return min(self.settings, key=lambda setting: lowest(self.runs(setting, CHOSEN_ON)))

    def fastest(self, goal: float, clock: Clock, measure: Measure) -> Setting:
        """The setting of least measure; of those with which it is infinite, that of least loss."""

        def merit(setting: Setting) -> tuple[float, float]:
            runs = [clock(run) for run in self.runs(setting, CHOSEN_ON)]
            return measure(runs, goal), lowest(runs)

        return min(self.settings, key=merit)


def to_the_same_losses(keras: Side, ours: Side) -> list[Row]:
    """Seconds to the lowest loss of Keras in the median of its runs, and to higher ones.

    `compiled` leaves out what Keras's first epoch takes beyond the others.
    """
    rows: list[Row] = []
    least = lowest(keras.runs(keras.best(), MEASURED_ON))
    goals = (*HIGHER, math.ceil(1000 * least) / 1000)
    for goal, (measure, find) in product(goals, MEASURES.items()):
        found = {}
        for name, side, clock in (
            ("keras", keras, list),
            ("keras, compiled", keras, compiled),
            ("ours", ours, list),
        ):
            setting = side.fastest(goal, clock, find)
            runs = [clock(run) for run in side.runs(setting, MEASURED_ON)]
            found[name] = find(runs, goal)
            reached = sum(until(run, goal) < math.inf for run in runs)
            print(
                f"  to a loss of {goal}, {measure}, {name}: at batch, rate, scale {setting}"
                f" {reached} of {len(runs)} seeds get there; lowest in the median"
                f" {lowest(runs):.3f}",
                flush=True,
            )
        rows += rates(f"to a validation loss of {goal}, {measure}", "s", found, "ours", decimals=3)
    return rows


def lowest(runs: Iterable[Epochs]) -> float:
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


def middle(runs: Sequence[Epochs], goal: float) -> float:
    """The median of the seconds until a goal."""
    return median(until(run, goal) for run in runs)


def with_retries(runs: Sequence[Epochs], goal: float) -> float:
    """Seconds of all runs, each up to the goal or its end, over the number that reach it."""
    spent, reached = 0.0, 0
    for run in runs:
        seconds = until(run, goal)
        reached += seconds < math.inf
        spent += min(seconds, sum(row["train_seconds"] for row in run))
    return spent / reached if reached else math.inf


MEASURES: dict[str, Measure] = {"median": middle, "with retries": with_retries}


def compiled(epochs: Epochs) -> Epochs:
    """A run whose first epoch is as fast as its others."""
    usual = median(row["train_seconds"] for row in epochs[1:])
    return [{**epochs[0], "train_seconds": usual}, *epochs[1:]]
