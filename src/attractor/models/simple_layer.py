"""The simple recurrent layer (Elman 1990) on a processor.

torch's is a handful of small calls a token, each with a gradient of its own. Here a word that
stands many times in a batch is multiplied once, and the rest is done in compiled loops.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from attractor.loops.recurrence import states_at
from attractor.loops.simple import read_simple, simple_gradients
from attractor.models.looped import arrays, check, in_loops


class SimpleLayer(nn.RNN):
    """torch's RNN of one layer, batch first, and in a processor's float32 faster."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size, batch_first=True)

    def forward(  # type: ignore[override]
        self, vectors: Tensor, which: Tensor, lengths: Tensor,
        rows: Tensor, positions: Tensor, state: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """States (Q, H) of the texts `rows` (Q,) after their words `positions` (Q,).

        The words are `which` (B, T) of vectors (V, E), in texts of `lengths` (B,), read from
        `state` (1, B, H) or zero. Besides the last states, of no use where a text has ended.
        Nothing is learnt through `state` and the last.
        """
        if not in_loops(vectors):
            states, last = super().forward(nn.functional.embedding(which, vectors), state)
            return states[rows, positions], last
        if state is None:
            state = vectors.new_zeros(1, len(which), self.hidden_size)
        check(self, vectors, which, lengths, rows, positions, state)
        [weights] = self.all_weights
        found, last = _Recurrence.apply(  # type: ignore[no-untyped-call]
            rows, positions, which, lengths, state, vectors, *weights
        )
        return found, last


class _Recurrence(torch.autograd.Function):
    """Questions' texts and places (Q,), words (B, T), lengths (B,), h (1, B, H), vectors (V, E),
    W (H, E), U (H, H) and two b (H,) to states (Q, H) and the last h.
    """

    @staticmethod
    def forward(ctx: Any, *given: Tensor) -> tuple[Tensor, Tensor]:
        rows, positions, which, lengths, h, vectors, W, U, b, second_b = arrays(*given)
        (B, T), H = which.shape, h.shape[2]
        states, read = np.empty((T, B, H), h.dtype), (vectors, which, lengths, h[0])
        read_simple(*read, W, U, b, second_b, states)
        ctx.kept = rows, positions, *read, W, U, states
        ctx.save_for_backward(*given[5:8])  # so that torch notices what was changed since
        last = torch.from_numpy(states[-1:])
        ctx.mark_non_differentiable(last)
        return torch.from_numpy(states_at(states, rows, positions)), last

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        found = [torch.empty_like(part) for part in ctx.saved_tensors]
        d_b = gradient.new_empty(len(found[1]))
        simple_gradients(*arrays(gradient), *ctx.kept, *arrays(*found, d_b))
        return (*[None] * 5, *found, d_b, d_b)
