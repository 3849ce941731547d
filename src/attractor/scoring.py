"""Margins for items: what a trained network makes of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from attractor.batching import Examples
from attractor.exposure import prefixes
from attractor.results import ITEMS, PREDICTIONS
from attractor.tasks.number_prediction import NumberPrediction
from attractor.vocab import Vocabulary


@torch.no_grad()
def margins(
    network: nn.Module,
    examples: Examples,
    task: NumberPrediction,
    batch_size: int = 512,
    device: str = "cpu",
) -> NDArray[np.float64]:
    """Margin (Q,) of each question, in the order they were given in."""
    network.eval()
    found = np.empty(examples.n_queries)
    for batch in examples.batches(batch_size):
        batch = batch.to(device)
        values = task.margins(network(batch).float(), batch.targets)
        found[batch.queries.cpu().numpy()] = values.double().cpu().numpy()
    return found


def predictions(
    items: pd.DataFrame, margin: NDArray[np.float64], vocabulary: Vocabulary
) -> pd.DataFrame:
    """Items with margin, correct, and in_vocabulary: whether training held every prefix word."""
    known = [all(t in vocabulary.index for t in p.split(" ")) for p in prefixes(items)]
    frame = items.assign(margin=margin, correct=correctness(margin), in_vocabulary=known)
    of_items = [column for column in ITEMS.columns if column not in PREDICTIONS.columns]
    return frame.drop(columns=of_items, errors="ignore")


def correctness(margin: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 where the margin favours the right form, 0 the wrong one, 1/2 for a tie."""
    return np.where(margin == 0, 0.5, (margin > 0).astype(float))
