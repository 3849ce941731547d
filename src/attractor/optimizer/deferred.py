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

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from attractor.models.embedding import Embedding
from attractor.optimizer.block import Block
from attractor.vocab import PADDING

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
_RATIO_A, _RATIO_B = BETA1 / BETA2**0.5, BETA1 / BETA2
_PART = 1024  # rows that fit in a processor's cache
_LASTING = 256  # steps; what is left of a moment then is 2e-12


@dataclass
class Plan:
    """Of one step: the tokens (...) it reads; their rows (U,), in order; which of them each token
    is, and which is padding; what the rows wait for (4, U, 1)."""

    tokens: Tensor
    rows: Tensor
    which: Tensor
    padding: int | None
    waits: Tensor


class Deferred:
    """Keeps a table for an optimiser; `settle` before anyone else reads it.

    block: its vectors (V, E), moments and step, read and written in place. reading: the copies of
    what the present step reads, to be updated, and written back.
    """

    def __init__(self, table: Embedding, block: Block, rate: float) -> None:
        self._whole, self._rate = block, rate
        self._sums = _endless_sums(1024)
        self._coming: deque[Plan] = deque()
        self._rows: Tensor | None = None
        self.reading: Block | None = None
        self.resume()
        table.reader = self._read

    def resume(self) -> None:
        """Go on from a block that was given other values, all paid."""
        self._paid = np.full(len(self._whole.values), int(self._whole.step))

    def expect(self, batches: Sequence[Tensor]) -> None:
        """Say which tokens (...) each of the next steps reads; many at once cost little more."""
        V = len(self._paid)
        sizes = [tokens.numel() for tokens in batches]
        tokens = torch.cat([tokens.flatten() for tokens in batches]).cpu().numpy()
        batch = np.repeat(np.arange(len(batches)), sizes)
        distinct, which = np.unique(batch * V + tokens, return_inverse=True)
        batch, rows = np.divmod(distinct, V)
        start = int(self._whole.step) + len(self._coming)
        waits = self._waits(self._paid_before(rows, start + batch), start + batch)
        self._paid[rows] = start + batch + 1  # where a row is read again, the last holds
        weight = self._whole.values
        ends = np.searchsorted(batch, np.arange(1, len(batches)))
        which = which - np.repeat([0, *ends], sizes)
        parts = zip(
            torch.from_numpy(rows).to(weight.device).tensor_split(ends.tolist()),
            torch.from_numpy(which).to(weight.device).tensor_split(np.cumsum(sizes)[:-1].tolist()),
            torch.from_numpy(waits).to(weight)[:, :, None].tensor_split(ends.tolist(), dim=1),
            batches,
            rows[[0, *ends]],
            strict=True,
        )
        for own, place, wait, read, first in parts:
            padding = 0 if first == PADDING else None
            self._coming.append(Plan(read, own, place.view(read.shape), padding, wait))

    def _read(self, tokens: Tensor) -> Tensor:
        """Vectors (..., E) of the tokens (...) of the step that is next.

        Raises ValueError for other tokens than were announced, or for none.
        """
        plan = self._coming.popleft() if self._coming else None
        if plan is None or not (tokens is plan.tokens or torch.equal(tokens.cpu(), plan.tokens)):
            raise ValueError("an Embedding in training reads the batch's tokens as they are, once")
        with torch.no_grad():
            vectors, mean, square = (whole.index_select(0, plan.rows) for whole in self._tensors())
            _pay(vectors, mean, square, plan.waits, self._rate)
        vectors.requires_grad_()
        self._rows = plan.rows
        self.reading = Block(vectors, mean, square, self._whole.step, [vectors])
        return nn.functional.embedding(plan.which, vectors, plan.padding)

    @torch.no_grad()
    def write(self) -> None:
        """Put back what a step made of the words it read, if it read any."""
        if self.reading is not None and self._rows is not None:
            parts = self.reading.values, self.reading.mean, self.reading.square
            for whole, part in zip(self._tensors(), parts, strict=True):
                whole.index_copy_(0, self._rows, part)
        self.reading = self._rows = None

    @torch.no_grad()
    def settle(self) -> None:
        """Pay what all words owe."""
        now = np.full(len(self._paid), int(self._whole.step))
        waits = torch.from_numpy(self._waits(self._paid, now)).to(self._whole.values)[:, :, None]
        for first in range(0, len(now), _PART):
            rows = slice(first, first + _PART)
            vectors, mean, square = (whole[rows] for whole in self._tensors())
            _pay(vectors, mean, square, waits[:, rows], self._rate)
        self._paid = now

    def _tensors(self) -> tuple[Tensor, Tensor, Tensor]:
        return self._whole.values, self._whole.mean, self._whole.square

    def _paid_before(self, rows: NDArray[np.int64], steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """The step (U,) up to which each row was paid when it is read at these steps, in order."""
        order = np.argsort(rows, kind="stable")
        again = np.append(False, rows[order][1:] == rows[order][:-1])
        paid = self._paid[rows]
        paid[order[again]] = steps[order[np.roll(again, -1)]] + 1
        return paid

    def _waits(self, paid: NDArray[np.int64], now: NDArray[np.int64]) -> NDArray[np.float64]:
        """A, ε B / A and what is left of either moment (4, U), from steps `paid` to `now` (U,)."""
        if now.max() >= self._sums.shape[1]:
            self._sums = _endless_sums(2 * int(now.max()))
        k = now - paid
        ratios = np.array([_RATIO_A, _RATIO_B])[:, None]
        A, B = self._sums[:, paid] - ratios**k * self._sums[:, now]
        ratio = EPSILON * np.divide(B, A, out=np.ones_like(A), where=k > 0)
        fade = np.where(k < _LASTING, BETA1**k, 0.0)  # numbers too small to be normal are slow
        return np.stack([A, ratio, fade, BETA2**k])


def _pay(vectors: Tensor, mean: Tensor, square: Tensor, waits: Tensor, rate: float) -> None:
    """Take, in place, the steps that vectors (U, E) wait for."""
    A, ratio, fade_mean, fade_square = waits
    vectors.addcdiv_(mean * A, square.sqrt().add_(ratio), value=-rate)
    mean.mul_(fade_mean)
    square.mul_(fade_square)


def _endless_sums(n: int) -> NDArray[np.float64]:
    """A∞ and B∞ (2, n) of steps 0 … n - 1: the sums over all steps after each."""
    j = np.arange(1, n + _LASTING)
    corrections = np.sqrt(1 - BETA2**j) / (1 - BETA1**j), (1 - BETA2**j) / (1 - BETA1**j)
    k = np.arange(1, _LASTING + 1)
    return np.stack(
        [
            np.convolve(correction, (ratio**k)[::-1], "valid")
            for correction, ratio in zip(corrections, (_RATIO_A, _RATIO_B), strict=True)
        ]
    )
