"""What a model has been exposed to in training: every opening of a sentence, every kind of item."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_CELL = ["role", "distance", "n_intervening", "n_attractors"]
# Below this distance a prefix is a word or two of subject, which training cannot help but hold.
UNSEEN_FROM_DISTANCE = 3


def prefixes(items: pd.DataFrame) -> list[str]:
    """The text of each item up to its verb, tokens separated by one space."""
    return [
        " ".join(sentence.split(" ")[:verb])
        for sentence, verb in zip(items["sentence"], items["verb_index"].tolist(), strict=True)
    ]


@dataclass(frozen=True)
class Exposure:
    """The openings of all training sentences, and the number of training items of each cell."""

    openings: frozenset[str]
    frequency: pd.Series

    @classmethod
    def of(cls, train: pd.DataFrame, sentences: Iterable[str] | None = None) -> Exposure:
        """Gather the exposure from training items (columns `sentence` and the cell's factors).

        sentences: all of the training text, where some have no item.
        """
        read = train["sentence"].unique() if sentences is None else sentences
        return cls(
            frozenset(_openings(read)),
            train.groupby(_CELL).size().rename("train_frequency"),
        )

    def leaks(self, items: pd.DataFrame) -> NDArray[np.bool_]:
        """Which items (n,) of distance 3 or more have a prefix that opens a training sentence."""
        far = items["distance"].to_numpy() >= UNSEEN_FROM_DISTANCE
        seen = np.array([p in self.openings for p in prefixes(items)], dtype=np.bool_)
        return np.logical_and(far, seen)

    def mark(self, items: pd.DataFrame) -> pd.DataFrame:
        """Add prefix_id, prefix_seen and train_frequency to items."""
        texts = prefixes(items)
        frequency = items[_CELL].merge(
            self.frequency.reset_index(), how="left", on=_CELL, validate="many_to_one"
        )["train_frequency"]
        return items.assign(
            prefix_id=[hashlib.blake2b(p.encode(), digest_size=8).hexdigest() for p in texts],
            prefix_seen=[int(p in self.openings) for p in texts],
            train_frequency=frequency.fillna(0).astype("int64").to_numpy(),
        )


def _openings(sentences: Iterable[str]) -> Iterable[str]:
    for sentence in sentences:
        end = sentence.find(" ")
        while end >= 0:
            yield sentence[:end]
            end = sentence.find(" ", end + 1)
        yield sentence
