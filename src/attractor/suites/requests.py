"""Requests for probes: the cells that a probe set asks for, and the derivations that each has.

A cell fixes any of the factors of FACTORS and pools the others. A list of values makes a cell of
each; lists of several factors are crossed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from attractor.blocks import read_block
from attractor.cells import CellCounter, Measure, outermost
from attractor.errors import UserError
from attractor.grammar import Grammar
from attractor.splits import NOUNS
from attractor.word_classes import NUMBERS

# What a cell may fix of a derivation, and how far a factor reaches that no cell fixes.
FACTORS = ("subject_index", "distance", "n_intervening", "depth", "construction", "structure")
REACH = {"subject_index": 9, "distance": 20, "n_intervening": 4}
_DEEPEST = 4
_CELL_KEYS = {*FACTORS, "n_attractors", "subject_number", "items_per_cell"}
_SET_KEYS = {"balanced", "start", "without", "role", "max_depth"}
_OPTIONAL = {"cells", "nouns"}
_WORDS = ("construction", "structure", "subject_number")


@dataclass(frozen=True)
class Request:
    """Items of one cell with the number of its subject and of attractors (None: any)."""

    counter: CellCounter  # of the cell's start symbol
    role: str
    derivations: Mapping[Measure, int]
    n_attractors: int | None
    plural: int
    n_items: int

    def quotas(self, rng: np.random.Generator) -> dict[Measure, int]:
        """How many items of each measure: equal for constructions, then as derivations are."""
        by_construction: defaultdict[str, dict[Measure, int]] = defaultdict(dict)
        for measure, count in self.derivations.items():
            by_construction[outermost(measure.structure)][measure] = count
        equal, left = divmod(self.n_items, len(by_construction))
        extra = rng.permutation(len(by_construction)) < left
        quotas: dict[Measure, int] = {}
        for counts, one_more in zip(by_construction.values(), extra.tolist(), strict=True):
            total = sum(counts.values())
            shares = rng.multinomial(equal + one_more, [n / total for n in counts.values()])
            quotas |= {m: int(n) for m, n in zip(counts, shares, strict=True) if n}
        return quotas


def plan(
    grammar: Grammar, place: str, spec: Mapping[str, Any]
) -> tuple[list[Request], pd.DataFrame]:
    """The requests of one probe set, and the table of its cells with their derivations.

    place: the set's name in the configuration, for messages. Raises UserError for a wrong key or
    value, and for a cell that no derivation fits.
    """
    entries = _entries(place, spec)
    reduced = grammar.without(spec["without"])
    requests, rows = [], []
    for start in spec["start"]:
        if start not in reduced.rules:
            raise UserError(f"{place}.start: {start} is no symbol of the grammar, or left out")
        if reduced.rules[start][0].variable:
            raise UserError(f"{place}.start: {start} carries a number; name a symbol without [n]")
        whole = replace(reduced, start=start, max_depth=spec["max_depth"])
        counter = _counter(whole, entries)
        counts = counter.cells(spec["role"])
        for entry in entries:
            fixed = [factor for factor in FACTORS if factor in entry]
            by_values = _by_values(counts, fixed)
            for values in product(*(entry[factor] for factor in fixed)):
                cell = dict(zip(fixed, values, strict=True))
                found = by_values.get(values, {})
                rows.append({"start": start, "role": spec["role"]} | cell)
                rows[-1]["derivations"] = sum(found.values())
                for n_attractors in entry.get("n_attractors", [None]):
                    enough = {
                        m: n for m, n in found.items() if m.n_intervening >= (n_attractors or 0)
                    }
                    if not enough:
                        raise UserError(
                            _impossible(place, start, spec, counter, cell, n_attractors)
                        )
                    requests += [
                        Request(
                            counter,
                            spec["role"],
                            enough,
                            n_attractors,
                            NUMBERS.index(number),
                            entry["items_per_cell"],
                        )
                        for number in entry.get("subject_number", NUMBERS)
                    ]
    table = pd.DataFrame(rows).reindex(columns=["start", "role", *FACTORS, "derivations"])
    # Whole numbers with blanks for what a cell pools.
    return requests, table.astype(
        dict.fromkeys(("subject_index", "distance", "n_intervening", "depth"), "Int64")
    )


def existing(grammar: Grammar) -> pd.DataFrame:
    """Every cell that exists within REACH: role, construction, depth, nouns between, distance.

    `derivations` counts those of all subject positions and of the whole grammar, at most four
    constructions deep; construction names what is outermost between subject and verb.
    """
    counter = CellCounter(
        replace(grammar, max_depth=_DEEPEST),
        max_subject_index=REACH["subject_index"],
        max_distance=REACH["distance"],
        max_intervening=REACH["n_intervening"],
        spelled=False,
    )
    rows = [
        {"role": role, "construction": m.structure, **m._asdict(), "derivations": n}
        for role in ("outer", "inner")
        for m, n in counter.cells(role).items()
    ]
    keys = ["role", "construction", "depth", "n_intervening", "distance"]
    return pd.DataFrame(rows).groupby(keys)["derivations"].sum().reset_index()


def _counter(grammar: Grammar, entries: list[dict[str, Any]]) -> CellCounter:
    """A counter that reaches as far as the entries ask."""
    bounds = {
        factor: max(max(entry[factor]) if factor in entry else reach for entry in entries)
        for factor, reach in REACH.items()
    }
    return CellCounter(
        grammar,
        max_subject_index=bounds["subject_index"],
        max_distance=bounds["distance"],
        max_intervening=bounds["n_intervening"],
        spelled=any("structure" in entry for entry in entries),
    )


def _by_values(
    counts: Mapping[Measure, int], factors: list[str]
) -> dict[tuple[Any, ...], dict[Measure, int]]:
    """The measures with their counts, by the values that they have of some factors."""
    groups: defaultdict[tuple[Any, ...], dict[Measure, int]] = defaultdict(dict)
    for measure, count in counts.items():
        values = measure._asdict() | {"construction": outermost(measure.structure)}
        groups[tuple(values[factor] for factor in factors)][measure] = count
    return groups


def _entries(place: str, spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The cells of a set, each with what the set says of all of them. UserError if one is wrong."""
    given = set(spec or ())
    if wrong := (_SET_KEYS - given) | (given - _SET_KEYS - _OPTIONAL - _CELL_KEYS):
        needed = ", ".join(sorted(_SET_KEYS))
        raise UserError(f"{place}: {', '.join(sorted(wrong))} missing or unknown; give {needed}")
    if spec["role"] not in ("outer", "inner"):
        raise UserError(f"{place}.role={spec['role']}: choose outer or inner")
    if "nouns" in spec and spec["nouns"] not in NOUNS:
        raise UserError(f"{place}.nouns={spec['nouns']}: choose {' or '.join(NOUNS)}")
    _whole_number(f"{place}.max_depth", spec["max_depth"], 0)
    _list(f"{place}.start", spec["start"], str)
    common = {key: value for key, value in spec.items() if key in _CELL_KEYS}
    cells = read_block(spec.get("cells", [{}]), f"{place}.cells")
    return [
        _entry(f"{place}.cells.{number}", common | some)
        for number, some in enumerate(_list(f"{place}.cells", cells, dict))
    ]


