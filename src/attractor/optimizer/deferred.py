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

from attractor.loops.adam import BETA1, BETA2
from attractor.loops.tables import LASTING, RATIO_A, RATIO_B, forget, learn_rows, pay, read_rows
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
        gradient = gradient.contiguous()
        forget(gradient.numpy(), self._rows, PADDING)
        return gradient

    def learn(self, gradient: Tensor | None, scale: float) -> None:
        """Take the step, by the `gradient` that was asked for, times `scale`."""
        if gradient is None or self._rows is None:
            self._whole.step += 1
        else:
            own = gradient.numpy()
            learn_rows(*self._whole.arrays, self._paid, self._rows, own, scale, self._rate)
        self.forget()

    def settle(self) -> None:
        """Pay what all words owe."""
        rows = np.arange(len(self._paid))
        pay(*self._whole.arrays, self._paid, rows, self._far_sums(), self._rate)

    def _read(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """The vectors (U, E) of the distinct ones of tokens (...), and which each token is (...).

        Raises ValueError where this step has read already: it would learn from one reading alone.
        """
        if self._rows is not None:
            raise ValueError("an Embedding in training is read once a step")
        given = self._paid, self._table.places, tokens.flatten().numpy(), self._far_sums()
        self._rows, which, vectors = read_rows(*self._whole.arrays, *given, self._rate)
        self._vectors = torch.from_numpy(vectors).requires_grad_()
        return self._vectors, torch.from_numpy(which).view(tokens.shape)

    def _far_sums(self) -> NDArray[np.float64]:
        """The sums of steps up to the last one taken, and some."""
        now = int(self._whole.arrays[-1])
        if now >= self._sums.shape[1]:
            self._sums = _endless_sums(2 * now)
        return self._sums


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
