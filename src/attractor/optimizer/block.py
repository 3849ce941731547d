"""Values that Adam (Kingma & Ba 2015) updates in one go, and the update."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.optim.adam import adam

from attractor.loops import adam as loops


@dataclass
class Block:
    """Values, Adam's moments of them, all of one shape, and the number of steps ().

    parts: the tensors that gather the gradients of these values, one after the other.
    """

    values: Tensor
    mean: Tensor
    square: Tensor
    step: Tensor
    parts: Sequence[Tensor]

    @classmethod
    def of(cls, values: Tensor, parts: Sequence[Tensor]) -> Block:
        """A block before the first step."""
        moments = torch.zeros_like(values), torch.zeros_like(values)
        return cls(values, *moments, values.new_zeros(()), parts)

    @classmethod
    def together(cls, parts: Sequence[Tensor]) -> Block:
        """A block of several tensors, which from now on are views of its values."""
        block = cls.of(torch.cat([part.detach().flatten() for part in parts]), parts)
        for part, values in zip(parts, block.split(block.values), strict=True):
            part.data = values
        return block

    @cached_property
    def arrays(self) -> tuple[Any, Any, Any, Any]:
        """On a processor values, moments and step, as numpy sees them."""
        return self.values.numpy(), self.mean.numpy(), self.square.numpy(), self.step.numpy()

    def split(self, whole: Tensor) -> list[Tensor]:
        """Of one of the block's tensors what belongs to each part, as a view."""
        if len(self.parts) == 1:
            return [whole]
        pieces = torch.split_with_sizes(whole, [part.numel() for part in self.parts])
        return [piece.view_as(part) for piece, part in zip(pieces, self.parts, strict=True)]

    def gradient(self) -> Tensor:
        """Of the values; 0 where a part has none."""
        gradients = [
            torch.zeros_like(part) if part.grad is None else part.grad for part in self.parts
        ]
        if len(gradients) == 1:
            return gradients[0].contiguous()
        return torch.cat([gradient.flatten() for gradient in gradients])


def norm_of(gradients: list[Tensor]) -> float:
    """The norm of all gradients as one."""
    if all(gradient.is_cpu for gradient in gradients):
        return math.sqrt(sum(loops.sum_of_squares(gradient.numpy()) for gradient in gradients))
    return float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients))))


def learn(blocks: list[Block], gradients: list[Tensor], scale: float, rate: float) -> None:
    """One step of Adam at a learning rate, by each block's gradient times `scale`."""
    if all(block.values.is_cpu for block in blocks):
        for block, gradient in zip(blocks, gradients, strict=True):
            loops.learn(*block.arrays, gradient.numpy(), scale, rate)
    else:
        _learn_elsewhere(blocks, gradients, scale, rate)


def _learn_elsewhere(
    blocks: list[Block], gradients: list[Tensor], scale: float, rate: float
) -> None:
    """The same, of scaled gradients, by torch's kernel."""
    if scale != 1:
        torch._foreach_mul_(gradients, scale)
    adam(
        [block.values for block in blocks],
        gradients,
        [block.mean for block in blocks],
        [block.square for block in blocks],
        [],
        [block.step for block in blocks],
        fused=True,  # a third of the time of a loop over the parameters
        amsgrad=False,
        beta1=loops.BETA1,
        beta2=loops.BETA2,
        lr=rate,
        weight_decay=0.0,
        eps=loops.EPSILON,
        maximize=False,
    )
