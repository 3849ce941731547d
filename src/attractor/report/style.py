"""How every figure looks: colours, shapes, legends, the page, and how it is saved.

Colours are Okabe & Ito's (2008, jfly.uni-koeln.de/color), told apart without colour vision too,
and each model has a point shape of its own. From the ninth model on colours repeat: as 8 colours
and 7 shapes have no common divisor, 56 models differ in one or the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import vl_convert

from attractor.files import replacing
from attractor.report.interactive import Specification, specification

VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
# What a point tells beside its place and its value.
MEASURED = ["ci_low", "ci_high", "interval", "n_items", "n_prefixes", "n_seeds"]
WIDTH = 920  # pixels of all panels together, legible where a README is shown

COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999933"]
_SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-left"]
_LOOKS: dict[str, Any] = {
    "title": {"fontSize": 17, "subtitleFontSize": 13, "subtitleColor": "#444444"},
    "axis": {"labelFontSize": 12, "titleFontSize": 13, "titleFontWeight": "normal"},
    "legend": {
        **{"orient": "bottom", "labelFontSize": 13, "titleFontSize": 13, "symbolOpacity": 1},
        **{"titleFontWeight": "normal", "labelLimit": 0, "titleLimit": 0},
    },
    "view": {"stroke": None},
}


def _model_legend(names: Sequence[str]) -> alt.Legend:
    return alt.Legend(orient="top", title=None, columns=fitting(names), symbolSize=120)


def fitting(names: Iterable[str]) -> int:
    """How many legend entries of about 7 pixels a letter fit side by side."""
    return max(1, WIDTH // (7 * max(map(len, names)) + 50))


def colour(labels: Iterable[str]) -> alt.Color:
    names = sorted(set(labels))
    colours = [COLOURS[i % len(COLOURS)] for i in range(len(names))]
    scale = alt.Scale(domain=names, range=colours)
    return alt.Color("label:N", scale=scale, legend=_model_legend(names))


def shape(labels: Iterable[str]) -> alt.Shape:
    names = sorted(set(labels))
    shapes = [_SHAPES[i % len(_SHAPES)] for i in range(len(names))]
    scale = alt.Scale(domain=names, range=shapes)
    return alt.Shape("label:N", scale=scale, legend=_model_legend(names))


def span(values: pd.Series) -> str:
    low, high = values.min(), values.max()
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def seeds_a_model(networks: pd.DataFrame) -> str:
    """How many seeds stand behind each row: `5 seeds a model`."""
    seeds = networks["n_seeds"]
    return f"{span(seeds)} seed{'s' * bool(seeds.max() > 1)} a model"


def interval_held(networks: pd.DataFrame) -> str:
    """Which variance the rows' intervals hold."""
    held = " / ".join(sorted(set(networks["interval"])))
    return f"95 % intervals, holding the variance of {held}"


def page(
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


def save(chart: alt.VConcatChart | Specification, folder: Path, name: str) -> list[Path]:
    """Save `chart` as `name`.svg and `name`.png (2 pixels a point), each with one rename.

    chart: or its specification, where that was made already, which takes a while.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = chart if isinstance(chart, dict) else specification(chart)
    svg: str = vl_convert.vegalite_to_svg(made, vl_version=VEGA_LITE)
    # The PNG is drawn from the SVG: compiling the chart is the dear part.
    contents = {".svg": svg.encode(), ".png": vl_convert.svg_to_png(svg, scale=2)}
    paths = []
    for ending, content in contents.items():
        path = folder / f"{name}{ending}"
        with replacing(path) as temporary:
            temporary.write_bytes(content)
        paths.append(path)
    return paths
