"""One row a configuration and suite: accuracies, reach and slopes, cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from attractor.report.accuracy import drawn, with_choices
from attractor.report.collect import Collected
from attractor.report.configs import BASELINE, CONFIG
from attractor.report.contracts import SUMMARY
from attractor.stats.curves import reach, slopes
from attractor.stats.detection import detection
from attractor.stats.intervals import METHOD, mean_intervals, variance_held


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
            | {"n_seeds": n_runs, "interval": variance, "method": METHOD}
            | _accuracies(collected, items)
            | _detection(collected, items)
            | (_distance_effects(collected, items) if suite == "probes" else _NO_EFFECTS)
            | costs.get((config, model), {})
        )
    table = pd.DataFrame(rows)
    test = table[table["suite"] == "test"].set_index(CONFIG)["accuracy"].rename("accuracy_test")
    table = table.join(test, on=CONFIG).reindex(columns=list(SUMMARY.columns))
    return with_choices(table, collected)


def _accuracies(collected: Collected, items: pd.DataFrame) -> dict[str, float]:
    """n and accuracies of one configuration on one suite, with the intervals of the main ones."""
    between, attractors = items["n_intervening"], items["n_attractors"]
    none = items[(between > 0) & (attractors == 0)]
    every = items[(between > 0) & (attractors == between)]
    by_run = items.groupby("run_id", observed=True)
    return {
        "n_items": int(by_run.size().max()),
        "n_prefixes": int(by_run["prefix_id"].nunique().max()),
        **_accuracy(collected, "accuracy", items),
        "accuracy_singular": _mean(items[items["subject_number"] == "singular"]),
        "accuracy_plural": _mean(items[items["subject_number"] == "plural"]),
        **_accuracy(collected, "accuracy_no_attractor", none),
        **_accuracy(collected, "accuracy_all_attractors", every),
        **_accuracy(collected, "accuracy_where_heuristics_disagree", items[items["disagree"]]),
        **_accuracy(collected, "accuracy_where_heuristics_wrong", items[items["heuristics_wrong"]]),
        **_accuracy(collected, "accuracy_first_noun_wrong", items[items["first_noun_wrong"]]),
        **_accuracy(
            collected, "accuracy_most_recent_noun_wrong", items[items["most_recent_noun_wrong"]]
        ),
        **_accuracy(collected, "accuracy_absolute", items[items["absolute"].notna()], "absolute"),
        **_accuracy(
            collected,
            "accuracy_sentence",
            items[items["sentence_correct"].notna()],
            "sentence_correct",
        ),
    }


def _accuracy(
    collected: Collected, name: str, items: pd.DataFrame, column: str = "correct"
) -> dict[str, float]:
    if items.empty:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"), np.nan)
    found = mean_intervals(items[column], *drawn(collected, items))
    ends = {f"{name}_low": float(found.low[0]), f"{name}_high": float(found.high[0])}
    return {name: float(found.mean[0]), **ends}


def _detection(collected: Collected, items: pd.DataFrame) -> dict[str, float]:
    """d' and criterion with their intervals."""
    _, seed, cluster = drawn(collected, items)
    found = detection(items["correct"], items["subject_number"] == "plural", seed, cluster)
    return {
        f"{name}{end}": value
        for name, values in (("d_prime", found.sensitivity), ("criterion", found.criterion))
        for end, value in zip(("", "_low", "_high"), values, strict=True)
    }


def _mean(items: pd.DataFrame) -> float:
    return float(items.groupby("run_id", observed=True)["correct"].mean().mean())


_NO_EFFECTS: dict[str, float | str] = {"reach_note": ""}


def _distance_effects(collected: Collected, items: pd.DataFrame) -> dict[str, float | str]:
    """Reach, of items with one noun between, an attractor; and slopes at fixed nouns between."""
    row: dict[str, float | str] = {"reach_note": ""}
    one = items[(items["n_intervening"] == 1) & (items["n_attractors"] == 1)]
    if len(one):
        _, seed, cluster = drawn(collected, one)
        reached = reach(one["distance"], one["correct"], seed, cluster)
        row |= {"reach": reached.value, "reach_note": reached.note}
        row |= {"reach_low": reached.low, "reach_high": reached.high}
    _, seed, cluster = drawn(collected, items)
    found = slopes(
        items["distance"],
        items["n_attractors"],
        items["n_intervening"],
        items["correct"],
        seed,
        cluster,
    )
    for name, slope in zip(("per_token", "per_attractor"), found, strict=True):
        row |= {f"slope_{name}": slope.value}
        row |= {f"slope_{name}_low": slope.low, f"slope_{name}_high": slope.high}
    return row


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
