"""How a gradient travels back through a reading, as pure functions of its steps.

The margin, not the loss: a loss gradient also vanishes because the answer is right already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from attractor.models.reference import Trace, contribution_norms, weight_gradients

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Flow:
    """Norms (B, T) by step of one direction: of ∂margin/∂x_t, ∂margin/∂h_t and ∂margin/∂C_t.

    Total derivatives, before clipping; ∂margin/∂C_t is empty (B, 0) without a memory. share (B, T):
    the part of ‖∇_W,t L‖ in their sum over t, for all weights of the direction together.
    """

    x: Floats
    h: Floats
    C: Floats
    share: Floats


def flow(reading: Trace, margin: Tensor, loss: Tensor) -> Flow:
    """The flow back from margin (B,) and loss (B,), of one question a text, through its steps."""
    nodes = {name: getattr(reading, name) for name in ("x", "h", "C")}
    found = _gradients(margin.sum(), [node for some in nodes.values() for node in some])
    norms = iter(found)
    sizes = {
        name: np.stack([_norm(next(norms)) for _ in some], axis=1)
        if some
        else np.zeros((len(margin), 0))
        for name, some in nodes.items()
    }
    contributions = contribution_norms(reading, _gradients(loss.sum(), reading.z))
    share = contributions / contributions.sum(dim=1, keepdim=True).clamp_min(1e-300)
    return Flow(**sizes, share=share.detach().numpy())


def check_sum(reading: Trace, loss: Tensor, layer: nn.RNNBase, fused_loss: Tensor) -> None:
    """The steps' contributions ∇_W,t L add up to the weight gradient of torch's own kernel.

    loss, fused_loss: the same number, by the reading's steps and by the fused layer.
    """
    summed = weight_gradients(reading, _gradients(loss, reading.z))
    whole = torch.autograd.grad(fused_loss, list(layer.parameters()), retain_graph=True)
    for (name, _), gradient in zip(layer.named_parameters(), whole, strict=True):
        if not torch.allclose(summed[name], gradient, atol=1e-9 * float(gradient.abs().max())):
            raise ArithmeticError(f"contributions to {name} do not add up to its gradient")


def _gradients(value: Tensor, nodes: Sequence[Tensor]) -> tuple[Tensor, ...]:
    return torch.autograd.grad(
        value, list(nodes), retain_graph=True, allow_unused=True, materialize_grads=True
    )


def _norm(gradient: Tensor) -> Floats:
    norm: Floats = gradient.norm(dim=1).detach().numpy()
    return norm


@dataclass(frozen=True)
class Decay:
    """A fitted ‖gradient‖ ~ factor^lag: the factor a token, the fit's R², and the items used."""

    factor: float
    r2: float
    n_items: int


def decay(lag: Floats, item: NDArray[np.int64], norm: Floats) -> Decay:
    """Least squares of log norm on lag with a level of its own for each item, all of shape (N,).

    Within items, so that long and short texts do not pass for a slope; norms of 0 are left out.
    """
    kept = norm > 0
    _, which = np.unique(item[kept], return_inverse=True)
    n = np.bincount(which)

    def within(values: Floats) -> Floats:
        return np.asarray(values - (np.bincount(which, values) / n)[which])

    x, y = within(lag[kept]), within(np.log(norm[kept]))
    if not len(n) or not (x @ x) > 0:
        return Decay(np.nan, np.nan, len(n))
    slope = float(x @ y / (x @ x))
    explained = float((slope * x) @ (slope * x) / (y @ y)) if y @ y > 0 else 1.0
    return Decay(float(np.exp(slope)), explained, len(n))


def spectrum(weights: Tensor) -> tuple[float, float]:
    """Spectral radius and largest singular value of square weights (H, H)."""
    radius = torch.linalg.eigvals(weights).abs().max()
    return float(radius), float(torch.linalg.matrix_norm(weights, ord=2))
