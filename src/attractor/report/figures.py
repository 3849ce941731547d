"""The figures: functions from tables to Altair charts."""

from __future__ import annotations

import re

import altair as alt
import numpy as np
import pandas as pd

from attractor.report.analysis import Analysis
from attractor.report.configs import BASELINE
from attractor.report.construction_figure import construction_figure
from attractor.report.curves import learning_curve, training
from attractor.report.errors import errors_figure
from attractor.report.panels import headline, merge_equal, panel_columns
from attractor.report.readouts_figure import error_position_figures
from attractor.report.style import (
    MEASURED,
    WIDTH,
    colour,
    fitting,
    interval_held,
    page,
    seeds_a_model,
    shape,
    span,
)
from attractor.report.tasks import accuracy_by_task, by_task
from attractor.report.training_text import accuracy_by_training

_DASHES = [[11, 3], [2, 2], [9, 3, 2, 3], [5, 5], [1, 5], [9, 3, 2, 3, 2, 3]]
_GREY = "#7a7a7a"
_Y_AXIS_WIDTH = 42  # the same above and below, so that panel and strip line up
_AXIS_TITLES = {
    "distance": "distance from subject to verb (tokens)",
    "subject_index": "subject's position (tokens before it)",
    "n_attractors": "attractors between subject and verb",
}


def figures(analysis: Analysis) -> dict[str, alt.VConcatChart]:
    """The charts by file name without ending; what the data do not allow is not there.

    The first three are of the headline probes: balanced, outer items.
    """
    collected, summary = analysis.collected, analysis.summary
    distance = headline(analysis.by_distance, collected, fixed=True)
    position = headline(analysis.by_position, collected, fixed=True)
    attractors = headline(analysis.by_attractors, collected, fixed=False)
    attractors = attractors[attractors["n_intervening"] > 0]
    attractors = attractors.assign(
        panel=[f"{n} intervening noun{'s' * (n > 1)}" for n in attractors["n_intervening"]],
        n_attractors=attractors["n_attractors"].astype(int),
    )
    charts = {
        **by_variant("distance", distance, "distance", "Accuracy against distance"),
        **by_variant(
            "attractors", attractors, "n_attractors", "Accuracy against the number of attractors"
        ),
        **by_variant(
            "subject_position",
            position,
            "subject_index",
            "Accuracy against the subject's position",
        ),
        **{
            f"accuracy_by_construction_{_in_a_name(suite)}": construction_figure(suite, cells)
            for suite, cells in analysis.by_suite.items()
        },
        **error_position_figures(analysis.by_error_position, collected),
        "accuracy_by_task": accuracy_by_task(summary, collected),
        **by_task("accuracy_by_training", accuracy_by_training, summary, collected),
        **by_task("training", training, collected.history, collected),
        **by_task("learning_curve", learning_curve, summary, collected),
        **errors_figure(analysis.natural_errors, collected),
    }
    for report in analysis.diagnostics.values():
        charts |= report.charts
    return {name: chart for name, chart in charts.items() if chart is not None}


def by_variant(
    name: str, cells: pd.DataFrame, x: str, title: str
) -> dict[str, alt.VConcatChart | None]:
    """The chart by its file's name; where the models were varied alike, one for each variant."""
    charts: dict[str, alt.VConcatChart | None] = {}
    for variant in sorted(set(cells["variant"])):
        some = cells[cells["variant"] == variant]
        words = _in_a_name(variant)
        shown = f"{title}, {variant}" if variant else title
        charts["_".join(filter(None, ("accuracy_by", name, words)))] = accuracy(some, x, shown)
    return charts


def _in_a_name(words: str) -> str:
    """`words` as part of a file's name."""
    return re.sub(r"[^\w.]+", "_", words)


