"""Accuracy by construction as plain text: a row a construction, a column a model."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import pandas as pd

from attractor.report.configs import BASELINE, model_names
from attractor.report.constructions import ALL_ITEMS
from attractor.report.style import span

_PLACE = (24, 36)  # letters for a construction's name; a longer one has a line of its own
_HEADING = 8  # letters of a line of a heading, unless a word is longer
_LONGEST = 24


@dataclass(frozen=True)
class _Column:
    """A heading, cut into lines, over a cell a row."""

    heading: list[str]
    cells: list[str]

    @property
    def width(self) -> int:
        return 2 + max(map(len, [*self.heading, *self.cells]))


def construction_table(suite: str, cells: pd.DataFrame, width: int) -> list[str]:
    """The lines of one suite, at most `width` wide; cells: as `constructions` gives them."""
    cells = cells[cells["nouns"] == ALL_ITEMS]
    places = list(dict.fromkeys(cells["place"]))
    lines = []
    for variant, rows in cells.groupby("variant"):
        lines.append(", ".join(filter(None, [f"accuracy by construction: {suite}", str(variant)])))
        columns = [*_counts(rows, places), *_accuracies(rows, places)]
        room = width - _width(columns)  # if all stood side by side
        margin = min(max(map(len, places)), room if room >= _PLACE[0] else _PLACE[1])
        while columns:
            n = 1
            while n < len(columns) and _width(columns[: n + 1]) <= width - margin:
                n += 1
            lines += [*_block(places, columns[:n], margin), ""]
            columns = columns[n:]
    return [*lines, "unknown: pairs with a word that the model does not know; they count as well"]


def _counts(rows: pd.DataFrame, places: list[str]) -> list[_Column]:
    """How many items each place has; configurations may differ where their texts do."""
    of_place = rows[~rows["model"].str.startswith(BASELINE)].groupby("place")
    columns = []
    for name, heading in (
        ("n_items", ["pairs"]),
        ("n_prefixes", ["pre-", "fixes"]),
        ("n_out_of_vocabulary", ["un-", "known"]),
    ):
        counts = of_place[name].agg(span)
        columns.append(_Column(heading, [counts.get(place, "") for place in places]))
    return columns


def _accuracies(rows: pd.DataFrame, places: list[str]) -> list[_Column]:
    """Networks by label, then the heuristics; one that is right as often everywhere stands once."""
    of_baseline = rows["model"].str.startswith(BASELINE)
    columns: dict[str, list[str]] = {}
    for some in (rows[~of_baseline], rows[of_baseline]):
        for label, of_label in some.groupby("label"):
            found = dict(zip(of_label["place"], of_label["accuracy"], strict=True))
            columns[str(label)] = [f"{found[p]:.3f}" if p in found else "" for p in places]
    for name, labels in rows[of_baseline].groupby(model_names(rows["model"]))["label"]:
        own = {label: columns[label] for label in sorted(set(labels))}
        if len(set(map(tuple, own.values()))) == 1:
            columns = {label: cells for label, cells in columns.items() if label not in own}
            columns[str(name)] = next(iter(own.values()))
    return [_Column(_heading(label), cells) for label, cells in columns.items()]


def _heading(label: str) -> list[str]:
    lines = textwrap.wrap(label, _HEADING, break_long_words=False, break_on_hyphens=False)
    return [part for line in lines for part in textwrap.wrap(line, _LONGEST)]


def _block(places: list[str], columns: list[_Column], margin: int) -> list[str]:
    """Headings, a rule and the rows of those columns that stand side by side."""
    height = max(len(column.heading) for column in columns)
    headings = [[""] * (height - len(c.heading)) + c.heading for c in columns]
    widths = [column.width for column in columns]
    lines = [" " * margin + _right(line, widths) for line in zip(*headings, strict=True)]
    lines.append("-" * (margin + sum(widths)))
    for place, cells in zip(places, zip(*(c.cells for c in columns), strict=True), strict=True):
        own_line = len(place) > margin
        lines += [place] * own_line
        lines.append(f"{'' if own_line else place:<{margin}}{_right(cells, widths)}")
    return lines


def _right(cells: tuple[str, ...], widths: list[int]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def _width(columns: list[_Column]) -> int:
    return sum(column.width for column in columns)
