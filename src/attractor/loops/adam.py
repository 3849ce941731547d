"""Adam (Kingma & Ba 2015, algorithm 1) on values whose gradients are at hand."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from attractor.loops.compiled import compiled

Reals = NDArray[np.float32] | NDArray[np.float64]

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


@compiled
def sum_of_squares(values: Reals) -> float:
    """Of contiguous values of any shape, in double precision."""
    total, flat = 0.0, values.reshape(-1)
    for i in range(len(flat)):
        total += np.float64(flat[i]) * np.float64(flat[i])
    return total


@compiled
def learn(
    values: Reals, mean: Reals, square: Reals, taken: Reals, gradient: Reals,
    scale: float, rate: float,
) -> None:  # fmt: skip
    """A step after those `taken` (), in place, for values of any shape and their moments, by their
    gradient times `scale`; all contiguous.
    """
    taken[()] += 1
    step, root = step_and_root(int(taken[()]), rate)
    flat = values.reshape(-1), mean.reshape(-1), square.reshape(-1), gradient.reshape(-1)
    move(*flat, scale, step, root)


@compiled
def step_and_root(now: int, rate: float) -> tuple[float, float]:
    """The learning rate of step `now`, and what roots are multiplied by: biases are corrected."""
    return rate / (1.0 - BETA1**now), 1.0 / math.sqrt(1.0 - BETA2**now)


@compiled
def move(
    values: Reals, mean: Reals, square: Reals, gradient: Reals,
    scale: float, step: float, root: float,
) -> None:  # fmt: skip
    """One step with what `step_and_root` found."""
    number = values.dtype.type
    beta1, beta2, factor = number(BETA1), number(BETA2), number(scale)
    new1, new2 = number(1.0 - BETA1), number(1.0 - BETA2)
    rate, factor_of_root, epsilon = number(step), number(root), number(EPSILON)
    for i in range(len(values)):
        g = factor * gradient[i]
        m = beta1 * mean[i] + new1 * g
        s = beta2 * square[i] + new2 * g * g
        mean[i], square[i] = m, s
        values[i] -= rate * m / (factor_of_root * np.sqrt(s) + epsilon)
