"""Running text as one stream, read in pieces with the state carried from each to the next.

Gradients end at the beginning of a piece: truncated backpropagation through time (Williams & Peng
1990), as language models are trained by Gulordava et al. (2018).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from attractor.batching import Batch, Examples, Memory, prepare

# Rows that a stream is measured in: in more, more words would stand at a beginning.
_MEASURED_ROWS = 10


@dataclass(frozen=True)
class Stream(Examples):
    """One text of N tokens with a question after each: which comes next?

    bptt: how many tokens a piece holds of a row.
    """

    bptt: int

    @classmethod
    def of(cls, tokens: Sequence[int], bptt: int) -> Stream:
        """The stream of N + 1 tokens, of which the last is only asked for."""
        words = np.array(tokens, dtype=np.int64)
        n = len(words) - 1
        one = prepare([words[:-1].tolist()], np.zeros(n, np.int64), np.arange(n), words[1:])
        return cls(**vars(one), bptt=bptt)

    def batches(
        self, size: int, rng: np.random.Generator | None = None, length_spread: int = 1
    ) -> Iterator[Batch]:
        """Pieces in their order. The text is cut into rows of equal length, the last shorter, that
        are read side by side from a state of zero: `size` rows, or few where there is no `rng`,
        which says that the stream is measured and not learnt from. All pieces are of one length.
        """
        rows = size if rng else min(size, _MEASURED_ROWS)
        length = -(-self.n_tokens // rows)
        begins = np.arange(0, self.n_tokens, length)
        memory = Memory()
        for first in range(0, length, self.bptt):
            columns = np.arange(first, min(first + self.bptt, length))
            which = begins[:, None] + columns
            text = which < self.n_tokens
            row, position = np.nonzero(text)
            questions = torch.from_numpy(which[text])
            tokens = torch.zeros(which.shape, dtype=torch.int64)
            tokens[row, position] = self.tokens[0, questions]
            yield Batch(
                tokens=tokens,
                lengths=torch.from_numpy(text.sum(axis=1)),
                rows=torch.from_numpy(row),
                positions=torch.from_numpy(position),
                backward_positions=self.backward_positions[questions],
                targets=self.targets[questions],
                queries=questions,
                memory=memory,
            )
