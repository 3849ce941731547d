"""The figure of probing: accuracy against the words read since the subject."""

from __future__ import annotations

import altair as alt
import pandas as pd

from attractor.report.panels import FEWEST_PREFIXES, panel_columns
from attractor.report.style import WIDTH, colour, page, seeds_a_model, shape, span

NUMBER = "subject's number, on nouns new to the probe"
CONTROL = "control: random labels, on nouns that it learnt from"
_PANELS = {  # snapshot, direction, state, last noun
    ("best", "forward", "h", "all"): "h, trained",
    ("best", "forward", "C", "all"): "C, trained",
    ("best", "forward", "h", "other number"): "h, trained, last noun of other number",
    ("initial", "forward", "h", "all"): "h, untrained",
    ("initial", "forward", "C", "all"): "C, untrained",
    ("best", "backward", "h", "all"): "h of the backward half, trained",
}
_CELL = ["snapshot", "direction", "state", "last_noun"]


def probing(steps: pd.DataFrame) -> alt.VConcatChart:
    """The subject's number (solid) and the control (dashed), a panel each kind of state.

    steps: probing.BY_STEP. A panel that no network has is left out.
    """
    drawn = steps[(steps["n_test"] >= FEWEST_PREFIXES) | (steps["last_noun"] == "all")]
    cells = dict(iter(drawn.groupby(_CELL)))
    shown = [(cells[cell], title) for cell, title in _PANELS.items() if cell in cells]
    columns = panel_columns(len(shown))
    x = alt.X("steps:Q", title="words read since the subject")
    x = x.scale(domain=[steps["steps"].min() - 0.5, steps["steps"].max() + 0.5], nice=False)
    x = x.axis(values=sorted(steps["steps"].unique().tolist()), format="d", grid=False)
    rows = [
        alt.HConcatChart(
            hconcat=[
                _panel(panel, title, x, steps["label"], WIDTH // columns - 45)
                for panel, title in shown[start : start + columns]
            ],
            spacing=12,
        )
        for start in range(0, len(shown), columns)
    ]
    return page(rows, 14, "Reading the subject's number from the network's states", _notes(drawn))


def _panel(
    cells: pd.DataFrame, title: str, x: alt.X, labels: pd.Series, width: int
) -> alt.LayerChart:
    values = ["accuracy", "accuracy_low", "accuracy_high"]
    columns = ["label", "steps", *values, "n_test", "n_seeds"]
    number = cells[columns].assign(what=NUMBER)
    ends = {name: cells[name.replace("accuracy", "control_same_nouns")] for name in values}
    control = cells[columns].assign(**ends, n_test=cells["n_test_same_nouns"], what=CONTROL)
    control = control[cells["n_test_same_nouns"] >= FEWEST_PREFIXES]
    y = alt.Y("accuracy:Q", title="accuracy").scale(domain=[0.4, 1.02], nice=False)
    y = y.axis(values=[0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0], format=".1f")
    dash = alt.StrokeDash("what:N", title=None)
    dash = dash.scale(domain=[NUMBER, CONTROL], range=[[1, 0], [4, 3]])
    dash = dash.legend(symbolType="stroke", symbolSize=600)
    colours = colour(labels)
    base = alt.Chart(number)
    layers = [
        alt.Chart(pd.DataFrame({"accuracy": [0.5]})).mark_rule(color="#888888").encode(y=y),
        *(
            alt.Chart(of)
            .mark_area(opacity=opacity, clip=True)
            .encode(x=x, y=alt.Y("accuracy_low:Q"), y2="accuracy_high:Q", color=colours)
            for of, opacity in ((control, 0.09), (number, 0.16))
        ),
        alt.Chart(control)
        .mark_line(strokeWidth=1.3, clip=True)
        .encode(x=x, y=y, color=colours, strokeDash=dash),
        base.mark_line(strokeWidth=2, clip=True).encode(x=x, y=y, color=colours, strokeDash=dash),
        base.mark_point(filled=True, size=40, opacity=1, clip=True).encode(
            x=x, y=y, color=colours, shape=shape(labels)
        ),
    ]
    looks = alt.Title(title, fontSize=13, fontWeight="normal")
    return alt.LayerChart(layer=layers, width=width, height=220, title=looks)


def _notes(drawn: pd.DataFrame) -> list[str]:
    """n of items and seeds, and what the bands hold."""
    n_test = drawn["n_test"].astype(int)
    n_items = f"{span(n_test[drawn['last_noun'] == 'all'])} test items, the same at every step"
    attracted = drawn["last_noun"] == "other number"
    if attracted.any():
        n_items += f" ({span(n_test[attracted])} where the last noun has the other number)"
    seeds = seeds_a_model(drawn)
    if drawn["n_seeds"].max() > 1:
        seeds += "; bands: 95 % t interval over seeds, fainter for the control"
    return [f"logistic regression, {n_items}", f"{seeds}; grey rule: chance"]
