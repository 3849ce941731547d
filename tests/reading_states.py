"""All states of an encoder, as it answers questions after every word."""

from __future__ import annotations

import torch
from torch import Tensor

from attractor.batching import Batch, Memory
from attractor.models.recurrent import Recurrent


def states_of(
    encoder: Recurrent, tokens: Tensor, lengths: Tensor, memory: Memory | None = None
) -> tuple[Tensor | None, Tensor | None]:
    """States (B, T, H) of tokens (B, T), left to right and right to left; None if unread.

    Position t of the second is asked for after the words T … t. Behind a text's end stand zeros.
    """
    (B, T), none = tokens.shape, torch.zeros(0)
    rows, positions = (torch.arange(T) < lengths[:, None]).nonzero(as_tuple=True)
    asked = rows, positions, positions
    features = encoder(Batch(tokens, lengths, *asked, none, none, memory))
    found: list[Tensor | None] = []
    for layer in (encoder.forward_layer, encoder.backward_layer):
        states = None
        if layer is not None:
            H = layer.hidden_size
            states = features.new_zeros(B, T, H)
            states[rows, positions], features = features[:, :H], features[:, H:]
        found.append(states)
    forward, backward = found
    return forward, backward
