"""What every task offers, so that one loop trains any of them and one stage scores any."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from attractor.batching import Examples, prepare
from attractor.errors import UserError
from attractor.exposure import prefixes
from attractor.models.protocol import Encoder
from attractor.tasks.log_odds import LogOdds
from attractor.tasks.softmax import AdaptiveSoftmax, FullSoftmax
from attractor.vocab import BEGIN, END, Vocabulary

# From a network's outputs (Q, n) and the targets of as many questions to a number (Q,) each.
Read = Callable[[Tensor, Tensor], Tensor]


class Answer(Protocol):
    """What a network answers to all questions of some examples, in their order."""

    def __call__(self, examples: Examples, read: Read) -> NDArray[np.float64]:
        """What `read` makes of its outputs (Q,)."""
        ...

    def log_p(self, examples: Examples) -> NDArray[np.float64]:
        """log p (Q, k) of the words that are the questions' targets, where outputs are words."""
        ...

    def log_odds(self, examples: Examples) -> NDArray[np.float64]:
        """log p(right) - log p(wrong) (Q,) of targets (Q, 2), where outputs are words."""
        ...


class Task(ABC):
    """What a model reads, what it is asked, and what its answer is worth.

    Where a question is asked is the examples' matter (batching.Examples); outputs are (Q, n).
    """

    # Which states answer: forward_last, backward_first, both; "" leaves it to the model.
    readout = ""
    # Whether the margin is one question's at the verb, so that it can be traced back to words.
    asks_at_verb = True
    # Whether an output is a word, so that the loss makes a perplexity.
    predicts_words = False
    # Whether the head's weights are the embedding's.
    tied = False
    # The position of the sentence's first word in what the model reads.
    offset = 0

    def check(self, encoder: Encoder, model: str) -> None:  # noqa: B027
        """Raise UserError where the task makes no sense for a model."""

    def vocabulary(self, train: pd.DataFrame, words: Vocabulary) -> Vocabulary:
        """The words of the training text, and what the task reads beside them."""
        return words

    def examples(
        self, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> Examples:
        """What is learnt from items: the questions, unless the task says otherwise."""
        return self.questions(items, vocabulary, reads_both_ends)

    @abstractmethod
    def questions(
        self, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> Examples:
        """One question an item, in the order of `items`, whose margin is asked for."""

    @abstractmethod
    def head(self, feature_size: int, vocabulary_size: int) -> nn.Module:
        """Features (Q, feature_size) to outputs (Q, n)."""

    @abstractmethod
    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss (Q,) of each question of `examples`, in nats."""

    def loss(self, head: nn.Module, features: Tensor, targets: Tensor) -> Tensor:
        """The mean loss (), to learn from, of questions with these features (Q, feature_size)."""
        return self.losses(head(features).float(), targets).mean()

    @abstractmethod
    def correct(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Which questions (Q,) of `examples` are answered right: 1, 0, or 1/2 for a tie."""

    @abstractmethod
    def margins(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Log-odds (Q,) of right over wrong, of `questions`."""

    def scores(
        self, answer: Answer, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> dict[str, NDArray[np.float64]]:
        """Columns of predictions.csv, (n_items,) each: `margin`, and what else is measured."""
        questions = self.questions(items, vocabulary, reads_both_ends)
        return {"margin": answer(questions, self.margins)}

    def asked(self, items: pd.DataFrame) -> list[str]:
        """All words that an answer depends on, an item each, separated by one space."""
        return prefixes(items)


class TwoChoice(Task):
    """A task of one output: the log-odds of a target of 1 over one of 0."""

    def head(self, feature_size: int, vocabulary_size: int) -> nn.Module:
        """Features (Q, feature_size) to log-odds (Q, 1)."""
        return LogOdds(feature_size)

    def loss(self, head: nn.Module, features: Tensor, targets: Tensor) -> Tensor:
        """The mean loss (), by the head at once where neither it nor `losses` is a subclass's."""
        if isinstance(head, LogOdds) and type(self).losses is TwoChoice.losses:
            return head.loss(features, targets)
        return super().loss(head, features, targets)

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy (Q,) in nats of outputs (Q, 1) against targets (Q,)."""
        return nn.functional.binary_cross_entropy_with_logits(
            outputs[:, 0], targets, reduction="none"
        )

    def margins(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Log-odds (Q,) of the right answer over the wrong one."""
        return torch.where(targets > 0.5, outputs[:, 0], -outputs[:, 0])

    def correct(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Which margins (Q,) are above 0; a tie is one half."""
        return (1 + torch.sign(self.margins(outputs, targets))) / 2


class WordChoice(Task):
    """A task whose outputs are scores of every word; `questions` have two targets each.

    softmax: `full`, or `adaptive` (Grave et al. 2017), which is many times faster for tens of
    thousands of words. tied: whether a word's weights in the head are its embedding (Press & Wolf
    2017; Inan et al. 2017). Raises UserError for values that make no task.
    """

    predicts_words = True
    offset = 1  # after what stands before a sentence

    def __init__(self, softmax: str = "full", tied: bool = False) -> None:
        if softmax not in ("full", "adaptive"):
            raise UserError(f"task.softmax={softmax}: choose full or adaptive")
        if not isinstance(tied, bool):
            raise UserError(f"task.tied={tied}: give true or false")
        if tied and softmax != "full":
            raise UserError("task.tied=true: no weights to share; choose task.softmax=full")
        self.softmax = softmax
        self.tied = tied

    def check(self, encoder: Encoder, model: str) -> None:
        """Refuse tied weights where embedding and features differ in size."""
        if not self.tied:
            return
        embedding = getattr(encoder, "embedding", None)
        if not isinstance(embedding, nn.Embedding):
            raise UserError(f"task.tied=true: {model} has no embedding; choose task.tied=false")
        size = embedding.embedding_dim
        if size != encoder.feature_size:
            directions = 1 + encoder.reads_both_ends
            units = max(1, size // directions)
            raise UserError(
                f"task.tied=true: {model} has embeddings of {size} numbers and features of "
                f"{encoder.feature_size}; give model.embedding_size={units * directions} "
                f"model.hidden_size={units}"
            )

    def vocabulary(self, train: pd.DataFrame, words: Vocabulary) -> Vocabulary:
        """The words of the training text and the sentence's ends."""
        return words.with_words([BEGIN, END])

    def head(self, feature_size: int, vocabulary_size: int) -> nn.Module:
        """Features (Q, feature_size) to a score of every word (Q, vocabulary_size).

        Full: any numbers, which a softmax makes a distribution; adaptive: log p already.
        """
        make = AdaptiveSoftmax if self.softmax == "adaptive" else FullSoftmax
        return make(feature_size, vocabulary_size)

    def loss(self, head: nn.Module, features: Tensor, targets: Tensor) -> Tensor:
        """The mean of -log p () in nats of the words `targets` (Q,), as the head computes it."""
        assert isinstance(head, FullSoftmax | AdaptiveSoftmax)
        return head.loss(features, targets)

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """-log p (Q,) in nats of the words `targets` (Q,)."""
        return nn.functional.cross_entropy(outputs, targets, reduction="none")

    def correct(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Whether each word (Q,) is the likeliest of all (of equals, the one first in number)."""
        return (outputs.argmax(dim=1) == targets).float()

    def margins(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """log p(correct) - log p(wrong) (Q,), for targets (Q, 2)."""
        right, wrong = outputs.gather(1, targets).unbind(dim=1)
        return right - wrong

    def scores(
        self, answer: Answer, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> dict[str, NDArray[np.float64]]:
        """`margin`, from the two words alone."""
        return {"margin": answer.log_odds(self.questions(items, vocabulary, reads_both_ends))}

    def asked(self, items: pd.DataFrame) -> list[str]:
        """The prefix and both forms of the verb."""
        columns = zip(prefixes(items), items["correct_form"], items["wrong_form"], strict=True)
        return [" ".join(words) for words in columns]


def forms(items: pd.DataFrame, vocabulary: Vocabulary) -> NDArray[np.int64]:
    """The numbers (n_items, 2) of the verb's correct and wrong form."""
    pairs = zip(items["correct_form"], items["wrong_form"], strict=True)
    return np.array([vocabulary.encode(pair) for pair in pairs], dtype=np.int64)


def at_verbs(
    texts: list[str],
    verbs: NDArray[np.int64],
    vocabulary: Vocabulary,
    targets: NDArray[np.float32] | NDArray[np.int64],
) -> Examples:
    """A question before each verb; equal texts are read once, and no further than asked about.

    texts (n,); verbs (n,): the token before which each question is asked; targets (n,) or (n, k).
    """
    rows, distinct = pd.factorize(np.array(texts, dtype=object))
    last = np.zeros(len(distinct), dtype=np.int64)
    np.maximum.at(last, rows, verbs)
    encoded = [
        vocabulary.encode(text.split(" ")[:end])
        for text, end in zip(distinct.tolist(), last.tolist(), strict=True)
    ]
    return prepare(encoded, rows.astype(np.int64), verbs - 1, targets)
