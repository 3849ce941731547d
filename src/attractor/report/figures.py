"""The figures: functions from tables to Altair charts."""

from __future__ import annotations

import re

import altair as alt
import pandas as pd

from attractor.report.accuracy_lines import Y_AXIS_WIDTH, accuracy_axis, lines, lowest
from attractor.report.analysis import Analysis
from attractor.report.configs import BASELINE
from attractor.report.construction_figure import construction_figure
from attractor.report.curves import learning_curve, training
from attractor.report.errors import errors_figure
from attractor.report.panels import headline, merge_equal, panel_columns
from attractor.report.readouts_figure import error_position_figures
from attractor.report.style import WIDTH, interval_held, page, seeds_a_model, span
from attractor.report.swept import accuracy_against
from attractor.report.tasks import accuracy_by_task, by_task
from attractor.report.training_text import accuracy_by_training

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
        **accuracy_against(analysis.by_attractors, collected),
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
    bottom, across = lowest(cells), _across(x, cells[x])
    across = across.axis(labels=False, ticks=False, title=None, grid=False)
    top = max(float(cells["train_frequency"].max()), 1.0)
    panels = list(dict.fromkeys(cells["panel"]))
    columns = panel_columns(len(panels))
    width = WIDTH // columns - 30
    rows = []
    for start in range(0, len(panels), columns):
        above, strips = [], []
        for panel in panels[start : start + columns]:
            first = panel == panels[start]  # of its row: it bears the y axis
            in_panel = cells[cells["panel"] == panel]
            above.append(
                alt.LayerChart(
                    layer=lines(in_panel, cells, x, across, accuracy_axis(bottom, first)),
                    title=alt.Title(panel.split(", "), fontSize=13, fontWeight="normal"),
                    width=width,
                    height=210,
                )
            )
            strips.append(_strip(in_panel, cells[x], x, top, first, width))
        # Flush: axis labels that overhang do not push panels out of line.
        rows += [alt.HConcatChart(hconcat=e, bounds="flush", spacing=30) for e in (above, strips)]
    return page(rows, 14, title, _subtitle(networks))


def _strip(
    panel: pd.DataFrame, every_x: pd.Series, x: str, top: float, first: bool, width: int
) -> alt.Chart:
    """How often training held the cell's like: no bar means never."""
    seen = panel.groupby(x, as_index=False)["train_frequency"].mean()
    axis = alt.Axis(
        title=["training", "items"] if first else None,
        values=[0.0, *(10.0**k for k in range(1, 9, 2) if 10.0**k <= top)],
        format=",d",
        minExtent=Y_AXIS_WIDTH,
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
