"""Figure of a swept number (hidden size, training sentences …): accuracy by attractors."""

from __future__ import annotations

import re

import altair as alt
import pandas as pd

from attractor.report.accuracy_lines import accuracy_axis, lines, lowest
from attractor.report.collect import Collected
from attractor.report.configs import BASELINE, CONFIG, model_names, tasks_of, variants
from attractor.report.panels import headline_rows, merge_equal
from attractor.report.style import WIDTH, interval_held, page, seeds_a_model, span

_NAMES = {
    "model.hidden_size": "hidden size (units of each direction)",
    "data.n_sentences": "training sentences",
}
_X = "swept"


def accuracy_against(
    by_attractors: pd.DataFrame, collected: Collected
) -> dict[str, alt.VConcatChart]:
    """The charts by their file's name, one for each number that was swept.

    by_attractors: as in `Analysis`. Panels from left to right are by the number of
    attractors, of the most nouns between that the headline probes have: all of as many nouns, whose
    distances the subtitle tells. Rows are what else was varied beside the model: task, choices.
    """
    rows = headline_rows(by_attractors)
    if rows.empty:
        return {}
    nouns = rows["n_intervening"].max()
    rows = rows[(rows["n_intervening"] == nouns) & (nouns > 0)]
    rows = rows.merge(collected.configs[[*CONFIG, "asked", "forms"]], on=CONFIG)
    charts = {}
    for key in collected.swept:
        cells = _cells(rows, key, collected.swept)
        if cells is not None:
            name = f"accuracy_against_{key.rpartition('.')[2]}"
            charts[name] = _chart(cells, _NAMES.get(key, key), _said(cells, collected))
    return charts


def _cells(rows: pd.DataFrame, key: str, swept: list[str]) -> pd.DataFrame | None:
    """What is drawn against the choice `key`, with _X, `label`, `row` and `panel`.

    None unless all its values are numbers (a seed is a name), and some network has two of them with
    all else the same. A network that has none is left out; baselines stand beside all networks that
    were asked the same.
    """
    of_baseline = rows["model"].str.startswith(BASELINE)
    networks = rows[~of_baseline & (rows[key] != "")]
    numbers = pd.to_numeric(networks[key], errors="coerce")
    alike = networks.groupby(["task", "model", *(other for other in swept if other != key)])
    several = alike[key].nunique().max() > 1
    if key.endswith(".seed") or numbers.isna().any() or not several:
        return None
    networks = networks.assign(**{_X: numbers, "row": _beside(networks, key, swept)})
    met = networks[["asked", "forms", "row", _X]].drop_duplicates()
    baselines = rows[of_baseline].merge(met, on="asked", suffixes=("", "_met"))
    of_all_forms = baselines["forms"] == ""
    baselines = baselines[of_all_forms | (baselines["forms"] == baselines["forms_met"])]
    cells = pd.concat([networks, baselines], ignore_index=True)
    return cells.assign(
        label=model_names(cells["model"]),
        panel=cells["row"] + ", " + cells["n_attractors"],
    ).sort_values(["n_attractors", _X], kind="stable")


def _beside(networks: pd.DataFrame, key: str, swept: list[str]) -> pd.Series:
    """What each network is called beside its model and number: the task, and other choices.

    A choice that follows from model, task and number (a learning rate chosen for each) is no part.
    """
    others = [other for other in swept if other != key]
    told = networks.groupby(["task", "model", key])[others].transform("nunique") > 1
    names = networks.assign(**{other: networks[other].where(told[other], "") for other in others})
    several_tasks = ["task"] * (len(tasks_of(networks)) > 1)
    return variants(names, [*several_tasks, *others])


def _chart(cells: pd.DataFrame, title: str, said: list[str]) -> alt.VConcatChart:
    """A row of panels for each `row`, a panel for each number of attractors."""
    of_baseline = cells["model"].str.startswith(BASELINE)
    cells = pd.concat([cells[~of_baseline], merge_equal(cells[of_baseline], _X)])
    counts = sorted(cells["n_attractors"].unique(), key=int)
    width = WIDTH // len(counts) - 40
    across, bottom = _across(cells[_X], title), lowest(cells)
    rows = []
    for row in sorted(cells["row"].unique(), key=_in_order):
        panels = [
            alt.LayerChart(
                layer=lines(
                    cells[(cells["row"] == row) & (cells["n_attractors"] == count)],
                    cells,
                    _X,
                    across,
                    accuracy_axis(bottom, first=count == counts[0]),
                ),
                title=alt.Title(
                    [*filter(None, [row]), f"{count} attractor{'s' * (count != '1')}"],
                    fontSize=13,
                    fontWeight="normal",
                ),
                width=width,
                height=210,
            )
            for count in counts
        ]
        rows.append(alt.HConcatChart(hconcat=panels, bounds="flush", spacing=30))
    return page(rows, 24, f"Accuracy against {title.partition(' (')[0]}", said)


def _in_order(row: str) -> list[str | float]:
    """What rows are sorted by: the numbers in their names are numbers."""
    parts = re.split(r"=([\d.]+(?:e-?\d+)?)(?= |$)", row)
    return [float(part) if place % 2 else part for place, part in enumerate(parts)]


def _across(values: pd.Series, title: str) -> alt.X:
    """Logarithmic where every value is above 0, with a margin at both ends."""
    low, high = float(values.min()), float(values.max())
    ticks = alt.Axis(values=sorted(values.unique().tolist()), format=",~r", grid=False)
    if low > 0:
        margin = (high / low) ** 0.06
        scale = alt.Scale(type="log", domain=[low / margin, high * margin], nice=False)
    else:
        margin = (high - low) * 0.06
        scale = alt.Scale(domain=[low - margin, high + margin], nice=False, zero=False)
    return alt.X(f"{_X}:Q", title=title, axis=ticks, scale=scale)


def _said(cells: pd.DataFrame, collected: Collected) -> list[str]:
    """n, and what the panels hold fixed: nouns between, and how far off the subjects are."""
    networks = cells[~cells["model"].str.startswith(BASELINE)]
    nouns = int(networks["n_intervening"].iloc[0])
    items = collected.predictions
    items = items[(items["suite"] == "probes") & items["headline"]]
    items = items[items["n_intervening"] == nouns]
    means = items.groupby("n_attractors")["distance"].mean()
    far = ", ".join(f"{mean:.1f} with {count}" for count, mean in means.items())
    return [
        f"balanced probes, outer items, {nouns} noun{'s' * (nouns > 1)} between subject and verb: "
        f"{span(networks['n_items'])} items a point, {seeds_a_model(networks)}",
        f"distance {span(items['distance'])} tokens, mean {far} attractors; bands: "
        f"{interval_held(networks)}",
    ]
