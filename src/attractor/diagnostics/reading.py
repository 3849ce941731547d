"""A network's reading of texts, step by step: every state, gate and answer, open to autograd."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from attractor.batching import Batch
from attractor.errors import UserError
from attractor.models.protocol import Network
from attractor.models.recurrent import Recurrent
from attractor.models.reference import Trace, reversed_order, trace
from attractor.tasks.protocol import Task
from attractor.vocab import Vocabulary


@dataclass(frozen=True)
class Reading:
    """B texts, and one question about each.

    forward: the steps 0 … T-1, of which step t reads token t. backward: the steps of the reading
    from the end; step k of a text of n tokens reads token n - 1 - k. None where the network has no
    such layer. outputs (B, n), margin (B,): the answer, and log-odds of right over wrong.
    """

    batch: Batch
    forward: Trace | None
    backward: Trace | None
    outputs: Tensor
    margin: Tensor


def read(network: Network, task: Task, batch: Batch) -> Reading:
    """Read a batch with one question a text (`ask` makes it) as the equations stand."""
    encoder = network.encoder
    assert isinstance(encoder, Recurrent)
    embedded = encoder.embedding(batch.tokens)
    forward = backward = forward_states = backward_states = None
    if encoder.forward_layer is not None:
        forward = trace(encoder.forward_layer, embedded)
        forward_states = forward.stacked("h")
    if encoder.backward_layer is not None:
        row = torch.arange(len(embedded))[:, None]
        order = reversed_order(batch.lengths, embedded.shape[1])
        backward = trace(encoder.backward_layer, embedded[row, order])
        backward_states = backward.stacked("h")[row, order]
    outputs = network.head(encoder.select(forward_states, backward_states, batch))
    return Reading(batch, forward, backward, outputs, task.margins(outputs, batch.targets))


def ask(task: Task, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool) -> Batch:
    """One batch with each item's question at its verb, text b being that of item b.

    items: of different sentences and prefixes, as `distinct` picks them.
    """
    examples = task.questions(items, vocabulary, reads_both_ends)
    if len(examples.lengths) != len(items):
        raise ValueError("two items share a text; pick them with `distinct`")
    order = np.argsort(examples.queries.numpy())
    return examples.batch(order)


def distinct(items: pd.DataFrame, n: int) -> pd.DataFrame:
    """At most n items, at random but always the same, no two of one sentence or prefix."""
    shuffled = items.sample(frac=1, random_state=0)
    once = shuffled.drop_duplicates("sentence").drop_duplicates("prefix_id")
    return once.iloc[:n].reset_index(drop=True)


def headline(items: pd.DataFrame) -> pd.DataFrame:
    """The balanced probes of outer dependencies, which the headline figures show."""
    found = items[(items["probe_set"] == "balanced") & (items["role"] == "outer")]
    if found.empty:
        raise UserError("diagnostic: the suites hold no balanced outer probes; add suite=probes")
    return found


def check_recurrent(name: str, network: Network, task: Task, model: str) -> None:
    """Refuse networks without a step-by-step reference, and tasks without a margin at the verb."""
    encoder = network.encoder
    if not isinstance(encoder, Recurrent):
        raise UserError(
            f"diagnostic={name}: {model} is none of srn, lstm, birnn and bilstm; leave it out"
        )
    for layer in filter(None, (encoder.forward_layer, encoder.backward_layer)):
        if layer.mode not in ("RNN_TANH", "LSTM"):
            raise UserError(
                f"diagnostic={name}: {model} has no step-by-step reference; "
                "choose model=srn, lstm, birnn or bilstm"
            )
    if not task.asks_at_verb:
        raise UserError(
            f"diagnostic={name}: this task's answer cannot be followed word by word to the verb; "
            "choose task=number_prediction (task.shows=words), verb_inflection, language_model or "
            "cloze"
        )
