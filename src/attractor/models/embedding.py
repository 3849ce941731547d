"""The vectors of words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from attractor.loops.tables import distinct
from attractor.vocab import PADDING

Words = tuple[Tensor, Tensor]


class Embedding(nn.Embedding):
    """torch's, of vectors (V, E), whose words can be read as they differ, and learnt row by row.

    reader: while an optimiser keeps the vectors, what reads them in training, once a step; `weight`
    itself then must not be learnt from. Padding learns nothing. places (V,): room of -1 to tell
    words apart.
    """

    reader: Callable[[Tensor], Words] | None = None

    def __init__(self, vocabulary_size: int, embedding_size: int) -> None:
        super().__init__(vocabulary_size, embedding_size, padding_idx=PADDING)
        self.places = np.full(vocabulary_size, -1)

    def words(self, tokens: Tensor) -> Words:
        """Vectors (U, E) of words that tokens (...) are among, and which of them each is (...): on
        a processor the distinct ones, elsewhere all there are.
        """
        if self.training and self.reader is not None:
            return self.reader(tokens)
        if not tokens.is_cpu:
            return self.weight, tokens
        rows, which = map(torch.from_numpy, distinct(tokens.flatten().numpy(), self.places))
        return super().forward(rows), which.view(tokens.shape)

    def forward(self, tokens: Tensor) -> Tensor:
        """Vectors (..., E) of tokens (...)."""
        if self.training and self.reader is not None:
            vectors, which = self.words(tokens)
            return nn.functional.embedding(which, vectors)
        found: Tensor = super().forward(tokens)
        return found
