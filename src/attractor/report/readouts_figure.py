"""Figure of the readouts: accuracy against words before the error, by the words after it."""

from __future__ import annotations

import altair as alt
import pandas as pd

from attractor.report.collect import IN_DISTRIBUTION, Collected
from attractor.report.configs import CONFIG
from attractor.report.panels import FEWEST_PREFIXES
from attractor.report.readouts import SCORES, WORDS_AFTER, WORDS_BEFORE
from attractor.report.style import (
    MEASURED,
    WIDTH,
    colour,
    interval_held,
    page,
    seeds_a_model,
    shape,
    span,
)

_NAME = "accuracy_by_error_position"
_SPACING = 24


def error_position_figures(
    cells: pd.DataFrame, collected: Collected
) -> dict[str, alt.VConcatChart | None]:
    """By file name, a figure of all models; one for each where some have several lines.

    cells: contracts.ACCURACY_BY_ERROR_POSITION. Drawn are the text's own test items: only they
    stand at every position.
    """
    if cells.empty:
        return {}
    drawn = cells[(cells["suite"] == IN_DISTRIBUTION) & (cells["n_prefixes"] >= FEWEST_PREFIXES)]
    drawn = drawn.merge(collected.configs[[*CONFIG, "name"]].rename(columns={"name": "label"}))
    if 1 < drawn["model"].nunique() < drawn["label"].nunique():
        return {
            f"{_NAME}_{model}": _figure(rows, f": {model}")
            for model, rows in drawn.groupby("model")
        }
    return {_NAME: _figure(drawn, "") if len(drawn) else None}


def _figure(cells: pd.DataFrame, whose: str) -> alt.VConcatChart:
    """A row a score, a panel by the words after the error, a line a label."""
    after = [words for words in WORDS_AFTER if words in set(cells["words_after"])]
    rows = [
        alt.HConcatChart(
            hconcat=[
                _panel(
                    cells[(cells["score"] == score) & (cells["words_after"] == words)], cells
                ).properties(
                    title=alt.Title(_heading(score, words), fontSize=13, fontWeight="normal"),
                    width=WIDTH // len(after) - 48,
                    height=190,
                )
                for words in after
            ],
            spacing=_SPACING,
        )
        for score in SCORES
    ]
    subtitle = [
        "test sentences with an outer verb right behind its subject, and the same with its wrong "
        "form: the error",
        "absolute: each text by itself; pairwise: the good text above the bad; grey rule: chance",
        f"{span(cells['n_items'])} pairs and {span(cells['n_prefixes'])} distinct prefixes a "
        f"point, {seeds_a_model(cells)}",
        f"bands: {interval_held(cells)}",
    ]
    return page(rows, 20, f"Accuracy by where the error stands{whose}", subtitle)


def _heading(score: str, words: str) -> str:
    return f"{score}, {words} word{'s' * (words != '1')} after the error"


def _panel(panel: pd.DataFrame, cells: pd.DataFrame) -> alt.LayerChart:
    labels = cells["label"]
    before = [words for words in WORDS_BEFORE if words in set(cells["words_before"])]
    bottom = 0.0 if cells[["accuracy", "ci_low"]].min().min() < 0.4 else 0.4
    x = alt.X("words_before:O", title="words before the error").scale(domain=before)
    x = x.axis(labelAngle=0, ticks=False)
    y = alt.Y("accuracy:Q", title="accuracy").scale(domain=[bottom, 1.0], nice=False)
    y = y.axis(format=".2~f", tickCount=6)
    chart = alt.Chart(panel[["words_before", "label", "accuracy", *MEASURED]])
    chance = alt.Chart(pd.DataFrame({"accuracy": [0.5]}))
    return alt.LayerChart(
        layer=[
            chance.mark_rule(color="#bbbbbb", strokeWidth=1).encode(y=y),
            chart.mark_area(opacity=0.16).encode(
                x=x, y=alt.Y("ci_low:Q"), y2="ci_high:Q", color=colour(labels)
            ),
            chart.mark_line(strokeWidth=2).encode(x=x, y=y, color=colour(labels)),
            chart.mark_point(filled=True, size=50, opacity=1).encode(
                x=x, y=y, color=colour(labels), shape=shape(labels)
            ),
        ]
    )
