"""Adam on the rows of a table of vectors that a step reads; optimizer/deferred.py has the sums."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attractor.loops.adam import BETA1, BETA2, EPSILON, Reals, move, step_and_root
from attractor.loops.compiled import compiled

Numbers = NDArray[np.int64]

RATIO_A, RATIO_B = BETA1 / BETA2**0.5, BETA1 / BETA2
LASTING = 256  # steps; what is left of a moment then is 2e-12, and soon no normal number
_FADES = np.array([RATIO_A, RATIO_B, BETA1, BETA2])[:, None] ** np.arange(LASTING + 1)
_FADES[:3, LASTING] = 0.0


@compiled
def distinct(tokens: Numbers, places: Numbers) -> tuple[Numbers, Numbers]:
    """The distinct ones of tokens (n,), in the order of their first places, and which of them each
    token is (n,). places (V,): room of -1, left as it was found. Raises IndexError where a token
    is not below V.
    """
    for token in tokens:
        if token < 0 or token >= len(places):
            raise IndexError("a token beyond the vocabulary")
    rows, which = np.empty(len(tokens), np.int64), np.empty(len(tokens), np.int64)
    n = 0
    for i in range(len(tokens)):
        token = tokens[i]
        if places[token] < 0:
            places[token] = n
            rows[n] = token
            n += 1
        which[i] = places[token]
    for row in rows[:n]:
        places[row] = -1
    return rows[:n].copy(), which


@compiled
def read_rows(
    values: Reals, mean: Reals, square: Reals, taken: Reals, paid: Numbers, places: Numbers,
    tokens: Numbers, sums: NDArray[np.float64], rate: float,
) -> tuple[Numbers, Numbers, Reals]:  # fmt: skip
    """The `distinct` ones of tokens, which of them each is, and their vectors (U, E), paid."""
    rows, which = distinct(tokens, places)
    pay(values, mean, square, taken, paid, rows, sums, rate)
    return rows, which, values[rows]


@compiled
def pay(
    values: Reals, mean: Reals, square: Reals, taken: Reals, paid: Numbers, rows: Numbers,
    sums: NDArray[np.float64], rate: float,
) -> None:  # fmt: skip
    """Of the steps `taken` () take those that rows of values (V, E) wait for, in place; `paid` (V,)
    says up to which step each row is paid.
    """
    number, now = values.dtype.type, int(taken[()])
    for row in rows:
        k = now - paid[row]
        if k > 0:
            last = min(k, LASTING)
            A = sums[0, paid[row]] - _FADES[0, last] * sums[0, now]
            B = sums[1, paid[row]] - _FADES[1, last] * sums[1, now]
            step, ratio = number(rate * A), number(EPSILON * B / A)
            fade = number(_FADES[2, last])
            fade_square = number(_FADES[3, k] if k < LASTING else BETA2**k)
            v, m, s = values[row], mean[row], square[row]
            for e in range(len(v)):
                v[e] -= step * m[e] / (np.sqrt(s[e]) + ratio)
                m[e] *= fade
                s[e] *= fade_square
            paid[row] = now


@compiled
def learn_rows(
    values: Reals, mean: Reals, square: Reals, taken: Reals, paid: Numbers, rows: Numbers,
    gradient: Reals, scale: float, rate: float,
) -> None:  # fmt: skip
    """A step after those `taken` (), for these rows, of which all before it are paid, by their
    gradient (U, E) times `scale`.
    """
    taken[()] += 1
    now = int(taken[()])
    step, root = step_and_root(now, rate)
    for u in range(len(rows)):
        row = rows[u]
        move(values[row], mean[row], square[row], gradient[u], scale, step, root)
        paid[row] = now


@compiled
def forget(gradient: Reals, rows: Numbers, row: int) -> None:
    """0 for the gradient (U, E) of one row, where it is among these rows."""
    for u in range(len(rows)):
        if rows[u] == row:
            gradient[u] = 0
