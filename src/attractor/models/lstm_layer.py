"""The LSTM layer (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000) on a processor.

torch's own reads every word as if it were the only one of its kind. Here a word that stands many
times in a batch is multiplied once, and the rest is done in compiled loops (attractor.loops).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from attractor.loops.lstm import lstm_gradients, read_lstm
from attractor.loops.products import padded
from attractor.loops.recurrence import states_at
from attractor.loops.vectors import LANES
from attractor.models.looped import arrays, check, in_loops

State = tuple[Tensor, Tensor]

# Units up to which the loops are faster than torch's oneDNN, measured with vectors of 512 bits and,
# as other processors have them, shorter ones (docs/performance.md).
MOST_UNITS = 512 if torch.backends.cpu.get_cpu_capability() == "AVX512" else 80


class LSTMLayer(nn.LSTM):
    """torch's LSTM of one layer, batch first, and in a processor's float32 faster."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size, batch_first=True)

    def forward(  # type: ignore[override]
        self, vectors: Tensor, which: Tensor, lengths: Tensor,
        rows: Tensor, positions: Tensor, state: State | None = None,
    ) -> tuple[Tensor, State]:  # fmt: skip
        """States (Q, H) of the texts `rows` (Q,) after their words `positions` (Q,).

        The words are `which` (B, T) of vectors (V, E), in texts of `lengths` (B,), read from
        `state`, of h and memory (1, B, H) each, or zero. Besides the last of both, of no use where
        a text has ended. Nothing is learnt through `state` and the last.
        """
        if not in_loops(vectors) or self.hidden_size > MOST_UNITS:
            states, last = super().forward(nn.functional.embedding(which, vectors), state)
            return states[rows, positions], last
        if state is None:
            zero = vectors.new_zeros(1, len(which), self.hidden_size)
            state = zero, zero
        check(self, vectors, which, lengths, rows, positions, *state)
        [weights] = self.all_weights
        found, *last = _Recurrence.apply(  # type: ignore[no-untyped-call]
            torch.is_grad_enabled(), rows, positions, which, lengths, *state, vectors, *weights
        )
        return found, tuple(last)


class _Recurrence(torch.autograd.Function):
    """Whether gradients are wanted, questions' texts and places (Q,), words (B, T), lengths (B,), h
    and C (1, B, H), vectors (V, E), W (4H, E), U (4H, H) and two b (4H,) to states (Q, H), and the
    last h and C.
    """

    @staticmethod
    def forward(ctx: Any, learns: bool, *given: Tensor) -> tuple[Tensor, ...]:
        rows, positions, which, lengths, h, C, vectors, W, U, b, second_b = arrays(*given)
        (B, T), H = which.shape, h.shape[2]
        kept, G = T if learns else 1, padded(4 * H)
        gates = np.empty(kept * B * G + LANES, h.dtype)[:-LANES].reshape(kept, B, G)
        memories, states = np.empty((kept, B, H), h.dtype), np.empty((T, B, H), h.dtype)
        read = vectors, which, lengths, h[0], C[0]
        read_lstm(*read, W, U, b, second_b, gates, memories, states)
        ctx.kept = rows, positions, *read, W, U, gates, memories, states
        ctx.save_for_backward(*given[6:9])  # so that torch notices what was changed since
        last = torch.from_numpy(states[-1:]), torch.from_numpy(memories[-1:])
        ctx.mark_non_differentiable(*last)
        return torch.from_numpy(states_at(states, rows, positions)), *last

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        found = [torch.empty_like(part) for part in ctx.saved_tensors]
        d_b = gradient.new_empty(len(found[1]))
        lstm_gradients(*arrays(gradient), *ctx.kept, *arrays(*found, d_b))
        return (*[None] * 7, *found, d_b, d_b)
