"""Probes: items drawn by cell, so that no factor moves together with another.

A probe set asks for cells: start symbol x subject position x distance x structure. Each is drawn
with its subject singular and plural and with every number of attractors, in equal quotas. Within a
cell derivation shapes are uniform, and the numbers of the nouns before and between are
counterbalanced by pattern.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, groupby, product
from typing import Any

import numpy as np
import pandas as pd

from attractor.blocks import read_block
from attractor.cells import CellCounter, Measure
from attractor.derivations import Forest
from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.factors import associations
from attractor.grammar import Grammar
from attractor.realise import Ints, group_starts
from attractor.shapes import Dependency, Shape
from attractor.text import realise_unseen, shapes_of

HEADLINE = "balanced"
_KEYS = {
    "balanced",
    "start",
    "without",
    "role",
    "max_depth",
    "subject_index",
    "cells",
}
_CELL_KEYS = {"n_intervening", "distance", "structure", "items_per_cell"}


@dataclass(frozen=True)
class Request:
    """One cell asked for: its shape, the number of its subject and of attractors, and how many."""

    counter: CellCounter  # of the cell's start symbol
    role: str
    measure: Measure
    n_attractors: int
    plural: int
    n_items: int


def draw_probes(
    grammar: Grammar, exposure: Exposure, sets: Mapping[str, Mapping[str, Any]], seed: int
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Draw every probe set; returns the items, cells.csv with its counts of derivations, and
    factors.csv: which factors of the headline set move together.

    sets: name -> start, without, role, subject_index, cells … (see conf/suite/probes.yaml).
    Raises UserError for a cell that no derivation fits, naming those that exist.
    """
    if not sets:
        raise UserError("suite.probes.sets: give at least one set of probes")
    frames, tables = [], []
    for number, (name, spec) in enumerate(sets.items()):
        requests, table = plan(grammar, name, spec)
        rng = np.random.default_rng([seed, number])
        found = _draw_set(grammar, requests, rng, exposure, bool(spec["balanced"]), name)
        frames.append(exposure.mark(found).assign(suite="probes", split="probe", probe_set=name))
        tables.append(table.assign(probe_set=name))
    items = pd.concat(frames, ignore_index=True)
    items["item_id"] = [f"probe-{i}" for i in range(len(items))]
    headline = items[items["probe_set"] == HEADLINE]
    return items, {
        "cells.csv": pd.concat(tables, ignore_index=True),
        "factors.csv": associations(headline if len(headline) else items),
    }


def plan(
    grammar: Grammar, name: str, spec: Mapping[str, Any]
) -> tuple[list[Request], pd.DataFrame]:
    """The requests of one probe set, and the table of its cells with their derivations."""
    place = f"suite.probes.sets.{name}"
    if set(spec or ()) != _KEYS:
        wrong = ", ".join(sorted(set(spec or ()) ^ _KEYS))
        raise UserError(f"{place}: {wrong} missing or unknown; give {', '.join(sorted(_KEYS))}")
    spec = {**spec, "cells": read_block(spec["cells"], f"{place}.cells")}
    for cells in spec["cells"]:
        if set(cells) != _CELL_KEYS:
            raise UserError(f"{place}.cells: give {', '.join(sorted(_CELL_KEYS))} in each, no more")
    _check(place, spec)
    reduced = grammar.without(spec["without"])
    requests, rows = [], []
    for start in spec["start"]:
        if start not in reduced.rules:
            raise UserError(f"{place}.start: {start} is no symbol of the grammar, or left out")
        counter = CellCounter(
            replace(reduced, start=start, max_depth=spec["max_depth"]),
            max_subject_index=max(spec["subject_index"]),
            max_distance=max(d for cells in spec["cells"] for d in cells["distance"]),
            max_intervening=max(cells["n_intervening"] for cells in spec["cells"]),
        )
        counts = counter.cells(spec["role"])
        for cells, position, distance, structure in _each_cell(spec):
            measure = Measure(position, distance, cells["n_intervening"], structure)
            if not counts[measure]:
                further = replace(
                    counter, max_distance=2 * counter.max_distance, _counts={}, _folds={}
                )
                raise UserError(_impossible(place, start, measure, further.cells(spec["role"])))
            cell = {"start": start, "role": spec["role"], **measure._asdict()}
            rows.append({**cell, "derivations": counts[measure]})
            requests += [
                Request(counter, spec["role"], measure, n_attractors, plural, n_items)
                for n_items in [cells["items_per_cell"]]
                for n_attractors in range(cells["n_intervening"] + 1)
                for plural in (0, 1)
            ]
    return requests, pd.DataFrame(rows)


def _each_cell(spec: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], int, int, str]]:
    """Each entry of `cells` with each subject_index, distance and structure it asks for."""
    for cells in spec["cells"]:
        for position in spec["subject_index"]:
            for distance, structure in product(cells["distance"], cells["structure"]):
                yield cells, position, distance, structure


