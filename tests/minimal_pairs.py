"""Items with both forms of the verb, and small networks, that the tests of the tasks share."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from attractor.batching import Examples
from attractor.models.protocol import Network
from attractor.models.recurrent import Recurrent
from attractor.models.reference import trace
from attractor.scoring import Asked
from attractor.tasks.protocol import Answer, Task
from attractor.vocab import Vocabulary

Floats = NDArray[np.float64]
PLURAL = {
    "is": "are",
    "was": "were",
    "has": "have",
    "does": "do",
    "laughs": "laugh",
    "cries": "cry",
}
SINGULAR = {plural: singular for singular, plural in PLURAL.items()}


def pairs(*rows: tuple[str, int]) -> pd.DataFrame:
    """Items of (sentence, verb_index); its verb is one of PLURAL or of SINGULAR."""
    forms = [sentence.split(" ")[verb] for sentence, verb in rows]
    return pd.DataFrame(
        {
            "sentence": [sentence for sentence, _ in rows],
            "verb_index": [verb for _, verb in rows],
            "correct_form": forms,
            "wrong_form": [PLURAL.get(form) or SINGULAR[form] for form in forms],
            "subject_number": ["singular" if form in PLURAL else "plural" for form in forms],
        }
    )


def words_of(task: Task, items: pd.DataFrame) -> Vocabulary:
    """What a task knows that has items for training text, and both forms of all their verbs."""
    text = [*items["sentence"], *items["correct_form"], *items["wrong_form"]]
    return task.vocabulary(items, Vocabulary.of(text))


def untrained(
    task: Task,
    vocabulary: Vocabulary,
    cell: str = "lstm",
    both_ends: bool = False,
    hidden_size: int = 6,
    seed: int = 0,
) -> Network:
    """A small random network for a task."""
    torch.manual_seed(seed)
    n = len(vocabulary)
    encoder = Recurrent(n, task.readout, cell, both_ends, 5, hidden_size, 1000)
    return Network(encoder, task.head(encoder.feature_size, n))


def answering(network: Network, batch_size: int = 512) -> Answer:
    """What the network answers, in batches of that size."""
    return Asked(network, batch_size=batch_size)


def read_by(examples: Examples, vocabulary: Vocabulary) -> list[str]:
    """The texts that a network reads."""
    return [
        " ".join(vocabulary.words[token] for token in tokens[:length])
        for tokens, length in zip(examples.tokens.tolist(), examples.lengths, strict=True)
    ]


def asked_after(examples: Examples, vocabulary: Vocabulary) -> list[str]:
    """For each question, in the caller's order: the text up to the token after which it stands."""
    (batch,) = examples.batches(len(examples.lengths))
    order = torch.argsort(batch.queries)
    return [
        " ".join(vocabulary.words[token] for token in batch.tokens[row, : position + 1].tolist())
        for row, position in zip(batch.rows[order], batch.positions[order], strict=True)
    ]


def targets_of(examples: Examples) -> Tensor:
    """The questions' targets in the caller's order."""
    return examples.targets[torch.argsort(examples.queries)]


def state_after(network: Network, tokens: list[int], direction: str) -> Tensor:
    """The state (1, H) of the `forward` or `backward` layer after tokens, read in that order."""
    encoder = network.encoder
    assert isinstance(encoder, Recurrent)
    layer = getattr(encoder, f"{direction}_layer")
    return trace(layer, encoder.embedding(torch.tensor([tokens]))).h[-1]
