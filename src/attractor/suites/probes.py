"""Probes: items drawn by cell, so that no factor moves together with another.

A probe set asks for cells (suites/requests.py). Within a cell constructions have equal quotas and
derivation shapes are uniform, and the numbers of the nouns before and between are counterbalanced
by pattern.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd

from attractor.cells import CellCounter, Measure, outermost
from attractor.derivations import Forest, Ids
from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.factors import associations
from attractor.flattener import Flattener
from attractor.grammar import Grammar
from attractor.ragged import Ints
from attractor.realise import group_starts
from attractor.shapes import Dependencies, Shapes
from attractor.splits import probe_pools
from attractor.suites.probe_sets import whole_number
from attractor.suites.requests import Request, Target, existing, requests_of
from attractor.text import realise_unseen, shapes_of

HEADLINE = "balanced"
# Sentences are put into words so many at a time, or a million would fill the memory. Divisible by
# the number of patterns of up to seven nouns between, so that a request that is cut stays balanced.
_BATCH = 2**7 * 3**2 * 5 * 7


def draw_probes(
    grammar: Grammar,
    exposure: Exposure,
    name: str,
    sets: Mapping[str, Mapping[str, Any]],
    seed: int,
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Draw every probe set; returns the items and three tables: cells.csv, the cells asked for with
    their derivations; existing.csv, the cells that exist; factors.csv, which factors of the
    headline set (or of all) move together.

    sets: name -> start, without, role, max_depth, cells … (see conf/suite/probes.yaml).
    Raises UserError for a cell that no derivation fits, naming those that exist.
    """
    if not isinstance(sets, Mapping) or not sets:
        raise UserError(f"suite.{name}.sets={sets}: give at least one set of probes, by name")
    whole_number(f"suite.{name}.seed", seed, 0)
    frames, tables = [], []
    for number, (set_name, spec) in enumerate(sets.items()):
        place = f"suite.{name}.sets.{set_name}"
        requests, table = requests_of(grammar, place, spec)
        rng = np.random.default_rng([seed, number])
        way = _Way(place, spec["balanced"], spec.get("nouns", ""))
        found = _draw_set(grammar, requests, rng, exposure, way)
        frames.append(exposure.mark(found).assign(suite=name, split="probe", probe_set=set_name))
        tables.append(table.assign(probe_set=set_name))
    items = pd.concat(frames, ignore_index=True)
    items["item_id"] = [f"{name}-{i}" for i in range(len(items))]
    headline = items[items["probe_set"] == HEADLINE]
    return items, {
        "cells.csv": pd.concat(tables, ignore_index=True),
        "existing.csv": existing(grammar),
        "factors.csv": associations(headline if len(headline) else items),
    }


@dataclass(frozen=True)
class _Way:
    """What a set wants of its items beside their cells; `place` is its name, for messages."""

    place: str
    balanced: bool
    nouns: str  # a key of splits.NOUNS, or "" for any


def _draw_set(
    grammar: Grammar,
    requests: list[Request],
    rng: np.random.Generator,
    exposure: Exposure,
    way: _Way,
) -> pd.DataFrame:
    forest = Forest()
    flattener = Flattener(grammar, forest)
    drawn = _draw_trees(requests, rng, forest)
    frames = []
    for batch in _batches(list(zip(requests, drawn, strict=True))):
        trees = np.concatenate([t for _, some in batch for t in some.values()])
        shapes, shape = shapes_of(flattener, trees)
        asked = _targets(shapes, shape, batch)
        pools = probe_pools(shapes, asked, way.nouns) if way.nouns else None
        plural = _numbers(shapes, asked, batch, rng, way)
        _, found = realise_unseen(shapes, shape, plural, rng, exposure, pools, asked)
        frames.append(found.drop(columns="sentence_number"))
    return pd.concat(frames, ignore_index=True)


Drawn = dict[Target, Ids]


def _draw_trees(requests: list[Request], rng: np.random.Generator, forest: Forest) -> list[Drawn]:
    """The trees of each request, by target: those of one counter and role in one draw."""
    quotas = [request.quotas(rng) for request in requests]
    wanted: defaultdict[tuple[CellCounter, str], Counter[Measure]] = defaultdict(Counter)
    for request, some in zip(requests, quotas, strict=True):
        for (role, measure), n in some.items():
            wanted[request.counter, role][measure] += n
    left: dict[tuple[CellCounter, str, Measure], Ids] = {}  # trees not given to a request yet
    for (counter, role), counts in wanted.items():
        trees = counter.draw(role, counts, rng, forest)
        ends = np.cumsum(list(counts.values()))[:-1]
        for measure, of_measure in zip(counts, np.split(trees, ends), strict=True):
            left[counter, role, measure] = of_measure
    drawn: list[Drawn] = []
    for request, some in zip(requests, quotas, strict=True):
        drawn.append({})
        for target, n in some.items():
            place = (request.counter, *target)
            drawn[-1][target], left[place] = np.split(left[place], [n])
    return drawn


