"""The figures: functions from tables to Altair charts, and one that saves them.

Colours are Okabe & Ito's (2008, jfly.uni-koeln.de/color), told apart without colour vision too,
and each model has a point shape of its own.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import vl_convert

from attractor.report.collect import BASELINE, CONFIG, Collected
from attractor.report.panels import headline, merge_equal

WIDTH = 920  # pixels of all panels together, legible where a README is shown

_COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999933"]
_SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-left"]
_DASHES = [[11, 3], [2, 2], [9, 3, 2, 3], [5, 5], [1, 5], [9, 3, 2, 3, 2, 3]]
_GREY = "#7a7a7a"
_Y_AXIS_WIDTH = 42  # the same above and below, so that panel and strip line up
_LOOKS: dict[str, Any] = {
    "title": {"fontSize": 17, "subtitleFontSize": 13, "subtitleColor": "#444444"},
    "axis": {"labelFontSize": 12, "titleFontSize": 13, "titleFontWeight": "normal"},
    "legend": {
        **{"orient": "bottom", "labelFontSize": 13, "titleFontSize": 13, "symbolOpacity": 1},
        **{"titleFontWeight": "normal", "labelLimit": 0, "titleLimit": 0},
    },
    "view": {"stroke": None},
}
_AXIS_TITLES = {
    "distance": "distance from subject to verb (tokens)",
    "subject_index": "subject's position (tokens before it)",
    "n_attractors": "attractors between subject and verb",
}


def figures(
    by_distance: pd.DataFrame,
    by_attractors: pd.DataFrame,
    by_position: pd.DataFrame,
    collected: Collected,
) -> dict[str, alt.VConcatChart | None]:
    """The charts by file name without ending; None where the data allow none.

    The first three are of the headline probes: balanced, outer items.
    """
    distance = headline(by_distance, collected, fixed=True)
    position = headline(by_position, collected, fixed=True)
    attractors = headline(by_attractors, collected, fixed=False)
    between = attractors["n_intervening"]
    attractors = attractors[between > 0].assign(
        panel=between.map(lambda n: f"{n} intervening noun{'s' * (n > 1)}"),
        n_attractors=attractors["n_attractors"].astype(int),
    )
    return {
        "accuracy_by_distance": accuracy(distance, "distance", "Accuracy against distance"),
        "accuracy_by_attractors": accuracy(
            attractors, "n_attractors", "Accuracy against the number of attractors"
        ),
        "accuracy_by_subject_position": accuracy(
            position, "subject_index", "Accuracy against the subject's position"
        ),
        "training": training(collected.history, collected),
    }


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
    columns = _columns(len(panels))
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
    return _page(rows, 14, title, _subtitle(networks))


def training(history: pd.DataFrame, collected: Collected) -> alt.VConcatChart | None:
    """Validation loss and accuracy by epoch: a thin line a seed, a thick one for their mean.

    The mean ends where the first seed stopped: beyond, it would be of ever fewer seeds.
    """
    if history.empty:
        return None
    frame = history.merge(collected.configs[[*CONFIG, "label"]], on=CONFIG)
    n_seeds = frame.groupby("label")["run_id"].nunique()
    means = frame.groupby(["label", "epoch"])[["valid_loss", "valid_accuracy"]].agg("mean")
    counts = frame.groupby(["label", "epoch"]).size()
    everyone = counts.to_numpy() == n_seeds.loc[counts.index.get_level_values("label")].to_numpy()
    means = means[everyone].reset_index()
    columns = ["label", "epoch", "run_id", "valid_loss", "valid_accuracy"]
    panels = []
    for column, title in (
        ("valid_loss", "validation loss (nats)"),
        ("valid_accuracy", "validation accuracy"),
    ):
        x = alt.X("epoch:Q", title="epoch").axis(
            tickMinStep=1, format="d", grid=False, labelFlush=False
        )
        y = alt.Y(f"{column}:Q", title=title).scale(zero=False)
        seeds = alt.Chart(frame[columns]).mark_line(strokeWidth=1, opacity=0.35)
        mean = alt.Chart(means).mark_line(strokeWidth=2.5)
        points = alt.Chart(means).mark_point(filled=True, size=45, opacity=1)
        colour = _colour(frame["label"])
        panels.append(
            alt.layer(
                seeds.encode(x=x, y=y, color=colour, detail="run_id:N"),
                mean.encode(x=x, y=y, color=colour),
                points.encode(x=x, y=y, color=colour, shape=_shape(frame["label"])),
            ).properties(width=WIDTH / 2 - 50, height=260)
        )
    low, high = n_seeds.min(), n_seeds.max()
    seeds_text = f"{low}" if low == high else f"{low}–{high}"
    note = f"thin: each of {seeds_text} seeds; thick: their mean while every seed still trains"
    return _page([alt.HConcatChart(hconcat=panels, spacing=30)], 0, "Training curves", [note])


def save(chart: alt.VConcatChart, folder: Path, name: str) -> list[Path]:
    """Save `chart` as `name`.svg and `name`.png (2 pixels a point), each with one rename."""
    folder.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    chart.save(text, format="svg")
    svg = text.getvalue()
    # The PNG is drawn from the SVG: compiling the chart is the dear part.
    contents = {".svg": svg.encode(), ".png": vl_convert.svg_to_png(svg, scale=2)}
    paths = []
    for ending, content in contents.items():
        path = folder / f"{name}{ending}"
        temporary = folder / f".{name}{ending}.{os.getpid()}.tmp"
        temporary.write_bytes(content)
        temporary.replace(path)
        paths.append(path)
    return paths


def _lines(panel: pd.DataFrame, cells: pd.DataFrame, x: str, y: alt.Y) -> list[alt.Chart]:
    """Chance, baselines (grey, dashed), then each network with its interval."""
    columns = [x, "label", "accuracy", "ci_low", "ci_high"]
    of_baseline = panel["model"].str.startswith(BASELINE)
    networks = alt.Chart(panel.loc[~of_baseline, columns])
    baselines = alt.Chart(panel.loc[of_baseline, columns])
    all_baselines = cells[cells["model"].str.startswith(BASELINE)]["label"].unique()
    all_networks = cells[~cells["model"].str.startswith(BASELINE)]["label"]
    across = _across(x, cells[x]).axis(labels=False, ticks=False, title=None, grid=False)
    colour = _colour(all_networks)
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
            columns=_fitting(all_baselines),
        )
        layers.append(
            baselines.mark_line(color=_GREY, strokeWidth=1.2).encode(x=across, y=y, strokeDash=dash)
        )
    layers += [
        networks.mark_area(opacity=0.16).encode(
            x=across, y=alt.Y("ci_low:Q"), y2="ci_high:Q", color=colour
        ),
        networks.mark_line(strokeWidth=2).encode(x=across, y=y, color=colour),
        networks.mark_point(filled=True, size=40, opacity=1).encode(
            x=across, y=y, color=colour, shape=_shape(all_networks)
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


def _model_legend(names: Sequence[str]) -> alt.Legend:
    return alt.Legend(orient="top", title=None, columns=_fitting(names), symbolSize=120)


def _fitting(names: Iterable[str]) -> int:
    """How many legend entries of about 7 pixels a letter fit side by side."""
    return max(1, WIDTH // (7 * max(map(len, names)) + 50))


def _colour(labels: Iterable[str]) -> alt.Color:
    names = sorted(set(labels))
    colours = [_COLOURS[i % len(_COLOURS)] for i in range(len(names))]
    scale = alt.Scale(domain=names, range=colours)
    return alt.Color("label:N", scale=scale, legend=_model_legend(names))


def _shape(labels: Iterable[str]) -> alt.Shape:
    names = sorted(set(labels))
    shapes = [_SHAPES[i % len(_SHAPES)] for i in range(len(names))]
    scale = alt.Scale(domain=names, range=shapes)
    return alt.Shape("label:N", scale=scale, legend=_model_legend(names))


def _columns(panels: int) -> int:
    return 3 if panels in (5, 6, 9) else min(panels, 4)  # no panel alone in its row


def _subtitle(networks: pd.DataFrame) -> list[str]:
    """n of items and seeds, and what the bands hold."""
    items = networks["n_items"]
    seeds = networks["n_seeds"]
    held = " / ".join(sorted(set(networks["interval"])))
    band = "t interval over seeds" if seeds.max() > 1 else "Wilson interval over prefixes"
    of_model = networks.groupby("label")["n_items"].sum().max()
    return [
        f"balanced probes, outer items: {_range(items)} items a point ({of_model:,} in all), "
        f"{_range(seeds)} seed{'s' * bool(seeds.max() > 1)} a model",
        f"bands: 95 % {band}, holding the variance of {held}; grey bars: log scale",
    ]


def _range(values: pd.Series) -> str:
    low, high = values.min(), values.max()
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def _page(
    rows: Sequence[alt.HConcatChart], spacing: int, title: str, subtitle: list[str]
) -> alt.VConcatChart:
    """Rows of panels under a title, with n in the subtitle; legends are shared."""
    # All in one call: each method of a chart would copy the whole of it.
    return alt.VConcatChart(
        vconcat=list(rows),
        spacing=spacing,
        title=alt.Title(title, subtitle=subtitle, anchor="start", offset=14),
        background="white",
        padding=12,
        resolve={"scale": dict.fromkeys(("color", "shape", "strokeDash"), "shared")},
        config=_LOOKS,
    )
