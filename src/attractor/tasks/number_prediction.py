"""Number prediction (Linzen, Dupoux & Goldberg 2016): will the next verb be singular or plural?

The model has read the sentence up to the verb. One that reads left to right reads a sentence once
and is asked before every verb; one that reads from both ends is given each prefix by itself.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from attractor.batching import Examples, prepare
from attractor.vocab import Vocabulary


class NumberPrediction:
    """The task: one logit a question, log-odds of plural."""

    n_outputs = 1

    def examples(
        self, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> Examples:
        """Questions in the order of `items` (one each); targets 1 for plural, 0 for singular."""
        verbs = items["verb_index"].to_numpy()
        if reads_both_ends:
            groups = [
                " ".join(s.split(" ")[:v]) for s, v in zip(items["sentence"], verbs, strict=True)
            ]
        else:
            groups = items["sentence"].tolist()
        rows, texts = pd.factorize(np.array(groups, dtype=object))
        last = np.zeros(len(texts), dtype=np.int64)  # nothing after the last verb is ever read
        np.maximum.at(last, rows, verbs)
        encoded = [
            vocabulary.encode(text.split(" ")[:end]) for text, end in zip(texts, last, strict=True)
        ]
        plural = (items["subject_number"] == "plural").to_numpy().astype(np.float32)
        return prepare(encoded, rows.astype(np.int64), verbs - 1, plural)

    def readout(self, feature_size: int) -> nn.Module:
        """Features (Q, feature_size) to log-odds of plural (Q, 1)."""
        return nn.Linear(feature_size, self.n_outputs)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy in nats of outputs (Q, 1) against targets (Q,)."""
        return nn.functional.binary_cross_entropy_with_logits(outputs[:, 0], targets)

    def margins(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Log-odds (Q,) of the right number over the wrong one."""
        return torch.where(targets > 0.5, outputs[:, 0], -outputs[:, 0])
