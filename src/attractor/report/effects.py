"""What each factor costs each network: one penalised binomial regression of all their answers.

correct ~ model × (distance + n_attractors + n_intervening + n_preceding_opposite + subject_index)
          + construction

on the headline probes. n_intervening stands among the factors because nouns take up tokens: without
it a token's cost would be in part a noun's.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr

from attractor.report.accuracy import drawn, in_order
from attractor.report.collect import Collected
from attractor.report.configs import BASELINE, CONFIG, drawn_names
from attractor.report.contracts_comparisons import EFFECTS
from attractor.stats.comparison import holm
from attractor.stats.intervals import METHOD_OF_SUMS, Codes, Floats, crossed, variance_held
from attractor.stats.regression import BinomialFit, fit_binomial

FACTORS = ["distance", "n_attractors", "n_intervening", "n_preceding_opposite", "subject_index"]
Bools = NDArray[np.bool_]


def effects(collected: Collected) -> pd.DataFrame:
    """contracts EFFECTS: a row a network and factor; no columns where no network met the probes.

    One fit for the networks of each task that were varied alike. Its errors are clustered by seed
    and by template, which are crossed (stats.intervals.crossed).
    """
    items = collected.predictions
    items = items[items["headline"] & (items["suite"] == "probes")]
    items = items[~items["model"].astype("str").str.startswith(BASELINE)]
    if items.empty:
        return pd.DataFrame()
    names = drawn_names(collected.configs).merge(
        collected.configs[[*CONFIG, "label", "n_datasets"]], on=CONFIG, suffixes=("_drawn", "")
    )
    _, replicated, _ = drawn(collected, items)
    kept = [*CONFIG, *FACTORS, "construction", "correct", "template_id", "run_id"]
    items = items[kept].assign(drawn=replicated).astype(dict.fromkeys(CONFIG, "str"))
    items = items.merge(names, on=CONFIG)
    fitted = [_fitted(together) for _, together in items.groupby(["task", "variant"])]
    return in_order(pd.concat(fitted, ignore_index=True), [*CONFIG])[list(EFFECTS.columns)]


def _fitted(items: pd.DataFrame) -> pd.DataFrame:
    """One fit, and its effects."""
    keys = ["label", *FACTORS, "construction"]
    by_row = items.groupby(keys)
    rows, row = by_row.size().reset_index(name="n"), by_row.ngroup().to_numpy(np.int64)
    labels = sorted(set(rows["label"]))
    fit = fit_binomial(_design(rows, labels), row, items["correct"].to_numpy(float))
    found = []
    for m, label in enumerate(labels):
        own = (items["label"] == label).to_numpy()
        of_model = items[own]
        effect = partial(
            _effect,
            own=own,
            seed=of_model["drawn"].to_numpy(np.int64),
            cluster=of_model["template_id"].to_numpy(np.int64),
        )
        first, n_runs = of_model.iloc[0], of_model["run_id"].nunique()
        of_rows = np.flatnonzero(rows["label"] == label)
        weights = rows["n"].to_numpy(float)[of_rows]
        for f, factor in enumerate(FACTORS):
            column = m * (1 + len(FACTORS)) + 1 + f
            near = float(np.median(of_model["distance"])) if factor == "distance" else np.nan
            value = float(fit.coefficients[column])
            points, gradient = _points(fit, column, of_rows, weights, near)
            found.append(
                {name: first[name] for name in CONFIG if name != "suite"}
                | {"label": label, "factor": factor, "near": near, "n_seeds": n_runs}
                | {"n_items": len(of_model) // n_runs, "method": METHOD_OF_SUMS}
                | {"interval": variance_held(n_runs, int(first["n_datasets"]))}
                | effect("points", points, fit.contributions(gradient))
                | effect("log_odds", value, fit.contributions(np.eye(fit.design.shape[1])[column]))
            )
    frame = pd.DataFrame(found)
    return frame.assign(p_holm=holm(frame["p"]))


def _design(rows: pd.DataFrame, labels: list[str]) -> Floats:
    """[rows, columns]: for each model an intercept and its factors; then the constructions."""
    factors = np.column_stack([np.ones(len(rows)), rows[FACTORS].to_numpy(float)])
    blocks = [factors * (rows["label"] == label).to_numpy()[:, None] for label in labels]
    constructions = pd.get_dummies(rows["construction"], dtype=float).iloc[:, 1:]
    return np.column_stack([*blocks, constructions.to_numpy()])


def _points(
    fit: BinomialFit, column: int, rows: Codes, weights: Floats, near: float
) -> tuple[float, Floats]:
    """The mean over a model's items of half a unit more less half a unit less; and its gradient.

    near: the value at which the factor is set; NaN: each item's own. Average marginal effects:
    Lane & Nelder (1982), Biometrics 38, 613-621; variance by the delta method.
    """
    share = weights / weights.sum()
    value, gradient = 0.0, np.zeros(fit.design.shape[1])
    for half in (0.5, -0.5):
        moved = fit.design[rows].copy()
        moved[:, column] = half + (moved[:, column] if np.isnan(near) else near)
        p = fit.probabilities(moved)
        value += np.sign(half) * float(share @ p)
        gradient += np.sign(half) * ((share * p * (1 - p)) @ moved)
    return (value if np.isfinite(fit.coefficients[column]) else np.nan), gradient


def _effect(
    name: str, value: float, pull: Floats, own: Bools, seed: Codes, cluster: Codes
) -> dict[str, float]:
    """An effect with its interval and p; all [N], seed and cluster of the model's own answers.

    Other models' answers pull it by what constructions cost alone, and have seeds of their own:
    they are left out of its variance. One seed has no p: it says nothing of another.
    """
    if np.isnan(value):
        return dict.fromkeys((name, f"{name}_low", f"{name}_high", "p"), np.nan)
    found = crossed(pull[own] - pull[own].mean(), seed, cluster)
    error, half = float(np.sqrt(found.variance[0])), float(found.half_width()[0])
    p = 2 * float(stdtr(found.cautious_freedom[0], -abs(value) / error))
    if found.n_answers[0] == found.n_clusters[0]:
        p = np.nan
    return {name: value, f"{name}_low": value - half, f"{name}_high": value + half, "p": p}
