"""The numbers in sentences: the answer, the models compared, and what each factor costs them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import pandas as pd

from attractor.report.analysis import Analysis
from attractor.report.collect import IN_DISTRIBUTION
from attractor.report.comparisons import ALL, ALL_ATTRACTORS, NO_ATTRACTOR, NOUNS
from attractor.report.configs import BASELINE, CONFIG
from attractor.stats.curves import BEGINS_BELOW, BELOW, BEYOND, ENDS_BEYOND, RISES

QUESTION = (
    "How far does a network's subject-verb agreement reach, and what stops it: the words between "
    "subject and verb, or the nouns among them?"
)
MODELS = {
    "srn": "the simple RNN",
    "lstm": "the LSTM",
    "gru": "the GRU",
    "birnn": "the bidirectional simple RNN",
    "bilstm": "the bidirectional LSTM",
}
_UNITS = {
    "distance": "each extra token between subject and verb",
    "n_attractors": "each attractor between, in place of a noun of the subject's number",
    "n_intervening": "each extra noun between, of the subject's number",
    "n_preceding_opposite": "each noun of the other number before the subject",
    "subject_index": "each extra token before the subject",
}
_COSTLY = {
    "n_attractors": "an attractor between costs",
    "distance": "an extra token between",
    "n_preceding_opposite": "a noun of the other number before the subject",
}
_DOUBTS = {
    (BEYOND, "reach_low"): "only up to {}",
    (BEYOND, "reach_high"): "only from {} on",
    (BELOW, "reach_high"): "above it up to {}",
    (BELOW, "reach_low"): "above it from {} on",
}
CELLS = (ALL_ATTRACTORS, NO_ATTRACTOR)
_MOST = 12  # comparisons in the terminal
_MOST_NAMES = 5  # of models in a list
_CERTAIN = 0.05  # p after Holm's adjustment, below which two models are said to differ


def answer(analysis: Analysis) -> str:
    """The experiment's answer in one sentence, of the numbers of summary.csv and effects.csv."""
    rows = analysis.summary.merge(analysis.collected.configs[[*CONFIG, "label"]], on=CONFIG)
    rows = rows[~rows["model"].str.startswith(BASELINE)]
    if rows.empty:
        return "No network has finished: there is nothing to say yet."
    probes = rows[(rows["suite"] == "probes") & rows["accuracy_all_attractors"].notna()]
    if probes.empty:
        return _answer_of_a_suite(rows)
    clauses = [*_costs(analysis.effects)]
    for task, of_task in probes.groupby("task"):
        clauses.append(_task_named(str(task), probes) + _answer_of_a_task(of_task))
    return _capital("; ".join(clauses)) + "."


def _answer_of_a_suite(rows: pd.DataFrame) -> str:
    """Where no probe has nouns between: the best and the worst network on the first suite."""
    met = set(rows["suite"])
    order = ["probes", *sorted(met - {IN_DISTRIBUTION, "probes"}), IN_DISTRIBUTION]
    suite = next(name for name in order if name in met)
    others = f" (the first of {len(met)} suites)" * (len(met) > 1)
    of_suite = rows[rows["suite"] == suite].sort_values("accuracy", ascending=False)
    told = _ends(of_suite, "accuracy")
    n = of_suite["n_items"].max()
    return f"On {suite}{others}, with {n:,} items, the verb is right for {told}."


def _costs(effects: pd.DataFrame) -> list[str]:
    """What one more noun or token costs, over all models."""
    told: list[str] = []
    for factor, unit in _COSTLY.items() if len(effects) else ():
        points = [-x for x in effects.loc[effects["factor"] == factor, "points"].dropna()]
        if points:
            low, high = (_points(some, unit=False) for some in (min(points), max(points)))
            told.append(f"{unit} {low}" + f" to {high}" * (low != high))
    return [f"in points of accuracy, {_listed(told)}"] if told else []


