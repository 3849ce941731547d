"""Figure of the training text: accuracy where the shortcuts hold and where they fail, by text."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from attractor.report.collect import Collected
from attractor.report.configs import BASELINE, named
from attractor.report.style import WIDTH, colour, interval_held, page, seeds_a_model, shape, span

_NOT_A_TEXT = ("data.n_sentences", "data.seed")  # how much of a text, and which draw of it
_PANEL_WIDTH = WIDTH // 2 - 60
_PANELS = {
    "accuracy_no_attractor": "nouns between, no attractor",
    "accuracy_all_attractors": "nouns between, all attractors",
    "accuracy_first_noun_wrong": "first noun of the other number",
    "accuracy_most_recent_noun_wrong": "most recent noun of the other number",
}


def accuracy_by_training(summary: pd.DataFrame, collected: Collected) -> alt.VConcatChart | None:
    """Accuracy on the headline probes by training text: a panel by what the nouns say.

    summary: contracts.SUMMARY with the swept choices. None where the text was not swept.
    """
    texts = [
        key for key in collected.swept if key.partition(".")[0] == "data" and key not in _NOT_A_TEXT
    ]
    rows = summary[(summary["suite"] == "probes") & ~summary["model"].str.startswith(BASELINE)]
    if not texts or rows.empty:
        return None
    words = (", ".join(filter(None, values)) for values in rows[texts].to_numpy())
    rows = rows.assign(
        label=named(rows, [key for key in collected.swept if key not in texts]),
        text=[word or "default" for word in words],
    )
    return page(
        noun_panels(rows, "text", "training text", sorted(set(rows["text"]))),
        24,
        "Accuracy by training text",
        [
            f"balanced probes, outer items: {span(rows['n_items'])} in all, {seeds_a_model(rows)}; "
            "grey rule: chance",
            f"bars: {interval_held(rows)}",
        ],
    )


def noun_panels(
    rows: pd.DataFrame, across: str, axis: str, order: Sequence[str]
) -> list[alt.HConcatChart]:
    """Accuracies by what the nouns say, a panel each, two in a row: a point a label and value.

    rows: of contracts.SUMMARY, one suite's, with `label` and the column `across`, whose values
    stand on the x axis in the order of `order`. axis: its title.
    """
    x = alt.X(f"{across}:N", title=axis).scale(domain=list(order))
    fits = 7 * max(map(len, order)) < _PANEL_WIDTH / len(order)
    x = x.axis(labelAngle=0 if fits else -25, labelLimit=0, ticks=False)
    panels = []
    for column, title in _PANELS.items():
        frame = rows[[across, "label", "interval", "n_seeds"]].assign(
            accuracy=rows[column], low=rows[f"{column}_low"], high=rows[f"{column}_high"]
        )
        panels.append(_panel(frame, x, title))
    return [alt.HConcatChart(hconcat=panels[i : i + 2], spacing=40) for i in (0, 2)]


def _panel(frame: pd.DataFrame, x: alt.X, title: str) -> alt.LayerChart:
    labels = frame["label"]
    y = alt.Y("accuracy:Q", title="accuracy").scale(domain=[0, 1], nice=False)
    y = y.axis(values=[0, 0.25, 0.5, 0.75, 1], format=".2~f")
    offset = alt.XOffset("label:N").scale(domain=sorted(set(labels)), padding=1)
    dots = alt.Chart(frame[frame["accuracy"].notna()])
    chance = alt.Chart(pd.DataFrame({"accuracy": [0.5]}))
    return alt.LayerChart(
        layer=[
            chance.mark_rule(color="#bbbbbb", strokeWidth=1).encode(y=y),
            dots.mark_rule(strokeWidth=1.6).encode(
                x=x, xOffset=offset, y=alt.Y("low:Q"), y2="high:Q", color=colour(labels)
            ),
            dots.mark_point(filled=True, size=60, opacity=1).encode(
                x=x, xOffset=offset, y=y, color=colour(labels), shape=shape(labels)
            ),
        ],
        title=alt.Title(title, fontSize=13, fontWeight="normal"),
        width=_PANEL_WIDTH,
        height=200,
    )
