"""All suites side by side: one accuracy a model and suite, with what was asked and kept out."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from attractor.report.accuracy import MEASURES, accuracies, with_choices
from attractor.report.collect import IN_DISTRIBUTION, REVEALED, Collected
from attractor.report.configs import BASELINE, CONFIG
from attractor.report.contracts import SUITES

_OWN = ("flagship", IN_DISTRIBUTION, f"{IN_DISTRIBUTION}{REVEALED}")  # in tables of their own
_MEASURES = {
    **{name: how for name, how in MEASURES.items() if name != "train_frequency"},
    "known": ("in_vocabulary", "mean", "mean"),
    "accuracy_known": ("correct_known", "mean", "mean"),
    "accuracy_singular": ("correct_singular", "mean", "mean"),
    "accuracy_plural": ("correct_plural", "mean", "mean"),
    "accuracy_sentence": ("correct_sentence", "mean", "mean"),
    "accuracy_formula": ("formula", "mean", "mean"),
}
_NAME, _CELL = 18, 34  # letters of a column


def suites(collected: Collected) -> pd.DataFrame:
    """contracts.SUITES with the swept choices; empty where there is one suite or none.

    A suite's parts (probe_set) have rows of their own; `all` is the suite.
    """
    items = collected.predictions
    items = items[~items["suite"].isin(_OWN)]
    if items["suite"].nunique() < 2:
        return pd.DataFrame()
    number, correct = items["subject_number"], items["correct"]
    sentence = items["sentence_margin"]
    items = items.assign(
        correct_known=correct.where(items["in_vocabulary"] == 1),
        correct_singular=correct.where(number == "singular"),
        correct_plural=correct.where(number == "plural"),
        correct_sentence=((1 + np.sign(sentence)) / 2).where(sentence.notna()),
    )
    parts = accuracies(collected, items, [*CONFIG, "suite", "probe_set"], _MEASURES)
    whole = accuracies(collected, items, [*CONFIG, "suite"], _MEASURES).assign(probe_set="all")
    found = pd.concat([whole.astype({"suite": "str"}), parts.astype({"probe_set": "str"})])
    return with_choices(found[list(SUITES.columns)], collected)


def kept_out(folder: Path, asked: Collection[str]) -> list[str]:
    """What each suite's file held and what was kept out of it, a line a suite.

    asked: the suites of the runs. folder: the experiment's, with `<suite>_counts….csv` as
    importers write them.
    """
    lines = []
    for path in sorted(folder.glob("*_counts*.csv")):  # a text of another name ends with it
        name = path.name.partition("_counts")[0]
        counts = pd.read_csv(path)
        if name not in asked or "pairs" not in counts:
            continue
        if "items" not in counts:  # nothing can be kept out
            counts = counts[["pairs"]].assign(items=counts["pairs"])
        first = list(counts).index("items") + 1
        reasons = counts.iloc[:, first:].select_dtypes("number").sum()
        reasons = reasons.drop(["duplicates", "attractors_disagree"], errors="ignore")
        out = ", ".join(f"{name} {int(n):,}" for name, n in reasons.items() if n)
        pairs, items = int(counts["pairs"].sum()), int(counts["items"].sum())
        lines.append(
            f"{name}: {pairs:,} pairs, {items:,} items" + (f"; kept out: {out}" if out else "")
        )
    return lines


def suites_table(found: pd.DataFrame, collected: Collected, width: int) -> list[str]:
    """The overview in lines at most `width` wide: a row a suite, a column a network."""
    if found.empty:
        return []
    labels = collected.configs[[*CONFIG, "label"]]
    rows = found[(found["probe_set"] == "all") & ~found["model"].str.startswith(BASELINE)]
    rows = rows.merge(labels, on=CONFIG)
    lines = [
        "all suites: accuracy [interval]; that of items whose words are known, and their share"
    ]
    names = sorted(set(rows["label"]))
    fit = max(1, (width - _NAME) // _CELL)
    for start in range(0, len(names), fit):
        shown = names[start : start + fit]
        lines.append(" " * _NAME + "".join(f"{name[: _CELL - 1]:>{_CELL}}" for name in shown))
        for suite, of_suite in rows.groupby("suite"):
            cells = of_suite.set_index("label")
            line = f"{str(suite)[: _NAME - 1]:<{_NAME}}"
            for name in shown:
                text = ""
                if name in cells.index:
                    row = cells.loc[name]
                    text = (
                        f"{row['accuracy']:.3f} [{row['ci_low']:.2f}, {row['ci_high']:.2f}] "
                        f"{row['accuracy_known']:.3f} {row['known']:4.0%}"
                    )
                line += f"{text:>{_CELL}}"
            lines.append(line.rstrip())
        lines.append("")
    return lines
