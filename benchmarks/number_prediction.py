"""`python -m benchmarks.number_prediction X.text`: Linzen et al.'s (2016) set-up, in Keras too.

An LSTM of 50 units on embeddings of 50 learns the number of the coming verb from the prefix; one
sentence in ten is held out. First examples a second at equal batches, without the first epoch, in
which Keras compiles; then the time to the same validation loss, each side at its own best batch and
rate. Keras needs `pip install keras jax` (and tensorflow, to try it) in the environment of
--keras-python, or of ATTRACTOR_KERAS; where it is absent, ours is measured alone.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from attractor.batching import Examples
from attractor.config import TrainConfig
from attractor.network import build_network
from attractor.tasks.number_prediction import NumberPrediction
from attractor.training import train
from attractor.vocab import Vocabulary
from benchmarks.measuring import Row, one_core, publish, rates, yardstick
from benchmarks.sentences import read_sentences
from benchmarks.yardsticks.keras_linzen import LENGTH, UNITS

BATCHES = (16, 128)
BACKENDS = ("jax", "tensorflow", "tensorflow unrolled", "torch")
RATE = 0.001  # of learning, at equal batches
RATES = (0.003, 0.01, 0.03)  # tried on the way to a loss
OUR_BATCHES = (16, 32, 64, 128)
CHOSEN_ON, MEASURED_ON = (0, 100), range(1, 6)  # seeds
# Keras begins with small embeddings and open forget gates, and clips no gradient.
AS_KERAS = {"embedding_scale": 0.05, "forget_bias": 1.0}
UNCLIPPED = 1e9
FILE = Path("outputs/bench_number_prediction.csv")
INSTALL = "pip install keras jax"
Epochs = list[dict[str, float]]  # of each its train_seconds and valid_loss
Setting = tuple[int, float]  # batch and rate


def main() -> None:
    """Measure, print tables, and write them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.number_prediction")
    parser.add_argument("text", type=Path, help="sentences; X.gold beside it says where verbs are")
    parser.add_argument("--keras-python", default=os.environ.get("ATTRACTOR_KERAS", sys.executable))
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--epochs", type=int, default=5, help="measured, after one to warm up")
    given = parser.parse_args()
    one_core()
    sides = Sides(read_sentences(given.text), given.keras_python)
    backends = given.backends if sides.has_keras() else []
    if not backends:
        print(f"no Keras in {given.keras_python}: {INSTALL}, or give --keras-python; ours alone")
    rows = at_equal_batches(sides, backends, given.epochs)
    if backends:
        rows += to_the_same_loss(sides, backends[0])
    publish(rows, FILE)


class Sides:
    """The same sentences for the package and for Keras."""

    def __init__(self, items: pd.DataFrame, python: str) -> None:
        self.python = python
        self.words = Vocabulary.of(items["sentence"])
        items = items.sample(frac=1, random_state=0)
        cut = len(items) * 9 // 10
        self.n_train = cut
        self.task = NumberPrediction()
        self.train, self.valid = (self.examples(part) for part in (items[:cut], items[cut:]))
        self.data = {**self.padded("train", items[:cut]), **self.padded("valid", items[cut:])}

    def examples(self, items: pd.DataFrame) -> Examples:
        """As the package reads them."""
        return self.task.examples(items, self.words, False)

    def padded(self, split: str, items: pd.DataFrame) -> dict[str, Any]:
        """As Keras reads them: prefixes, padded on their left."""
        tokens = np.zeros((len(items), LENGTH), dtype=np.int32)
        columns = zip(items["sentence"], items["verb_index"], strict=True)
        for row, (sentence, verb) in enumerate(columns):
            prefix = self.words.encode(sentence.split(" ")[:verb])[-LENGTH:]
            tokens[row, LENGTH - len(prefix) :] = prefix
        plural = (items["subject_number"] == "plural").to_numpy().astype(np.float32)
        return {f"{split}_tokens": tokens, f"{split}_plural": plural}

    def has_keras(self) -> bool:
        """Whether that Python has Keras and jax."""
        try:
            found = subprocess.run([self.python, "-c", "import keras, jax"], capture_output=True)
        except OSError:
            return False
        return found.returncode == 0

    def keras(self, backend: str, batch: int, rate: float, epochs: int, seed: int = 0) -> Epochs:
        """Epochs of Keras, in a process of its own."""
        name, _, unrolled = backend.partition(" ")
        arguments = [str(batch), "--rate", str(rate), "--epochs", str(epochs), "--seed", str(seed)]
        arguments += ["--unroll"] if unrolled else []
        environment = {"KERAS_BACKEND": name}
        found: Epochs = yardstick("keras_linzen", self.python, self.data, arguments, environment)
        return found

    def ours(
        self, batch: int, rate: float, epochs: int, seed: int = 0, as_keras: bool = False
    ) -> Epochs:
        """Epochs of the package; as_keras: begun and learnt from gradients as Keras does."""
        model = {
            "_target_": "attractor.models.recurrent.Recurrent",
            "name": "lstm",
            "cell": "lstm",
            "both_ends": False,
            "embedding_size": UNITS,
            "hidden_size": UNITS,
            "parameters": 1,
            **(AS_KERAS if as_keras else {}),
        }
        network = build_network(model, self.task, len(self.words), seed)
        settings = TrainConfig(rate, batch_size=batch, max_epochs=epochs, patience=epochs)
        if as_keras:
            settings = replace(settings, clip=UNCLIPPED)
        found = train(network, self.train, self.valid, self.task, settings, seed).history
        return [{**row, "train_seconds": row["seconds"]} for row in found]


