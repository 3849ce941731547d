"""exp of vectors of numbers that are at most 0, right to 2e-7: 2 to a whole power, times Taylor's
polynomial of what is left of the exponent, at most ln(2)/2.
"""

from __future__ import annotations

import numpy as np

from attractor.loops.compiled import compiled
from attractor.loops.vectors import Vector, maximum, power_of_two, rounded, splat

_LEAST = np.float32(-87.0)  # below it exp is no normal number
_PER_LOG = np.float32(1 / np.log(2))
# ln(2) in two parts, of which a whole number times the first is exact.
_LOG_2, _REST = np.float32(0.693145751953125), np.float32(1.4286068203094172e-06)
_TERMS = np.array([1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1, 1], np.float32)


@compiled
def exponential(x: Vector) -> Vector:
    """Of each number; e**-87 of what is less, and of what is no number none."""
    x = maximum(x, splat(_LEAST))
    n = rounded(x * splat(_PER_LOG))
    x = x - n * splat(_LOG_2) - n * splat(_REST)
    value = splat(_TERMS[0])
    for term in range(1, 7):
        value = value * x + splat(_TERMS[term])
    return value * power_of_two(n)
