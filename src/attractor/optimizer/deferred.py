"""Adam on a table of word vectors, at the cost of the words that a step reads.

Under Adam a vector moves on after its last gradient, for its moments fade slowly: a table of 16,000
words takes longer to update than a small LSTM takes to train on 16 sentences. What a vector owes is
paid here when it is next read, for all steps since at once; the result is Adam's, not that of a
"sparse" Adam, which leaves the debt unpaid.

With moments m, v after step s and no gradient since, Adam (Kingma & Ba 2015, algorithm 1) takes
at step j = s + k

    rate · a / (b √v + ε) · m,   a = β₁ᵏ / (1 - β₁ʲ),   b = √(β₂ᵏ / (1 - β₂ʲ)),

in all, from step s + 1 to t, rate · m · A / (√v + ε B / A) with A = Σ a / b and B = Σ a / b², to
first order in how far b varies over the few dozen steps that β₁ᵏ lasts, and that only where ε
matters beside √v (after the first dozens of steps; before, a gradient of ε's size may be followed
a sixth of a step too far). The sums telescope: A = A∞(s) - (β₁ / √β₂)ᵗ⁻ˢ A∞(t), the like for B.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from attractor.loops.tables import (
    BETA1,
    BETA2,
    LASTING,
    RATIO_A,
    RATIO_B,
    Reals,
    distinct,
    learn,
    pay,
)
from attractor.models.embedding import Embedding
from attractor.optimizer.block import Block
from attractor.vocab import PADDING


class Deferred:
    """Keeps a processor's table for an optimiser; `settle` before anyone else reads it.

    block: its vectors (V, E), moments and step, read and written in place.
    """

    def __init__(self, table: Embedding, block: Block, rate: float) -> None:
        self._whole, self._rate = block, rate
        self._table, self._sums = table, _endless_sums(1024)
        self._rows: NDArray[np.int64] | None = None  # that this step reads
        self._vectors = block.values  # while nothing is read
        self.resume()
        table.reader = self._read

    def resume(self) -> None:
        """Go on from a block that was given other values, all paid."""
        self._paid = np.full(len(self._whole.values), int(self._whole.step))

    def forget(self) -> None:
        """Let a step begin in which nothing was read so far."""
        self._rows = None

    def gradient(self) -> Tensor | None:
        """Of the vectors (U, E) that this step reads; None where it reads none.

        Raises ValueError where the table has gradients beside them: they would be lost.
        """
        if self._table.weight.grad is not None:
            raise ValueError("learn from what an Embedding reads, not from its weight")
        if self._rows is None:
            return None
        gradient = self._vectors.grad
        if gradient is None:
            return torch.zeros_like(self._vectors)
        if PADDING in self._rows:
            gradient[np.flatnonzero(self._rows == PADDING)] = 0
        return gradient

    def learn(self, gradient: Tensor | None, scale: float) -> None:
        """Take the step, by the `gradient` that was asked for, times `scale`."""
        self._whole.step += 1
        if gradient is not None and self._rows is not None:
            own, now = gradient.contiguous().numpy(), int(self._whole.step)
            learn(*self._arrays(), self._rows, own, scale, now, self._rate)
        self.forget()

    def settle(self) -> None:
        """Pay what all words owe."""
        self._pay(np.arange(len(self._paid)))

    def _read(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """The vectors (U, E) of the distinct ones of tokens (...), and which each token is (...).

        Raises ValueError where this step has read already: it would learn from one reading alone.
        """
        if self._rows is not None:
            raise ValueError("an Embedding in training is read once a step")
        self._rows, which = distinct(tokens.flatten().numpy(), len(self._paid))
        self._pay(self._rows)
        rows = torch.from_numpy(self._rows)
        self._vectors = self._whole.values.index_select(0, rows).requires_grad_()
        return self._vectors, torch.from_numpy(which).view(tokens.shape)

    def _pay(self, rows: NDArray[np.int64]) -> None:
        now = int(self._whole.step)
        if now >= self._sums.shape[1]:
            self._sums = _endless_sums(2 * now)
        pay(*self._arrays(), rows, now, self._sums, self._rate)

    def _arrays(self) -> tuple[Reals, Reals, Reals, NDArray[np.int64]]:
        """Vectors, moments, and up to which step each vector is paid, as numpy sees them."""
        whole = self._whole
        return whole.values.numpy(), whole.mean.numpy(), whole.square.numpy(), self._paid


def _endless_sums(n: int) -> NDArray[np.float64]:
    """A∞ and B∞ (2, n) of steps 0 … n - 1: the sums over all steps after each."""
    j = np.arange(1, n + LASTING)
    corrections = np.sqrt(1 - BETA2**j) / (1 - BETA1**j), (1 - BETA2**j) / (1 - BETA1**j)
    k = np.arange(1, LASTING + 1)
    return np.stack(
        [
            np.convolve(correction, (ratio**k)[::-1], "valid")
            for correction, ratio in zip(corrections, (RATIO_A, RATIO_B), strict=True)
        ]
    )
