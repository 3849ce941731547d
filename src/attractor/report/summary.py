"""One row a configuration and suite: accuracies, reach and slopes, cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from attractor.report.accuracy import with_choices
from attractor.report.collect import Collected
from attractor.report.configs import BASELINE, CONFIG
from attractor.report.contracts import SUMMARY
from attractor.stats import (
    AccuracyCurve,
    Reach,
    fit_accuracy_curve,
    interval_over_seeds,
    reach_over_seeds,
    variance_held,
)

UNBOUNDED = (-np.inf, np.inf)


def summary(collected: Collected) -> pd.DataFrame:
    """contracts.SUMMARY with the swept choices: a row a config × suite × task × model.

    Of the probes, the headline ones (balanced, outer). Reach and slopes are of the probes only,
    whose factors are crossed; elsewhere, and where they do not apply, they are NaN.
    """
    frame = collected.predictions
    frame = frame[frame["headline"] & (frame["suite"] != "flagship")]
    frame = frame.assign(sentence_correct=(1 + np.sign(frame["sentence_margin"])) / 2)
    datasets = collected.datasets
    costs = _costs(collected)
    rows = []
    for key, items in frame.groupby([*CONFIG, "suite"], observed=True):
        config, task, model, suite = map(str, key)
        n_runs = items["run_id"].nunique()
        variance = variance_held(n_runs, datasets[config], not model.startswith(BASELINE))
        rows.append(
            {"config_id": config, "task": task, "model": model, "suite": suite}
            | {"n_seeds": n_runs, "interval": variance}
            | _accuracies(items)
            | (_distance_effects(items) if suite == "probes" else _NO_EFFECTS)
            | costs.get((config, model), {})
        )
    table = pd.DataFrame(rows)
    test = table[table["suite"] == "test"].set_index(CONFIG)["accuracy"].rename("accuracy_test")
    table = table.join(test, on=CONFIG).reindex(columns=list(SUMMARY.columns))
    return with_choices(table, collected)


def _accuracies(items: pd.DataFrame) -> dict[str, float]:
    """n and accuracies of one configuration on one suite, with the intervals of the main ones."""
    between, attractors = items["n_intervening"], items["n_attractors"]
    none = items[(between > 0) & (attractors == 0)]
    every = items[(between > 0) & (attractors == between)]
    by_run = items.groupby("run_id", observed=True)
    return {
        "n_items": int(by_run.size().max()),
        "n_prefixes": int(by_run["prefix_id"].nunique().max()),
        **_accuracy("accuracy", items),
        "accuracy_singular": _mean(items[items["subject_number"] == "singular"]),
        "accuracy_plural": _mean(items[items["subject_number"] == "plural"]),
        **_accuracy("accuracy_no_attractor", none),
        **_accuracy("accuracy_all_attractors", every),
        **_accuracy("accuracy_where_heuristics_disagree", items[items["disagree"]]),
        **_accuracy("accuracy_first_noun_wrong", items[items["first_noun_wrong"]]),
        **_accuracy("accuracy_most_recent_noun_wrong", items[items["most_recent_noun_wrong"]]),
        **_accuracy("accuracy_absolute", items[items["absolute"].notna()], "absolute"),
        **_accuracy(
            "accuracy_sentence", items[items["sentence_correct"].notna()], "sentence_correct"
        ),
    }


def _accuracy(name: str, items: pd.DataFrame, column: str = "correct") -> dict[str, float]:
    means = items.groupby("run_id", observed=True)[column].mean()
    low, high = interval_over_seeds(list(means), n_prefixes=items["prefix_id"].nunique())
    return {name: float(means.mean()), f"{name}_low": low, f"{name}_high": high}


def _mean(items: pd.DataFrame) -> float:
    return float(items.groupby("run_id", observed=True)["correct"].mean().mean())


_NO_EFFECTS: dict[str, float | str] = {"reach_note": ""}


def _distance_effects(items: pd.DataFrame) -> dict[str, float | str]:
    """Reach and slopes: fits for each seed, then the interval over seeds.

    Distance grows with the number of nouns between, so each fit holds that number fixed: reach is
    of items with one noun between, an attractor; a slope is the mean of those at every number of
    nouns between, weighted by items.
    """
    by_seed = [of_seed for _, of_seed in items.groupby("run_id", observed=True)]
    row: dict[str, float | str] = {"reach_note": ""}
    one = [s[(s["n_intervening"] == 1) & (s["n_attractors"] == 1)] for s in by_seed]
    if all(map(len, one)):
        reached: Reach = reach_over_seeds([_fit(of_seed) for of_seed in one])
        row |= {"reach": reached.value, "reach_note": reached.note}
        row |= {"reach_low": reached.low, "reach_high": reached.high}
    slopes = np.array([_slopes(of_seed) for of_seed in by_seed])
    for name, values in zip(("per_token", "per_attractor"), slopes.T, strict=True):
        low, high = interval_over_seeds(list(values), bounds=UNBOUNDED)
        row |= {f"slope_{name}": float(np.mean(values))}
        row |= {f"slope_{name}_low": low, f"slope_{name}_high": high}
    return row


def _slopes(items: pd.DataFrame) -> list[float]:
    """Slopes in log-odds per token and per attractor, at fixed numbers of nouns between."""
    parts = [part for _, part in items.groupby("n_intervening")]
    curves, sizes = [_fit(part) for part in parts], np.array([len(part) for part in parts])
    means = []
    for name in ("per_token", "per_attractor"):
        values = np.array([getattr(curve, name) for curve in curves])
        known = np.isfinite(values)
        means.append(np.average(values[known], weights=sizes[known]) if known.any() else np.nan)
    return means


def _fit(items: pd.DataFrame) -> AccuracyCurve:
    return fit_accuracy_curve(items["distance"], items["n_attractors"], items["correct"])


def _costs(collected: Collected) -> dict[tuple[str, str], dict[str, float]]:
    """Mean over seeds of what the manifests say; baselines have no cost, and no perplexity."""
    columns = ["parameters", "train_seconds", "tokens_per_second", "perplexity"]
    manifests = pd.DataFrame(
        [
            {"config_id": run.config_id, "trained": run.trained}
            | {c: run.manifest.get(c) for c in ("model", *columns)}
            for run in collected.runs
            if not run.is_baselines
        ],
        columns=["config_id", "trained", "model", *columns],
    ).astype(dict.fromkeys(columns, "float64"))
    each = manifests.drop_duplicates(["config_id", "trained"])  # trained once, asked several times
    means = each.groupby(["config_id", "model"])[columns].mean()
    return {
        (str(config), str(model)): dict(zip(columns, map(float, row), strict=True))
        for (config, model), row in zip(means.index, means.to_numpy(), strict=True)
    }
