"""A probe: a logistic regression that is to find labels in states, and its control task.

A probe may find what is there, or learn what is not. Hence a control task (Hewitt & Liang 2019,
Designing and Interpreting Probes with Control Tasks): every word type, here every form of a
subject, gets a random label, and selectivity is the accuracy on the number minus that on those
labels. On nouns that the probe has not met the control is at chance by construction; on held-out
items of nouns that it has met, the control tells how well the probe memorises nouns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

CONTROLS = 3  # draws of random labels, whose accuracies are averaged: that of one is mostly luck
ALL = "all"

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Strings = NDArray[np.str_]


@dataclass(frozen=True)
class Design:
    """What probes learn from which of N items, each array (N,).

    labels: the subject's number, 1 for plural; nouns: which noun the subject is; controls: random
    labels in its place. train: items to learn from; same: held-out items of those nouns; new: all
    items of the other nouns.
    """

    labels: Ints
    nouns: Ints
    controls: list[Ints]
    train: Bools
    same: Bools
    new: Bools

    @classmethod
    def of(cls, labels: Ints, nouns: Ints) -> Design:
        """Half of the nouns to learn from, and of these two in three items of each form.

        A form is a noun in a number. In each number, and on either side of the split, as many forms
        have the one random label as the other.
        """
        rng = np.random.default_rng(0)
        distinct_nouns = rng.permutation(np.unique(nouns))
        new = np.isin(nouns, distinct_nouns[len(distinct_nouns) // 2 :])
        forms = pd.DataFrame({"noun": nouns, "label": labels, "new": new})
        nth = forms.groupby(["noun", "label"]).cumcount().to_numpy()
        same = ~new & (nth % 3 == 2)
        types = forms.drop_duplicates()
        sides = types.groupby(["label", "new"])["noun"]
        controls = []
        for _ in range(CONTROLS):
            drawn = types.assign(
                control=sides.transform(lambda side: rng.permutation(len(side)) % 2)
            )
            controls.append(forms.merge(drawn, how="left")["control"].to_numpy())
        return cls(labels, nouns, controls, ~new & ~same, same, new)


def probe(states: Floats, design: Design, groups: Strings) -> pd.DataFrame:
    """Train a probe and its controls at each step, and test them on all items and group by group.

    states: (N, T, H); groups: (N, T). Columns: step (0 … T-1), group (or all) and those of the
    table PROBING from n_train on; a row each step and group that has items of new nouns.
    """
    rows = []
    for t in range(states.shape[1]):
        number, *controls = right_answers(
            states[:, t], [design.labels, *design.controls], design.train
        )
        control = np.mean(controls, axis=0)
        for group in (ALL, *np.unique(groups[design.new, t])):
            within = (groups[:, t] == group) | (group == ALL)
            rows.append({"step": t, "group": group, **_scores(number, control, within, design)})
    return pd.DataFrame(rows)


def right_answers(states: Floats, labellings: Sequence[Ints], train: Bools) -> list[Floats]:
    """1 where a probe trained on the items `train` (N,) is right, else 0: (N,) a labelling (N,).

    states: (N, H). The penalty is scikit-learn's own (C = 1), on states of unit variance: it weighs
    alike on h and C, before training and after.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaled = StandardScaler().fit(states[train]).transform(states)
    probes = [
        LogisticRegression(tol=1e-3, max_iter=1000).fit(scaled[train], labels[train])
        for labels in labellings
    ]
    return [
        (probe.predict(scaled) == labels).astype(np.float64)
        for probe, labels in zip(probes, labellings, strict=True)
    ]


def _scores(number: Floats, control: Floats, within: Bools, design: Design) -> dict[str, float]:
    """One row of what `probe` gives, on the items `within` (N,)."""
    new, same = design.new & within, design.same & within
    plural = design.labels[new].mean()
    scores = {
        "n_train": design.train.sum(),
        "n_nouns": len(np.unique(design.nouns[design.train])),
        "n_test": new.sum(),
        "n_test_nouns": len(np.unique(design.nouns[new])),
        "n_test_same_nouns": same.sum(),
        "majority": max(plural, 1 - plural),
    }
    for ending, on in (("", new), ("_same_nouns", same)):
        accuracy, chance = (x[on].mean() if on.any() else np.nan for x in (number, control))
        scores |= {f"accuracy{ending}": accuracy, f"control{ending}": chance}
        scores[f"selectivity{ending}"] = accuracy - chance
    return scores
