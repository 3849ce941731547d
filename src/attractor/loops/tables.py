"""Adam on the rows of a table of vectors that a step reads; optimizer/deferred.py has the sums."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from attractor.loops.compiled import compiled

Reals = NDArray[np.float32] | NDArray[np.float64]
Numbers = NDArray[np.int64]

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
RATIO_A, RATIO_B = BETA1 / BETA2**0.5, BETA1 / BETA2
LASTING = 256  # steps; what is left of a moment then is 2e-12, and soon no normal number
_FADES = np.array([RATIO_A, RATIO_B, BETA1])[:, None] ** np.arange(LASTING + 1)
_FADES[:, LASTING] = 0.0


@compiled
def distinct(tokens: Numbers, V: int) -> tuple[Numbers, Numbers]:
    """The distinct ones of tokens (n,), in the order of their first places, and which of them each
    token is (n,). Raises IndexError where one is not below V.
    """
    place = np.full(V, -1)
    rows, which = np.empty(len(tokens), np.int64), np.empty(len(tokens), np.int64)
    n = 0
    for i in range(len(tokens)):
        token = tokens[i]
        if token < 0 or token >= V:
            raise IndexError("a token beyond the vocabulary")
        if place[token] < 0:
            place[token] = n
            rows[n] = token
            n += 1
        which[i] = place[token]
    return rows[:n].copy(), which


@compiled
def pay(
    values: Reals, mean: Reals, square: Reals, paid: Numbers, rows: Numbers,
    now: int, sums: NDArray[np.float64], rate: float,
) -> None:  # fmt: skip
    """Take the steps up to `now` that these rows of values (V, E) wait for, in place; `paid` (V,)
    says up to which step each row is paid.
    """
    number = values.dtype.type
    for row in rows:
        k = now - paid[row]
        if k > 0:
            last = min(k, LASTING)
            A = sums[0, paid[row]] - _FADES[0, last] * sums[0, now]
            B = sums[1, paid[row]] - _FADES[1, last] * sums[1, now]
            step, ratio = number(rate * A), number(EPSILON * B / A)
            fade, fade_square = number(_FADES[2, last]), number(BETA2**k)
            v, m, s = values[row], mean[row], square[row]
            for e in range(len(v)):
                v[e] -= step * m[e] / (np.sqrt(s[e]) + ratio)
                m[e] *= fade
                s[e] *= fade_square
            paid[row] = now


@compiled
def learn(
    values: Reals, mean: Reals, square: Reals, paid: Numbers, rows: Numbers,
    gradient: Reals, scale: float, now: int, rate: float,
) -> None:  # fmt: skip
    """Step `now` of Adam (Kingma & Ba 2015, algorithm 1) for these rows, of which all before it are
    paid, by their gradient (U, E) times `scale`.
    """
    number = values.dtype.type
    beta1, beta2, factor = number(BETA1), number(BETA2), number(scale)
    new1, new2 = number(1.0 - BETA1), number(1.0 - BETA2)
    step = number(rate / (1.0 - BETA1**now))
    root, epsilon = number(1.0 / math.sqrt(1.0 - BETA2**now)), number(EPSILON)
    for u in range(len(rows)):
        row = rows[u]
        v, m, s, own = values[row], mean[row], square[row], gradient[u]
        for e in range(len(v)):
            g = factor * own[e]
            m[e] = beta1 * m[e] + new1 * g
            s[e] = beta2 * s[e] + new2 * g * g
            v[e] -= step * m[e] / (root * np.sqrt(s[e]) + epsilon)
        paid[row] = now
