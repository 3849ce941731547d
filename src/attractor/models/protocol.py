"""What every model offers, so that one loop trains and scores them all."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn

from attractor.batching import Batch


class Encoder(Protocol):
    """Turns a batch of texts into one vector a question."""

    feature_size: int
    # A model that reads from both ends must be given the prefix alone, or it would see the verb.
    reads_both_ends: bool

    def __call__(self, batch: Batch) -> Tensor:
        """Features (Q, feature_size) of the batch's questions."""
        ...


class Network(nn.Module):
    """An encoder with a task's readout on top; forward gives (Q, n_outputs)."""

    def __init__(self, encoder: nn.Module, readout: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.reads_both_ends = bool(encoder.reads_both_ends)
        self.readout = readout

    def forward(self, batch: Batch) -> Tensor:
        outputs: Tensor = self.readout(self.encoder(batch))
        return outputs
