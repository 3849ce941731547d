"""tanh of vectors, as Eigen computes it in float32, and XLA with it.

x times a quotient of polynomials in x², right to 3e-7; beyond 7.9 it is ±1 to float32.
"""

from __future__ import annotations

import numpy as np

from attractor.loops.compiled import compiled
from attractor.loops.vectors import Vector, clamp, splat

_MOST = np.float32(7.9)
# The highest power first.
_ABOVE = np.array(
    [-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08,
     1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03], np.float32,
)  # fmt: skip
_BELOW = np.array(
    [1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03],
    np.float32,
)


@compiled
def tanh(x: Vector) -> Vector:
    """Of each number; of what is no number, none."""
    x = clamp(x, splat(_MOST))
    square = x * x
    above, below = splat(_ABOVE[0]), splat(_BELOW[0])
    for term in range(1, 7):
        above = above * square + splat(_ABOVE[term])
    for term in range(1, 4):
        below = below * square + splat(_BELOW[term])
    return x * above / below
