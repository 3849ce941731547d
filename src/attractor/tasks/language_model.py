"""Language model (Elman 1991; Gulordava et al. 2018): which word comes next?

The sentence is read once, between `<s>` and `</s>`, and the model is asked at every word. At a verb
the margin is log p(correct) - log p(wrong); that of the whole sentence adds what either form does
to the words that follow.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from attractor.batching import Examples, prepare
from attractor.errors import UserError
from attractor.models.protocol import Encoder
from attractor.tasks.minimal_pairs import distinct_pairs
from attractor.tasks.protocol import Answer, WordChoice, at_verbs, forms
from attractor.vocab import BEGIN, END, Vocabulary


class LanguageModel(WordChoice):
    """The task: a score for every word at every position."""

    def check(self, encoder: Encoder, model: str) -> None:
        """Refuse a model that would see the word it is asked for."""
        if encoder.reads_both_ends:
            raise UserError(
                f"task=language_model: {model} reads from both ends and would see the next word; "
                "choose model=srn, lstm or gru, or task=cloze"
            )

    def examples(
        self, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> Examples:
        """A question at every word of every sentence, and at its end; targets are the words."""
        sentences = items["sentence"].unique().tolist()
        return _every_word([vocabulary.encode(s.split(" ")) for s in sentences], vocabulary)

    def questions(
        self, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> Examples:
        """A question before each item's verb; targets (Q, 2) are its correct and its wrong form."""
        texts = [f"{BEGIN} {sentence}" for sentence in items["sentence"]]
        verbs = items["verb_index"].to_numpy() + self.offset
        return at_verbs(texts, verbs, vocabulary, forms(items, vocabulary))

    def scores(
        self, answer: Answer, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> dict[str, NDArray[np.float64]]:
        """`margin` at the verb, and `sentence_margin` of the whole pair."""
        rows, distinct = distinct_pairs(items, vocabulary)
        words = answer(_every_word(distinct, vocabulary), self._log_p)
        counts = [len(text) + 1 for text in distinct]
        good, bad = np.split(np.add.reduceat(words, np.cumsum([0, *counts[:-1]]))[rows], 2)
        found = super().scores(answer, items, vocabulary, reads_both_ends)
        return {**found, "sentence_margin": good - bad}

    def _log_p(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return -self.losses(outputs, targets)


def _every_word(encoded: list[list[int]], vocabulary: Vocabulary) -> Examples:
    """A question at each of the n words of every text and one at its end: n + 1 a text."""
    begin, end = vocabulary.encode([BEGIN, END])
    counts = [len(text) + 1 for text in encoded]
    return prepare(
        [[begin, *text] for text in encoded],
        np.repeat(np.arange(len(encoded)), counts),
        np.concatenate([np.arange(n) for n in counts]),
        np.concatenate([[*text, end] for text in encoded]),
    )
