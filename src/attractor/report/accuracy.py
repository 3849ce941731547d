"""From predictions to accuracies with intervals, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import expit

from attractor.report.collect import Collected
from attractor.report.configs import BASELINE, CONFIG
from attractor.report.contracts import RESULTS
from attractor.stats.intervals import METHOD, Codes, mean_intervals, variance_held

_RUN = ["run_id", "config_id", "model", "task", "seed"]
_RESULTS_CELL = [
    *("suite", "probe_set", "construction", "role"),
    *("distance", "n_intervening", "n_attractors", "subject_number"),
]
# name: the column, what is made of it over a run's items, and over the runs
MEASURES = {
    "n_items": ("correct", "size", "max"),
    "n_prefixes": ("prefix_id", "nunique", "max"),
    "accuracy": ("correct", "mean", "mean"),
    "train_frequency": ("train_frequency", "mean", "mean"),
}


def results(collected: Collected) -> pd.DataFrame:
    """contracts.RESULTS: a row a cell and run, in an order that only the content decides."""
    keys = [*_RUN, *_RESULTS_CELL]
    frame = collected.predictions.assign(
        n_out_of_vocabulary=1 - collected.predictions["in_vocabulary"]
    )
    cells = frame.groupby(keys, observed=True).agg(
        n_items=("correct", "size"),
        n_prefixes=("prefix_id", "nunique"),
        n_out_of_vocabulary=("n_out_of_vocabulary", "sum"),
        accuracy=("correct", "mean"),
        mean_margin=("margin", "mean"),
    )
    return in_order(cells.reset_index(), keys)[list(RESULTS.columns)]


def accuracy_by(collected: Collected, factors: Sequence[str]) -> pd.DataFrame:
    """Accuracy by config × suite × probe_set × role × `factors` × n_attractors, and `all` of them.

    Swept choices follow.
    """
    place = [*CONFIG, "suite", "probe_set", "role", *factors]
    return with_choices(by_attractors(collected, collected.predictions, place), collected)


def by_attractors(
    collected: Collected,
    predictions: pd.DataFrame,
    keys: Sequence[str],
    measures: Mapping[str, tuple[str, str, str]] = MEASURES,
) -> pd.DataFrame:
    """`accuracies` by `keys` × n_attractors, and by `keys` alone: n_attractors is `all`."""
    each = accuracies(collected, predictions, [*keys, "n_attractors"], measures)
    together = accuracies(collected, predictions, keys, measures)
    parts = [each.astype({"n_attractors": "str"}), together.assign(n_attractors="all")]
    return pd.concat(parts, ignore_index=True)


def accuracies(
    collected: Collected,
    predictions: pd.DataFrame,
    keys: Sequence[str],
    measures: Mapping[str, tuple[str, str, str]] = MEASURES,
) -> pd.DataFrame:
    """A row a cell of `keys` (which hold CONFIG): n, accuracy, its interval, further `measures`.

    Accuracy is the mean of the runs' means over items, with stats.intervals.mean_intervals.
    """
    of_items = {name: (column, how) for name, (column, how, _) in measures.items()}
    of_runs = {name: (name, how) for name, (_, _, how) in measures.items()}
    by_run = predictions.groupby(["run_id", *keys], observed=True)
    by_cell = by_run.agg(**of_items).groupby(list(keys), observed=True)
    of_runs |= {"n_seeds": ("accuracy", "size")}
    frame = by_cell.agg(**of_runs).reset_index()
    cell = by_cell.ngroup().to_numpy()[by_run.ngroup().to_numpy()]
    found = mean_intervals(predictions["correct"], *drawn(collected, predictions), cell)
    return frame.assign(ci_low=found.low, ci_high=found.high, **_told(frame, collected))


def drawn(collected: Collected, items: pd.DataFrame) -> tuple[Codes, Codes, Codes]:
    """Codes (n,) of the run, of what is replicated, and of the cluster of each answer.

    Replicated are the runs; where the runs of a configuration share several datasets, these.
    """
    runs, names = pd.factorize(items["run_id"])
    datasets = collected.datasets
    drawn_with = {
        run.run_id: f"{run.config_id} {run.manifest['data_seed']}"
        for run in collected.runs
        if datasets[run.config_id] > 1
    }
    units, _ = pd.factorize(np.array([drawn_with.get(name, name) for name in map(str, names)]))
    return runs, units[runs], items["template_id"].to_numpy(np.int64)


def flagship(collected: Collected) -> pd.DataFrame:
    """p(plural) at both verbs of the flagship sentence: a row a run (and baseline) and verb."""
    rows = collected.predictions[collected.predictions["suite"] == "flagship"]
    sign = np.where(rows["subject_number"] == "plural", 1.0, -1.0)
    rows = rows[_RUN].assign(
        verb=np.where(rows["role"] == "inner", "was", "were"),
        p_plural=expit(sign * rows["margin"].to_numpy()),
    )
    return in_order(rows, [*CONFIG, "run_id", "verb"])


def with_choices(frame: pd.DataFrame, collected: Collected) -> pd.DataFrame:
    """`frame` with the swept choices of each config as columns at its end, in order."""
    choices = collected.configs[[*CONFIG, *collected.swept]]
    frame = frame.astype(dict.fromkeys(CONFIG, "str")).merge(choices, on=CONFIG, how="left")
    return in_order(frame, list(frame.columns[: list(frame.columns).index("n_items")]))


def in_order(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """`frame` sorted by `keys` as plain values, whatever the order of files and categories."""
    plain = {c: "str" for c in frame if isinstance(frame[c].dtype, pd.CategoricalDtype)}
    return frame.astype(plain).sort_values(list(keys), kind="stable", ignore_index=True)


def _told(frame: pd.DataFrame, collected: Collected) -> dict[str, list[str] | str]:
    """The variance that each row's interval holds, and its method."""
    datasets = collected.datasets
    rows = zip(frame["config_id"], frame["model"], frame["n_seeds"], strict=True)
    return {
        "interval": [
            variance_held(n, datasets[config], not model.startswith(BASELINE))
            for config, model, n in rows
        ],
        "method": METHOD,
    }
