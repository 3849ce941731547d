"""Sentences that each network gets wrong, the surest first, and right ones of the same kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from attractor.errors import UserError
from attractor.report.analysis import Analysis
from attractor.report.configs import CONFIG
from attractor.report.page_parts import Example, Examples, Part, Prose
from attractor.report.runs import Run
from attractor.results import ITEMS, Table, read_csv

_SUITE = "probes"
_A_KIND = 3  # sentences of each kind that are shown
_ALIKE = ["construction", "n_intervening", "n_attractors"]  # what a right answer is compared on


_READ = [
    *("item_id", "sentence", "correct_form", "wrong_form", "construction", "role"),
    *("subject_index", "verb_index", "condition", "distance", "n_intervening", "n_attractors"),
    *("preceding", "probe_set", "prefix_id", "noun_indices"),
]
_SENTENCES = Table(ITEMS.name, ITEMS.rows, {name: ITEMS.columns[name] for name in _READ})


def gallery(analysis: Analysis) -> list[Part]:
    """For each network, by mean margin over seeds: surest errors, nearest misses, right answers.

    Of the balanced probes, outer verbs with a noun between; empty where the sentences are not
    there: they stand beside the baselines of their text. A file that cannot be read is named.
    What a network's right context reveals is a suite of its own, and not shown.
    """
    runs, predictions = analysis.collected.runs, analysis.collected.predictions
    answers = predictions.loc[predictions["suite"] == _SUITE, ["run_id", "item_id", "margin"]]
    asked = [run for run in runs if _SUITE in run.manifest["suites"]]
    sentences = {run.manifest["suites"][_SUITE]: run.folder for run in asked if run.is_baselines}
    found: dict[str, list[Run]] = {}
    labels = analysis.collected.configs.set_index(CONFIG)["label"]
    for run in asked:
        if not run.is_baselines and run.manifest["suites"][_SUITE] in sentences:
            task, model = str(run.manifest["task"]), str(run.manifest["model"])
            found.setdefault(str(labels[run.config_id, task, model]), []).append(run)
    shown: list[Part] = []
    read: dict[Path, pd.DataFrame] = {}
    for label, of_label in sorted(found.items()):
        # Seeds of other texts answered other sentences.
        text = of_label[0].manifest["suites"][_SUITE]
        path = sentences[text] / f"{_SUITE}.csv"
        if not path.is_file():
            continue
        ids = {run.run_id for run in of_label if run.manifest["suites"][_SUITE] == text}
        try:
            read[path] = read[path] if path in read else _sentences(path)
        except UserError as error:
            where = f"{path.parent.name}/{path.name}"
            shown.append(Prose([f"{label}: no sentences: {error}".replace(str(path), where)]))
            continue
        given = answers[answers["run_id"].isin(ids)]
        groups = _groups(*_answered(read[path], given)) if len(given) else []
        if groups:
            shown.append(Examples(label, groups, shown=not shown))
    return shown


def _sentences(path: Path) -> pd.DataFrame:
    """The outer items of the balanced probes with a noun between. Raises UserError."""
    items = read_csv(path, _SENTENCES)
    kept = (items["probe_set"] == "balanced") & (items["role"] == "outer")
    return items[kept & (items["n_intervening"] > 0)]


def _answered(items: pd.DataFrame, answers: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The items with their mean margin over seeds and how many seeds are wrong; how many seeds."""
    places = answers["item_id"].cat.categories.get_indexer(pd.Index(items["item_id"]))
    margins = []
    for _, of_seed in answers.groupby("run_id", observed=True):
        by_code = np.full(len(answers["item_id"].cat.categories) + 1, np.nan)  # the last: unasked
        by_code[of_seed["item_id"].cat.codes] = of_seed["margin"]
        margins.append(by_code[places])
    of_seeds = np.array(margins)  # [seeds, items]
    items = items.assign(margin=of_seeds.mean(axis=0), wrong=(of_seeds < 0).sum(axis=0))
    items = items[items["margin"].notna()].sort_values(["margin", "sentence"])
    return items, len(margins)


def _groups(items: pd.DataFrame, n_seeds: int) -> list[tuple[str, list[Example]]]:
    items = items.drop_duplicates("prefix_id")
    wrong, right = items[items["margin"] < 0], items[items["margin"] > 0]
    surest = wrong.head(_A_KIND)
    nearest = wrong.drop(surest.index).tail(_A_KIND).iloc[::-1]
    alike = right.merge(surest[_ALIKE].drop_duplicates(), on=_ALIKE).tail(_A_KIND).iloc[::-1]
    kinds = {
        f"Surest of the wrong number: the lowest of {len(items):,} margins": surest,
        "Nearest misses: wrong by the least": nearest,
        "For contrast: the surest right answers on the same constructions": alike,
    }
    return [
        (heading, [_example(item, n_seeds) for item in part.to_dict("records")])
        for heading, part in kinds.items()
        if len(part)
    ]


def _example(item: dict[Any, Any], n_seeds: int) -> Example:
    """The sentence with what its words are, and how it was answered."""
    words = item["sentence"].split(" ")
    subject, verb = item["subject_index"], item["verb_index"]
    roles = {
        subject: "subject",
        verb: "verb",
        **dict.fromkeys(range(verb + 1, len(words)), "after"),
    }
    nouns = list(map(int, item["noun_indices"].split()))
    numbers = item["condition"]
    for role, places, letters in (
        ("noun before", [i for i in nouns if i < subject], item["preceding"]),
        ("attractor", [i for i in nouns if subject < i < verb], numbers[1:]),
    ):
        if len(places) == len(letters):
            numbered = zip(places, letters, strict=True)
            roles |= {i: role for i, letter in numbered if letter != numbers[0]}
    margin = item["margin"]
    said = item["wrong_form"] if margin < 0 else item["correct_form"]
    seeds = f" on average of {n_seeds} seeds, {item['wrong']} of them wrong" * (n_seeds > 1)
    verdict = (
        f"says “{said}”: margin {margin:+.2g}{seeds}; right is “{item['correct_form']}”, "
        f"distance {item['distance']}, {item['construction'].replace('_', ' ')}"
    )
    marked = [(word, roles.get(i, "")) for i, word in enumerate(words)]
    return Example(marked, verdict.replace("margin -", "margin −"))