def _answer_of_a_task(probes: pd.DataFrame) -> str:
    probes = probes.sort_values("accuracy_all_attractors", ascending=False)
    hard, easy = (_ends(probes, f"accuracy_{some}") for some in ("all_attractors", "no_attractor"))
    return (
        f"where every noun between subject and verb is an attractor, the verb is right for {hard} "
        f"of sentences, and where none is, for {easy}; with one attractor, the fitted accuracy "
        f"{_reaches(probes)}"
    )


def _ends(rows: pd.DataFrame, column: str) -> str:
    """The first and the last of the models, each with its share and interval."""
    ends = rows.iloc[[0, -1] if len(rows) > 1 else [0]].to_dict("records")
    return _listed([f"{_name(row)} in {_share(row, column)}" for row in ends])


def _reaches(rows: pd.DataFrame) -> str:
    """Where the accuracy with one attractor falls to 75 %, of all models."""
    notes = rows["reach_note"].str
    unknown = notes.contains(BEGINS_BELOW) & notes.contains(ENDS_BEYOND)
    unknown |= notes.startswith(RISES)
    falls = rows[rows["reach"].notna() & ~unknown].sort_values("reach")
    parts = []
    if len(falls):
        reached = [f"{_tokens(r)} for {_name(r)}" for r in falls.to_dict("records")]
        parts.append(f"falls to 75 % at {_listed(reached)}")
    for some, words in (
        (notes.startswith(BEYOND) & ~unknown, "stays above 75 % at every probed distance for"),
        (notes.startswith(BELOW) & ~unknown, "is below 75 % from the shortest distance on for"),
        (unknown, "is so flat near 75 % that these data do not say where it falls to it for"),
    ):
        if some.any():
            names = [_with_doubt(row) for row in rows[some].to_dict("records")]
            parts.append(f"{words} {_listed(names)}")
    return "; it ".join(parts)


def _with_doubt(row: dict[Any, Any]) -> str:
    """A model whose fitted accuracy does not cross 75 %, and where its interval does."""
    for (note, end), words in _DOUBTS.items():
        if str(row["reach_note"]).startswith(note) and pd.notna(row[end]):
            told = words.format(f"{row[end]:.1f} tokens")
            return f"{_name(row)} (by its interval, perhaps {told})"
    return _name(row)


def lines(analysis: Analysis, width: int) -> list[str]:
    """For the terminal: the answer, and every two networks where all nouns are attractors."""
    told = comparisons(analysis, [ALL_ATTRACTORS])
    if len(told) > _MOST:
        told = [*told[:_MOST], f"{len(told) - _MOST} more pairs: comparisons.csv, report.html."]
    wrapped = [
        textwrap.fill(sentence, width, initial_indent="- ", subsequent_indent="  ")
        for sentence in told
    ]
    return [textwrap.fill(answer(analysis), width), *wrapped]


def comparisons(analysis: Analysis, cells: Sequence[str] = CELLS) -> list[str]:
    """A sentence a pair of networks, cell by cell: effect first, p last.

    Where no probe has nouns between, of all items of each suite.
    """
    found = analysis.comparisons
    if found.empty:
        return []
    of_nouns = found[(found["by"] == NOUNS) & found["cell"].isin(cells)]
    shown = of_nouns if len(of_nouns) else found[found["cell"] == ALL]
    order = {cell: place for place, cell in enumerate(cells)}
    shown = shown.sort_values("cell", key=lambda names: names.map(order), kind="stable")
    return [_difference(row, found) for row in shown.to_dict("records")]


