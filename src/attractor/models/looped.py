"""What the layers that are computed in compiled loops (attractor.loops) have in common."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def in_loops(vectors: Tensor) -> bool:
    """Whether the loops take them: float32 on a processor, and no other precision asked for."""
    device = vectors.device.type
    return (
        device == "cpu" and vectors.dtype == torch.float32 and not torch.is_autocast_enabled(device)
    )


def check(
    layer: nn.RNNBase, vectors: Tensor, which: Tensor, lengths: Tensor,
    rows: Tensor, positions: Tensor, *state: Tensor,
) -> None:  # fmt: skip
    """Raise ValueError for what does not fit together: the loops would read beyond it."""
    (B, T), H = which.shape, layer.hidden_size
    fits = (
        T > 0
        and vectors.shape[1:] == (layer.input_size,)
        and lengths.shape == (B,)
        and rows.shape == positions.shape == (len(rows),)
        and all(part.shape == (1, B, H) and part.dtype == vectors.dtype for part in state)
        and all(part.dtype == torch.int64 for part in (which, lengths, rows, positions))
    )
    if not fits:
        given = (vectors, which, lengths, rows, positions, *state)
        shapes = [tuple(part.shape) for part in given]
        raise ValueError(f"vectors, words, questions and states of shapes {shapes} do not fit")


def arrays(*tensors: Tensor) -> list[Any]:
    """The same numbers in the order of their indices, as numpy sees them."""
    return [tensor.detach().contiguous().numpy() for tensor in tensors]
