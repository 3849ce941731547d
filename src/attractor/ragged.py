"""Rows of different lengths, laid end to end in one array; and the distinct ones among many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]


def starts_of(lengths: Ints | Bools) -> NDArray[np.int64]:
    """Where each of several rows begins, and where the last one ends: (N + 1,)."""
    starts = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def ragged(starts: Ints, lengths: Ints) -> NDArray[np.int64]:
    """Indices `starts[i] … starts[i] + lengths[i] - 1` for every i, end to end."""
    ends = np.cumsum(lengths, dtype=np.int64)
    found = np.arange(ends[-1] if len(ends) else 0)
    found += np.repeat(starts - (ends - lengths), lengths)
    return found


def distinct(values: Ints) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The number (N,) of each value among the distinct ones, and where (n_distinct,) one stands."""
    least = int(values.min(initial=0))
    span = int(values.max(initial=0)) - least + 1
    if span <= 2 * len(values):  # a table of all that might occur is faster than a hash
        values = values - least
        occurs = np.zeros(span, dtype=np.bool_)
        occurs[values] = True
        code = (np.cumsum(occurs) - 1)[values]
    else:
        code = pd.factorize(values)[0]
    example = np.empty(int(code.max(initial=-1)) + 1, dtype=np.int64)
    example[code] = np.arange(len(code))
    return code, example


def sequences(values: Ints, starts: Ints, lengths: Ints) -> tuple[Ints, list[tuple[int, ...]]]:
    """The number (N,) of each row among the distinct ones, and these. Values are not negative."""
    code = np.zeros(len(starts), dtype=np.int64)
    base = int(values.max(initial=0)) + 1
    for column in range(int(lengths.max(initial=0))):
        longer = np.flatnonzero(lengths > column)
        code *= base + 1
        code[longer] += values[starts[longer] + column] + 1
        code, _ = distinct(code)
    code, example = distinct(code)
    return code, [tuple(values[starts[i] : starts[i] + lengths[i]].tolist()) for i in example]
