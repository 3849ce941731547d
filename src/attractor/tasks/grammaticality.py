"""Grammaticality: is this text grammatical? Text classification with a recurrent network.

The whole text is read; the wrong member of a minimal pair is the ungrammatical text. Two scores,
never mixed: *absolute*, each text classified by itself, and *pairwise*, the good text's log-odds
above the bad one's (the margin). Readouts: h_f,T (forward_last), h_b,1 (backward_first), or both.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from attractor.batching import Examples, prepare
from attractor.errors import UserError
from attractor.models.protocol import READOUTS
from attractor.tasks.minimal_pairs import both_forms, distinct_pairs, with_wrong_form
from attractor.tasks.protocol import Answer, TwoChoice
from attractor.vocab import Vocabulary


class Grammaticality(TwoChoice):
    """The task: one output a text, log-odds of grammatical.

    readout: one of models.protocol.READOUTS, or null for all that the model reads.
    """

    asks_at_verb = False

    def __init__(self, readout: str | None = None) -> None:
        if readout is not None and readout not in READOUTS:
            raise UserError(f"task.readout={readout}: choose from {', '.join(READOUTS)} or null")
        self.readout = readout or ""

    def examples(
        self, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> Examples:
        """Each sentence, and the same with the wrong form at one of its verbs, drawn at random.

        Of verbs that are known in both forms: one that only the texts of one kind hold would tell.
        """
        words = vocabulary.index
        known = items[items["wrong_form"].isin(words) & items["correct_form"].isin(words)]
        if known.empty:
            raise UserError(
                "task=grammaticality: the text holds no verb in both forms; give more text "
                "(data.n_sentences, data.files)"
            )
        sentence = "original" if "original" in known else "sentence"  # whatever its verbs' spelling
        one = known.sample(frac=1, random_state=0).drop_duplicates(sentence).sort_index()
        texts = [*one["sentence"], *with_wrong_form(one)]
        encoded = [vocabulary.encode(text.split(" ")) for text in texts]
        return _whole(encoded, np.repeat([1.0, 0.0], len(one)))

    def questions(
        self, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> Examples:
        """A question an item: the grammatical text's."""
        encoded = [vocabulary.encode(sentence.split(" ")) for sentence in items["sentence"]]
        return _whole(encoded, np.ones(len(items)))

    def scores(
        self, answer: Answer, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> dict[str, NDArray[np.float64]]:
        """`margin` of the pair; `absolute`: the share of its two texts classified right."""
        rows, distinct = distinct_pairs(items, vocabulary)
        log_odds = answer(_whole(distinct, np.ones(len(distinct))), _log_odds)[rows]
        good, bad = np.split(log_odds, 2)
        absolute = (2 + np.sign(good) - np.sign(bad)) / 4
        return {"margin": good - bad, "absolute": absolute}

    def asked(self, items: pd.DataFrame) -> list[str]:
        """The whole sentence and the wrong form of the verb."""
        return both_forms(items)


def _log_odds(outputs: Tensor, targets: Tensor) -> Tensor:
    return outputs[:, 0]


def _whole(encoded: list[list[int]], targets: NDArray[np.float64]) -> Examples:
    """A question at the end of each encoded text."""
    last = np.array([len(text) - 1 for text in encoded], dtype=np.int64)
    return prepare(encoded, np.arange(len(encoded)), last, targets.astype(np.float32))
