"""The LSTM layer (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000) on a processor.

torch's own reads every word as if it were the only one of its kind. Here a word that stands many
times in a batch is multiplied once, and the rest is done in compiled loops (attractor.loops).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from attractor.loops.lstm import lstm_gradients, read_lstm
from attractor.loops.products import padded
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
        self, vectors: Tensor, which: Tensor, lengths: Tensor, state: State | None = None
    ) -> tuple[Tensor, State]:
        """States (B, T, H) after the words `which` (B, T) of vectors (V, E), in texts of `lengths`
        (B,), from `state`, of h and memory (1, B, H) each, or zero; and the last of both, of no use
        where a text has ended.
        """
        if not in_loops(vectors) or self.hidden_size > MOST_UNITS:
            states, last = super().forward(nn.functional.embedding(which, vectors), state)
            return states, last
        if state is None:
            zero = vectors.new_zeros(1, len(which), self.hidden_size)
            state = zero, zero
        (h, C), [weights] = state, self.all_weights
        check(self, vectors, which, lengths, h, C)
        states, memory = _Recurrence.apply(  # type: ignore[no-untyped-call]
            torch.is_grad_enabled(), vectors, which.T, lengths, h[0], C[0], *weights
        )
        return states.transpose(0, 1), (states[-1:], memory[None])


class _Recurrence(torch.autograd.Function):
    """Whether gradients are wanted, vectors (V, E), words (T, B), lengths (B,), h and C (B, H),
    W (4H, E), U (4H, H) and two b (4H,) to states (T, B, H) and the last memory (B, H).
    """

    @staticmethod
    def forward(ctx: Any, learns: bool, *given: Tensor) -> tuple[Tensor, Tensor]:
        ctx.set_materialize_grads(False)
        read = [part.detach().contiguous() for part in given]
        _, which, _, h, *_ = read
        (T, B), H = which.shape, h.shape[1]
        kept = T if learns else 1
        G = padded(4 * H)
        gates = h.new_empty(kept * B * G + LANES)[:-LANES].view(kept, B, G)
        memories, states = h.new_empty(kept, B, H), h.new_empty(T, B, H)
        read_lstm(*arrays(*read, gates, memories, states))
        ctx.save_for_backward(*read[:-2], gates, memories, states)  # all but the biases
        return states, memories[-1]

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, gradient: Tensor | None, d_memory: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        *read, states = ctx.saved_tensors
        vectors, _, _, h, C, W, U, *_ = read
        gradient = torch.zeros_like(states) if gradient is None else gradient.contiguous()
        d_vectors, d_h, d_W, d_U = map(torch.empty_like, (vectors, h, W, U))
        d_C = torch.zeros_like(C)
        if d_memory is not None:
            d_C.copy_(d_memory)
        d_b = W.new_empty(len(W))
        gradients = d_vectors, d_h, d_C, d_W, d_U, d_b
        lstm_gradients(*arrays(gradient, *read, states, *gradients))
        return None, d_vectors, None, None, d_h, d_C, d_W, d_U, d_b, d_b
