"""Errors on natural sentences as Linzen, Dupoux & Goldberg (2016, section 4) draw them: by the
number of attractors, and by distance where there are none.
"""

from __future__ import annotations

import altair as alt
import pandas as pd

from attractor.report.accuracy import MEASURES, accuracies, in_order, with_choices
from attractor.report.collect import Collected
from attractor.report.configs import CONFIG
from attractor.report.contracts import ERRORS
from attractor.report.panels import FEWEST_PREFIXES
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

ATTRACTORS, DISTANCE = "n_attractors", "distance"
ALL = "all"  # parts of a suite together
_FARTHEST = 15  # tokens that are drawn
NATURAL = ("test", "linzen", "gulordava", "conllu")  # suites of natural sentences
_MEASURES = {name: how for name, how in MEASURES.items() if name != "train_frequency"}
_TITLES = {
    ATTRACTORS: "attractors (every noun between is one)",
    DISTANCE: "distance in tokens (no attractor)",
}


def errors(collected: Collected) -> pd.DataFrame:
    """contracts.ERRORS with the swept choices; empty where no run read natural sentences."""
    natural = any(run.manifest.get("natural", False) for run in collected.runs)
    items = collected.predictions
    items = items[items["suite"].isin(NATURAL)]
    if not natural or items.empty:
        return pd.DataFrame()
    kept = {
        ATTRACTORS: items["n_attractors"] == items["n_intervening"],
        DISTANCE: items["n_attractors"] == 0,
    }
    frames = []
    for by, chosen in kept.items():
        keys = [*CONFIG, "suite", by]
        whole = accuracies(collected, items[chosen], keys, _MEASURES).assign(probe_set=ALL)
        parts = accuracies(collected, items[chosen], [*keys, "probe_set"], _MEASURES)
        parts = parts[parts["probe_set"] != ""].astype({"probe_set": "str"})
        found = pd.concat([whole, parts], ignore_index=True)
        frames.append(found.rename(columns={by: "value"}).assign(by=by))
    found = pd.concat(frames, ignore_index=True)
    found = found.assign(
        error=1 - found["accuracy"], ci_low=1 - found["ci_high"], ci_high=1 - found["ci_low"]
    )
    found = with_choices(found[list(ERRORS.columns)], collected)
    return in_order(found, ["suite", "probe_set", "by", *CONFIG, "value"])


def errors_figure(found: pd.DataFrame, collected: Collected) -> dict[str, alt.VConcatChart]:
    """A figure a suite: error by attractors, and by distance; cells of few prefixes are not drawn.

    found: as `errors` gives them. Of the baselines only the rules on nouns are drawn.
    """
    if found.empty:
        return {}
    drawn = found[(found["n_prefixes"] >= FEWEST_PREFIXES) & (found["probe_set"] == ALL)]
    drawn = drawn[(drawn["by"] == ATTRACTORS) | (drawn["value"] <= _FARTHEST)]
    shown = ~drawn["model"].str.startswith("baseline:") | drawn["model"].str.endswith("_noun")
    drawn = drawn[shown].merge(collected.configs[[*CONFIG, "label"]], on=CONFIG)
    charts = {}
    for suite, rows in drawn.groupby("suite"):
        panels = [_panel(rows[rows["by"] == by], by, rows["label"]) for by in _TITLES]
        networks = rows[~rows["model"].str.startswith("baseline:")]
        notes = [
            f"{seeds_a_model(networks)}; cells of {FEWEST_PREFIXES} prefixes and more, "
            f"{span(networks['n_items'])} items each",
            f"bars: {interval_held(networks)}",
        ]
        row = alt.HConcatChart(hconcat=panels, spacing=30)
        charts[f"errors_{suite}"] = page([row], 0, f"Errors on natural sentences: {suite}", notes)
    return charts


def _panel(rows: pd.DataFrame, by: str, labels: pd.Series) -> alt.LayerChart:
    columns = ["value", "label", "error", *MEASURED]
    base = alt.Chart(rows[columns], width=WIDTH / 2 - 50, height=300)
    x = alt.X("value:Q", title=_TITLES[by]).scale(zero=False, padding=12)
    x = x.axis(tickMinStep=1, format="d", grid=False)
    y = alt.Y("error:Q", title="error rate").axis(format="%")
    return alt.LayerChart(
        layer=[
            base.mark_rule(strokeWidth=1.5).encode(
                x=x, y=alt.Y("ci_low:Q"), y2="ci_high:Q", color=colour(labels)
            ),
            base.mark_line(strokeWidth=1.5).encode(x=x, y=y, color=colour(labels)),
            base.mark_point(filled=True, size=55, opacity=1).encode(
                x=x, y=y, color=colour(labels), shape=shape(labels)
            ),
        ]
    )
