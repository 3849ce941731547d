"""Exact sampling by cell: derivations counted by dynamic programming, then drawn uniformly.

A derivation of a sentence has one marked dependency: a head noun and the verb that agrees with it.
Every symbol on the way has a part to play for it: it lies `before` the noun, holds the `noun`, lies
`between` noun and verb, holds the `verb`, holds `both`, lies `after` them, or holds the whole
dependency (`outer`, or `inner` if a construction encloses it). For each symbol, part and depth left
we count the derivations by their Measure; the counts of a sequence are the convolution of its
members'. Drawing walks the same tables backwards, so that no draw is ever rejected (Wilf 1977, "A
unified setting for sequencing, ranking, and selection algorithms for combinatorial objects").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np

from attractor.derivations import Forest, Ids
from attractor.grammar import Grammar, Rule

SIMPLE = "simple"
Way = TypeVar("Way")


class Measure(NamedTuple):
    """What the cells fix of a derivation's shape."""

    subject_index: int
    distance: int
    n_intervening: int
    structure: str  # the bracketing of the modifiers between the two; "" while there is none

    def plus(self, other: Measure) -> Measure:
        """The measure of two neighbours: lengths add up, structures stand side by side."""
        return Measure(
            self.subject_index + other.subject_index,
            self.distance + other.distance,
            self.n_intervening + other.n_intervening,
            "+".join(filter(None, (self.structure, other.structure))),
        )


_ZERO = Measure(0, 0, 0, "")
Counts = Counter[Measure]
Parts = tuple[str, ...]
# The ways to add to each measure: (what stands to the left, the last child, number of ways).
Fold = dict[Measure, list[tuple[Measure, Measure, int]]]


@dataclass
class CellCounter:
    """Counts and draws the derivations of `grammar` by Measure, up to the given bounds."""

    grammar: Grammar
    max_subject_index: int
    max_distance: int
    max_intervening: int
    _counts: dict[tuple[str, str, int], Counts] = field(default_factory=dict)
    _folds: dict[tuple[int, Parts, int], list[Fold]] = field(default_factory=dict)

    def cells(self, role: str) -> Counts:
        """The number of derivations of every cell that exists within the bounds."""
        counts = self._count(self.grammar.start, role, self.grammar.max_depth)
        return Counter(
            {m._replace(structure=m.structure or SIMPLE): count for m, count in counts.items()}
        )

    def draw(
        self, role: str, cell: Measure, n: int, rng: np.random.Generator, forest: Forest
    ) -> Ids:
        """Draw `n` derivations uniformly from a cell that exists; tree ids (n,)."""
        wanted = cell._replace(structure="" if cell.structure == SIMPLE else cell.structure)
        return self._draw(self.grammar.start, role, self.grammar.max_depth, wanted, n, rng, forest)

    def _within(self, m: Measure) -> bool:
        return (
            m.subject_index <= self.max_subject_index
            and m.distance <= self.max_distance
            and m.n_intervening <= self.max_intervening
        )

    def _word(self, name: str, part: str) -> Counts:
        words = self.grammar.classes[name]
        if part == "before":
            return Counter({Measure(words.n_tokens, 0, 0, ""): 1})
        if part == "between":
            return Counter({Measure(0, words.n_tokens, int(words.kind == "noun"), ""): 1})
        if part == "noun" and words.kind == "noun":  # its last token is the head
            return Counter({Measure(words.n_tokens - 1, 1, 0, ""): 1})
        if part == "verb" and words.kind == "verb" and words.shows_number:
            return Counter({_ZERO: 1})
        return Counter({_ZERO: 1}) if part == "after" else Counter()

    def _count(self, symbol: str, part: str, depth: int) -> Counts:
        key = (symbol, part, depth)
        if key in self._counts:
            return self._counts[key]
        counts: Counts = Counter()
        if symbol in self.grammar.classes:
            counts = self._word(symbol, part)
        else:
            for rule, parts, inside in self._ways(symbol, part, depth):
                for measure, splits in self._fold(rule, parts, inside)[-1].items():
                    counts[self._named(symbol, part, measure)] += _total(splits)
        self._counts[key] = counts
        return counts

    def _named(self, symbol: str, part: str, measure: Measure) -> Measure:
        """A construction that lies between brackets what it holds."""
        name = self.grammar.constructions.get(symbol, "")
        if not name or part != "between":
            return measure
        inner = f"[{measure.structure}]" if measure.structure else ""
        return measure._replace(structure=name + inner)

    def _ways(self, symbol: str, part: str, depth: int) -> Iterator[tuple[Rule, Parts, int]]:
        """Each usable rule of `symbol` with the parts that its children can play."""
        construction = self.grammar.is_construction(symbol)
        for rule in self.grammar.usable(symbol, depth):
            for parts in _assignments(self.grammar, rule, part, construction):
                yield rule, parts, depth - construction

    def _fold(self, rule: Rule, parts: Parts, inside: int) -> list[Fold]:
        """The measures of the first 0, 1, 2 … children of `rule` together, each with its splits."""
        key = (rule.index, parts, inside)
        if key not in self._folds:
            folds: list[Fold] = [{_ZERO: [(_ZERO, _ZERO, 1)]}]
            for child, part in zip(rule.children, parts, strict=True):
                fold: Fold = {}
                for left, splits in folds[-1].items():
                    n_left = _total(splits)
                    for here, n_here in self._count(child.symbol, part, inside).items():
                        measure = left.plus(here)
                        if self._within(measure):
                            fold.setdefault(measure, []).append((left, here, n_left * n_here))
                folds.append(fold)
            self._folds[key] = folds
        return self._folds[key]

    def _draw(
        self,
        symbol: str,
        part: str,
        depth: int,
        wanted: Measure,
        n: int,
        rng: np.random.Generator,
        forest: Forest,
    ) -> Ids:
        if symbol in self.grammar.classes:
            return np.full(n, forest.leaf(symbol), dtype=np.int64)
        ways = [
            (rule, parts, inside, measure, _total(splits))
            for rule, parts, inside in self._ways(symbol, part, depth)
            for measure, splits in self._fold(rule, parts, inside)[-1].items()
            if self._named(symbol, part, measure) == wanted
        ]
        drawn = []
        for (rule, parts, inside, measure, _), n_here in _share(
            n, [w[-1] for w in ways], ways, rng
        ):
            rows = self._draw_children(
                rule, parts, inside, len(parts), measure, n_here, rng, forest
            )
            drawn.append(forest.trees(rule, rows))
        return rng.permutation(np.concatenate(drawn))

    def _draw_children(
        self,
        rule: Rule,
        parts: Parts,
        inside: int,
        n_children: int,
        wanted: Measure,
        n: int,
        rng: np.random.Generator,
        forest: Forest,
    ) -> Ids:
        """Trees (n, n_children) of the first children of `rule` whose measures add to `wanted`."""
        if n_children == 0:
            return np.empty((n, 0), dtype=np.int64)
        last = n_children - 1
        symbol, part = rule.children[last].symbol, parts[last]
        splits = self._fold(rule, parts, inside)[n_children][wanted]
        rows = []
        for (left, here, _), n_here in _share(n, [s[-1] for s in splits], splits, rng):
            lefts = self._draw_children(rule, parts, inside, last, left, n_here, rng, forest)
            right = self._draw(symbol, part, inside, here, n_here, rng, forest)
            rows.append(np.column_stack([lefts, right]))
        return rng.permutation(np.concatenate(rows))


