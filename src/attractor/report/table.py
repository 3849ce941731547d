"""The report as plain text: one row a model, the baselines, and the flagship sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from attractor.report.collect import IN_DISTRIBUTION, REVEALED, Collected
from attractor.report.configs import BASELINE, CONFIG
from attractor.report.construction_table import construction_table
from attractor.report.runs import FORM
from attractor.report.style import interval_held, seeds_a_model, span
from attractor.stats.curves import BEGINS_BELOW, BELOW, BEYOND, ENDS_BEYOND, RISES

WIDTH = 100
FLAGSHIP_SENTENCE = "the flights the airline was cancelling were full"

_Columns = Sequence[tuple[tuple[str, str], int]]  # heading lines, width
_CellsOf = Callable[[dict[Any, Any]], list[str]]
_COLUMNS = [
    (("in distri-", "bution"), 10),
    (("nouns between,", "no attractor"), 18),
    (("nouns between,", "all attractors"), 18),
    (("where heuristics", "disagree"), 18),
    (("reach", "(tokens)"), 16),
]
_LABEL = WIDTH - sum(width for _, width in _COLUMNS)
_OF_TASKS = [  # of those that have more than one score
    (("per-", "plexity"), 12),
    (("each text", "by itself"), 17),
    (("good text", "above bad"), 17),
    (("whole", "sentence"), 17),
    (("test, verbs", "revealed"), 17),
]
_WIDE_LABEL = WIDTH - 2 * 28  # beside the flagship sentence's two columns
_REACH_NOTES = {BEYOND: "beyond", BELOW: "below", RISES: "rises"}


def table(
    summary: pd.DataFrame,
    flagship: pd.DataFrame,
    by_suite: Mapping[str, pd.DataFrame],
    collected: Collected,
) -> str:
    """The terminal table, at most 100 columns wide, ends with a newline.

    by_suite: the cells that `constructions` gives.
    """
    labels = collected.configs[[*CONFIG, "label", "name"]]
    rows = summary[summary["suite"] == "probes"]
    if rows.empty:  # no probes: what there is, one suite after the other
        rows = summary
    rows = rows.merge(labels, on=CONFIG)
    if len(set(rows["suite"])) > 1:
        on = " on " + rows["suite"]
        rows = rows.assign(label=rows["label"] + on, name=rows["name"] + on)
    rows = rows.sort_values("label", kind="stable", ignore_index=True)
    of_baseline = rows["model"].str.startswith(BASELINE)
    lines = [*_header(_COLUMNS), *_by_task(rows[~of_baseline], _COLUMNS, _cells)]
    if of_baseline.any():
        lines += ["baselines", *_by_task(rows[of_baseline], _COLUMNS, _cells)]
    lines += _scores_of_tasks(rows[~of_baseline], summary)
    lines += ["", *_flagship(flagship.merge(labels, on=CONFIG))]
    for suite, cells in by_suite.items():
        lines += ["", *construction_table(suite, cells, WIDTH)]
    lines += ["", *_notes(rows, of_baseline)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _header(columns: _Columns) -> list[str]:
    lines = [
        " " * _LABEL + "".join(f"{heading[i]:>{width}}" for heading, width in columns)
        for i in (0, 1)
    ]
    return [*lines, "-" * WIDTH]


def _by_task(rows: pd.DataFrame, columns: _Columns, cells_of: _CellsOf) -> list[str]:
    """A line a row, under the name of its task where there are several."""
    tasks = sorted(set(rows["task"]))
    lines = []
    for task in tasks:
        of_task = rows[rows["task"] == task]
        lines += [f"task={task}"] * (len(tasks) > 1)
        for row in of_task.to_dict("records"):
            cells = zip(cells_of(row), columns, strict=True)
            text = "".join(f"{cell:>{width}}" for cell, (_, width) in cells)
            lines.append(_beside(str(row["name"]), _LABEL) + text)
    return lines


def _beside(label: str, width: int) -> str:
    """`label` in a column; a long one has a line of its own."""
    return f"{label[:WIDTH]}\n{' ' * width}" if len(label) >= width else f"{label:<{width}}"


def _cells(row: dict[Any, Any]) -> list[str]:
    return [
        _number(row["accuracy_test"]),
        _with_interval(row, "accuracy_no_attractor"),
        _with_interval(row, "accuracy_all_attractors"),
        _with_interval(row, "accuracy_where_heuristics_disagree"),
        _reach(row),
    ]


def _scores_of_tasks(rows: pd.DataFrame, summary: pd.DataFrame) -> list[str]:
    """What only some tasks have: a line a network that has some of it, none where none has."""
    revealed = summary[summary["suite"] == f"{IN_DISTRIBUTION}{REVEALED}"].set_index(CONFIG)
    revealed = revealed[["accuracy", "accuracy_low", "accuracy_high"]]
    revealed.columns = revealed.columns.str.replace("accuracy", "accuracy_revealed")
    rows = rows.join(revealed, on=CONFIG)
    scores = ["perplexity", "accuracy_absolute", "accuracy_sentence", "accuracy_revealed"]
    rows = rows[rows[scores].notna().any(axis=1)]
    if rows.empty:
        return []
    return [
        "",
        *_header(_OF_TASKS),
        *_by_task(rows, _OF_TASKS, _cells_of_tasks),
        "Perplexity: of the words of the test text (cloze: each given all others). Verbs revealed:",
        "the model reads a later verb that shows the number; such items are in no other accuracy.",
    ]


def _cells_of_tasks(row: dict[Any, Any]) -> list[str]:
    pairwise = pd.notna(row["accuracy_absolute"])
    return [
        _number(row["perplexity"], ".1f"),
        _with_interval(row, "accuracy_absolute"),
        _with_interval(row, "accuracy") if pairwise else "",
        _with_interval(row, "accuracy_sentence"),
        _with_interval(row, "accuracy_revealed"),
    ]


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
        lines.append(_beside(str(label), _WIDE_LABEL) + "".join(f"{cell:>28}" for cell in cells))
    return lines


def _notes(rows: pd.DataFrame, of_baseline: pd.Series) -> list[str]:
    networks = rows[~of_baseline] if not of_baseline.all() else rows
    seeds = networks["n_seeds"]
    of_probes = set(rows["suite"]) == {"probes"}
    what = "balanced probes of outer dependencies" if of_probes else "items a suite"
    notes = [
        f"{seeds_a_model(networks)}; {span(networks['n_items'])} {what}; "
        "in distribution: test sentences.",
        f"[low, high]: {interval_held(networks)}; baselines: of items.",
        "Heuristics: first noun, most recent noun, majority of nouns. Reach: where the accuracy",
        "fitted to items with one noun between, an attractor, falls to 75 %; beyond, >: the",
        "longest probed distance; below, <: the shortest.",
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
    note = str(row["reach_note"])
    low, high = (_number(row[f"reach_{end}"], ".1f") for end in ("low", "high"))
    low = low or ("<" if BEGINS_BELOW in note else "")
    high = high or (">" if ENDS_BEYOND in note else "")
    interval = f" [{low}, {high}]" if low and high else ""
    value = _number(row["reach"], ".1f")
    outside = (sign for text, sign in _REACH_NOTES.items() if note.startswith(text))
    return (value or next(outside, "")) + interval


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
