"""What the layers that are computed in compiled loops (attractor.loops) have in common."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def in_loops(vectors: Tensor) -> bool:
    """Whether the loops take them: float32 on a processor, and no other precision asked for."""
    device = vectors.device.type
    return (
        device == "cpu" and vectors.dtype == torch.float32 and not torch.is_autocast_enabled(device)
    )


def arrays(*tensors: Tensor) -> list[Any]:
    """The same numbers, as numpy sees them."""
    return [tensor.numpy() for tensor in tensors]
