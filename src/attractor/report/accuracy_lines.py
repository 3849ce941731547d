"""What stands in a panel of accuracies: chance, baselines, networks with their intervals."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from attractor.report.configs import BASELINE
from attractor.report.style import MEASURED, colour, fitting, shape

Y_AXIS_WIDTH = 42  # the same above and below, so that panels line up
_DASHES = [[11, 3], [2, 2], [9, 3, 2, 3], [5, 5], [1, 5], [9, 3, 2, 3, 2, 3]]
_GREY = "#7a7a7a"


def lines(
    panel: pd.DataFrame, cells: pd.DataFrame, x: str, across: alt.X, y: alt.Y
) -> list[alt.Chart]:
    """Chance, baselines (grey, dashed), then each network with its interval.

    panel: the rows of `cells` that it shows; all of them share colours, shapes and dashes.
    across: the axis of the column x.
    """
    columns = [x, "label", "accuracy", *MEASURED]
    of_baseline = panel["model"].str.startswith(BASELINE)
    networks = alt.Chart(panel.loc[~of_baseline, columns])
    baselines = alt.Chart(panel.loc[of_baseline, columns])
    all_baselines = cells[cells["model"].str.startswith(BASELINE)]["label"].unique()
    all_networks = cells[~cells["model"].str.startswith(BASELINE)]["label"]
    colours = colour(all_networks)
    layers = [
        alt.Chart(pd.DataFrame({"accuracy": [0.5]}))
        .mark_rule(color="#bbbbbb", strokeWidth=1)
        .encode(y=y)
    ]
    if len(all_baselines):
        dash = alt.StrokeDash("label:N", title="baselines (dashed) and chance (grey rule)")
        dash = dash.scale(
            domain=list(all_baselines),
            range=[_DASHES[i % len(_DASHES)] for i in range(len(all_baselines))],
        ).legend(
            symbolType="stroke",
            symbolSize=600,
            symbolStrokeColor=_GREY,
            columns=fitting(all_baselines),
        )
        layers.append(
            baselines.mark_line(color=_GREY, strokeWidth=1.2).encode(x=across, y=y, strokeDash=dash)
        )
    layers += [
        networks.mark_area(opacity=0.16).encode(
            x=across, y=alt.Y("ci_low:Q"), y2="ci_high:Q", color=colours
        ),
        networks.mark_line(strokeWidth=2).encode(x=across, y=y, color=colours),
        networks.mark_point(filled=True, size=40, opacity=1).encode(
            x=across, y=y, color=colours, shape=shape(all_networks)
        ),
    ]
    return layers


def accuracy_axis(bottom: float, first: bool) -> alt.Y:
    """From `bottom` to 1; first: of its row, it bears the labels."""
    axis = alt.Axis(
        title="accuracy" if first else None,
        values=[round(v, 2) for v in np.arange(bottom, 1.01, 0.1 if bottom else 0.25)],
        format=".2~f",
        minExtent=Y_AXIS_WIDTH,
        ticks=first,
        domain=first,
        labelOpacity=int(first),  # hidden, not absent: it sets the height of the title above
    )
    scale = alt.Scale(domain=[bottom, 1.0], nice=False)
    return alt.Y("accuracy:Q", axis=axis, scale=scale)


def lowest(cells: pd.DataFrame) -> float:
    """Where the axis of accuracies begins."""
    return 0.0 if cells[["accuracy", "ci_low"]].min().min() < 0.4 else 0.4
