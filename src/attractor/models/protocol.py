"""What every model offers, so that one loop trains and scores them all."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn

from attractor.batching import Batch

# Which states answer: h_f,T, h_b,1, or one beside the other.
READOUTS = ("forward_last", "backward_first", "both")


class Encoder(Protocol):
    """Turns a batch of texts into one vector a question.

    Made from `vocabulary_size`, `readout` (one of READOUTS, or "" for all that the model reads) and
    the settings of its yaml. It answers from the states at a question's `positions` and
    `backward_positions` alone, for a task may hide what lies between; a readout that it does not
    have it refuses with a UserError. One that says `carries_state = True` starts from the state in
    a batch's memory, where the batch has one, and leaves its last state there.
    """

    feature_size: int
    # A model that reads from both ends must be given the prefix alone, or it would see the verb.
    reads_both_ends: bool

    def __call__(self, batch: Batch) -> Tensor:
        """Features (Q, feature_size) of the batch's questions."""
        ...


class Network(nn.Module):
    """An encoder with a task's head on top; forward gives its outputs (Q, n)."""

    def __init__(self, encoder: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.reads_both_ends = bool(encoder.reads_both_ends)
        self.head = head

    def forward(self, batch: Batch) -> Tensor:
        outputs: Tensor = self.head(self.encoder(batch))
        return outputs
