"""Accuracy by construction as a dot plot: a row a construction, a panel by the nouns between."""

from __future__ import annotations

import altair as alt
import pandas as pd

from attractor.report.configs import BASELINE, model_names
from attractor.report.constructions import ALL_ITEMS, PANELS
from attractor.report.panels import FEWEST_PREFIXES, panel_columns
from attractor.report.style import (
    MEASURED,
    WIDTH,
    colour,
    interval_held,
    page,
    seeds_a_model,
    shape,
    span,
)

_SPACING = 26  # pixels between panels
_DASHES = {"first noun": [1, 0], "most recent noun": [3, 2]}


def construction_figure(suite: str, cells: pd.DataFrame) -> alt.VConcatChart | None:
    """The dot plot of one suite; None if there is nothing to draw.

    cells: as `constructions` gives them. Thin cells are not drawn; the subtitle names places of
    which none is.
    """
    by_nouns = cells[cells["nouns"] != ALL_ITEMS]
    drawn = by_nouns[by_nouns["n_prefixes"] >= FEWEST_PREFIXES]
    networks = drawn[~drawn["model"].str.startswith(BASELINE)]
    if networks.empty:
        return None
    nouns = [title for title in PANELS if title in set(networks["nouns"])]
    variants = sorted(set(networks["variant"]))
    if len(variants) == 1:
        rows = [_row(drawn, [(title, variants[0]) for title in nouns], len(nouns))]
    else:
        columns = panel_columns(len(variants))
        rows = [
            _row(drawn, [(title, v) for v in variants[start : start + columns]], columns)
            for title in nouns
            for start in range(0, len(variants), columns)
        ]
    lines = _subtitle(networks, set(by_nouns["place"]) - set(networks["place"]))
    return page(rows, 24, f"Accuracy by construction: {suite}", lines)


def _row(drawn: pd.DataFrame, panels: list[tuple[str, str]], columns: int) -> alt.HConcatChart:
    """Panels (nouns, variant) side by side, as wide as `columns` of them would be; of the places,
    those that one of them has.
    """
    in_row = drawn[drawn["nouns"].isin([nouns for nouns, _ in panels])]
    places = list(dict.fromkeys(in_row["place"]))
    labels = drawn.loc[~drawn["model"].str.startswith(BASELINE), "label"]
    margin = 7 * max(map(len, drawn["place"])) + 6
    charts: list[alt.LayerChart] = []
    for nouns, variant in panels:
        axis = alt.Axis(
            title=None,
            labelOpacity=int(not charts),  # hidden, not absent: the first bears them
            labelLimit=0,
            labelPadding=8,
            ticks=False,
            domain=False,
            grid=True,
            tickBand="extent",
        )
        cells = in_row[(in_row["nouns"] == nouns) & (in_row["variant"] == variant)]
        charts.append(
            alt.LayerChart(
                layer=_layers(cells, labels, axis, alt.Scale(domain=places)),
                title=alt.Title(
                    [nouns] + [variant] * (variant != ""), fontSize=13, fontWeight="normal"
                ),
                width=(WIDTH - margin) // columns - _SPACING,
                height=len(places) * (10 * labels.nunique() + 12),
            )
        )
    return alt.HConcatChart(hconcat=charts, bounds="flush", spacing=_SPACING)


def _layers(
    cells: pd.DataFrame, labels: pd.Series, axis: alt.Axis, scale: alt.Scale
) -> list[alt.Chart]:
    """Chance, the heuristics as grey ticks, then each network with its interval."""
    of_baseline = cells["model"].str.startswith(BASELINE)
    columns = ["place", "label", "accuracy", *MEASURED]
    networks = alt.Chart(cells.loc[~of_baseline, columns])
    heuristics = cells.loc[of_baseline, columns].assign(label=model_names(cells["model"]))
    x = alt.X("accuracy:Q", title="accuracy").scale(domain=[0, 1], nice=False)
    x = x.axis(values=[0, 0.25, 0.5, 0.75, 1], format=".2~f", grid=False)
    chance = alt.Chart(pd.DataFrame({"accuracy": [0.5]}))
    layers = [chance.mark_rule(color="#bbbbbb", strokeWidth=1).encode(x=x)]
    dash = alt.StrokeDash("label:N", title="heuristics: grey ticks; chance: grey rule")
    dash = dash.scale(domain=list(_DASHES), range=list(_DASHES.values()))
    dash = dash.legend(symbolType="stroke", symbolSize=600, symbolStrokeColor="#7a7a7a")
    # Broad and pale, then narrow and dark: seen where both stand at one place.
    for name, grey, broad in zip(_DASHES, ("#c8c8c8", "#5a5a5a"), (4.0, 1.6), strict=True):
        ticks = alt.Chart(heuristics[heuristics["label"] == name])
        layers.append(
            ticks.mark_rule(color=grey, strokeWidth=broad).encode(
                x=x,
                y=alt.Y("place:N", axis=axis, scale=scale, bandPosition=0.06),
                y2=alt.Y2("place:N", bandPosition=0.94),
                strokeDash=dash,
            )
        )
    y = alt.Y("place:N", axis=axis, scale=scale)
    offset = alt.YOffset("label:N").scale(domain=sorted(set(labels)), paddingOuter=0.6)
    return [
        *layers,
        networks.mark_rule(strokeWidth=1.6).encode(
            x=alt.X("ci_low:Q"), x2="ci_high:Q", y=y, yOffset=offset, color=colour(labels)
        ),
        networks.mark_point(filled=True, size=55, opacity=1).encode(
            x=x, y=y, yOffset=offset, color=colour(labels), shape=shape(labels)
        ),
    ]


def _subtitle(networks: pd.DataFrame, left_out: set[str]) -> list[str]:
    """n of pairs, prefixes and seeds, what the bars hold, and which places are thin."""
    lines = [
        f"{span(networks['n_items'])} pairs and {span(networks['n_prefixes'])} distinct prefixes "
        f"a point, {seeds_a_model(networks)}",
        f"bars: {interval_held(networks)}",
    ]
    unknown = networks["n_out_of_vocabulary"] / networks["n_items"]
    if unknown.any():
        lines.append(
            f"a word that the model does not know stands in {100 * unknown.min():.0f} to "
            f"{100 * unknown.max():.0f} % of a point's pairs"
        )
    if left_out:
        named = ", ".join(sorted(left_out))
        lines.append(f"not drawn, with fewer than {FEWEST_PREFIXES} prefixes a point: {named}")
    return lines
