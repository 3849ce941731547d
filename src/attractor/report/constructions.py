"""Accuracy construction by construction: the table, and what its figure and terminal rows show."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from attractor.report.accuracy import MEASURES, accuracies, by_attractors, with_choices
from attractor.report.collect import IN_DISTRIBUTION, PLACE, Collected
from attractor.report.configs import BASELINE, CONFIG, drawn_names
from attractor.report.panels import FEWEST_PREFIXES

HEURISTICS = [f"{BASELINE}first_noun", f"{BASELINE}most_recent_noun"]
ALL_ITEMS = "all items"
PANELS = ("no noun between", "nouns, no attractor", "nouns, all attractors")

_MANY = 20  # places of a suite: beyond, those of few prefixes stand in the table's file alone
_DEFAULT_SETS = {"balanced", "inner", "marked"}  # of the probes: the other figures show them
_MEASURES = {
    **MEASURES,
    "accuracy_singular": ("correct_singular", "mean", "mean"),
    "accuracy_plural": ("correct_plural", "mean", "mean"),
    "n_out_of_vocabulary": ("out_of_vocabulary", "sum", "max"),
}


def accuracy_by_construction(collected: Collected) -> pd.DataFrame:
    """contracts.ACCURACY_BY_CONSTRUCTION of every suite but the text's own test items."""
    predictions = collected.predictions
    rows = _measured(predictions[predictions["suite"] != IN_DISTRIBUTION])
    keys = [*CONFIG, *PLACE, "n_intervening"]
    return with_choices(by_attractors(collected, rows, keys, _MEASURES), collected)


def constructions(collected: Collected) -> dict[str, pd.DataFrame]:
    """By suite, a row a config × place × nouns between: what is drawn and printed.

    A place is a part of a suite, or a construction of it where a part holds several; `place` is
    its name, and places come easiest first; of very many, those of FEWEST_PREFIXES and more are
    kept. nouns: one of PANELS, or ALL_ITEMS. variant: what was varied beside the model, where each
    model was varied alike; otherwise the label says it all. Of the baselines, HEURISTICS. Suites:
    all but the flagship and probes of the default sets.
    """
    predictions = collected.predictions
    models = predictions["model"].cat.categories
    kept = predictions["model"].isin(models[~models.str.startswith(BASELINE)].union(HEURISTICS))
    parts = predictions[["suite", "probe_set"]].drop_duplicates().astype("str")
    names = drawn_names(collected.configs)
    return {
        str(suite): _cells(collected, predictions[kept & (predictions["suite"] == suite)], names)
        for suite, of_suite in parts.groupby("suite")
        if suite not in (IN_DISTRIBUTION, "flagship", "probes")
        or (suite == "probes" and set(of_suite["probe_set"]) - _DEFAULT_SETS)
    }


def _cells(collected: Collected, items: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """The cells of one suite, as `constructions` says."""
    between, attractors = items["n_intervening"], items["n_attractors"]
    nouns = np.select([between == 0, attractors == 0, attractors == between], PANELS, "")
    items = _measured(items).assign(nouns=pd.Categorical(nouns))
    keys = [*CONFIG, *PLACE]
    cells = pd.concat(
        [
            accuracies(collected, items, keys, _MEASURES).assign(nouns=ALL_ITEMS),
            accuracies(collected, items[nouns != ""], [*keys, "nouns"], _MEASURES),
        ]
    ).astype(dict.fromkeys([*keys, "nouns"], "str"))
    place_names = _place_names(cells[PLACE].drop_duplicates())
    cells["place"] = [place_names[row] for row in cells[PLACE].itertuples(index=False, name=None)]
    if cells["place"].nunique() > _MANY:
        asked = cells[cells["nouns"] == ALL_ITEMS].groupby("place")["n_prefixes"].max()
        cells = cells[cells["place"].isin(asked.index[asked >= FEWEST_PREFIXES])]
    # Parts by ease, and within each its constructions.
    networks = cells[(cells["nouns"] == ALL_ITEMS) & ~cells["model"].str.startswith(BASELINE)]
    for column in ("probe_set", "place"):
        ease = networks.groupby(column)["accuracy"].mean().round(6)
        cells[f"{column}_error"] = 1 - cells[column].map(ease).fillna(1.0)
    order = ["probe_set_error", "probe_set", "place_error", "place", "label"]
    return cells.merge(names, on=CONFIG).sort_values(order, kind="stable", ignore_index=True)


def _place_names(places: pd.DataFrame) -> Mapping[tuple[str, ...], str]:
    """A name for each row of PLACE: its part of the suite and what else its part needs to say."""
    names = {}
    several = len(set(places["probe_set"])) > 1
    for part, rows in places.groupby("probe_set", sort=False):
        varied = [column for column in PLACE[2:] if len(set(rows[column])) > 1]
        for row in rows.to_dict("records"):
            said = {column: row[column] for column in varied}
            if "within" in said:  # tells the role too
                said |= {"role": "", "within": f"within {said['within']}"}
            words = [str(part) if several else ""]
            words += [word for word in said.values() if not word.endswith("none")]
            shown = ", ".join(word for word in words if word)
            names[tuple(row[column] for column in PLACE)] = shown or row["construction"]
    return names


def _measured(items: pd.DataFrame) -> pd.DataFrame:
    """`items` with the columns that the further measures are made of."""
    number, correct = items["subject_number"], items["correct"]
    return items.assign(
        correct_singular=correct.where(number == "singular"),
        correct_plural=correct.where(number == "plural"),
        out_of_vocabulary=1 - items["in_vocabulary"],
    )
