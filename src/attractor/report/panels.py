"""Which cells of an accuracy table are drawn, in which panel, under which name."""

from __future__ import annotations

from typing import Any

import pandas as pd

from attractor.report.collect import Collected
from attractor.report.configs import BASELINE, CONFIG, drawn_names

FEWEST_PREFIXES = 20  # a cell with fewer is not drawn: its accuracy is mostly luck


def headline(frame: pd.DataFrame, collected: Collected, fixed: bool) -> pd.DataFrame:
    """The cells to draw of an accuracy table, with `label`, `variant` and `panel`.

    With `fixed`, those where none or all of the intervening nouns are attractors: the nouns
    between are held fixed while the x axis varies.
    """
    rows = headline_rows(frame)
    if fixed:
        every = rows["n_attractors"] == rows["n_intervening"].astype(str)
        rows = rows[(rows["n_attractors"] == "0") | every]
    cells = rows.merge(drawn_names(collected.configs), on=CONFIG)
    pairs = zip(cells["n_intervening"], cells["n_attractors"], strict=True)
    return cells.assign(panel=[panel_title(n, int(k)) for n, k in pairs]).sort_values(
        ["n_intervening", "n_attractors"], kind="stable"
    )


def headline_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The cells of an accuracy table that are of headline probes, and not too thin to be drawn."""
    rows = (frame["suite"] == "probes") & (frame["probe_set"] == "balanced")
    rows &= (frame["role"] == "outer") & (frame["n_prefixes"] >= FEWEST_PREFIXES)
    return frame[rows & (frame["n_attractors"] != "all")]


def merge_equal(baselines: pd.DataFrame, x: str) -> pd.DataFrame:
    """Baselines that agree in every cell become one line that bears all their names."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for label, rows in baselines.groupby("label"):
        curve = tuple(zip(rows["panel"], rows[x], rows["accuracy"].round(6), strict=True))
        groups.setdefault(tuple(sorted(curve)), []).append(str(label))
    models = baselines.groupby("label")["model"].first()
    kept = {}
    for names in groups.values():
        # A heuristic that is the same in every configuration is named once, for all of them.
        shared = {m for m in models[names] if set(models.index[models == m]) <= set(names)}
        short = {n: models[n].removeprefix(BASELINE).replace("_", " ") for n in names}
        shown = [short[n] if models[n] in shared else n for n in names]
        kept[names[0]] = " = ".join(dict.fromkeys(shown))
    rows = baselines[baselines["label"].isin(kept)]
    return rows.assign(label=rows["label"].map(kept))


def panel_columns(panels: int) -> int:
    """How many panels stand side by side, so that none is alone in its row."""
    return 3 if panels in (5, 6, 9) else min(panels, 4)


def panel_title(n_intervening: int, n_attractors: int) -> str:
    if n_intervening == 0:
        return "no intervening noun"
    nouns = f"{n_intervening} intervening noun{'s' * (n_intervening > 1)}"
    if n_attractors == 0:
        return f"{nouns}, no attractor"
    if n_intervening == 1:
        return f"{nouns}, an attractor"
    return f"{nouns}, {'both' if n_intervening == 2 else 'all'} attractors"
