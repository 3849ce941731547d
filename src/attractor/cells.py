"""Exact sampling by cell: derivations counted by dynamic programming, then drawn uniformly.

A state is a symbol that plays a part for the marked dependency (cell_parts.py) with some depth
left, or the first children of a rule that play theirs. For each state we count the derivations by
their Measure; the counts of children side by side are the convolution of each one's. Drawing walks
the same states backwards, so that no draw is ever rejected (Wilf 1977, "A unified setting for
sequencing, ranking, and selection algorithms for combinatorial objects"), and takes all trees of a
state at once, so that its cost hardly grows with their number.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np

from attractor.cell_parts import AFTER, BEFORE, BETWEEN, INSIDE, NOUN, Part, assignments, entered
from attractor.derivations import Forest, Ids
from attractor.grammar import Grammar, Rule
from attractor.structures import SIMPLE


class Measure(NamedTuple):
    """What the cells fix of a derivation's shape."""

    subject_index: int
    distance: int
    n_intervening: int
    depth: int  # constructions nested between the two
    structure: str  # the modifiers between the two; "" while there is none

    def plus(self, other: Measure) -> Measure:
        """The measure of two neighbours: lengths add up, structures stand side by side."""
        plus = "+" if self.structure and other.structure else ""
        return Measure(
            self.subject_index + other.subject_index,
            self.distance + other.distance,
            self.n_intervening + other.n_intervening,
            max(self.depth, other.depth),
            self.structure + plus + other.structure,
        )


@cache
def outermost(structure: str) -> str:
    """A structure without what its modifiers hold: "a[b+c]+d" is "a+d"."""
    kept, level = [], 0
    for letter in structure:
        level += letter == "["
        if not level:
            kept.append(letter)
        level -= letter == "]"
    return "".join(kept)


class Phrase(NamedTuple):
    """A symbol that plays a part, with `depth` constructions allowed at or below it."""

    symbol: str
    part: Part
    depth: int


class Prefix(NamedTuple):
    """The first `length` children of a symbol's rule, each with its part and `depth` left."""

    symbol: str
    rule: int  # among the rules of its symbol
    parts: tuple[Part, ...]
    depth: int
    length: int


State = Phrase | Prefix
Place = tuple[State, Measure]
Counts = Counter[Measure]
Sources = tuple[Place, ...]
Shares = dict[State, dict[Measure, list[tuple[int, Sources]]]]
_ZERO = Measure(0, 0, 0, 0, "")


