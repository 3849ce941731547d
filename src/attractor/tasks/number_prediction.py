"""Number prediction (Linzen, Dupoux & Goldberg 2016): will the next verb be singular or plural?

The model has read the sentence up to the verb. One that reads left to right reads a sentence once
and is asked before every verb; one that reads from both ends is given each prefix by itself.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from attractor.batching import Examples
from attractor.exposure import prefixes
from attractor.tasks.protocol import TwoChoice, at_verbs
from attractor.vocab import Vocabulary


class NumberPrediction(TwoChoice):
    """The task: one output a question, log-odds of plural."""

    def questions(
        self, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> Examples:
        """Questions in the order of `items` (one each); targets 1 for plural, 0 for singular."""
        texts = prefixes(items) if reads_both_ends else items["sentence"].tolist()
        plural = (items["subject_number"] == "plural").to_numpy().astype(np.float32)
        return at_verbs(texts, items["verb_index"].to_numpy(), vocabulary, plural)
