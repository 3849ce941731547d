"""Simple recurrent network (Elman 1990), LSTM (Hochreiter & Schmidhuber 1997) and GRU (Cho et al.
2014), read left to right or from both ends (Schuster & Paliwal 1997)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from attractor.batching import Batch
from attractor.errors import UserError
from attractor.vocab import PADDING

# Cell -> torch's fused layer and its number of gates (weight blocks).
_CELLS: dict[str, tuple[Callable[..., nn.RNNBase], int]] = {
    "srn": (nn.RNN, 1),
    "lstm": (nn.LSTM, 4),
    "gru": (nn.GRU, 3),
}


class Recurrent(nn.Module):
    """Embedding and one recurrent layer, or two that read from either end.

    hidden_size: units of each direction; where it is None, the largest number that keeps the
    recurrent weights within `parameters`, so that models compare at equal size.
    """

    def __init__(
        self,
        vocabulary_size: int,
        cell: str,
        both_ends: bool,
        embedding_size: int,
        hidden_size: int | None,
        parameters: int,
    ) -> None:
        super().__init__()
        check_settings(cell, both_ends, embedding_size, hidden_size, parameters)
        layer, gates = _CELLS[cell]
        directions = 2 if both_ends else 1
        units = hidden_size or _matched_size(gates * directions, embedding_size, parameters)
        self.reads_both_ends = both_ends
        self.feature_size = units * directions
        self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=PADDING)
        self.forward_layer = layer(embedding_size, units, batch_first=True)
        self.backward_layer = layer(embedding_size, units, batch_first=True) if both_ends else None

    def forward(self, batch: Batch) -> Tensor:
        """Features (Q, H) after each question's token, or (Q, 2H): h_f,T beside h_b,1."""
        states, backward = self.states(batch.tokens, batch.lengths)
        features = states[batch.rows, batch.positions]
        if backward is None:
            return features
        return torch.cat([features, backward[batch.rows, 0]], dim=1)

    def states(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor | None]:
        """States (B, T, H) of tokens (B, T): left to right, and right to left if it reads so.

        Position t of the second holds the state after reading tokens T … t. Padding stands after
        a text's end, where neither direction meets it before the text itself.
        """
        embedded = self.embedding(tokens)
        forward, _ = self.forward_layer(embedded)
        if self.backward_layer is None:
            return forward, None
        B, T, _ = embedded.shape
        # Position t of the reversed text is position length - 1 - t; padding stays in its place.
        t = torch.arange(T, device=tokens.device).expand(B, T)
        reverse = torch.where(t < lengths[:, None], lengths[:, None] - 1 - t, t)
        row = torch.arange(B, device=tokens.device)[:, None]
        backward, _ = self.backward_layer(embedded[row, reverse])
        return forward, backward[row, reverse]


def check_settings(
    cell: str, both_ends: bool, embedding_size: int, hidden_size: int | None, parameters: int
) -> None:
    """Raise UserError naming the setting that cannot make a network, before anything runs."""
    if cell not in _CELLS:
        raise UserError(f"model.cell={cell}: choose from {', '.join(_CELLS)}")
    if not isinstance(both_ends, bool):
        raise UserError(f"model.both_ends={both_ends}: give true or false")
    for name, value in (
        ("embedding_size", embedding_size),
        ("hidden_size", hidden_size),
        ("parameters", parameters),
    ):
        if name == "hidden_size" and value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise UserError(f"model.{name}={value}: give a whole number of at least 1")


def _matched_size(blocks: int, embedding_size: int, parameters: int) -> int:
    """The most units whose recurrent weights and biases number at most `parameters`.

    `blocks` weight blocks of H units hold blocks * H * (E + H + 2) parameters (torch keeps two
    biases).
    """
    units = 0
    while blocks * (units + 1) * (embedding_size + units + 3) <= parameters:
        units += 1
    if not units:
        raise UserError(f"model.parameters={parameters}: too few for one unit; give more")
    return units
