"""The report as plain text: one row a model, the baselines, and the flagship sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from attractor.report.collect import Collected
from attractor.report.configs import BASELINE, CONFIG
from attractor.report.construction_table import construction_table
from attractor.report.runs import FORM
from attractor.report.style import interval_held, seeds_a_model, span
from attractor.stats import BELOW, BEYOND, RISES

WIDTH = 100
FLAGSHIP_SENTENCE = "the flights the airline was cancelling were full"

_COLUMNS = [  # heading lines, width
    (("in distri-", "bution"), 10),
    (("nouns between,", "no attractor"), 18),
    (("nouns between,", "all attractors"), 18),
    (("where heuristics", "disagree"), 18),
    (("reach", "(tokens)"), 16),
]
_LABEL = WIDTH - sum(width for _, width in _COLUMNS)
_WIDE_LABEL = WIDTH - 2 * 28  # beside the flagship sentence's two columns
_REACH_NOTES = {BEYOND: "> longest", BELOW: "< shortest", RISES: "rises"}


def table(
    summary: pd.DataFrame,
    flagship: pd.DataFrame,
    by_suite: Mapping[str, pd.DataFrame],
    collected: Collected,
) -> str:
    """The terminal table, at most 100 columns wide, ends with a newline.

    by_suite: the cells that `constructions` gives.
    """
    labels = collected.configs[[*CONFIG, "label"]]
    rows = summary[summary["suite"] == "probes"]
    if rows.empty:  # no probes: what there is, one suite after the other
        rows = summary
    rows = rows.merge(labels, on=CONFIG)
    if len(set(rows["suite"])) > 1:
        rows = rows.assign(label=rows["label"] + " on " + rows["suite"])
    rows = rows.sort_values("label", kind="stable", ignore_index=True)
    of_baseline = rows["model"].str.startswith(BASELINE)
    lines = [*_header(), *map(_row, rows[~of_baseline].to_dict("records"))]
    if of_baseline.any():
        lines += ["baselines", *map(_row, rows[of_baseline].to_dict("records"))]
    lines += ["", *_flagship(flagship.merge(labels, on=CONFIG))]
    for suite, cells in by_suite.items():
        lines += ["", *construction_table(suite, cells, WIDTH)]
    lines += ["", *_notes(rows, of_baseline)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _header() -> list[str]:
    lines = [
        " " * _LABEL + "".join(f"{heading[i]:>{width}}" for heading, width in _COLUMNS)
        for i in (0, 1)
    ]
    return [*lines, "-" * WIDTH]


def _row(row: dict[Any, Any]) -> str:
    cells = [
        _number(row["accuracy_test"]),
        _with_interval(row, "accuracy_no_attractor"),
        _with_interval(row, "accuracy_all_attractors"),
        _with_interval(row, "accuracy_where_heuristics_disagree"),
        _reach(row),
    ]
    text = "".join(f"{c:>{width}}" for c, (_, width) in zip(cells, _COLUMNS, strict=True))
    label = str(row["label"])
    if len(label) >= _LABEL:  # a long name has a line of its own
        return f"{label[:WIDTH]}\n{' ' * _LABEL}{text}"
    return f"{label:<{_LABEL}}{text}"


def _flagship(frame: pd.DataFrame) -> list[str]:
    """The sentence once, then mean ± sd (min–max) over seeds of p(plural) at each verb."""
    networks = frame[~frame["model"].str.startswith(BASELINE)]
    if networks.empty:
        return [f"No run has read “{FLAGSHIP_SENTENCE}”."]
    sentence = FLAGSHIP_SENTENCE.replace("was", "WAS").replace("were", "WERE")
    lines = [f"“{sentence}”", "p(plural) at each verb: mean ± sd over seeds (min–max)"]
    heads = (("WAS (airline: singular)", "was"), ("WERE (flights: plural)", "were"))
    lines.append(" " * _WIDE_LABEL + "".join(f"{head:>28}" for head, _ in heads))
    for label, rows in networks.groupby("label", sort=True):
        cells = [_spread(rows.loc[rows["verb"] == verb, "p_plural"]) for _, verb in heads]
        lines.append(f"{label:<{_WIDE_LABEL}}" + "".join(f"{cell:>28}" for cell in cells))
    return lines


def _notes(rows: pd.DataFrame, of_baseline: pd.Series) -> list[str]:
    networks = rows[~of_baseline] if not of_baseline.all() else rows
    seeds = networks["n_seeds"]
    of_probes = set(rows["suite"]) == {"probes"}
    what = "balanced probes of outer dependencies" if of_probes else "items a suite"
    notes = [
        f"{seeds_a_model(networks)}; {span(networks['n_items'])} {what}; "
        "in distribution: test sentences.",
        f"[low, high]: {interval_held(networks)};",
        "baselines: Wilson interval over prefixes.",
        "Heuristics: first noun, most recent noun, majority of nouns. Reach: where the",
        "accuracy fitted to items with one noun between, an attractor, falls to 75 %; > and <:",
        "beyond the longest, below the shortest probed distance.",
    ]
    if any(str(column).startswith(FORM) for column in rows):
        notes += [
            "suite=hash: runs met this suite in several forms (suite_config_ids in manifest.json;",
            "test: all suites); only rows of one form answer the same items in the same way.",
        ]
    if seeds.min() < seeds.max():
        few = networks[networks["n_seeds"] < seeds.max()]
        names = ", ".join(f"{r.label} ({r.n_seeds})" for r in few.itertuples())
        notes.append(f"Fewer seeds than the others: {names}.")
    return notes


def _reach(row: dict[Any, Any]) -> str:
    note, value = str(row["reach_note"]), row["reach"]
    if pd.notna(value):
        low, high = (_number(row[f"reach_{end}"], ".1f") or "…" for end in ("low", "high"))
        interval = f" [{low}, {high}]" if (low, high) != ("…", "…") else ""
        return f"{value:.1f}{interval}"
    return _REACH_NOTES.get(note, note and "seeds differ")


def _with_interval(row: dict[Any, Any], name: str) -> str:
    value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
    if pd.isna(value):
        return ""
    interval = "" if pd.isna(low) else f" [{_short(low)}, {_short(high)}]"
    return f"{value:.3f}{interval}"


def _number(value: Any, form: str = ".3f") -> str:
    return "" if pd.isna(value) else format(float(value), form)


def _short(value: Any) -> str:
    """Two decimals without the leading zero: .93, 1.0 at the top."""
    text = f"{value:.2f}"
    return "1.0" if text == "1.00" else text.removeprefix("0")


def _spread(values: pd.Series) -> str:
    if values.empty:
        return ""
    if len(values) == 1:
        return f"{values.iloc[0]:.3f}"
    return f"{values.mean():.3f} ± {values.std():.3f} ({values.min():.2f}–{values.max():.2f})"
