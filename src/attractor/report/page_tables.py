"""The page's own tables: models beside baselines, the flagship sentence, all suites."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd

from attractor.report.analysis import Analysis
from attractor.report.configs import BASELINE, CONFIG
from attractor.report.page_parts import Rows, Share, Table
from attractor.report.style import interval_held, seeds_a_model, span

_Cell = Callable[[dict[Any, Any]], str]


def side_by_side(analysis: Analysis) -> Table:
    """Networks and baselines, of contracts.SUMMARY: accuracies and n."""
    rows = _of_headline(analysis)
    columns: dict[str, _Cell] = {
        "": lambda row: str(row["name"]),
        "in distribution": lambda row: _number(row["accuracy_test"]),
        "nouns between, no attractor": _interval("accuracy_no_attractor"),
        "nouns between, all attractors": _interval("accuracy_all_attractors"),
        "where heuristics disagree": _interval("accuracy_where_heuristics_disagree"),
        "where heuristics are wrong": _interval("accuracy_where_heuristics_wrong"),
        "all items": _interval("accuracy"),
        "items": lambda row: f"{row['n_items']:,}",
        "prefixes": lambda row: f"{row['n_prefixes']:,}",
        "seeds": lambda row: str(row["n_seeds"]),
    }
    return _by_kind(
        f"Accuracy on {_what(analysis)}",
        columns,
        rows,
        [
            "n: items a seed; each measure takes those of them that it names. In distribution: the "
            "test sentences of the training text.",
            f"[from, to]: {interval_held(_networks(rows))}; of baselines, of items. "
            f"Method: {' / '.join(sorted(set(rows['method'])))}.",
            "Heuristics: first noun, most recent noun and majority of nouns, where they do not all "
            "say the same, and where all three are wrong. Of the baselines, these and the majority "
            "class are rules; bag of words and n-grams are regressions, trained on the same text.",
        ],
    )


def biases(analysis: Analysis) -> Table:
    """Singular and plural apart, and reach; networks and baselines."""
    rows = _of_headline(analysis)
    columns: dict[str, _Cell] = {
        "": lambda row: str(row["name"]),
        "singular": lambda row: _number(row["accuracy_singular"]),
        "plural": lambda row: _number(row["accuracy_plural"]),
        "d′": _interval("d_prime"),
        "criterion": _interval("criterion"),
        "reach (tokens)": _reach,
    }
    return _by_kind(
        f"Bias toward one number, and reach, on {_what(analysis)}",
        columns,
        rows,
        [
            f"n: {span(_networks(rows)['n_items'])} items a seed, {seeds_a_model(_networks(rows))}."
            " d′ and criterion: of a plural subject as the signal; a criterion above 0 leans to "
            "the singular.",
            "Reach: the distance at which the fitted accuracy of items with one noun between, an "
            "attractor, falls to 75 %.",
        ],
    )


def _by_kind(
    caption: str, columns: dict[str, _Cell], rows: pd.DataFrame, notes: list[str]
) -> Table:
    """Networks, task by task, then baselines, which answer for every task.

    A column without a value is left out.
    """
    told = rows.to_dict("records")
    shown = [name for name, cell in columns.items() if not name or any(map(cell, told))]
    groups: list[tuple[str, Rows]] = []
    of_baseline = rows["model"].str.startswith(BASELINE)
    by_task = rows[~of_baseline].groupby("task")
    parts = [(f"networks, task {task}", of_task) for task, of_task in by_task]
    for heading, part in [*parts, ("baselines", rows[of_baseline])]:
        cells = [[columns[name](row) for name in shown] for row in part.to_dict("records")]
        groups += [(heading, cells)] if cells else []
    return Table(caption, shown, groups, notes)


def flagship(analysis: Analysis) -> Table | None:
    """p(plural) at both verbs of the flagship sentence, a row a network; None if none read it."""
    configs = analysis.collected.configs[[*CONFIG, "label"]]
    found = analysis.flagship.merge(configs, on=CONFIG)
    found = found[~found["model"].str.startswith(BASELINE)]
    if found.empty:
        return None
    rows: list[list[str | Share]] = []
    for label, of_label in found.groupby("label"):
        cells: list[str | Share] = [str(label)]
        for verb, plural in (("was", False), ("were", True)):
            values = of_label.loc[of_label["verb"] == verb, "p_plural"]
            right = int(((values > 0.5) == plural).sum())
            text = f"{values.mean():.3f} ({values.min():.2f}–{values.max():.2f})"
            cells += [Share(text, float(values.mean())), f"{right} of {len(values)}"]
        rows.append(cells)
    return Table(
        "p(plural) at each verb: mean (min–max) over seeds",
        [
            "",
            "at WAS: airline, singular",
            "seeds right",
            "at WERE: flights, plural",
            "seeds right",
        ],
        [("", rows)],
        ["One sentence, two verbs: how each network reads it, not how well it does."],
    )


def suites(analysis: Analysis) -> Table | None:
    """Accuracy on each suite as a whole, a row a suite and network; None where there is one."""
    found = analysis.suites
    if found.empty:
        return None
    rows = found[found["probe_set"] == "all"]
    rows = rows.merge(analysis.collected.configs[[*CONFIG, "label"]], on=CONFIG)
    of_baseline = rows["model"].str.startswith(BASELINE)
    rows = pd.concat([rows[~of_baseline], rows[of_baseline]])
    columns: dict[str, _Cell] = {
        "": lambda row: str(row["label"]),
        "accuracy": lambda row: _with_ends(row, row["accuracy"], "ci"),
        "words known": lambda row: f"{row['known']:.0%}",
        "of items whose words are known": lambda row: _number(row["accuracy_known"]),
        "singular": lambda row: _number(row["accuracy_singular"]),
        "plural": lambda row: _number(row["accuracy_plural"]),
        "whole sentence": lambda row: _number(row["accuracy_sentence"]),
        "formula": lambda row: _number(row["accuracy_formula"]),
        "items": lambda row: f"{row['n_items']:,}",
        "prefixes": lambda row: f"{row['n_prefixes']:,}",
        "seeds": lambda row: str(row["n_seeds"]),
    }
    told = rows.to_dict("records")
    shown = [name for name, cell in columns.items() if any(map(cell, told))]
    groups = [
        (str(suite), [[columns[name](row) for name in shown] for row in part.to_dict("records")])
        for suite, part in rows.groupby("suite")
    ]
    networks = rows[~rows["model"].str.startswith(BASELINE)]
    notes = [f"[from, to]: {interval_held(networks)}. Parts of suites: suites.csv."]
    return Table("All suites", shown, groups, notes)


def _has_probes(analysis: Analysis) -> bool:
    return bool((analysis.summary["suite"] == "probes").any())


def _what(analysis: Analysis) -> str:
    return "balanced probes of outer dependencies" if _has_probes(analysis) else "all items"


def _networks(rows: pd.DataFrame) -> pd.DataFrame:
    """Of the rows those of networks, or all where there are none."""
    of_baseline = rows["model"].str.startswith(BASELINE)
    return rows if of_baseline.all() else rows[~of_baseline]


def _of_headline(analysis: Analysis) -> pd.DataFrame:
    """Rows of the summary with their `name`: of the probes, or of all suites where none are."""
    rows = analysis.summary
    if _has_probes(analysis):
        rows = rows[rows["suite"] == "probes"]
    rows = rows.merge(analysis.collected.configs[[*CONFIG, "name"]], on=CONFIG)
    if len(set(rows["suite"])) > 1:
        rows = rows.assign(name=rows["name"] + " on " + rows["suite"])
    return rows.sort_values("name", kind="stable", ignore_index=True)


def _interval(name: str) -> _Cell:
    return lambda row: _with_ends(row, row[name], name)


def _with_ends(
    row: dict[Any, Any], value: float, name: str, form: str = ".3f", short: str = ".2f"
) -> str:
    if math.isnan(value):
        return ""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    told = f"{value:z{form}}" + ("" if math.isnan(low) else f" [{low:z{short}}, {high:z{short}}]")
    return told.replace("-", "−")


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.3f}"


def _reach(row: dict[Any, Any]) -> str:
    told = _with_ends(row, row["reach"], "reach", ".1f", ".1f")
    return "; ".join(filter(None, (told, str(row["reach_note"]))))