def _batches(requests: list[tuple[Request, Drawn]]) -> Iterator[list[tuple[Request, Drawn]]]:
    """Requests put together, or cut, so that a batch has at most _BATCH items (nearly)."""
    batch: list[tuple[Request, Drawn]] = []
    size = 0
    for request, drawn in requests:
        while sum(map(len, drawn.values())) > _BATCH:
            part, drawn = _cut(drawn, _BATCH)
            yield [(request, part)]
        batch.append((request, drawn))
        size += sum(map(len, drawn.values()))
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _cut(drawn: Drawn, n: int) -> tuple[Drawn, Drawn]:
    """The first `n` trees of a request, and the others."""
    first: Drawn = {}
    rest: Drawn = {}
    for target, trees in drawn.items():
        first[target], rest[target] = np.split(trees, [n])
        n -= len(first[target])
    return first, rest


def _targets(shapes: Shapes, shape: Ints, batch: list[tuple[Request, Drawn]]) -> Ints:
    """The dependency (N,) of each sentence's shape that the sentence was drawn for."""
    asked = np.empty(len(shape), dtype=np.int64)
    row = 0
    for request, target, n in ((r, t, len(i)) for r, some in batch for t, i in some.items()):
        some = shape[row : row + n]
        fitting = _fitting(shapes, target, request.counter.spelled)
        first = np.searchsorted(fitting, shapes.dependency_start[some])
        asked[row : row + n] = fitting[first]
        row += n
    assert (shapes.dependencies.shape[asked] == shape).all(), "a shape lacks what it was drawn for"
    return asked


def _fitting(shapes: Shapes, target: Target, spelled: bool) -> Ints:
    """The dependencies of all shapes that are of a target's cell, in their order."""
    d, (role, cell) = shapes.dependencies, target
    spell = str if spelled else outermost
    structures = [
        spell(some.spelled) == cell.structure and some.depth == cell.depth
        for some in shapes.names.structures
    ]
    return np.flatnonzero(
        (d.subject_index == cell.subject_index)
        & (d.verb_index - d.subject_index == cell.distance)
        & (d.n_intervening == cell.n_intervening)
        & ((d.within > 0) == (role == "inner"))
        & np.array(structures, dtype=np.bool_)[d.structure]
    )


def _numbers(
    shapes: Shapes,
    asked: Ints,
    batch: list[tuple[Request, Drawn]],
    rng: np.random.Generator,
    way: _Way,
) -> Ints:
    """The numbers of all groups of the sentences, end to end; 1 is plural."""
    dependencies = shapes.dependencies.take(asked)
    starts = group_starts(shapes, dependencies.shape)
    plural: Ints = rng.integers(0, 2, starts[-1])
    first = 0
    for request, some in batch:
        rows = np.arange(first, first + sum(map(len, some.values())))
        _counterbalance(plural, starts[rows], request, dependencies.take(rows), rng, way)
        first += len(rows)
    return plural


def _counterbalance(
    plural: Ints,
    starts: Ints,
    request: Request,
    dependencies: Dependencies,
    rng: np.random.Generator,
    way: _Way,
) -> None:
    """Set the numbers of subject, preceding and intervening nouns of a request's items.

    plural: numbers of all groups; starts (n,): where each item's groups begin in it. Every pattern
    of attractors is crossed with every pattern of the preceding nouns, and all come equally often
    in a random order. In a balanced set that is exact, and refused where the quota does not allow
    it.
    """
    counts = np.column_stack([dependencies.group, dependencies.n_intervening])
    for n_preceding, k in np.unique(counts, axis=0).tolist():
        rows = np.flatnonzero((counts == (n_preceding, k)).all(axis=1))
        wanted = range(k + 1) if request.n_attractors is None else [request.n_attractors]
        between = [
            [request.plural ^ (i in attractors) for i in range(k)]
            for n_attractors in wanted
            for attractors in combinations(range(k), n_attractors)
        ]
        patterns = np.array(
            [
                [request.plural, *before, *after]
                for before in product((0, 1), repeat=n_preceding)
                for after in between
            ]
        )
        if way.balanced and (n_preceding == 0 or len(rows) % len(patterns)):
            raise UserError(
                f"{way.place}: a balanced set needs a noun before the subject and items_per_cell "
                f"divisible by {len(patterns)}; it has {n_preceding} and {len(rows)}"
            )
        groups = [n_preceding, *range(n_preceding), *range(n_preceding + 1, n_preceding + 1 + k)]
        cycle = rng.permutation(len(rows)) % len(patterns)
        plural[starts[rows][:, None] + np.array(groups)] = patterns[cycle]