def _difference(row: dict[Any, Any], found: pd.DataFrame) -> str:
    better, worse = ("a", "b") if row["difference"] >= 0 else ("b", "a")
    low, high = sorted((row[end] if better == "a" else -row[end]) for end in ("ci_low", "ci_high"))
    of_nouns = row["by"] == NOUNS and row["cell"] != ALL
    where = f"nouns between, {row['cell']}" if of_nouns else f"on {row['suite']}"
    where = _capital(_task_named(row["task"], found) + where)
    first, second = (_name(row, f"label_{side}") for side in (better, worse))
    size = f"{_points(abs(row['difference']))} [{_points(low, False)}, {_points(high, False)}]"
    effect = f"h = {abs(row['cohens_h']):.2f}"
    if pd.isna(row["p"]):
        return (
            f"{where}: of these two networks, {first} is right more often than {second} by {size} "
            f"({effect}); one seed each: another initialisation may reverse it."
        )
    after = f" after Holm over {row['n_tests']} tests" * (row["n_tests"] > 1)
    test = (
        f"{effect}, p {_p(row['p_holm'])}{after}, McNemar p < .05 in {row['seeds_apart']} of "
        f"{row['n_seeds']} seeds"
    )
    if row["p_holm"] < _CERTAIN:
        return f"{where}: {first} is right more often than {second} by {size} ({test})."
    if row["p"] < _CERTAIN:
        told = f"{first} is ahead of {second} by {size}, not told apart once all are counted"
    else:
        told = f"{first} and {second} are not told apart: {size}"
    return (
        f"{where}: {told} ({test}); a true difference of {_points(row['detectable_difference'])} "
        "would be told apart four times in five."
    )


def effects(analysis: Analysis) -> list[str]:
    """A sentence a factor: what one more of it costs each network, in points of accuracy."""
    found = analysis.effects
    if found.empty:
        return []
    lines = []
    for (task, factor), rows in found[found["points"].notna()].groupby(
        ["task", "factor"], sort=False
    ):
        near = rows["near"].iloc[0]
        where = f" near distance {near:.0f}" * pd.notna(near)
        told = [_cost(row) for row in rows.to_dict("records")]
        unit = _capital(_task_named(str(task), found) + _UNITS[str(factor)])
        lines.append(f"{unit}{where}: {'; '.join(told)}.")
    return lines


def _cost(row: dict[Any, Any]) -> str:
    """`costs the simple RNN 3.1 points [2.4, 3.9]`, or `helps` it by as much."""
    value, low, high = row["points"], row["points_low"], row["points_high"]
    if value <= 0:
        value, low, high = -value, -high, -low
        verb = "costs"
    else:
        verb = "helps"
    unsure = ", not told apart from nothing" * bool(low <= 0)
    return (
        f"{verb} {_name(row)} {_points(value)} "
        f"[{_points(low, False)}, {_points(high, False)}]{unsure}"
    )


def _task_named(task: str, rows: pd.DataFrame) -> str:
    """`task=cloze, ` where the rows are of several tasks."""
    return f"task={task}, " * (len(set(rows["task"])) > 1)


def _name(row: Any, column: str = "label") -> str:
    """The model of a row in words, and what was varied beside it but the task, which is said."""
    label = str(row[column]).replace(f" task={row['task']}", "")
    model, _, rest = label.partition(" ")
    return MODELS.get(model, model) + (f" ({rest})" if rest else "")


def _share(row: Any, name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{100 * row[name]:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"


def _tokens(row: dict[Any, Any]) -> str:
    low, high = (
        f"{row[e]:.1f}" if pd.notna(row[e]) else "open" for e in ("reach_low", "reach_high")
    )
    return f"{row['reach']:.1f} tokens [{low}, {high}]"


def _points(share: float, unit: bool = True) -> str:
    text = f"{100 * share:.1f}".replace("-0.0", "0.0").replace("-", "−")
    return text + (f" point{'s' * (text != '1.0')}" if unit else "")


def _p(p: float) -> str:
    return "< .001" if p < 0.001 else f"= {p:.3f}".replace("0.", ".", 1)


def _listed(names: list[str]) -> str:
    if len(names) > _MOST_NAMES:
        names = [*names[: _MOST_NAMES - 1], f"{len(names) - _MOST_NAMES + 1} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
