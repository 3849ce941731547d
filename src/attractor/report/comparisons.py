"""Every two networks on the same items and data: differences with intervals, and tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from attractor.report.accuracy import in_order
from attractor.report.collect import REVEALED, Collected
from attractor.report.configs import BASELINE, CONFIG, drawn_names
from attractor.report.contracts import COMPARISONS, MCNEMAR
from attractor.report.panels import FEWEST_PREFIXES, panel_title
from attractor.stats.comparison import cohens_h, detectable, differences, exact_mcnemar, holm
from attractor.stats.intervals import METHOD_OF_SUMS, Codes, variance_held

NOUNS, DISTANCE, PART = "nouns", "distance", "probe_set"  # what a family of cells is by
ALL, NO_ATTRACTOR, ALL_ATTRACTORS = "all", "no attractor", "all attractors"
_ALPHA = 0.05

# By seed, dataset and the key of the items: one run's, in order of item.
Answers = dict[tuple[int, str, str], pd.DataFrame]


@dataclass(frozen=True)
class Comparisons:
    """differences: contracts.COMPARISONS; mcnemar: contracts.MCNEMAR; no columns if no pair."""

    differences: pd.DataFrame
    mcnemar: pd.DataFrame


def compare(collected: Collected) -> Comparisons:
    """Compare every two networks that differ in model or in one choice, and share task and text.

    Their runs are paired by seed and dataset, if they were asked the very same items. A cell of the
    probes is what the nouns say (`nouns`) or a distance at fixed nouns (`distance`); of another
    suite its part (`probe_set`). p-values are adjusted over the pairs and cells of a suite, task
    and kind of cell together.
    """
    items = collected.predictions
    items = items[items["headline"] & (items["suite"] != "flagship")]
    items = items[~items["model"].astype("str").str.startswith(BASELINE)]
    answers = {
        (str(config), str(suite)): _by_seed(rows, str(suite), collected)
        for (config, suite), rows in items.groupby(["config_id", "suite"], observed=True)
    }
    suites = sorted({suite for _, suite in answers})
    found = [
        pair_found
        for a, b in _pairs(collected)
        for suite in suites
        if (pair_found := _compared(a, b, suite, answers, collected)) is not None
    ]
    if not found:
        return Comparisons(pd.DataFrame(), pd.DataFrame())
    frame = pd.concat([apart for apart, _ in found], ignore_index=True)
    family = frame.groupby(["suite", "task", "by"])["p"]
    frame = frame.assign(p_holm=family.transform(holm), n_tests=family.transform("size"))
    shown = detectable(frame["error"], frame["freedom"], frame["n_tests"])
    frame = frame.assign(detectable_difference=np.where(frame["p"].notna(), shown, np.nan))
    frame = frame[list(COMPARISONS.columns)]
    tests = pd.concat([tests for _, tests in found], ignore_index=True)[list(MCNEMAR.columns)]
    keys = ["suite", "task", "by", "label_a", "label_b", "config_a", "config_b"]
    return Comparisons(in_order(frame, keys), in_order(tests, [*keys, "cell", "seed"]))


def _pairs(collected: Collected) -> Iterator[tuple[Mapping[Any, Any], Mapping[Any, Any]]]:
    """Rows of configs to compare, the first one's label first in the alphabet."""
    names = drawn_names(collected.configs)[[*CONFIG, "variant"]]
    configs = collected.configs.drop(columns="variant").merge(names, on=CONFIG)
    configs = configs[~configs["model"].str.startswith(BASELINE)].sort_values("label")
    for a, b in combinations(configs.to_dict("records"), 2):
        alike = a["variant"] == b["variant"] or a["model"] == b["model"]
        if alike and (a["task"], a["asked"]) == (b["task"], b["asked"]):
            yield a, b


def _by_seed(rows: pd.DataFrame, suite: str, collected: Collected) -> Answers:
    """The answers of each run of a configuration; collect put every run's in order of item."""
    whose = {run.run_id: run.manifest for run in collected.runs}
    found = {}
    for run_id, of_run in rows.groupby("run_id", observed=True):
        manifest = whose[str(run_id)]
        items = manifest["suites"].get(suite.removesuffix(REVEALED), "")
        found[int(manifest["seed"]), str(manifest["data_seed"]), str(items)] = of_run
    return found


