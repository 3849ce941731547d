"""Which factors of a set of items move together: the table to make before any factor is plotted."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

FACTORS = (
    "distance",
    "n_intervening",
    "n_attractors",
    "structure",
    "subject_number",
    "subject_index",
    "opening",
    "n_preceding_opposite",
    "last_cue_distance",
    "tense",
    "verb_class",
    "train_frequency",
)
# What a panel of the figures holds fixed.
PANEL = ["n_intervening", "n_attractors"]


def associations(items: pd.DataFrame) -> pd.DataFrame:
    """Cramér's V of every pair of factors: 0 independent, 1 one decides the other.

    Columns: factor, other, overall, within_panels: the mean over sets of equal n_intervening and
    n_attractors, weighted by items; empty for a factor that a panel holds fixed.
    """
    panels = [panel for _, panel in items.groupby(PANEL)]
    sizes = [len(panel) for panel in panels]
    rows = []
    for factor, other in combinations(FACTORS, 2):
        within = [cramers_v(panel[factor], panel[other]) for panel in panels]
        fixed = {factor, other} & set(PANEL)
        rows.append(
            {
                "factor": factor,
                "other": other,
                "overall": round(cramers_v(items[factor], items[other]), 3),
                "within_panels": None if fixed else round(np.average(within, weights=sizes), 3),
            }
        )
    return pd.DataFrame(rows)


def cramers_v(one: pd.Series, other: pd.Series) -> float:
    """Cramér's V with Bergsma's correction, whose expectation is about 0 under independence.

    Bergsma (2013), "A bias-correction for Cramér's V and Tschuprow's T", J. Korean Stat. Soc. 42.
    """
    (rows, seen), (columns, others) = pd.factorize(one), pd.factorize(other)
    R, C = len(seen), len(others)
    table = np.bincount(rows * C + columns, minlength=R * C).reshape(R, C).astype(float)
    n = table.sum()
    if min(R, C) < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi = ((table - expected) ** 2 / expected).sum() / n - (R - 1) * (C - 1) / (n - 1)
    corrected = min(R - (R - 1) ** 2 / (n - 1), C - (C - 1) ** 2 / (n - 1))
    if corrected <= 1:  # as many levels as items: nothing can be said
        return 0.0
    return float(np.sqrt(max(phi, 0.0) / (corrected - 1)))