@dataclass(eq=False)
class CellCounter:
    """Counts and draws the derivations of `grammar` by Measure, up to the given bounds.

    spelled: a structure is the whole bracketing of the modifiers; else only what is outermost.
    """

    grammar: Grammar
    max_subject_index: int
    max_distance: int
    max_intervening: int
    spelled: bool = True
    _counts: dict[State, Counts] = field(default_factory=dict, init=False)
    _below: dict[State, dict[State, None]] = field(default_factory=dict, init=False)

    def cells(self, role: str) -> Counts:
        """The number of derivations of every cell that exists within the bounds."""
        counts = self._count(self._root(role))
        return Counter(
            {m._replace(structure=m.structure or SIMPLE): count for m, count in counts.items()}
        )

    def draw(
        self, role: str, quotas: Mapping[Measure, int], rng: np.random.Generator, forest: Forest
    ) -> Ids:
        """Draw trees uniformly: `quotas[m]` of cell m, in random order, the cells end to end.

        Raises KeyError for a cell without derivations.
        """
        root = self._root(role)
        wanted = {
            m._replace(structure="" if m.structure == SIMPLE else m.structure): n
            for m, n in quotas.items()
        }
        missing = [m for m in wanted if m not in self._count(root)]
        if missing:
            raise KeyError(missing)
        trees = self._make(self._share_out(root, wanted, rng), rng, forest)
        return np.concatenate(
            [np.empty(0, dtype=np.int64), *(trees[root, m] for m, n in wanted.items() if n)]
        )

    def _share_out(
        self, root: Phrase, quotas: Mapping[Measure, int], rng: np.random.Generator
    ) -> Shares:
        """Share out what every state must deliver among the ways to make it, the root first."""
        orders: dict[State, Counts] = defaultdict(Counter)
        orders[root].update({m: n for m, n in quotas.items() if n})
        plan: Shares = {}
        for state in reversed(self._states(root)):
            wanted = orders.pop(state, None)
            if not wanted:
                continue
            ways = defaultdict(list)
            for measure, count, sources in self._ways(state):
                if measure in wanted:
                    ways[measure].append((count, sources))
            plan[state] = {m: _shares(n, ways[m], rng) for m, n in wanted.items()}
            for shares in plan[state].values():
                for n, sources in shares:
                    for source, measure in sources:
                        orders[source][measure] += n
        return plan

    def _make(self, plan: Shares, rng: np.random.Generator, forest: Forest) -> dict[Place, Ids]:
        """Make what was planned, the root last; every state's trees in random order.

        So whoever takes some of them need not care which. A prefix is rows (n, length) of trees.
        """
        stock: dict[Place, Ids] = {}

        def take(place: Place, n: int) -> Ids:
            trees = stock.pop(place)
            if n < len(trees):
                stock[place] = trees[n:]
            return trees[:n]

        for state in reversed(plan):
            for measure, shares in plan[state].items():
                batches = []
                for n, sources in shares:
                    taken = [take(source, n) for source in sources]
                    if isinstance(state, Prefix):
                        batches.append(
                            np.column_stack(taken) if taken else np.empty((n, 0), dtype=np.int64)
                        )
                    else:
                        batches.append(taken[0] if taken else np.full(n, forest.leaf(state.symbol)))
                made = np.concatenate(batches)
                if len(batches) > 1:
                    made = rng.permutation(made)
                if isinstance(state, Prefix) and state.length == len(state.parts):
                    made = forest.trees(self._rule(state), made)
                stock[state, measure] = made
        return stock

    def _root(self, role: str) -> Phrase:
        return Phrase(self.grammar.start, Part("whole", role), self.grammar.max_depth)

    def _count(self, state: State) -> Counts:
        if state not in self._counts:
            counts: Counts = Counter()
            for measure, ways, _ in self._ways(state):
                counts[measure] += ways
            self._counts[state] = counts
        return self._counts[state]

    def _ways(self, state: State) -> Iterator[tuple[Measure, int, Sources]]:
        """Each way to make a state: its measure, how many derivations, and what it is made of."""
        if isinstance(state, Phrase) and state.symbol in self.grammar.classes:
            measure = self._word(state)
            if measure is not None:
                yield measure, 1, ()
        elif isinstance(state, Phrase):
            for prefix in self._expansions(state):
                for measure, count in self._count(prefix).items():
                    yield self._named(state, measure), count, ((prefix, measure),)
        elif not state.length:
            yield _ZERO, 1, ()
        else:
            left, right = self._halves(state)
            lefts = self._count(left)
            rights = self._count(right) if lefts else Counter()
            for one, n_left in lefts.items():
                for other, n_right in rights.items():
                    measure = one.plus(other)
                    if self._within(measure):
                        yield measure, n_left * n_right, ((left, one), (right, other))

    def _states(self, root: State) -> dict[State, None]:
        """All states below a root, each after those that it is made of."""
        if root not in self._below:
            order: dict[State, None] = {}

            def visit(state: State) -> None:
                if state not in order:
                    for source in self._made_of(state):
                        visit(source)
                    order[state] = None

            visit(root)
            self._below[root] = order
        return self._below[root]

    def _made_of(self, state: State) -> Iterable[State]:
        if isinstance(state, Prefix):
            return self._halves(state) if state.length else ()
        return () if state.symbol in self.grammar.classes else self._expansions(state)

    def _expansions(self, state: Phrase) -> Iterator[Prefix]:
        """All children of each usable rule, in each of the parts that they can play."""
        symbol, depth = state.symbol, state.depth
        part = entered(self.grammar, symbol, state.part, self.spelled)
        if part is None:
            return
        inside = depth - self.grammar.is_construction(symbol)
        usable = self.grammar.usable(symbol, depth)
        for number, rule in enumerate(self.grammar.rules[symbol]):
            if rule in usable:
                for parts in assignments(self.grammar, rule, part):
                    yield Prefix(symbol, number, parts, inside, len(parts))

    def _halves(self, state: Prefix) -> tuple[Prefix, Phrase]:
        """A prefix without its last child, and that child."""
        last = state.length - 1
        child = self._rule(state).children[last]
        return state._replace(length=last), Phrase(child.symbol, state.parts[last], state.depth)

    def _rule(self, state: Prefix) -> Rule:
        return self.grammar.rules[state.symbol][state.rule]

    def _named(self, state: Phrase, measure: Measure) -> Measure:
        """The measure of a phrase whose children have `measure`."""
        if state.part not in (BETWEEN, INSIDE):
            return measure
        depth = measure.depth + self.grammar.is_construction(state.symbol)
        structure = measure.structure
        name = self.grammar.modifier(state.symbol)
        if name and state.part == BETWEEN:
            structure = f"{name}[{structure}]" if structure else name
        return measure._replace(depth=depth, structure=structure)

    def _within(self, m: Measure) -> bool:
        return (
            m.distance <= self.max_distance
            and m.n_intervening <= self.max_intervening
            and m.subject_index <= self.max_subject_index
        )

    def _word(self, state: Phrase) -> Measure | None:
        """The measure of one word; None if it cannot play the part."""
        words, part = self.grammar.classes[state.symbol], state.part
        is_noun = words.kind == "noun"
        if part == BEFORE:
            return _ZERO._replace(subject_index=words.n_tokens)
        if part in (BETWEEN, INSIDE):
            return _ZERO._replace(distance=words.n_tokens, n_intervening=int(is_noun))
        if part == NOUN and is_noun:  # its last token is the head
            return _ZERO._replace(subject_index=words.n_tokens - 1, distance=1)
        if part.place == "verb" and words.kind == "verb" and words.shows_number:
            return None if part.role == "inner" else _ZERO
        return _ZERO if part == AFTER else None


def _shares(
    n: int, ways: list[tuple[int, Sources]], rng: np.random.Generator
) -> list[tuple[int, Sources]]:
    """Share `n` draws among ways by their counts; those that get none are left out."""
    if len(ways) == 1:
        return [(n, ways[0][1])]
    total = sum(count for count, _ in ways)
    shares = rng.multinomial(n, [count / total for count, _ in ways]).tolist()
    return [(share, sources) for share, (_, sources) in zip(shares, ways, strict=True) if share]
