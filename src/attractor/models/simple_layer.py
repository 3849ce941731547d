"""The simple recurrent layer (Elman 1990) on a processor.

torch's is a handful of small calls a token, each with a gradient of its own. Here a word that
stands many times in a batch is multiplied once, and the rest is done in compiled loops.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from attractor.loops.simple import read_simple, simple_gradients
from attractor.models.looped import arrays, check, in_loops


class SimpleLayer(nn.RNN):
    """torch's RNN of one layer, batch first, and in a processor's float32 faster."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size, batch_first=True)

    def forward(  # type: ignore[override]
        self, vectors: Tensor, which: Tensor, lengths: Tensor, state: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """States (B, T, H) after the words `which` (B, T) of vectors (V, E), in texts of `lengths`
        (B,), from `state` (1, B, H) or zero; and the last, which where a text has ended
        are of no use.
        """
        if not in_loops(vectors):
            states, last = super().forward(nn.functional.embedding(which, vectors), state)
            return states, last
        if state is None:
            state = vectors.new_zeros(1, len(which), self.hidden_size)
        check(self, vectors, which, lengths, state)
        [weights] = self.all_weights
        states = _Recurrence.apply(  # type: ignore[no-untyped-call]
            vectors, which.T, lengths, state[0], *weights
        )
        return states.transpose(0, 1), states[-1:]


class _Recurrence(torch.autograd.Function):
    """Vectors (V, E), words (T, B), lengths (B,), h (B, H), W (H, E), U (H, H) and two b (H,) to
    states (T, B, H).
    """

    @staticmethod
    def forward(ctx: Any, *given: Tensor) -> Tensor:
        read = [part.detach().contiguous() for part in given]
        _, which, _, h, *_ = read
        states = h.new_empty(*which.shape, h.shape[1])
        read_simple(*arrays(*read, states))
        ctx.save_for_backward(*read[:-2], states)  # all but the biases
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        read = ctx.saved_tensors
        vectors, _, _, h, W, U, _ = read
        d_vectors, d_h, d_W, d_U = map(torch.empty_like, (vectors, h, W, U))
        d_b = W.new_empty(len(W))
        simple_gradients(*arrays(gradient.contiguous(), *read, d_vectors, d_h, d_W, d_U, d_b))
        return d_vectors, None, None, d_h, d_W, d_U, d_b, d_b
