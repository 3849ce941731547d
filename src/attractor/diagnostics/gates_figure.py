"""Figures of an LSTM's gates: by role, what they keep, and the flagship sentence as a heat map."""

from __future__ import annotations

import json
import math
from typing import Any

import altair as alt
import pandas as pd

from attractor.diagnostics.gates import half_names
from attractor.diagnostics.roles import ROLES
from attractor.report.style import WIDTH, colour, page, seeds_a_model, shape, span

# What the panels call a quantity, and what it says.
_PANELS = {
    "forget": ("forget gate", "what is kept"),
    "input": ("input gate", "what is updated"),
    "candidate": ("candidate", "by how much (size)"),
    "output": ("output gate", "what is put out"),
    "cell": ("memory C", "size"),
    "hidden": ("state h", "size"),
}
_SMALL: dict[str, Any] = {"fontSize": 13, "fontWeight": "normal", "frame": "group"}
_LEGEND = alt.Legend(title=None, gradientLength=110, gradientThickness=10, tickCount=3)
_SNAPSHOTS = {"best": "trained", "initial": "untrained"}
_FEWEST_UNITS, _MOST_UNITS = 10, 30  # rows of a heat map: of one label at least, and of all
_LARGEST = 2.0  # memory drawn in the deepest colour: tanh C, which is put out, is 0.96 there


def by_role(gates: pd.DataFrame) -> alt.VConcatChart:
    """Dots: each gate's weighted mean by the role of the word. gates: gates.BY_ROLE."""
    frame = gates.assign(label=half_names(gates))
    trained = frame[frame["snapshot"] == "best"]
    places = [role for role in ROLES if role in set(trained["role"])]
    names = list(_PANELS)
    rows = [
        alt.HConcatChart(
            hconcat=[_dots(trained, name, places, name == three[0]) for name in three],
            bounds="flush",
            spacing=26,
        )
        for three in (names[:3], names[3:])
    ]
    of_gates = frame["quantity"].isin(["forget", "input", "output"])
    untrained = frame[(frame["snapshot"] == "initial") & of_gates]["weighted"]
    n_tokens = trained["n_tokens"].round().astype("int64")
    note = [
        f"Means over the tokens of a role ({span(n_tokens)} each) and over units, weighted with "
        "how much of the subject's number each carries;",
        f"{_seeds(trained, 'bars')}. Untrained, all gates stand at {untrained.min():.2f} to "
        f"{untrained.max():.2f}. Verb: what it does on reading the verb.",
    ]
    return page(rows, 18, "Gates by the role of the word", note)


def _seeds(frame: pd.DataFrame, marks: str) -> str:
    held = f"; {marks}: 95 % t interval over seeds" if frame["n_seeds"].max() > 1 else ""
    return f"{seeds_a_model(frame)}{held}"


def _dots(frame: pd.DataFrame, quantity: str, places: list[str], first: bool) -> alt.LayerChart:
    labels = frame["label"]
    cells = frame.loc[
        frame["quantity"] == quantity,
        ["role", "label", "weighted", "weighted_low", "weighted_high", "n_tokens", "n_seeds"],
    ]
    axis = alt.Axis(
        title=None, labelOpacity=int(first), labelLimit=0, ticks=False, domain=False, grid=True,
        tickBand="extent", labelPadding=8,
    )  # fmt: skip
    y = alt.Y("role:N", axis=axis, scale=alt.Scale(domain=places))
    offset = alt.YOffset("label:N").scale(domain=sorted(set(labels)), paddingOuter=0.6)
    x = alt.X("weighted:Q", title="weighted mean over units").axis(tickCount=5, grid=False)
    x = x.scale(zero=False, padding=8)
    base = alt.Chart(cells)
    return alt.LayerChart(
        layer=[
            base.mark_rule(strokeWidth=1.6).encode(
                x=alt.X("weighted_low:Q"), x2="weighted_high:Q", y=y, yOffset=offset,
                color=colour(labels),
            ),
            base.mark_point(filled=True, size=55, opacity=1).encode(
                x=x, y=y, yOffset=offset, color=colour(labels), shape=shape(labels)
            ),
        ],
        title=alt.Title(": ".join(_PANELS[quantity]), **_SMALL),
        width=(WIDTH - 150) // 3 - 26,
        height=len(places) * (8 * labels.nunique() + 14),
    )  # fmt: skip


def retention(kept: pd.DataFrame) -> alt.VConcatChart:
    """What is kept against the words read since the subject: weighted and plain, by the nouns
    among them, trained and not. kept: retention.RETENTION_BY_DISTANCE.
    """
    frame = kept.assign(label=half_names(kept), network=kept["snapshot"].map(_SNAPSHOTS))
    counts = sorted(set(frame["n_nouns"]))
    rows = []
    for value, title in (
        ("retention_weighted", "kept, units weighted"),
        ("retention_mean", "kept, plain mean"),
    ):
        panels = [
            _curve(frame, n, value, title if n == counts[0] else None, len(counts)) for n in counts
        ]
        rows.append(alt.HConcatChart(hconcat=panels, bounds="flush", spacing=14))
    n_items = frame["n_items"].round().astype("int64")
    note = [
        "∏ f over the words read after the subject, until the state that answers: the part of "
        "memory that the forget gates pass on.",
        "Units weighted with how much of the subject's number each carries, or not; geometric "
        "mean over items.",
        f"{span(n_items)} items a point; {_seeds(frame, 'bands')}.",
    ]
    return page(rows, 14, "What memory keeps of the subject until the verb", note)


