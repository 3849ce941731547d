"""The numbers in sentences: the answer, the models compared, and what each factor costs them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import pandas as pd

from attractor.report.analysis import Analysis
from attractor.report.comparisons import ALL_ATTRACTORS, NO_ATTRACTOR, NOUNS
from attractor.report.configs import BASELINE, CONFIG
from attractor.stats.curves import BEGINS_BELOW, BELOW, BEYOND, ENDS_BEYOND, RISES

QUESTION = (
    "How far does a network's subject-verb agreement reach, and what stops it: the words between "
    "subject and verb, or the nouns among them?"
)
_MODELS = {
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
CELLS = (ALL_ATTRACTORS, NO_ATTRACTOR)
_MOST = 12  # comparisons in the terminal
_MOST_NAMES = 5  # of models in a list
_CERTAIN = 0.05  # p after Holm's adjustment, below which two models are said to differ


def answer(analysis: Analysis) -> str:
    """The experiment's answer in one sentence, of the numbers of summary.csv."""
    rows = analysis.summary.merge(analysis.collected.configs[[*CONFIG, "label"]], on=CONFIG)
    rows = rows[~rows["model"].str.startswith(BASELINE)]
    probes = rows[(rows["suite"] == "probes") & rows["accuracy_all_attractors"].notna()]
    if rows.empty:
        return "No network has finished: there is nothing to say yet."
    if probes.empty:
        best = rows.sort_values("accuracy").iloc[-1]
        return (
            f"No network has met the probes; on {best['suite']}, {_name(best['label'])} is right "
            f"in {_share(best, 'accuracy')} of {best['n_items']:,} items."
        )
    probes = probes.sort_values("accuracy_all_attractors", ascending=False)
    ends = probes.iloc[[0, -1] if len(probes) > 1 else [0]].to_dict("records")
    hard, easy = (
        _listed([f"{_name(row['label'])} in {_share(row, column)}" for row in ends])
        for column in ("accuracy_all_attractors", "accuracy_no_attractor")
    )
    return (
        f"Where every noun between subject and verb is an attractor, the verb is right for {hard} "
        f"of sentences, and where none is, for {easy}; with one attractor, the accuracy "
        f"{_reaches(probes)}."
    )


def _reaches(rows: pd.DataFrame) -> str:
    """Where the accuracy with one attractor falls to 75 %, of all models."""
    notes = rows["reach_note"].str
    unknown = notes.contains(BEGINS_BELOW) & notes.contains(ENDS_BEYOND)
    unknown |= notes.startswith(RISES)
    falls = rows[rows["reach"].notna() & ~unknown].sort_values("reach")
    parts = []
    if len(falls):
        reached = [f"{_tokens(r)} for {_name(r['label'])}" for r in falls.to_dict("records")]
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
    """A model whose fitted accuracy does not fall to 75 %, and from where on it may."""
    may = f" (by its interval, perhaps only up to {row['reach_low']:.1f} tokens)"
    return _name(row["label"]) + may * bool(pd.isna(row["reach"]) and pd.notna(row["reach_low"]))


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
    """A sentence a pair of networks, cell by cell: effect first, p last."""
    found = analysis.comparisons
    if found.empty:
        return []
    found = found[(found["by"] == NOUNS) & found["cell"].isin(cells)]
    several = len(set(found["task"])) > 1
    return [
        _difference(row, several)
        for cell in cells
        for row in found[found["cell"] == cell].to_dict("records")
    ]


def _difference(row: dict[Any, Any], several_tasks: bool) -> str:
    better, worse = ("a", "b") if row["difference"] >= 0 else ("b", "a")
    low, high = sorted((row[end] if better == "a" else -row[end]) for end in ("ci_low", "ci_high"))
    where = "Nouns between, " + row["cell"] + (f", task={row['task']}" * several_tasks)
    names = _name(row[f"label_{better}"]), _name(row[f"label_{worse}"])
    apart = abs(row["difference"])
    size = f"{_points(apart)} [{_points(low, False)}, {_points(high, False)}]"
    test = (
        f"h = {abs(row['cohens_h']):.2f}, p {_p(row['p_holm'])} after Holm over "
        f"{row['n_tests']} tests, McNemar p < .05 in {row['seeds_apart']} of {row['n_seeds']} seeds"
    )
    if row["p_holm"] < _CERTAIN:
        return f"{where}: {names[0]} is right more often than {names[1]} by {size} ({test})."
    if low > 0:
        told = f"{names[0]} is ahead of {names[1]} by {size}, not told apart once all are counted"
    else:
        told = f"{names[0]} and {names[1]} are not told apart: {size}"
    return (
        f"{where}: {told} ({test}); a true difference of {_points(row['detectable_difference'])} "
        "has p < .05 before Holm four times in five."
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
        task_named = f" (task={task})" * (len(set(found["task"])) > 1)
        lines.append(f"{_capital(_UNITS[str(factor)])}{where}{task_named}: {'; '.join(told)}.")
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
        f"{verb} {_name(row['label'])} {_points(value)} "
        f"[{_points(low, False)}, {_points(high, False)}]{unsure}"
    )


def _name(label: str) -> str:
    model, _, rest = label.partition(" ")
    return _MODELS.get(model, model) + (f" ({rest})" if rest else "")


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