def _assignments(grammar: Grammar, rule: Rule, part: str, construction: bool) -> Iterator[Parts]:
    """The parts that the children of `rule` can play if its symbol plays `part`."""
    n = len(rule.children)
    if part in ("before", "between", "after"):
        yield (part,) * n
    elif part in ("noun", "verb"):
        left, right = ("before", "between") if part == "noun" else ("between", "after")
        for i, child in enumerate(rule.children):
            if child.variable and child.variable == rule.variable:
                yield (left,) * i + (part,) + (right,) * (n - i - 1)
    elif part == "both":
        yield from _pairs(grammar, rule, carried=True)
    else:  # the whole dependency, `outer` or `inner`
        if construction and part == "outer":
            return
        roles = ("outer", "inner") if construction else (part,)
        for i, child in enumerate(rule.children):
            if child.symbol not in grammar.classes:
                for role in roles:
                    yield ("before",) * i + (role,) + ("after",) * (n - i - 1)
        if part == "outer" or construction:
            yield from _pairs(grammar, rule, carried=False)


def _pairs(grammar: Grammar, rule: Rule, carried: bool) -> Iterator[Parts]:
    """A noun and its verb, in one child of `rule` or in two.

    carried: of the number that the rule's symbol carries, or else of those that the rule opens.
    """
    n = len(rule.children)
    for i, noun in enumerate(rule.children):
        if not noun.variable or (noun.variable == rule.variable) != carried:
            continue
        if not grammar.head_nouns(noun.symbol):
            continue
        yield ("before",) * i + ("both",) + ("after",) * (n - i - 1)
        for j in range(i + 1, n):
            if rule.children[j].variable == noun.variable:
                yield (
                    *("before",) * i,
                    "noun",
                    *("between",) * (j - i - 1),
                    "verb",
                    *("after",) * (n - j - 1),
                )


def _total(splits: list[tuple[Measure, Measure, int]]) -> int:
    return sum(count for _, _, count in splits)


def _share(
    n: int, counts: list[int], ways: list[Way], rng: np.random.Generator
) -> list[tuple[Way, int]]:
    """Share `n` draws among `ways` in proportion to `counts`; ways that get none are left out."""
    total = sum(counts)
    shares = rng.multinomial(n, [count / total for count in counts])
    return [(way, int(share)) for way, share in zip(ways, shares, strict=True) if share]
