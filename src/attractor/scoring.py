"""What a trained network makes of items: its answers, and the rows of predictions.csv."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from attractor.batching import Examples, slices
from attractor.exposure import prefixes
from attractor.items import split_indices, template
from attractor.models.protocol import Network
from attractor.results import ITEMS, PREDICTIONS
from attractor.tasks.protocol import Read, Task
from attractor.tasks.softmax import AdaptiveSoftmax, FullSoftmax
from attractor.vocab import UNKNOWN, Vocabulary

Floats = NDArray[np.float64]


def answers(
    network: Network, examples: Examples, read: Read, device: str = "cpu", batch_size: int = 256
) -> Floats:
    """What `read` makes of the network's outputs, in the order that the questions came in."""

    def reads(features: Tensor, targets: Tensor) -> Tensor:
        return read(network.head(features).float(), targets)

    def width(features: Tensor) -> int:
        return int(network.head(features[:1]).shape[1])

    return _of_features(network, examples, reads, width, device, batch_size)


def log_p(
    network: Network, examples: Examples, device: str = "cpu", batch_size: int = 256
) -> Floats:
    """log p (Q, k) of each question's targets, words (Q,) or (Q, k), in the questions' order."""
    head = network.head
    assert isinstance(head, FullSoftmax | AdaptiveSoftmax)

    def reads(features: Tensor, words: Tensor) -> Tensor:
        return head.log_p(features, words.reshape(len(features), -1))

    return _of_features(network, examples, reads, lambda _: head.width, device, batch_size)


def log_odds(
    network: Network, examples: Examples, device: str = "cpu", batch_size: int = 256
) -> Floats:
    """log p(right) - log p(wrong) (Q,) of each question's targets, words (Q, 2), in their order."""
    head = network.head
    assert isinstance(head, FullSoftmax | AdaptiveSoftmax)
    return _of_features(
        network, examples, head.log_odds, lambda _: head.log_odds_width, device, batch_size
    )


@torch.no_grad()
def _of_features(
    network: Network,
    examples: Examples,
    read: Read,
    width: Callable[[Tensor], int],
    device: str,
    batch_size: int,
) -> Floats:
    """What `read` makes of questions' features and targets, in the order that they came in.

    A batch is read once, and its questions are answered a slice at a time, `width` numbers each: in
    bounded memory, however many words there are to choose from.
    """
    network.eval()
    found, queries = [], []
    for batch in examples.batches(batch_size):
        queries.append(batch.queries.numpy())
        batch = batch.to(device)
        features = network.encoder(batch)
        for some in slices(len(features), width(features)):
            found.append(read(features[some], batch.targets[some]).double().cpu().numpy())
    return np.concatenate(found)[np.argsort(np.concatenate(queries))]


@dataclass(frozen=True)
class Asked:
    """A network that a task asks."""

    network: Network
    device: str = "cpu"
    batch_size: int = 256

    def __call__(self, examples: Examples, read: Read) -> Floats:
        """What `read` makes of its outputs (Q,)."""
        return answers(self.network, examples, read, self.device, self.batch_size)

    def log_p(self, examples: Examples) -> Floats:
        """log p (Q, k) of the words that are the questions' targets."""
        return log_p(self.network, examples, self.device, self.batch_size)

    def log_odds(self, examples: Examples) -> Floats:
        """log p(right) - log p(wrong) (Q,) of the words (Q, 2) that are the questions' targets."""
        return log_odds(self.network, examples, self.device, self.batch_size)


def scores(
    network: Network, task: Task, items: pd.DataFrame, vocabulary: Vocabulary, device: str = "cpu"
) -> dict[str, Floats]:
    """The task's columns (n_items,) of predictions.csv for items."""
    return task.scores(Asked(network, device), items, vocabulary, network.reads_both_ends)


def mean_loss(
    network: Network, task: Task, test: pd.DataFrame, vocabulary: Vocabulary, device: str = "cpu"
) -> dict[str, float]:
    """`test_loss`, nats a question of the test text; where the answers are words, `perplexity` and
    the share of `unknown_words`, which it counts as one word.

    test: of the test text what a task learns from: items, or all sentences.
    """
    examples = task.examples(test, vocabulary, network.reads_both_ends)
    if not task.predicts_words:
        return {"test_loss": float(answers(network, examples, task.losses, device).mean())}
    loss = -float(log_p(network, examples, device).mean())
    unknown = float((examples.targets == UNKNOWN).double().mean())
    return {"test_loss": loss, "perplexity": math.exp(loss), "unknown_words": unknown}


def predictions(
    items: pd.DataFrame, found: Mapping[str, Floats], known: NDArray[np.bool_]
) -> pd.DataFrame:
    """Items with their scores, correct, in_vocabulary (is every word known?) and template_id."""
    of_items = [column for column in ITEMS.columns if column not in PREDICTIONS.columns]
    frame = items.drop(columns=of_items, errors="ignore")
    frame[["sentence_margin", "absolute", "formula"]] = np.nan
    frame[list(found)] = np.stack(list(found.values()), axis=1)
    frame = frame.assign(correct=correctness(found["margin"]), in_vocabulary=known)
    frame["template_id"] = _template_ids(items)
    if "formula_id" in items:  # the item is right where each of its comparisons is
        keys = [frame["suite"], frame["probe_set"], items["formula_id"]]
        frame["formula"] = frame.groupby(keys)["correct"].transform("min")
    return frame


def _template_ids(items: pd.DataFrame) -> list[str]:
    columns = (prefixes(items), items["noun_indices"], items["verb_indices"])
    return [_template_id(*row) for row in zip(*columns, strict=True)]


@lru_cache(maxsize=1 << 17)  # the jobs of a sweep are asked the same items
def _template_id(prefix: str, nouns: str, verbs: str) -> str:
    words = template(prefix.split(" "), split_indices(f"{nouns} {verbs}"))
    return hashlib.blake2b(words.encode(), digest_size=8).hexdigest()


def words_known(texts: list[str], vocabulary: Vocabulary) -> NDArray[np.bool_]:
    """Whether the vocabulary holds every word of each text."""
    return np.array([UNKNOWN not in vocabulary.encode(text.split(" ")) for text in texts])


def correctness(margin: Floats) -> Floats:
    """1 where the margin favours the right form, 0 the wrong one, 1/2 for a tie."""
    return np.where(margin == 0, 0.5, (margin > 0).astype(float))
