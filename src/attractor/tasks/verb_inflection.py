"""Verb inflection (Linzen, Dupoux & Goldberg 2016): singular or plural, after the prefix and the
coming verb's lemma?

A lemma is a word of its own, `[laugh]` or `[be]`, and not the form that it is spelled like: the
plural form would be met as a plural elsewhere. It depends on the verb, so each prefix is read by
itself.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from attractor.batching import Examples
from attractor.exposure import prefixes
from attractor.tasks.protocol import TwoChoice, at_verbs
from attractor.vocab import Vocabulary

_IRREGULAR = {"are": "be", "were": "be"}  # all other plural forms are spelled like their lemma


class VerbInflection(TwoChoice):
    """The task: one output a question, log-odds of plural."""

    def vocabulary(self, train: pd.DataFrame, words: Vocabulary) -> Vocabulary:
        """The words of the training text and the lemmas of its verbs."""
        return words.with_words(sorted(set(lemmas(train))))

    def questions(
        self, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> Examples:
        """A question after each item's lemma, in their order; targets 1 for plural, else 0."""
        plural = (items["subject_number"] == "plural").to_numpy().astype(np.float32)
        verbs = items["verb_index"].to_numpy()
        return at_verbs(self.asked(items), verbs + 1, vocabulary, plural)

    def asked(self, items: pd.DataFrame) -> list[str]:
        """The prefix and the lemma."""
        return [" ".join(words) for words in zip(prefixes(items), lemmas(items), strict=True)]


def lemmas(items: pd.DataFrame) -> list[str]:
    """Each verb's lemma, in brackets."""
    is_plural = items["subject_number"] == "plural"
    plural = items["correct_form"].where(is_plural, items["wrong_form"])
    return [f"[{_IRREGULAR.get(form, form)}]" for form in plural]
