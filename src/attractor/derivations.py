"""Derivation trees without words, drawn by rule weight, many at a time.

Trees are interned: a distinct (sub)tree is one number, so that a hundred thousand sentences of a
few thousand shapes cost as many rows of an array, and no object.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from attractor.grammar import Grammar, Rule
from attractor.ragged import distinct

Ids = NDArray[np.int64]
# Of so many distinct trees at most, those of earlier calls are looked up: of more, few are there.
_LOOKED_UP = 1_000


@dataclass
class Forest:
    """Interned trees, in blocks of one head and consecutive numbers.

    The head of a tree is its rule, or the name of the word class that it is. `blocks` holds the
    head's index in `heads` and the trees (n, n_children) that stand below each: the first block's
    trees are numbered from 0, and a tree's number is above those of all that it is made of. Equal
    trees made in one call have one number, and those of small calls have it in all.
    """

    heads: list[str | Rule] = field(default_factory=list)
    blocks: list[tuple[int, Ids]] = field(default_factory=list)
    # By the rule's index or the class's name: the head's index, then numbers by children.
    _known: dict[str | int, tuple[int, dict[tuple[int, ...], int]]] = field(default_factory=dict)
    _n: int = 0

    def __len__(self) -> int:
        return self._n

    def leaf(self, name: str) -> int:
        """The number of a word class."""
        return int(self._intern(name, name, np.empty((1, 0), dtype=np.int64))[0])

    def trees(self, rule: Rule, children: Ids) -> Ids:
        """Numbers (n,) of the trees that `rule` makes of each row of `children` (n, n_children)."""
        code = np.zeros(len(children), dtype=np.int64)  # equal rows have equal codes
        example = code[:1]
        for column in children.T:
            least, most = int(column.min()), int(column.max())
            if least < most:
                code, example = distinct(code * (most - least + 1) + (column - least))
        return self._intern(rule.index, rule, children[example])[code]

    def _intern(self, key: str | int, head: str | Rule, rows: Ids) -> Ids:
        if key not in self._known:
            self._known[key] = len(self.heads), {}
            self.heads.append(head)
        index, known = self._known[key]
        if len(rows) > _LOOKED_UP:
            return self._add(index, rows)
        keys = [tuple(row) for row in rows.tolist()]
        if new := [i for i, row in enumerate(keys) if row not in known]:
            numbers = self._add(index, rows[new]).tolist()
            known.update(zip([keys[i] for i in new], numbers, strict=True))
        return np.array([known[row] for row in keys], dtype=np.int64)

    def _add(self, head: int, rows: Ids) -> Ids:
        self.blocks.append((head, rows))
        self._n += len(rows)
        return np.arange(self._n - len(rows), self._n)


def draw_by_weight(grammar: Grammar, n: int, rng: np.random.Generator, forest: Forest) -> Ids:
    """Draw `n` independent trees from the start symbol by the rules' weights; numbers (n,).

    At most `grammar.max_depth` constructions are nested: where a rule could not end within what is
    left of that, its weight goes to the others.
    """
    root = grammar.start, grammar.max_depth
    lists = _Lists(grammar, forest)
    states = _states(grammar, root, lists)
    # From the root down: how many trees each symbol must give, and by which of its rules.
    wanted = Counter({root: n})
    shares: dict[_State, list[tuple[Rule, int]]] = {}
    for state in reversed(states):
        rules, p = _choices(grammar, state)
        if state not in lists.found:
            counts = rng.multinomial(wanted[state], p).tolist()
            shares[state] = [share for share in zip(rules, counts, strict=True) if share[1]]
            for rule, count in shares[state]:
                for child in rule.children:
                    wanted[child.symbol, _inside(grammar, state)] += count
    # From the words up: the trees of each symbol, in random order, so that whoever takes some of
    # them need not care which.
    stock: dict[_State, Ids] = {}

    def take(state: _State, count: int) -> Ids:
        if state[0] in grammar.classes:
            return np.full(count, forest.leaf(state[0]))
        taken, stock[state] = np.split(stock[state], [count])
        return taken

    for state in states:
        if state in lists.found:
            trees, p = lists.found[state]
            made = np.repeat(trees, rng.multinomial(wanted[state], p))
        else:
            inside, some = _inside(grammar, state), [np.empty(0, dtype=np.int64)]
            for rule, count in shares[state]:
                children = [take((child.symbol, inside), count) for child in rule.children]
                some.append(forest.trees(rule, np.column_stack(children)))
            made = np.concatenate(some)
        stock[state] = rng.permutation(made)
    return stock[root]


_State = tuple[str, int]  # a symbol, and the constructions allowed at or below it
_LISTED = 500


def _inside(grammar: Grammar, state: _State) -> int:
    symbol, depth = state
    return depth - grammar.is_construction(symbol)


def _choices(grammar: Grammar, state: _State) -> tuple[tuple[Rule, ...], NDArray[np.float64]]:
    """The rules of a state and their probabilities."""
    rules = grammar.usable(*state)
    weights = np.array([rule.weight for rule in rules])
    return rules, weights / weights.sum()


class _Lists:
    """All trees of each state that has but few, with their probabilities."""

    def __init__(self, grammar: Grammar, forest: Forest) -> None:
        self.found: dict[_State, tuple[Ids, NDArray[np.float64]]] = {}
        self._grammar = grammar
        self._forest = forest
        self._counts: dict[_State, int] = {}

    def count(self, state: _State) -> int:
        """How many trees a state has."""
        symbol, _ = state
        if symbol in self._grammar.classes:
            return 1
        if state not in self._counts:
            inside = _inside(self._grammar, state)
            self._counts[state] = sum(
                prod(self.count((child.symbol, inside)) for child in rule.children)
                for rule in self._grammar.usable(*state)
            )
        return self._counts[state]

    def list(self, state: _State) -> tuple[Ids, NDArray[np.float64]]:
        """The trees (n,) of a state, and the probability (n,) of each."""
        symbol, _ = state
        if symbol in self._grammar.classes:
            return np.array([self._forest.leaf(symbol)]), np.ones(1)
        if state not in self.found:
            inside, trees, p = _inside(self._grammar, state), [], []
            for rule, of_rule in zip(*_choices(self._grammar, state), strict=True):
                below = [self.list((child.symbol, inside)) for child in rule.children]
                rows = [*product(*(some for some, _ in below))]
                trees.append(self._forest.trees(rule, np.array(rows, dtype=np.int64)))
                p.append(of_rule * np.array([prod(ps) for ps in product(*(ps for _, ps in below))]))
            self.found[state] = np.concatenate(trees), np.concatenate(p)
        return self.found[state]


def _states(grammar: Grammar, root: _State, lists: _Lists) -> list[_State]:
    """All symbols to draw from below a root, with the depth that is left there, each after those
    below it; those of few trees are listed instead."""
    order: dict[_State, None] = {}

    def visit(state: _State) -> None:
        if state in order or state[0] in grammar.classes:
            return
        if lists.count(state) <= _LISTED:
            lists.list(state)
        else:
            for rule in grammar.usable(*state):
                for child in rule.children:
                    visit((child.symbol, _inside(grammar, state)))
        order[state] = None

    visit(root)
    return list(order)
