"""The figure of learning: accuracy against tokens seen, a panel each suite."""

from __future__ import annotations

import altair as alt
import pandas as pd

from attractor.report.panels import panel_columns
from attractor.report.style import WIDTH, colour, page, seeds_a_model, shape, span


def learning(cells: pd.DataFrame) -> alt.VConcatChart:
    """Accuracy of whole suites (BY_TOKENS), a line a network; the untrained network is left out."""
    drawn = cells[(cells["probe_set"] == "all") & (cells["epoch"] > 0)]
    suites = sorted(set(drawn["suite"]))
    columns = panel_columns(len(suites))
    panels = [_panel(drawn, suite, WIDTH // columns - 50) for suite in suites]
    rows = [
        alt.HConcatChart(hconcat=panels[start : start + columns], spacing=14)
        for start in range(0, len(panels), columns)
    ]
    return page(
        rows,
        14,
        "Accuracy on each suite against the tokens seen in training",
        [
            f"{seeds_a_model(drawn)}, {span(drawn['n_items'])} items a suite; "
            "bands: 95 % t interval over seeds; grey rule: chance",
        ],
    )


def _panel(drawn: pd.DataFrame, suite: str, width: int) -> alt.LayerChart:
    columns = ["label", "tokens", "accuracy", "accuracy_low", "accuracy_high"]
    columns += ["n_items", "n_seeds"]
    rows = drawn.loc[drawn["suite"] == suite, columns]
    x = alt.X("tokens:Q", title="tokens seen").scale(type="log", nice=False)
    x = x.axis(format="~s", tickCount=4, grid=False)
    y = alt.Y("accuracy:Q", title="accuracy").scale(zero=False)
    colours = colour(drawn["label"])
    base = alt.Chart(rows)
    layers = [
        alt.Chart(pd.DataFrame({"accuracy": [0.5]})).mark_rule(color="#888888").encode(y=y),
        base.mark_area(opacity=0.16).encode(
            x=x, y=alt.Y("accuracy_low:Q"), y2="accuracy_high:Q", color=colours
        ),
        base.mark_line(strokeWidth=2).encode(x=x, y=y, color=colours),
        base.mark_point(filled=True, size=40, opacity=1).encode(
            x=x, y=y, color=colours, shape=shape(drawn["label"])
        ),
    ]
    title = alt.Title(suite, fontSize=13, fontWeight="normal")
    return alt.LayerChart(layer=layers, width=width, height=200, title=title)