def _check(place: str, spec: Mapping[str, Any]) -> None:
    """Refuse values that no plan can be made of."""
    if spec["role"] not in ("outer", "inner"):
        raise UserError(f"{place}.role={spec['role']}: choose outer or inner")
    numbers = {"max_depth": (spec["max_depth"], 0)}
    lists = {key: spec[key] for key in ("start", "subject_index", "cells")}
    for number, cells in enumerate(spec["cells"]):
        lists |= {f"cells.{number}.{key}": cells[key] for key in ("distance", "structure")}
        numbers[f"cells.{number}.items_per_cell"] = (cells["items_per_cell"], 1)
    for key, (value, least) in numbers.items():
        if not isinstance(value, int) or value < least:
            raise UserError(f"{place}.{key}={value}: give a whole number of at least {least}")
    for key, values in lists.items():
        if not isinstance(values, list) or not values:
            raise UserError(f"{place}.{key}={values}: give a list of at least one")


def _impossible(place: str, start: str, wanted: Measure, counts: Mapping[Measure, int]) -> str:
    near = sorted(
        m.distance
        for m in counts
        if m._replace(distance=0) == wanted._replace(distance=0) and counts[m]
    )
    exist = (
        f"distances that exist: {', '.join(map(str, near))}"
        if near
        else "none exists at any distance"
    )
    return (
        f"{place}: no {start} has subject_index {wanted.subject_index}, "
        f"distance {wanted.distance}, n_intervening {wanted.n_intervening}, "
        f"structure {wanted.structure}; {exist}"
    )


def _draw_set(
    grammar: Grammar,
    requests: list[Request],
    rng: np.random.Generator,
    exposure: Exposure,
    balanced: bool,
    name: str,
) -> pd.DataFrame:
    forest = Forest()
    trees = []
    # Requests for one measure stand together: they share one draw, which is in random order.
    for (_, role, measure), group in groupby(requests, key=_place):
        some = list(group)
        n_items = sum(request.n_items for request in some)
        trees.append(some[0].counter.draw(role, measure, n_items, rng, forest))
    shapes, shape = shapes_of(grammar, forest, np.concatenate(trees))
    starts = group_starts(shapes, shape)
    plural = rng.integers(0, 2, starts[-1])
    targets = np.empty(len(shape), dtype=np.int64)
    first = 0
    for request in requests:
        rows = np.arange(first, first + request.n_items)
        chosen = [_target(shapes[shape[row]], request) for row in rows]
        for row, (_, dependency), numbers in zip(
            rows,
            chosen,
            _patterns(request, [d for _, d in chosen], rng, balanced, name),
            strict=True,
        ):
            groups = [dependency.group, *dependency.preceding, *dependency.intervening]
            plural[starts[row] + np.array(groups)] = numbers
        targets[rows] = [index for index, _ in chosen]
        first += request.n_items
    _, found = realise_unseen(shapes, shape, plural, rng, exposure)
    order = found.groupby("sentence_number").cumcount().to_numpy()
    found = found[order == targets[found["sentence_number"]]]
    wanted: pd.DataFrame = found.drop(columns="sentence_number")
    return wanted


def _place(request: Request) -> tuple[str, str, Measure]:
    return request.counter.grammar.start, request.role, request.measure


def _target(shape: Shape, request: Request) -> tuple[int, Dependency]:
    """The dependency of a shape that a request is about; its index among them."""
    for index, d in enumerate(shape.dependencies):
        measure = Measure(
            d.subject_index, d.verb_index - d.subject_index, len(d.intervening), d.structure
        )
        if measure == request.measure and d.role == request.role:
            return index, d
    raise AssertionError("a drawn shape lacks the dependency it was drawn for")


def _patterns(
    request: Request,
    dependencies: list[Dependency],
    rng: np.random.Generator,
    balanced: bool,
    name: str,
) -> list[Ints]:
    """Numbers for subject, preceding and intervening nouns of each item, counterbalanced.

    Every pattern of attractors is crossed with every pattern of the preceding nouns, and all come
    equally often in a random order. In a balanced set that is exact, and refused where the quota
    does not allow it.
    """
    k = request.measure.n_intervening
    between = [
        [request.plural ^ (i in attractors) for i in range(k)]
        for attractors in combinations(range(k), request.n_attractors)
    ]
    numbers: list[Ints] = [np.empty(0, dtype=np.int64)] * len(dependencies)
    counts = np.array([len(d.preceding) for d in dependencies])
    for n_preceding in np.unique(counts).tolist():
        rows = np.flatnonzero(counts == n_preceding)
        patterns = [
            np.array([request.plural, *before, *after], dtype=np.int64)
            for before in product((0, 1), repeat=n_preceding)
            for after in between
        ]
        if balanced and (n_preceding != 1 or len(rows) % len(patterns)):
            raise UserError(
                f"suite.probes.sets.{name}: a balanced set needs one noun before the subject and "
                f"items_per_cell divisible by {len(patterns)}; it has {n_preceding} and {len(rows)}"
            )
        cycle = rng.permutation(len(rows)) % len(patterns)
        for row, pattern in zip(rows, cycle, strict=True):
            numbers[row] = patterns[pattern]
    return numbers
