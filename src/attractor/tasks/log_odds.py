"""The head of a task with one output, and what it costs to learn from it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from attractor.loops.log_odds import cross_entropy
from attractor.models.looped import arrays, in_loops


class LogOdds(nn.Linear):
    """The log-odds of a target of 1 over one of 0 from every feature: (Q, H) to (Q, 1)."""

    def __init__(self, feature_size: int) -> None:
        super().__init__(feature_size, 1)

    def loss(self, features: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy () in nats of targets (Q,)."""
        if in_loops(features) and len(features):
            loss: Tensor = _CrossEntropy.apply(  # type: ignore[no-untyped-call]
                features, self.weight, self.bias, targets
            )
            return loss
        outputs: Tensor = self(features).float()
        return nn.functional.binary_cross_entropy_with_logits(outputs[:, 0], targets)


class _CrossEntropy(torch.autograd.Function):
    """Features (Q, H), weight (1, H), bias (1,) and targets (Q,) to their mean loss ()."""

    @staticmethod
    def forward(ctx: Any, *given: Tensor) -> Tensor:
        ctx.gradients = [torch.empty_like(part) for part in given[:3]]
        return given[0].new_tensor(cross_entropy(*arrays(*given, *ctx.gradients)))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, scale: Tensor) -> tuple[Tensor | None, ...]:
        gradients, ctx.gradients = ctx.gradients, None
        if scale.item() != 1:
            gradients = [gradient * scale for gradient in gradients]
        return (*gradients, None)
