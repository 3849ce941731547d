"""Texts of different lengths beside each other."""

from __future__ import annotations

from attractor.loops.compiled import compiled
from attractor.loops.products import Numbers


@compiled
def reaching(lengths: Numbers, t: int) -> int:
    """The number of leading texts behind which none has a word t."""
    n = len(lengths)
    while n > 0 and lengths[n - 1] <= t:
        n -= 1
    return n