def at_equal_batches(sides: Sides, backends: Iterable[str], epochs: int) -> list[Row]:
    """Examples a second of each backend and, before and after it, of ours."""
    rows: list[Row] = []
    for batch in BATCHES:
        ours = [sides.ours(batch, RATE, 1 + epochs)]
        speeds = {}
        for backend in backends:
            speeds[backend] = speed(sides, [sides.keras(backend, batch, RATE, 1 + epochs)])
            ours.append(sides.ours(batch, RATE, 1 + epochs))
            print(f"  batch {batch}, {backend}: {speeds[backend]:,.0f} examples/s", flush=True)
        fastest = max(speeds, key=speeds.__getitem__, default="ours")
        speeds["ours"] = speed(sides, ours)
        rows += rates(f"trained at batch {batch}", "examples/s", speeds, fastest)
    return rows


def speed(sides: Sides, runs: list[Epochs]) -> float:
    """Examples a second in the median epoch of all runs, but for the first of each."""
    return sides.n_train / median(row["train_seconds"] for run in runs for row in run[1:])


def to_the_same_loss(sides: Sides, backend: str) -> list[Row]:
    """Seconds to the loss that Keras reaches at best, at the best settings of either side.

    Settings are chosen on some seeds (Keras's on one) and measured on others, in turns; a run that
    never reaches the loss takes forever. The seconds are of training alone; `compiled` leaves out
    what Keras's first epoch takes beyond the others.
    """

    def theirs(setting: Setting, seed: int) -> Epochs:
        return sides.keras(backend, *setting, 5 if setting[0] == 16 else 12, seed)

    def ours(setting: Setting, seed: int) -> Epochs:
        return sides.ours(*setting, 5, seed, as_keras=True)

    tried = {setting: theirs(setting, 0) for setting in product(BATCHES, RATES)}
    goal = math.ceil(100 * min(row["valid_loss"] for run in tried.values() for row in run)) / 100
    keras = min(tried, key=lambda setting: compiled(tried[setting], goal))
    own = fastest_of(ours, product(OUR_BATCHES, RATES), goal)
    print(f"  to a loss of {goal}: {backend} at batch, rate {keras}, ours at {own}", flush=True)
    runs = [(theirs(keras, seed), ours(own, seed)) for seed in MEASURED_ON]
    seconds = {
        f"keras {backend}": median(until(one, goal) for one, _ in runs),
        f"keras {backend}, compiled": median(compiled(one, goal) for one, _ in runs),
        "ours": median(until(two, goal) for _, two in runs),
    }
    return rates(f"to a validation loss of {goal}", "s", seconds, "ours", decimals=3)


def fastest_of(
    run: Callable[[Setting, int], Epochs], settings: Iterable[Setting], goal: float
) -> Setting:
    """The setting that reaches the goal first, in the slower of its runs."""
    return min(settings, key=lambda setting: max(until(run(setting, s), goal) for s in CHOSEN_ON))


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


if __name__ == "__main__":
    main()