def _curve(
    frame: pd.DataFrame, n_nouns: int, value: str, title: str | None, panels: int
) -> alt.LayerChart:
    labels = frame["label"]
    columns = ["label", "network", "steps", value, f"{value}_low", f"{value}_high"]
    columns += ["n_items", "n_seeds"]
    cells = frame.loc[frame["n_nouns"] == n_nouns, columns]
    kept = frame[["retention_weighted", "retention_mean"]].to_numpy()
    lowest = kept[kept > 0].min()
    x = alt.X("steps:Q", title="words read after the subject")
    x = x.scale(domain=[0, int(frame["steps"].max())]).axis(tickMinStep=1, format="d", grid=False)
    # One scale for both rows, so that they can be compared.
    scale = alt.Scale(type="log", domain=[lowest / 2, 1.0])
    tens = [10.0**-n for n in range(int(-math.log10(lowest)) + 2)]
    axis = alt.Axis(values=tens, format="~g", labels=title is not None, domain=False, ticks=False)
    y = alt.Y(f"{value}:Q", title=title, scale=scale, axis=axis)
    dash = alt.StrokeDash("network:N", title=None).scale(
        domain=list(_SNAPSHOTS.values()), range=[[1, 0], [5, 3]]
    )
    dash = dash.legend(orient="top", symbolType="stroke", symbolSize=500)
    base = alt.Chart(cells)
    nouns = "no noun" if n_nouns == 0 else f"{n_nouns} noun{'s' * (n_nouns > 1)}"
    return alt.LayerChart(
        layer=[
            base.mark_area(opacity=0.16, clip=True).encode(
                x=x, y=alt.Y(f"{value}_low:Q", scale=scale), y2=f"{value}_high:Q",
                color=colour(labels), detail="network:N",
            ),
            base.mark_line(strokeWidth=2).encode(x=x, y=y, color=colour(labels), strokeDash=dash),
            base.mark_point(filled=True, size=40, opacity=1).encode(
                x=x, y=y, color=colour(labels), shape=shape(labels)
            ),
        ],
        title=alt.Title(f"{nouns} among them", **_SMALL),
        width=(WIDTH - 80) // panels - 14,
        height=200,
    )  # fmt: skip


def flagship(words: pd.DataFrame) -> alt.VConcatChart:
    """The heat map of the flagship sentence: words × the units that carry most of the number.

    words: all runs' gates.FLAGSHIP. The first seed of each label, trained, reading left to right
    where it does. Memory and candidate are turned so that more of them speaks for plural.
    """
    trained = words[words["snapshot"] == "best"]
    labels = list(dict.fromkeys(trained["label"]))
    shown = max(_FEWEST_UNITS, _MOST_UNITS // len(labels))
    rows, drawn = [], []
    for label in labels:
        network = trained[trained["label"] == label]
        first = network.sort_values(["seed", "run_id"]).iloc[0]
        of_first = network[network["run_id"] == first["run_id"]]
        half = max(of_first["direction"])  # forward where there is one
        one = of_first[of_first["direction"] == half]
        rows.append(_heat(one, label, shown, label == labels[-1]))
        drawn.append(f"seed {first['seed']}, {half}")
    of_each = [f"{label}: {which}" for label, which in zip(labels, drawn, strict=True)]
    told = drawn[0] if len(set(drawn)) == 1 else "; ".join(of_each)
    note = [
        f"One network of each model ({told}), trained; the {shown} units that carry most of the "
        "subject's number, with the part that each carries.",
        "Candidate and memory are turned so that red speaks for plural, blue for singular; "
        f"memory beyond ±{_LARGEST:g} is drawn as that.",
    ]
    return page(rows, 16, "The flagship sentence, unit by unit", note)


def _heat(words: pd.DataFrame, label: str, n_units: int, last: bool) -> alt.HConcatChart:
    """A panel for each of forget, input, candidate, output and memory, of one network's half."""
    weights = words.groupby("unit")["weight"].first().nlargest(n_units)
    names = {unit: f"{unit}: {weight:.1%}" for unit, weight in weights.items()}
    frame = words[words["unit"].isin(names)]
    plural = frame["slope"].ge(0).map({True: 1.0, False: -1.0})
    turned = ["candidate", "cell"]
    frame = frame.assign(name=frame["unit"].map(names), **{q: frame[q] * plural for q in turned})
    tokens = words.groupby("token_index")["token"].first().tolist()
    legend = _LEGEND if last else None  # the rows share their scales
    panels: list[alt.Chart] = []
    for quantity in ("forget", "input", "candidate", "output", "cell"):
        x = alt.X("token_index:O", title=None).axis(
            labelExpr=f"{json.dumps(tokens)}[datum.value]", labelAngle=-90, ticks=False
        )
        y = alt.Y("name:N", title=None if panels else "unit: its part", sort=list(names.values()))
        y = y.axis(labels=not panels, ticks=False, labelLimit=0)
        most = _LARGEST if quantity == "cell" else 1.0
        signed = alt.Scale(scheme="redblue", domain=[-most, most], reverse=True, clamp=True)
        gate = alt.Scale(scheme="viridis", domain=[0, 1])
        scale = signed if quantity in turned else gate
        panels.append(
            alt.Chart(frame[["token_index", "token", "name", quantity]])
            .mark_rect()
            .encode(x=x, y=y, color=alt.Color(f"{quantity}:Q", scale=scale, legend=legend))
            .properties(
                title=alt.Title(_PANELS[quantity][0], **_SMALL),
                width=(WIDTH - 100) // 5 - 14,
                height=13 * n_units,
            )
        )
    return alt.HConcatChart(
        hconcat=panels,
        spacing=14,
        title=alt.Title(label, fontSize=13, anchor="start"),
        resolve={"scale": {"color": "independent"}},
    )
