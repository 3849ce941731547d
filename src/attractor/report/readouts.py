"""Accuracy of grammaticality by where in the text the error stands.

A reader from the left meets the error after `words_before` words and must keep it to the text's end
for `words_after`; a reader from the right, the other way round. Both grow with the sentence, so
they are crossed; and words before the verb grow with its distance from the subject, so that is
fixed: outer verbs right behind their subjects (distance 1, no noun between). Else the first bin of
words before would hold nothing but short dependencies.

Left confounded, by the grammar: with more words before, a phrase or clause opens the sentence,
whose nouns may have the other number; words after go with the verb's class (none: intransitive;
one: *be*; more: an object, whose noun a reader from the right meets first).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from attractor.report.accuracy import MEASURES, accuracies, with_choices
from attractor.report.collect import Collected
from attractor.report.configs import CONFIG
from attractor.report.contracts import ACCURACY_BY_ERROR_POSITION

TASK = "grammaticality"
SCORES = {"absolute": "absolute", "pairwise": "correct"}  # by name, the column of predictions
# The last word count of a bin. With 2,000 test sentences, every cell of the first three bins of
# words before has at least 20 prefixes; the fourth is for larger tests.
WORDS_BEFORE = {"1 to 2": 2, "3 to 5": 5, "6 to 8": 8, "9 or more": np.inf}
WORDS_AFTER = {"0": 0, "1": 1, "2 or more": np.inf}

_MEASURES = {name: how for name, how in MEASURES.items() if name != "train_frequency"}


def accuracy_by_error_position(collected: Collected) -> pd.DataFrame:
    """contracts.ACCURACY_BY_ERROR_POSITION with the swept choices; empty where no run has the task.

    A verb's words before it are its index, those after it n_following.
    """
    items = collected.predictions
    kept = (items["task"] == TASK) & (items["suite"] != "flagship") & (items["role"] == "outer")
    items = items[kept & (items["distance"] == 1)]
    if items.empty:
        return pd.DataFrame()
    items = items.assign(
        words_before=_bin(items["subject_index"] + items["distance"], WORDS_BEFORE),
        words_after=_bin(items["n_following"], WORDS_AFTER),
    )
    keys = [*CONFIG, "suite", "probe_set", "words_before", "words_after"]
    scores = [
        accuracies(collected, items.assign(correct=items[column]), keys, _MEASURES).assign(
            score=name
        )
        for name, column in SCORES.items()
    ]
    columns = list(ACCURACY_BY_ERROR_POSITION.columns)
    return with_choices(pd.concat(scores, ignore_index=True)[columns], collected)


def _bin(counts: pd.Series, bins: dict[str, float]) -> pd.Series:
    return pd.cut(counts, [-1, *bins.values()], labels=list(bins))
