"""The vectors of words."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from attractor.vocab import PADDING


class Embedding(nn.Embedding):
    """torch's, of vectors (V, E), which may be learnt row by row.

    reader: while an optimiser keeps the vectors, gives it the tokens that are read in training, a
    batch's own and once a step, and takes from it their vectors. Padding learns nothing.
    """

    reader: Callable[[Tensor], Tensor] | None = None

    def __init__(self, vocabulary_size: int, embedding_size: int) -> None:
        super().__init__(vocabulary_size, embedding_size, padding_idx=PADDING)

    def forward(self, tokens: Tensor) -> Tensor:
        """Vectors (..., E) of tokens (...)."""
        if self.training and self.reader is not None:
            return self.reader(tokens)
        vectors: Tensor = super().forward(tokens)
        return vectors