def _compared(
    a: Mapping[Any, Any],
    b: Mapping[Any, Any],
    suite: str,
    answers: Mapping[tuple[str, str], Answers],
    collected: Collected,
) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """The rows of one pair on one suite, p-values not adjusted yet; None without a cell or seed.

    Replicated are the seeds; where there are several datasets, these.
    """
    of_a, of_b = (answers.get((side["config_id"], suite), {}) for side in (a, b))
    shared = sorted(set(of_a) & set(of_b))
    if not shared:
        return None
    left, right = (pd.concat([of[key] for key in shared], ignore_index=True) for of in (of_a, of_b))
    sizes = [len(of_a[key]) for key in shared]
    datasets, _ = pd.factorize(np.array([dataset for _, dataset, _ in shared]))
    n_datasets = int(datasets.max()) + 1
    runs = np.arange(len(shared))
    pair = left.assign(
        other=right["correct"],
        run=np.repeat(runs, sizes),
        seed=np.repeat([seed for seed, _, _ in shared], sizes),
        drawn=np.repeat(datasets if n_datasets > 1 else runs, sizes),
    )
    whose = {
        f"{name}_{side}": row[key]
        for side, row in (("a", a), ("b", b))
        for name, key in (("label", "label"), ("config", "config_id"))
    }
    whose |= {"suite": suite, "task": a["task"]}
    held = variance_held(len(shared), n_datasets)
    apart, tests = [], []
    for by, cells in _cells(pair, suite).items():
        if not cells:
            continue
        rows = pair.iloc[np.concatenate(list(cells.values()))]
        cell: Codes = np.repeat(np.arange(len(cells)), list(map(len, cells.values())))
        tested = _tested(rows, cell, len(shared)).assign(by=by, **whose)
        tested["cell"] = np.array(list(cells))[tested["cell"]]
        tests.append(tested)
        signs = tested.groupby("cell", sort=False)["p"].agg(lambda p: int((p < _ALPHA).sum()))
        apart.append(
            _apart(rows, cell)
            .assign(by=by, cell=list(cells), n_seeds=len(shared), **whose)
            .assign(interval=held, method=METHOD_OF_SUMS, seeds_apart=signs.to_numpy())
        )
    if not apart:
        return None
    return pd.concat(apart, ignore_index=True), pd.concat(tests, ignore_index=True)


def _cells(pair: pd.DataFrame, suite: str) -> dict[str, dict[str, Codes]]:
    """By kind of cell, the row numbers of each cell; those of few prefixes are left out."""
    if suite != "probes":
        parts = [str(name) for name in pair["probe_set"].unique()]
        of_part = {name: pair["probe_set"] == name for name in parts if len(parts) > 1}
        return {PART: _thick(pair, {ALL: _everything(pair), **of_part})}
    between, attractors = pair["n_intervening"], pair["n_attractors"]
    by_nouns = {
        ALL: _everything(pair),
        NO_ATTRACTOR: (between > 0) & (attractors == 0),
        ALL_ATTRACTORS: (between > 0) & (attractors == between),
        "heuristics disagree": pair["disagree"],
        "heuristics all wrong": pair["heuristics_wrong"],
    }
    places = pair[["n_intervening", "n_attractors", "distance"]].drop_duplicates()
    by_distance = {
        f"{panel_title(n, k)}, distance {d}": (between == n)
        & (attractors == k)
        & (pair["distance"] == d)
        for n, k, d in sorted(places.itertuples(index=False, name=None))
        if k in (0, n)  # the nouns between held fixed
    }
    return {NOUNS: _thick(pair, by_nouns), DISTANCE: _thick(pair, by_distance)}


def _everything(pair: pd.DataFrame) -> pd.Series:
    return pd.Series(True, index=pair.index)


def _thick(pair: pd.DataFrame, cells: Mapping[str, pd.Series]) -> dict[str, Codes]:
    """The row numbers of cells with FEWEST_PREFIXES and more."""
    return {
        name: np.flatnonzero(of_cell)
        for name, of_cell in cells.items()
        if pair.loc[of_cell, "prefix_id"].nunique() >= FEWEST_PREFIXES
    }


def _apart(rows: pd.DataFrame, cell: Codes) -> pd.DataFrame:
    """A row a cell: accuracies, their difference with its interval, and its p-value."""
    drawn, cluster = rows["drawn"].to_numpy(), rows["template_id"].to_numpy(np.int64)
    found = differences(rows["correct"], rows["other"], drawn, cluster, cell)
    by_cell = rows.assign(cell=cell).groupby("cell")
    means = by_cell[["correct", "other"]].mean()
    return pd.DataFrame(
        {
            "n_items": by_cell.size() // rows["run"].nunique(),
            "n_prefixes": by_cell["prefix_id"].nunique(),
            "accuracy_a": means["correct"],
            "accuracy_b": means["other"],
            "difference": found.difference,
            "ci_low": found.low,
            "ci_high": found.high,
            "cohens_h": cohens_h(means["correct"], means["other"]),
            "p": found.p,
            "error": found.error,
            "freedom": found.freedom,
        }
    )


def _tested(rows: pd.DataFrame, cell: Codes, n_seeds: int) -> pd.DataFrame:
    """A row a cell and seed: the exact McNemar test, clusters counting once."""
    group = cell * n_seeds + rows["run"].to_numpy()
    found = exact_mcnemar(
        rows["correct"], rows["other"], rows["template_id"].to_numpy(np.int64), group
    )
    seeds = rows.groupby("run")["seed"].first().to_numpy()
    groups = np.arange(len(found.p))
    return pd.DataFrame(
        {
            "cell": groups // n_seeds,
            "seed": seeds[groups % n_seeds],
            "only_a": found.only_a.astype("int64"),
            "only_b": found.only_b.astype("int64"),
            "p": found.p,
        }
    )