def _entry(here: str, entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of `cells`, checked."""
    if wrong := set(entry) - _CELL_KEYS:
        known = ", ".join(sorted(_CELL_KEYS))
        raise UserError(f"{here}: {', '.join(sorted(wrong))} unknown; choose from {known}")
    _whole_number(f"{here}.items_per_cell", entry.get("items_per_cell"), 1)
    for key in sorted(set(entry) - {"items_per_cell"}):
        _list(f"{here}.{key}", entry[key], str if key in _WORDS else int)
    if unknown := set(entry.get("subject_number", ())) - set(NUMBERS):
        raise UserError(f"{here}.subject_number: {unknown.pop()}; choose {' or '.join(NUMBERS)}")
    return entry


def _whole_number(key: str, value: Any, least: int) -> None:
    if not isinstance(value, int) or value < least:
        raise UserError(f"{key}={value}: give a whole number of at least {least}")


def _list(key: str, values: Any, kind: type) -> list[Any]:
    if not isinstance(values, list) or not values or not all(isinstance(v, kind) for v in values):
        what = {int: "whole numbers", str: "names", dict: "cells"}[kind]
        raise UserError(f"{key}={values}: give a list of {what}, of at least one")
    return values


def _impossible(
    place: str,
    start: str,
    spec: Mapping[str, Any],
    counter: CellCounter,
    cell: Mapping[str, Any],
    n_attractors: int | None,
) -> str:
    """Say that a cell does not exist, and at which distances its like does."""
    further = replace(counter, max_distance=2 * counter.max_distance)
    other = [factor for factor in cell if factor != "distance"]
    alike = _by_values(further.cells(spec["role"]), other)
    distances = {
        m.distance
        for m in alike.get(tuple(cell[factor] for factor in other), {})
        if m.n_intervening >= (n_attractors or 0)
    }
    exist = "none exists at any distance"
    if distances:
        exist = f"distances that exist: {', '.join(map(str, sorted(distances)))}"
    asked = cell if n_attractors is None else {**cell, "n_attractors": n_attractors}
    wanted = ", ".join(f"{key} {value}" for key, value in asked.items())
    return f"{place}: no {start} of role {spec['role']} has {wanted}; {exist}"
