"""Figure of what single units of an LSTM keep of the subject, beside their weighted mean."""

from __future__ import annotations

import math

import altair as alt
import numpy as np
import pandas as pd

from attractor.diagnostics.gates import half_names
from attractor.report.style import WIDTH, page, span

_LINES = 8  # units of a panel
_COLUMNS = 3
_MEAN = "all units, weighted"


def units(found: pd.DataFrame, kept: pd.DataFrame) -> alt.VConcatChart | None:
    """∏ f of the heaviest units against the words read since the subject, a panel each half.

    found, kept: all runs' gates_units.UNITS and retention.RETENTION. The first seed of each label,
    trained, in items with one noun among the words; None where no network has such.
    """
    lines, means = _first_seeds(found), _first_seeds(kept)
    if lines.empty:
        return None
    lines = lines.assign(kept=np.exp(lines["log_retention"]))
    heaviest = lines.groupby(["name", "steps"])["weight"].rank(method="first", ascending=False)
    lines = lines[heaviest <= _LINES]
    logs = np.log(means["retention_weighted"]).groupby([means["name"], means["steps"]])
    means = np.exp(logs.mean()).rename("kept").reset_index()
    names = list(dict.fromkeys(lines["name"]))
    columns = min(_COLUMNS, len(names))
    panels = [
        _panel(lines, means, name, i % columns == 0, (WIDTH - 90) // columns - 16)
        for i, name in enumerate(names)
    ]
    rows = [
        alt.HConcatChart(hconcat=panels[i : i + columns], bounds="flush", spacing=16)
        for i in range(0, len(panels), columns)
    ]
    note = [
        "∏ f over the words read after the subject, one noun among them: geometric means over "
        f"{span(lines['n_items'])} items a point.",
        f"Thin: the {_LINES} units that carry most of the subject's number; heading: what they "
        "carry together. Thick: mean over all units, which those that keep most decide.",
        f"{_seeds(lines)}, trained; no intervals, as units of two seeds are not the same.",
    ]
    return page(rows, 18, "What single units keep of the subject until the verb", note)


def _first_seeds(found: pd.DataFrame) -> pd.DataFrame:
    """Rows of trained networks with one noun on the way, of each label's first seed; `name`."""
    first = found.groupby("label")["seed"].transform("min")
    rows = found[(found["seed"] == first) & (found["snapshot"] == "best")]
    rows = rows[rows["n_nouns"] == 1]
    return rows.assign(name=half_names(rows))


def _seeds(lines: pd.DataFrame) -> str:
    seeds = lines.groupby("label")["seed"].first()
    if len(set(seeds)) == 1:
        return f"One network of each model (seed {seeds.iloc[0]})"
    told = "; ".join(f"{label}: seed {seed}" for label, seed in seeds.items())
    return f"One network of each model ({told})"


def _panel(
    lines: pd.DataFrame, means: pd.DataFrame, name: str, first: bool, width: int
) -> alt.LayerChart:
    of_units = lines.loc[lines["name"] == name, ["steps", "unit", "weight", "kept", "n_items"]]
    mean = means[means["name"] == name].assign(what=_MEAN)[["steps", "kept", "what"]]
    carried = of_units.groupby("unit")["weight"].first().sum()
    x = alt.X("steps:Q", title="words read after the subject")
    x = x.scale(domain=[0, int(lines["steps"].max())]).axis(tickMinStep=1, format="d", grid=False)
    lowest = math.floor(math.log10(min(lines["kept"].min(), means["kept"].min())))
    scale = alt.Scale(type="log", domain=[10.0**lowest, 1.0])
    tens = [10.0**n for n in range(0, lowest - 1, -max(1, -lowest // 6))]
    axis = alt.Axis(values=tens, format="~e", labelOpacity=int(first), domain=False, ticks=False)
    y = alt.Y("kept:Q", title="∏ f" if first else None, scale=scale, axis=axis)
    part = alt.Color("weight:Q", title="part of the number that a unit carries")
    part = part.scale(scheme="viridis", reverse=True, domain=[0, float(lines["weight"].max())])
    part = part.legend(format=".0%")
    dash = alt.StrokeDash("what:N", title=None).scale(domain=[_MEAN], range=[[1, 0]])
    dash = dash.legend(orient="top", symbolType="stroke", symbolSize=500, symbolStrokeWidth=3)
    thin = alt.Chart(of_units)
    thick = alt.Chart(mean)
    return alt.LayerChart(
        layer=[
            thin.mark_line(strokeWidth=1.2).encode(x=x, y=y, color=part, detail="unit:N"),
            thin.mark_point(filled=True, size=14, opacity=1).encode(x=x, y=y, color=part),
            thick.mark_line(strokeWidth=3, color="black").encode(x=x, y=y, strokeDash=dash),
            thick.mark_point(filled=True, size=45, opacity=1, color="black").encode(x=x, y=y),
        ],
        title=alt.Title(
            [name, f"{of_units['unit'].nunique()} units, {carried:.0%} of the number"],
            fontSize=13, fontWeight="normal", frame="group",
        ),
        width=width,
        height=240,
    )  # fmt: skip
