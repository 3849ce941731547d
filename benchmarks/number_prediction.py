"""`python -m benchmarks.number_prediction X.text`: Linzen et al.'s (2016) set-up, in Keras too.

An LSTM of 50 units on embeddings of 50 learns the number of the coming verb from the prefix; one
sentence in ten is held out. First examples a second at equal batches, without the first epoch, in
which Keras compiles; then the time to the same validation losses (time_to_loss.py), of trainings
after the first in a process, for Keras compiles every model anew. Keras needs `pip install keras
jax` (and tensorflow, to try it) in the environment of --keras-python, or of
ATTRACTOR_KERAS; where it is absent, ours is measured alone.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
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
from benchmarks.time_to_loss import Epochs, Side, to_the_same_losses
from benchmarks.yardsticks.keras_linzen import LENGTH, UNITS

BATCHES = (16, 128)
BACKENDS = ("jax", "tensorflow", "tensorflow unrolled", "torch")
RATE = 0.001  # of learning, at equal batches
# Tried on the way to a loss. Recurrent weights of Keras are orthogonal, ours uniform: at 1.7 times
# torch's they are as large.
TRIED_BATCHES, RATES = (8, 12, 16, 32), (0.005, 0.01, 0.02)
GAINS, SCALES = (1.0, 2.0), (3.0, 4.0)
EPOCHS = 3  # of which none beyond the second has less loss than those before
# Keras begins with small embeddings and open forget gates, clips no gradient and mixes lengths.
AS_KERAS = {"embedding_scale": 0.05, "forget_bias": 1.0}
UNCLIPPED, ANY = 1e9, LENGTH
FILE = Path("outputs/bench_number_prediction.csv")
INSTALL = "pip install keras jax"


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
        keras = Side(
            lambda setting, seeds: sides.keras(backends[0], *setting, EPOCHS, [0, *seeds])[1:],
            list(product(TRIED_BATCHES, RATES, GAINS)),
        )
        ours = Side(
            lambda setting, seeds: [sides.ours(*setting, EPOCHS, seed) for seed in seeds],
            list(product(TRIED_BATCHES, RATES, SCALES)),
        )
        rows += to_the_same_losses(keras, ours)
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

    def keras(
        self,
        backend: str,
        batch: int,
        rate: float,
        gain: float,
        epochs: int,
        seeds: Sequence[int],
    ) -> list[Epochs]:
        """Epochs of Keras, of a model a seed, one after the other in a process of their own."""
        name, _, unrolled = backend.partition(" ")
        arguments = [str(batch), "--rate", str(rate), "--epochs", str(epochs), "--gain", str(gain)]
        arguments += ["--unroll"] if unrolled else []
        arguments += ["--seeds", *map(str, seeds)]
        environment = {"KERAS_BACKEND": name}
        found: list[Epochs]
        found = yardstick("keras_linzen", self.python, self.data, arguments, environment)
        return found

    def ours(self, batch: int, rate: float, scale: float | None, epochs: int, seed: int) -> Epochs:
        """Epochs of the package; scale: of its recurrent weights, where all else is begun, and
        learnt from gradients, as in Keras; None for the package's own ways.
        """
        as_keras = {} if scale is None else {**AS_KERAS, "recurrent_scale": scale}
        model = {
            "_target_": "attractor.models.recurrent.Recurrent",
            "name": "lstm",
            "cell": "lstm",
            "both_ends": False,
            "embedding_size": UNITS,
            "hidden_size": UNITS,
            "parameters": 1,
            **as_keras,
        }
        network = build_network(model, self.task, len(self.words), seed)
        settings = TrainConfig(rate, batch_size=batch, max_epochs=epochs, patience=epochs)
        if as_keras:
            settings = replace(settings, clip=UNCLIPPED, length_spread=ANY)
        found = train(network, self.train, self.valid, self.task, settings, seed).history
        return [{**row, "train_seconds": row["seconds"]} for row in found]


def at_equal_batches(sides: Sides, backends: Iterable[str], epochs: int) -> list[Row]:
    """Examples a second of each backend and, before and after it, of ours."""
    rows: list[Row] = []
    for batch in BATCHES:
        ours = [sides.ours(batch, RATE, None, 1 + epochs, 0)]
        speeds = {}
        for backend in backends:
            speeds[backend] = speed(sides, sides.keras(backend, batch, RATE, 1.0, 1 + epochs, [0]))
            ours.append(sides.ours(batch, RATE, None, 1 + epochs, 0))
            print(f"  batch {batch}, {backend}: {speeds[backend]:,.0f} examples/s", flush=True)
        fastest = max(speeds, key=speeds.__getitem__, default="ours")
        speeds["ours"] = speed(sides, ours)
        rows += rates(f"trained at batch {batch}", "examples/s", speeds, fastest)
    return rows


def speed(sides: Sides, runs: list[Epochs]) -> float:
    """Examples a second in the median epoch of all runs, but for the first of each."""
    return sides.n_train / median(row["train_seconds"] for run in runs for row in run[1:])


if __name__ == "__main__":
    main()