def accuracy(cells: pd.DataFrame, x: str, title: str) -> alt.VConcatChart | None:
    """A panel for each `panel`: accuracy against `x`, the training frequency underneath.

    cells: as from `headline`. None if there is nothing to draw.
    """
    networks = cells[~cells["model"].str.startswith(BASELINE)]
    if networks.empty:
        return None
    cells = pd.concat([networks, merge_equal(cells[cells["model"].str.startswith(BASELINE)], x)])
    bottom = 0.0 if cells[["accuracy", "ci_low"]].min().min() < 0.4 else 0.4
    top = max(float(cells["train_frequency"].max()), 1.0)
    panels = list(dict.fromkeys(cells["panel"]))
    columns = panel_columns(len(panels))
    width = WIDTH // columns - 30
    rows = []
    for start in range(0, len(panels), columns):
        lines, strips = [], []
        for panel in panels[start : start + columns]:
            first = panel == panels[start]  # of its row: it bears the y axis
            in_panel = cells[cells["panel"] == panel]
            lines.append(
                alt.LayerChart(
                    layer=_lines(in_panel, cells, x, _accuracy_axis(bottom, first)),
                    title=alt.Title(panel.split(", "), fontSize=13, fontWeight="normal"),
                    width=width,
                    height=210,
                )
            )
            strips.append(_strip(in_panel, cells[x], x, top, first, width))
        # Flush: axis labels that overhang do not push panels out of line.
        rows += [alt.HConcatChart(hconcat=e, bounds="flush", spacing=30) for e in (lines, strips)]
    return page(rows, 14, title, _subtitle(networks))


def _lines(panel: pd.DataFrame, cells: pd.DataFrame, x: str, y: alt.Y) -> list[alt.Chart]:
    """Chance, baselines (grey, dashed), then each network with its interval."""
    columns = [x, "label", "accuracy", *MEASURED]
    of_baseline = panel["model"].str.startswith(BASELINE)
    networks = alt.Chart(panel.loc[~of_baseline, columns])
    baselines = alt.Chart(panel.loc[of_baseline, columns])
    all_baselines = cells[cells["model"].str.startswith(BASELINE)]["label"].unique()
    all_networks = cells[~cells["model"].str.startswith(BASELINE)]["label"]
    across = _across(x, cells[x]).axis(labels=False, ticks=False, title=None, grid=False)
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


def _strip(
    panel: pd.DataFrame, every_x: pd.Series, x: str, top: float, first: bool, width: int
) -> alt.Chart:
    """How often training held the cell's like: no bar means never."""
    seen = panel.groupby(x, as_index=False)["train_frequency"].mean()
    axis = alt.Axis(
        title=["training", "items"] if first else None,
        values=[0.0, *(10.0**k for k in range(1, 9, 2) if 10.0**k <= top)],
        format=",d",
        minExtent=_Y_AXIS_WIDTH,
        grid=False,
        domain=first,
        labels=first,
        ticks=first,
    )
    scale = alt.Scale(type="symlog", domain=[0, top], nice=False)
    across = _across(x, every_x).axis(
        title=_AXIS_TITLES[x],
        values=sorted(every_x.unique().tolist()),
        format="d",
        grid=False,
        labelOverlap="parity",
        labelSeparation=4,
    )
    bars: alt.Chart = alt.Chart(seen, width=width, height=36).mark_bar(color="#b0b0b0", width=9)
    strip: alt.Chart = bars.encode(x=across, y=alt.Y("train_frequency:Q", axis=axis, scale=scale))
    return strip


def _accuracy_axis(bottom: float, first: bool) -> alt.Y:
    axis = alt.Axis(
        title="accuracy" if first else None,
        values=[round(v, 2) for v in np.arange(bottom, 1.01, 0.1 if bottom else 0.25)],
        format=".2~f",
        minExtent=_Y_AXIS_WIDTH,
        ticks=first,
        domain=first,
        labelOpacity=int(first),  # hidden, not absent: it sets the height of the title above
    )
    scale = alt.Scale(domain=[bottom, 1.0], nice=False)
    return alt.Y("accuracy:Q", axis=axis, scale=scale)


def _across(x: str, every: pd.Series) -> alt.X:
    low, high = int(every.min()), int(every.max())
    scale = alt.Scale(domain=[low - 0.5, high + 0.5], nice=False, zero=False, padding=0)
    return alt.X(f"{x}:Q", scale=scale)


def _subtitle(networks: pd.DataFrame) -> list[str]:
    """n of items and seeds, and what the bands hold."""
    of_model = networks.groupby("label")["n_items"].sum().max()
    return [
        f"balanced probes, outer items: {span(networks['n_items'])} items a point "
        f"({of_model:,} in all), {seeds_a_model(networks)}",
        f"bands: {interval_held(networks)}; grey bars: log scale",
    ]
