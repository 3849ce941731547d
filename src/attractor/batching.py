"""Texts with queries as tensors, and batches of near-equal length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from attractor.vocab import PADDING

# Numbers that the outputs to a slice of questions hold at most (16 MB in float32). Less would make
# matrix products slow; several times as much no longer stays in a processor's cache.
MOST_OUTPUTS = 2**22

_TOGETHER = 64  # batches whose texts are looked up at once


def slices(n: int, width: int) -> list[slice]:
    """Slices of n questions, of near-equal size, whose outputs of `width` numbers each stay within
    MOST_OUTPUTS; one question's always do.
    """
    parts = -(-n // max(1, MOST_OUTPUTS // width))
    return [slice(part * n // parts, (part + 1) * n // parts) for part in range(parts)]


@dataclass
class Memory:
    """What a network keeps of one piece of a stream for the next.

    state: the last state of its layer as torch gives it; None before the first piece.
    """

    state: Tensor | tuple[Tensor, ...] | None = None

    def keep(self, state: Tensor | tuple[Tensor, ...]) -> None:
        """Remember a state, through which no gradient flows back into its piece."""
        if isinstance(state, Tensor):
            self.state = state.detach()
        else:
            self.state = tuple(part.detach() for part in state)


@dataclass(frozen=True)
class Batch:
    """B texts of at most T tokens, and Q questions about them.

    tokens (B, T); lengths (B,); rows (Q,): which text a question is about; positions (Q,): the
    token after which it is asked; backward_positions (Q,): the token down to which a backward
    reading has come; targets (Q,) or (Q, k); queries (Q,): its number among all questions. memory:
    where the texts go on from those of an earlier batch, what was kept of them.
    """

    tokens: Tensor
    lengths: Tensor
    rows: Tensor
    positions: Tensor
    backward_positions: Tensor
    targets: Tensor
    queries: Tensor
    memory: Memory | None = None

    def to(self, device: str) -> Batch:
        """The batch on a device."""
        if self.tokens.device.type == device:
            return self
        return replace(self, **{name: value.to(device) for name, value in self._tensors().items()})

    def take(self, texts: Tensor) -> Batch:
        """Copies of the texts of these numbers (n,), where each text has one question."""
        own = {name: value[texts] for name, value in self._tensors().items()}
        return Batch(**{**own, "rows": torch.arange(len(texts))})

    def _tensors(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}


@dataclass(frozen=True)
class Examples:
    """All texts of a split and the questions about them, prepared once.

    tokens (N, longest), padded; lengths (N,); questions sorted by text: query_start (N + 1,),
    positions (Q,), backward_positions (Q,), targets (Q,) or (Q, k), queries (Q,): the caller's
    order of the questions.
    """

    tokens: Tensor
    lengths: NDArray[np.int64]
    query_start: NDArray[np.int64]
    positions: Tensor
    backward_positions: Tensor
    targets: Tensor
    queries: Tensor

    @property
    def n_queries(self) -> int:
        return len(self.queries)

    @property
    def n_tokens(self) -> int:
        return int(self.lengths.sum())

    def batches(
        self, size: int, rng: np.random.Generator | None = None, length_spread: int = 1
    ) -> Iterator[Batch]:
        """Batches of `size` texts of near-equal length, equal but where one length ends and the
        next begins; in random order and make-up with `rng`, and then with lengths that lie up to
        about `length_spread` tokens apart.
        """
        n = len(self.lengths)
        jitter = length_spread * rng.random(n) if rng else np.zeros(n)
        order = np.argsort(self.lengths + jitter, kind="stable")
        # The longest text of a batch stands first, so that layers see where texts end.
        place = np.arange(n)
        order = order[np.lexsort([-place, -self.lengths[order], place // size])]
        starts = np.arange(0, n, size)
        starts = rng.permutation(starts) if rng else starts
        parts = [order[start : start + size] for start in starts]
        for first in range(0, len(parts), _TOGETHER):
            yield from self._cut(parts[first : first + _TOGETHER])

    def _cut(self, parts: Sequence[NDArray[np.int64]]) -> Iterator[Batch]:
        """A batch of each part's texts, all taken at once: small batches cost as much as large."""
        whole, sizes = self.batch(np.concatenate(parts)), [len(part) for part in parts]
        starts = np.cumsum([0, *sizes[:-1]])
        longest = np.maximum.reduceat(whole.lengths.numpy(), starts).tolist()
        of_part = np.repeat(np.arange(len(parts)), sizes)[whole.rows.numpy()]
        n_questions = np.bincount(of_part, minlength=len(parts)).tolist()
        rows = whole.rows - torch.from_numpy(starts[of_part])
        questions = (
            torch.split(column, n_questions)
            for column in (
                rows, whole.positions, whole.backward_positions, whole.targets, whole.queries
            )
        )  # fmt: skip
        texts = zip(
            torch.split(whole.tokens, sizes), torch.split(whole.lengths, sizes), longest,
            strict=True,
        )  # fmt: skip
        for (tokens, lengths, T), *columns in zip(texts, *questions, strict=True):
            yield Batch(tokens[:, :T], lengths, *columns)

    def batch(self, texts: NDArray[np.int64]) -> Batch:
        """The texts of these numbers, in this order, with all questions about them."""
        lengths = self.lengths[texts]
        counts = self.query_start[texts + 1] - self.query_start[texts]
        ends = np.cumsum(counts)
        which = np.repeat(self.query_start[texts] - (ends - counts), counts) + np.arange(ends[-1])
        questions = torch.from_numpy(which)
        return Batch(
            tokens=self.tokens[torch.from_numpy(texts), : int(lengths.max())],
            lengths=torch.from_numpy(lengths),
            rows=torch.from_numpy(np.repeat(np.arange(len(texts)), counts)),
            positions=self.positions[questions],
            backward_positions=self.backward_positions[questions],
            targets=self.targets[questions],
            queries=self.queries[questions],
        )


def prepare(
    texts: Sequence[Sequence[int]],
    rows: NDArray[np.int64],
    positions: NDArray[np.int64],
    targets: NDArray[np.float32] | NDArray[np.int64],
    backward_positions: NDArray[np.int64] | None = None,
) -> Examples:
    """Examples from encoded texts (N) and questions (Q,): text, positions and target of each.

    Where no backward_positions are given, a backward reading ends on the first token.
    """
    if backward_positions is None:
        backward_positions = np.zeros_like(positions)
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    tokens = np.full((len(texts), int(lengths.max())), PADDING, dtype=np.int64)
    tokens[np.arange(tokens.shape[1]) < lengths[:, None]] = np.concatenate(texts)
    order = np.argsort(rows, kind="stable")
    return Examples(
        tokens=torch.from_numpy(tokens),
        lengths=lengths,
        query_start=np.searchsorted(rows[order], np.arange(len(texts) + 1)),
        positions=torch.from_numpy(positions[order]),
        backward_positions=torch.from_numpy(backward_positions[order]),
        targets=torch.from_numpy(targets[order]),
        queries=torch.from_numpy(order),
    )
