"""The exponents of benchmarks.growth, and its figure: docs/figures/growth.svg and .png."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import torch
from scipy.stats import linregress

from attractor.provenance import provenance
from attractor.report.style import COLOURS, WIDTH, page, save
from attractor.results import write_atomically

FIGURES = Path("docs/figures")
_TITLES = {
    "text": "items of running text",
    "probes": "probes of one rare cell",
    "hidden_size": "hidden size (LSTM units)",
    "length": "sequence length (tokens)",
    "seeds": "seeds of a sweep, one worker",
    "jobs": "jobs at once, two cores",
}
_MEASURES = {"seconds": "seconds", "above": "MB above start"}
_COLUMNS = 3
_LEAST_MEGABYTES = 1.0  # what is less is the allocator's page or two


def write(rows: Sequence[Mapping[str, Any]], file: Path) -> None:
    """Write the measurements as a table, print the exponents, and draw both."""
    told = provenance()
    table = pd.DataFrame(rows).assign(
        threads=1,
        precision="fp32",
        torch=torch.__version__,
        platform=told["platform"],
        git_commit=told["git_commit"],
    )
    write_atomically(file, table.to_csv(index=False, lineterminator="\n"))
    points = table.astype(dict.fromkeys(("x", "seconds", "megabytes", "base_megabytes"), float))
    # Jobs are started within what is measured; the others' programs are at rest before it.
    at_rest = points["base_megabytes"].where(points["axis"] != "jobs", 0.0)
    points["above"] = (points["megabytes"] - at_rest).clip(lower=_LEAST_MEGABYTES)
    exponents = pd.DataFrame(
        fitted(points[points["axis"] == axis], axis, measure)
        for axis in _TITLES
        if len(set(points.loc[points["axis"] == axis, "x"])) > 1
        for measure in _MEASURES
    )
    print(exponents.to_string(index=False, float_format="{:.3g}".format))
    for path in save(figure(points, exponents), FIGURES, "growth"):
        print(path)


def fitted(points: pd.DataFrame, axis: str, measure: str) -> dict[str, Any]:
    """The exponent b of cost = a·x^b over the larger half of an axis' sizes, where fixed costs are
    least; its standard error is of the scatter about that line.
    """
    sizes = np.sort(points["x"].unique())
    upper = points[points["x"] >= sizes[min(len(sizes) // 2, len(sizes) - 2)]]
    fit = linregress(np.log(upper["x"]), np.log(upper[measure]))
    ends = {"from": upper["x"].min(), "to": upper["x"].max()}
    line = {"exponent": fit.slope, "error": fit.stderr, "log_factor": fit.intercept}
    return {"axis": axis, "measure": measure, **ends, **line, "n": len(upper)}


def figure(points: pd.DataFrame, exponents: pd.DataFrame) -> alt.VConcatChart:
    """Seconds over memory for each axis, with the fitted lines and their exponents."""
    axes = list(exponents["axis"].unique())
    rows = []
    for start in range(0, len(axes), _COLUMNS):
        for measure in _MEASURES:
            panels = [
                _panel(points[points["axis"] == axis], fit, measure)
                for axis in axes[start : start + _COLUMNS]
                for fit in exponents.to_dict("records")
                if (fit["axis"], fit["measure"]) == (axis, measure)
            ]
            rows.append(alt.HConcatChart(hconcat=panels, bounds="flush", spacing=72))
    said = [
        "points: processes; lines: cost = a·x^b over the larger half of the sizes, the exponent b "
        "with its standard error",
        "both axes logarithmic; memory at the peak, less that of the program at rest (of jobs at "
        "once: all of it)",
    ]
    return page(rows, 26, "Cost as the work grows", said)


def _panel(points: pd.DataFrame, fit: Mapping[Any, Any], measure: str) -> alt.LayerChart:
    ends = np.array([fit["from"], fit["to"]])
    line = pd.DataFrame({"x": ends, measure: np.exp(fit["log_factor"]) * ends ** fit["exponent"]})
    scale = alt.Scale(type="log", nice=False, padding=8)
    upright = alt.Scale(type="log", nice=False, domain=_decade(points[measure]))
    ticks = alt.Axis(format="~s", tickCount=4, grid=False)
    x = alt.X("x:Q", title=_TITLES[fit["axis"]], scale=scale, axis=ticks)
    values = alt.Axis(format="~r", tickCount=4)
    y = alt.Y(f"{measure}:Q", title=_MEASURES[measure], scale=upright, axis=values)
    colour = COLOURS[list(_MEASURES).index(measure)]
    said = f"exponent {fit['exponent']:.2f} ± {fit['error']:.2f}"
    layers = [
        alt.Chart(line).mark_line(color="#000000", strokeWidth=1.2).encode(x=x, y=y),
        alt.Chart(points[["x", measure]])
        .mark_point(color=colour, filled=True, size=34, opacity=0.8)
        .encode(x=x, y=y),
    ]
    return alt.LayerChart(
        layer=layers,
        title=alt.Title(said, fontSize=13, fontWeight="normal"),
        width=WIDTH // _COLUMNS - 80,
        height=150,
    )


def _decade(values: pd.Series) -> list[float]:
    """The ends of an axis: a factor of ten at least, so that what is level looks level."""
    low, high = values.min() / 1.15, values.max() * 1.15
    wider = max(1.0, np.sqrt(10 * low / high))
    return [low / wider, high * wider]
