"""One output a question, the log-odds of a target of 1: its cross-entropy and gradients.

With z = x w + b and p = 1 / (1 + e⁻ᶻ): ∂loss/∂z = p - target =: g, hence ∂loss/∂x = g w,
∂loss/∂w = Σ g x and ∂loss/∂b = Σ g.
"""

from __future__ import annotations

import math

import numpy as np

from attractor.loops.compiled import compiled
from attractor.loops.products import Floats


@compiled
def cross_entropy(
    x: Floats, w: Floats, b: Floats, targets: Floats, d_x: Floats, d_w: Floats, d_b: Floats
) -> float:
    """The mean loss in nats of targets (Q,), for x (Q, H), w (1, H) and b (1,); fills its
    gradients. Raises ValueError where there is not a target a question.
    """
    Q, H = x.shape
    if len(targets) != Q:
        raise ValueError("a target is needed for each question")
    d_w[:], d_b[:] = np.float32(0), np.float32(0)
    loss = 0.0
    for q in range(Q):
        z = float(b[0])
        for k in range(H):
            z += x[q, k] * w[0, k]
        e = math.exp(-abs(z))
        loss += max(z, 0.0) - z * targets[q] + math.log1p(e)
        p = 1 / (1 + e) if z > 0 else e / (1 + e)
        g = np.float32((p - targets[q]) / Q)
        for k in range(H):
            d_x[q, k] = g * w[0, k]
            d_w[0, k] += g * x[q, k]
        d_b[0] += g
    return float(loss / Q)
