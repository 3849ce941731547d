"""The two members of a minimal pair, as text."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attractor.vocab import Vocabulary


def with_wrong_form(items: pd.DataFrame) -> list[str]:
    """Each item's sentence with the wrong form of its verb."""
    texts = []
    columns = zip(items["sentence"], items["verb_index"], items["wrong_form"], strict=True)
    for sentence, verb, wrong_form in columns:
        tokens = sentence.split(" ")
        tokens[verb] = wrong_form
        texts.append(" ".join(tokens))
    return texts


def both_forms(items: pd.DataFrame) -> list[str]:
    """All words of each pair: the sentence, and the wrong form of its verb."""
    return [" ".join(pair) for pair in zip(items["sentence"], items["wrong_form"], strict=True)]


def distinct_pairs(
    items: pd.DataFrame, vocabulary: Vocabulary
) -> tuple[NDArray[np.int64], list[list[int]]]:
    """All good texts, then all bad ones: the number (2 n_items,) of each, and the encoded texts.

    Texts that a network reads alike, as where it knows neither form, have one number: a tie.
    """
    texts = [*items["sentence"], *with_wrong_form(items)]
    encoded = [tuple(vocabulary.encode(text.split(" "))) for text in texts]
    numbers: dict[tuple[int, ...], int] = {}
    rows = np.array([numbers.setdefault(text, len(numbers)) for text in encoded], dtype=np.int64)
    return rows, [list(text) for text in numbers]
