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
    layer: nn.RNNBase, vectors: Tensor, which: Tensor, lengths: Tensor, *state: Tensor
) -> None:
    """Raise ValueError for what does not fit together: the loops would read beyond it."""
    (B, T), H = which.shape, layer.hidden_size
    fits = (
        T > 0
        and vectors.shape[1:] == (layer.input_size,)
        and lengths.shape == (B,)
        and all(part.shape == (1, B, H) and part.dtype == vectors.dtype for part in state)
        and which.dtype == lengths.dtype == torch.int64
    )
    if not fits:
        shapes = [tuple(part.shape) for part in (vectors, which, lengths, *state)]
        raise ValueError(f"vectors, words, lengths and states of shapes {shapes} do not fit")


def arrays(*tensors: Tensor) -> list[Any]:
    """The same numbers, as numpy sees them."""
    return [tensor.numpy() for tensor in tensors]
