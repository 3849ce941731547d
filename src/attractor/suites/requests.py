"""Requests for probes: the cells that a probe set asks for, and the derivations that each has.

A cell fixes any of the factors of FACTORS and pools the others. A list of values makes a cell of
each; lists of several factors are crossed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from attractor.cells import CellCounter, Measure, outermost
from attractor.errors import UserError
from attractor.grammar import Grammar
from attractor.structures import NONE, SIMPLE
from attractor.suites.probe_sets import FACTORS, NUMBER_FACTORS, ROLES, entries_of
from attractor.word_classes import NUMBERS

# How far a factor reaches that no cell fixes, and how deep the list of existing cells goes.
REACH = {"subject_index": 9, "distance": 20, "n_intervening": 4}
_DEEPEST = 4


class Target(NamedTuple):
    """A dependency to draw derivations for: its role and its measure."""

    role: str
    measure: Measure


@dataclass(frozen=True)
class Request:
    """Items of one cell with the number of its subject and of attractors (None: any)."""

    counter: CellCounter  # of the cell's start symbol
    derivations: Mapping[Target, int]
    n_attractors: int | None
    plural: int
    n_items: int

    def quotas(self, rng: np.random.Generator) -> dict[Target, int]:
        """How many items of each target: equal for constructions, then as derivations are."""
        by_construction: defaultdict[str, dict[Target, int]] = defaultdict(dict)
        for target, count in self.derivations.items():
            construction, _ = named(target.measure.structure, self.counter.grammar)
            by_construction[construction][target] = count
        equal, left = divmod(self.n_items, len(by_construction))
        extra = rng.permutation(len(by_construction)) < left
        quotas: dict[Target, int] = {}
        for counts, one_more in zip(by_construction.values(), extra.tolist(), strict=True):
            total = sum(counts.values())
            shares = rng.multinomial(equal + one_more, [n / total for n in counts.values()])
            quotas |= {m: int(n) for m, n in zip(counts, shares, strict=True) if n}
        return quotas


def named(structure: str, grammar: Grammar) -> tuple[str, str]:
    """The outermost construction of a structure, and its coordination, as items name them."""
    conjuncts = set(grammar.coordinations.values())
    parts = outermost(structure).split("+")
    constructions = [part for part in parts if part not in conjuncts]
    coordinations = [part for part in parts if part in conjuncts]
    return next(iter(constructions), SIMPLE), next(iter(coordinations), NONE)


def requests_of(
    grammar: Grammar, place: str, spec: Mapping[str, Any]
) -> tuple[list[Request], pd.DataFrame]:
    """The requests of one probe set, and the table of its cells with their derivations.

    place: the set's name in the configuration, for messages. Raises UserError for a wrong key or
    value, and for a cell that no derivation fits.
    """
    entries = entries_of(place, spec)
    reduced = grammar.without(spec["without"])
    requests, rows = [], []
    for start in spec["start"]:
        whole = replace(reduced, start=start, max_depth=spec["max_depth"])
        _check_start(place, whole)
        counter = _counter(whole, entries)
        for entry in entries:
            by_values = _by_values(counter, entry)
            for cell in _cells(entry):
                found = by_values.get(tuple(cell.values()), {})
                rows.append({"start": start, **cell, "derivations": sum(found.values())})
                for k in entry.get("n_attractors", [None]):
                    enough = {t: n for t, n in found.items() if t.measure.n_intervening >= (k or 0)}
                    if not enough:
                        raise UserError(_impossible(place, counter, entry, cell, k))
                    requests += [
                        Request(counter, enough, k, NUMBERS.index(number), entry["items_per_cell"])
                        for number in entry.get("subject_number", NUMBERS)
                    ]
    table = pd.DataFrame(rows).reindex(columns=["start", *FACTORS, "derivations"])
    # Whole numbers, with blanks for what a cell pools.
    return requests, table.astype(dict.fromkeys(NUMBER_FACTORS, "Int64"))


def existing(grammar: Grammar) -> pd.DataFrame:
    """Every cell that exists within REACH, at most four constructions deep, with its derivations.

    Columns: FACTORS without the structure, and derivations.
    """
    counter = _counter(replace(grammar, max_depth=_DEEPEST), [{}])
    rows = [
        {**_values(target, grammar), "derivations": n} for target, n in _targets(counter, ROLES)
    ]
    keys = [factor for factor in FACTORS if factor != "structure"]
    return pd.DataFrame(rows).groupby(keys)["derivations"].sum().reset_index()


def _check_start(place: str, grammar: Grammar) -> None:
    start, known = grammar.start, grammar.rules
    if not known.get(start) or not grammar.can_end(start, grammar.max_depth):
        raise UserError(f"{place}.start: {start} is no symbol of the grammar, or left out")
    if known[start][0].variable:
        raise UserError(f"{place}.start: {start} carries a number; name a symbol without [n]")


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


def _cells(entry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each combination of the values that an entry fixes."""
    fixed = [factor for factor in FACTORS if factor in entry]
    for values in product(*(entry[factor] for factor in fixed)):
        yield dict(zip(fixed, values, strict=True))


def _targets(counter: CellCounter, roles: tuple[str, ...]) -> Iterator[tuple[Target, int]]:
    for role in roles:
        for measure, count in counter.cells(role).items():
            yield Target(role, measure), count


def _values(target: Target, grammar: Grammar) -> dict[str, Any]:
    """The values of FACTORS that a target has."""
    construction, coordination = named(target.measure.structure, grammar)
    own = {"role": target.role, "construction": construction, "coordination": coordination}
    return {**own, **target.measure._asdict()}


def _by_values(
    counter: CellCounter, entry: Mapping[str, Any], but: str = ""
) -> dict[tuple[Any, ...], dict[Target, int]]:
    """The targets with their counts, by the values of the factors that `entry` fixes but `but`."""
    factors = [factor for factor in FACTORS if factor in entry and factor != but]
    groups: defaultdict[tuple[Any, ...], dict[Target, int]] = defaultdict(dict)
    for target, count in _targets(counter, tuple(entry.get("role", ROLES))):
        values = _values(target, counter.grammar)
        groups[tuple(values[factor] for factor in factors)][target] = count
    return groups


def _impossible(
    place: str,
    counter: CellCounter,
    entry: Mapping[str, Any],
    cell: Mapping[str, Any],
    n_attractors: int | None,
) -> str:
    """Say that a cell does not exist, and at which distances its like does."""
    farther = max(2 * counter.max_distance, REACH["distance"])
    alike = _by_values(replace(counter, max_distance=farther), entry, but="distance")
    others = tuple(value for factor, value in cell.items() if factor != "distance")
    distances = {
        t.measure.distance
        for t in alike.get(others, {})
        if t.measure.n_intervening >= (n_attractors or 0)
    }
    exist = "none exists at any distance; is every name spelled as in the grammar?"
    if distances:
        exist = f"distances that exist: {', '.join(map(str, sorted(distances)))}"
    asked = cell if n_attractors is None else {**cell, "n_attractors": n_attractors}
    wanted = ", ".join(f"{key} {value}" for key, value in asked.items())
    return f"{place}: no {counter.grammar.start} has {wanted}; {exist}"
