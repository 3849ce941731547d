"""Number prediction (Linzen, Dupoux & Goldberg 2016): will the next verb be singular or plural?

The model has read the sentence up to the verb. One that reads left to right reads a sentence once
and is asked before every verb; one that reads from both ends is given each prefix by itself.
Shown the nouns alone, it is their noun-only baseline: it cannot know which noun is the subject.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from attractor.batching import Examples
from attractor.errors import UserError
from attractor.exposure import prefixes
from attractor.items import split_indices
from attractor.tasks.protocol import TwoChoice, at_verbs
from attractor.vocab import Vocabulary

WORDS, NOUNS = "words", "nouns"


class NumberPrediction(TwoChoice):
    """The task: one output a question, log-odds of plural.

    shows: what of the prefix the model reads: its words, or its nouns alone, in order.
    """

    def __init__(self, shows: str = WORDS) -> None:
        if shows not in (WORDS, NOUNS):
            raise UserError(f"task.shows={shows}: choose {WORDS} or {NOUNS}")
        self.shows = shows
        self.asks_at_verb = shows == WORDS

    def questions(
        self, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> Examples:
        """Questions in the order of `items` (one each); targets 1 for plural, 0 for singular."""
        plural = (items["subject_number"] == "plural").to_numpy().astype(np.float32)
        if self.shows == NOUNS:
            texts = nouns_only(items)
            ends = np.array([text.count(" ") + 1 for text in texts])
            return at_verbs(texts, ends, vocabulary, plural)
        texts = prefixes(items) if reads_both_ends else items["sentence"].tolist()
        return at_verbs(texts, items["verb_index"].to_numpy(), vocabulary, plural)

    def asked(self, items: pd.DataFrame) -> list[str]:
        """What the model reads of each item."""
        return nouns_only(items) if self.shows == NOUNS else prefixes(items)


def nouns_only(items: pd.DataFrame) -> list[str]:
    """The nouns of each item's prefix, in order, separated by one space."""
    columns = zip(items["sentence"], items["noun_indices"], strict=True)
    tokens = ((sentence.split(" "), split_indices(nouns)) for sentence, nouns in columns)
    return [" ".join(words[i] for i in indices) for words, indices in tokens]
