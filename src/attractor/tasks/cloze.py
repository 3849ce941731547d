"""Cloze: which word stands here? It is masked, and everything on its left and its right is read.

From h_f,i-1 and h_b,i+1 (Schuster & Paliwal 1997; Melamud et al. 2016, context2vec): neither has
read word i, so that nothing need be put in its place, and one reading answers for every word. The
right context may betray the verb's number; `right_context_reveals` marks the items where it does.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attractor.batching import Examples, prepare
from attractor.errors import UserError
from attractor.models.protocol import Encoder
from attractor.tasks.minimal_pairs import both_forms
from attractor.tasks.protocol import WordChoice, forms
from attractor.vocab import BEGIN, END, Vocabulary


class Cloze(WordChoice):
    """The task: a score for every word at every position."""

    def check(self, encoder: Encoder, model: str) -> None:
        """Refuse a model that cannot see the right context, and tied weights that cannot be."""
        super().check(encoder, model)
        if not encoder.reads_both_ends:
            raise UserError(
                f"task=cloze: {model} does not read from both ends; "
                "choose model=birnn or bilstm, or task=language_model"
            )

    def examples(
        self, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> Examples:
        """A question at every word of every sentence; targets are the words."""
        texts = _encoded(items["sentence"].unique().tolist(), vocabulary)
        counts = [len(text) - 2 for text in texts]
        rows = np.repeat(np.arange(len(texts)), counts)
        words = np.concatenate([np.arange(n) for n in counts])
        return _around(texts, rows, words, np.concatenate([text[1:-1] for text in texts]))

    def questions(
        self, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> Examples:
        """A question at each item's verb; targets (Q, 2) are its correct and its wrong form."""
        rows, sentences = pd.factorize(items["sentence"])
        texts = _encoded(sentences.tolist(), vocabulary)
        verbs = items["verb_index"].to_numpy()
        return _around(texts, rows.astype(np.int64), verbs, forms(items, vocabulary))

    def asked(self, items: pd.DataFrame) -> list[str]:
        """The whole sentence and the wrong form of the verb."""
        return both_forms(items)


def _encoded(sentences: list[str], vocabulary: Vocabulary) -> list[list[int]]:
    return [vocabulary.encode([BEGIN, *s.split(" "), END]) for s in sentences]


def _around(
    texts: list[list[int]],
    rows: NDArray[np.int64],
    words: NDArray[np.int64],
    targets: NDArray[np.int64],
) -> Examples:
    """Questions about some words of texts, each between the token before it and the one after."""
    return prepare(texts, rows, words, targets, backward_positions=words + 2)
