"""Simple recurrent network (Elman 1990), LSTM (Hochreiter & Schmidhuber 1997) and GRU (Cho et al.
2014), read left to right or from both ends (Schuster & Paliwal 1997)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from attractor.batching import Batch
from attractor.errors import UserError
from attractor.models.embedding import Embedding, Words
from attractor.models.gru_layer import GRULayer
from attractor.models.lstm_layer import LSTMLayer
from attractor.models.reference import reversed_order
from attractor.models.simple_layer import SimpleLayer
from attractor.models.sizes import GATES, check_sizes, matched_size

_CELLS: dict[str, Callable[[int, int], nn.RNNBase]] = {
    "srn": SimpleLayer,
    "lstm": LSTMLayer,
    "gru": GRULayer,
}


class Recurrent(nn.Module):
    """Embedding and one recurrent layer, or two that read from either end.

    readout: which states answer, "" for those of all layers; a layer that does not answer is not
    built. hidden_size: units of each direction; where it is None, the largest number that keeps the
    recurrent weights within `parameters`, so that models compare at equal size.
    recurrent_scale, embedding_scale: what the recurrent weights, and the embeddings (of variance 1
    in torch), are multiplied by before training. forget_bias: the forget gate's bias before
    training (Gers et al. 2000; Jozefowicz et al. 2015), None for torch's, which is random and
    small. dropout: the share of each word's embedding and of each feature that is left out in
    training (Zaremba et al. 2014).
    """

    carries_state = True

    def __init__(
        self,
        vocabulary_size: int,
        readout: str,
        cell: str,
        both_ends: bool,
        embedding_size: int,
        hidden_size: int | None,
        parameters: int,
        recurrent_scale: float = 1.0,
        forget_bias: float | None = None,
        dropout: float = 0.0,
        embedding_scale: float = 1.0,
    ) -> None:
        super().__init__()
        check_sizes(embedding_size, hidden_size, parameters)
        scales = {"recurrent_scale": recurrent_scale, "embedding_scale": embedding_scale}
        check_settings(cell, both_ends, readout, scales, forget_bias, dropout)
        layer, gates = _CELLS[cell], GATES[cell]
        forward = readout != "backward_first"
        backward = both_ends and readout != "forward_last"
        directions = forward + backward
        units = hidden_size or matched_size(gates * directions, embedding_size, parameters)
        self.reads_both_ends = backward
        self.feature_size = units * directions
        self.embedding = Embedding(vocabulary_size, embedding_size)
        with torch.no_grad():
            self.embedding.weight.mul_(embedding_scale)
        self.dropout = nn.Dropout(dropout)
        self.forward_layer = layer(embedding_size, units) if forward else None
        self.backward_layer = layer(embedding_size, units) if backward else None
        for made in filter(None, (self.forward_layer, self.backward_layer)):
            _initialise(made, recurrent_scale, forget_bias)

    def forward(self, batch: Batch) -> Tensor:
        """Features of each question (Q, H), or (Q, 2H): h_f after the text's words, h_b before.

        With a memory the reading from left to right goes on from the state there. Padding stands
        after a text's end, where neither direction meets it before the text itself.
        """
        vectors, which = self._words(batch.tokens)
        lengths, rows, memory, features = batch.lengths, batch.rows, batch.memory, []
        if self.forward_layer is not None:
            state = memory.state if memory else None
            found, last = self.forward_layer(vectors, which, lengths, rows, batch.positions, state)
            features.append(found)
            if memory:
                memory.keep(last)
        if self.backward_layer is not None:
            text = torch.arange(len(which), device=which.device)[:, None]
            which = which[text, reversed_order(lengths, which.shape[1])]
            read = lengths[rows] - 1 - batch.backward_positions
            found, _ = self.backward_layer(vectors, which, lengths, rows, read)
            features.append(found)
        together: Tensor = self.dropout(_beside(features))
        return together

    def _words(self, tokens: Tensor) -> Words:
        """Vectors (U, E), and which of them each of tokens (B, T) is; in training with dropout, of
        which each place loses its own, a vector a place.
        """
        vectors, which = self.embedding.words(tokens)
        if not self.training or not self.dropout.p:
            return vectors, which
        dropped = self.dropout(nn.functional.embedding(which, vectors)).flatten(0, 1)
        places = torch.arange(len(dropped), device=tokens.device)
        return dropped, places.view(tokens.shape)

    def select(self, forward: Tensor | None, backward: Tensor | None, batch: Batch) -> Tensor:
        """Of the states (B, T, H) of either direction those that answer: (Q, feature_size)."""
        features = []
        if forward is not None:
            features.append(forward[batch.rows, batch.positions])
        if backward is not None:
            features.append(backward[batch.rows, batch.backward_positions])
        return _beside(features)


def _beside(features: list[Tensor]) -> Tensor:
    """Features (Q, H) of the directions there are, one beside the other."""
    return features[0] if len(features) == 1 else torch.cat(features, dim=1)


def check_settings(
    cell: str,
    both_ends: bool,
    readout: str,
    scales: Mapping[str, float],
    forget_bias: float | None,
    dropout: float,
) -> None:
    """Raise UserError naming the setting that cannot make a network, before anything runs."""
    if cell not in _CELLS:
        raise UserError(f"model.cell={cell}: choose from {', '.join(_CELLS)}")
    if not isinstance(both_ends, bool):
        raise UserError(f"model.both_ends={both_ends}: give true or false")
    if readout in ("backward_first", "both") and not both_ends:
        raise UserError(
            f"task.readout={readout}: this {cell} reads left to right only; "
            "choose model=birnn or bilstm, or task.readout=forward_last"
        )
    for name, scale in scales.items():
        if not _is_number(scale) or scale <= 0:
            raise UserError(f"model.{name}={scale}: give a finite number above 0")
    if forget_bias is not None and (cell != "lstm" or not _is_number(forget_bias)):
        gate = "give a finite number" if cell == "lstm" else f"{cell} has no forget gate; give null"
        raise UserError(f"model.forget_bias={forget_bias}: {gate}")
    if not _is_number(dropout) or not 0 <= dropout < 1:
        raise UserError(f"model.dropout={dropout}: give a number from 0 to below 1")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@torch.no_grad()
def _initialise(layer: nn.RNNBase, recurrent_scale: float, forget_bias: float | None) -> None:
    """Scale the recurrent weights; set the forget gate's bias, of which torch keeps two parts."""
    [(_, recurrent, input_bias, recurrent_bias)] = layer.all_weights
    recurrent.mul_(recurrent_scale)
    if forget_bias is not None:
        H = layer.hidden_size
        input_bias[H : 2 * H] = forget_bias
        recurrent_bias[H : 2 * H] = 0.0
