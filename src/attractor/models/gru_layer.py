"""The GRU layer (Cho et al. 2014): torch's."""

from __future__ import annotations

from torch import Tensor, nn


class GRULayer(nn.GRU):
    """torch's GRU of one layer, batch first."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size, batch_first=True)

    def forward(  # type: ignore[override]
        self, vectors: Tensor, which: Tensor, lengths: Tensor,
        rows: Tensor, positions: Tensor, state: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """States (Q, H) of the texts `rows` (Q,) after their words `positions` (Q,).

        The words are `which` (B, T) of vectors (V, E), read from `state` (1, B, H) or zero. Besides
        the last states. The lengths (B,) of texts are for layers that stop there.
        """
        states, last = super().forward(nn.functional.embedding(which, vectors), state)
        return states[rows, positions], last
