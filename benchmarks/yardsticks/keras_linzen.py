"""`python keras_linzen.py DATA.npz RESULT.json 16`: number prediction as it is written in Keras 3.

The set-up of Linzen, Dupoux & Goldberg (2016): Embedding 50, LSTM 50, Dense 1 with a sigmoid, Adam;
one example a prefix, padded on its left to 50 tokens, its last 50 where it is longer. KERAS_BACKEND
chooses jax, tensorflow or torch; model.fit compiles where the backend does. Imports nothing of the
package, so that Keras may live in an environment of its own.

DATA holds train_tokens (N, 50), train_plural (N,), valid_tokens, valid_plural; RESULT, of each seed
a list of a mapping an epoch: train_seconds (the first with compilation, which every model has
anew), seconds (and with validation), valid_loss, valid_accuracy.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

LENGTH, UNITS = 50, 50


def main() -> None:
    """Train on DATA, a model a seed, and write what each epoch took and reached."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("batch", type=int)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rate", type=float, default=0.001, help="of learning")
    parser.add_argument("--gain", type=float, default=1.0, help="of the recurrent weights")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--unroll", action="store_true", help="the LSTM's loop over tokens")
    given = parser.parse_args()
    with np.load(given.data) as data:
        prefixes = dict(data)
    found = [train(prefixes, given, seed) for seed in given.seeds]
    given.result.write_text(json.dumps(found))


def train(data: dict[str, Any], given: argparse.Namespace, seed: int) -> list[dict[str, float]]:
    """A mapping an epoch."""
    if os.environ["KERAS_BACKEND"] == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    elif os.environ["KERAS_BACKEND"] == "torch":
        import torch

        torch.set_num_threads(1)
    import keras

    class Clock(keras.callbacks.Callback):  # type: ignore[misc]
        """When each epoch began, ended its training, and ended."""

        def __init__(self) -> None:
            super().__init__()
            self.epochs: list[dict[str, float]] = []

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.began = self.trained = time.perf_counter()

        def on_test_begin(self, logs: Any = None) -> None:
            # jax returns before a step is done: half an epoch would count as validation
            keras.ops.convert_to_numpy(self.model.trainable_variables[-1])
            self.trained = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.epochs.append(
                {
                    "train_seconds": self.trained - self.began,
                    "seconds": time.perf_counter() - self.began,
                    "valid_loss": float(logs["val_loss"]),
                    "valid_accuracy": float(logs["val_accuracy"]),
                }
            )

    keras.utils.set_random_seed(seed)
    orthogonal = keras.initializers.Orthogonal(given.gain)  # Keras's own has a gain of 1
    n_words = 1 + max(int(data[f"{split}_tokens"].max()) for split in ("train", "valid"))
    model = keras.Sequential(
        [
            keras.layers.Embedding(n_words, UNITS),
            keras.layers.LSTM(UNITS, unroll=given.unroll, recurrent_initializer=orthogonal),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    adam = keras.optimizers.Adam(given.rate)
    model.compile(optimizer=adam, loss="binary_crossentropy", metrics=["accuracy"])
    clock = Clock()
    model.fit(
        data["train_tokens"],
        data["train_plural"],
        batch_size=given.batch,
        epochs=given.epochs,
        validation_data=(data["valid_tokens"], data["valid_plural"]),
        validation_batch_size=512,
        callbacks=[clock],
        verbose=0,
    )
    return clock.epochs


if __name__ == "__main__":
    main()
