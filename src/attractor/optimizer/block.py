"""Values that Adam updates in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


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
            return gradients[0]
        return torch.cat([gradient.flatten() for gradient in gradients])
