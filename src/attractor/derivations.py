"""Derivation trees without words, drawn by rule weight, many at a time.

Trees are interned: each distinct (sub)tree is one small integer, so that a hundred thousand
sentences of a few thousand shapes cost as many numpy rows and only a few thousand Python objects.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from attractor.grammar import Grammar, Rule

Ids = NDArray[np.int64]


@dataclass
class Forest:
    """Interned trees: `nodes[i]` is (rule, ids of its children) or the name of a word class."""

    nodes: list[str | tuple[Rule, tuple[int, ...]]] = field(default_factory=list)
    _ids: dict[str | tuple[int, tuple[int, ...]], int] = field(default_factory=dict)

    def leaf(self, name: str) -> int:
        """The id of a word class."""
        if name not in self._ids:
            self._ids[name] = len(self.nodes)
            self.nodes.append(name)
        return self._ids[name]

    def trees(self, rule: Rule, children: Ids) -> Ids:
        """Ids (n,) of the trees that `rule` makes of each row of `children` (n, n_children)."""
        if children.shape[1] == 0:
            return np.full(len(children), self._tree(rule, ()), dtype=np.int64)
        rows, inverse = np.unique(children, axis=0, return_inverse=True)
        ids = np.array([self._tree(rule, tuple(row)) for row in rows.tolist()], dtype=np.int64)
        return ids[inverse.reshape(-1)]

    def _tree(self, rule: Rule, children: tuple[int, ...]) -> int:
        key = (rule.index, children)
        if key not in self._ids:
            self._ids[key] = len(self.nodes)
            self.nodes.append((rule, children))
        return self._ids[key]


def draw_by_weight(grammar: Grammar, n: int, rng: np.random.Generator, forest: Forest) -> Ids:
    """Draw `n` independent trees from the start symbol by the rules' weights; ids (n,).

    At most `grammar.max_depth` constructions are nested: where a rule could not end within what is
    left of that, its weight goes to the others.
    """

    def draw(symbol: str, depth: int, n: int) -> Ids:
        if symbol in grammar.classes:
            return np.full(n, forest.leaf(symbol), dtype=np.int64)
        rules = grammar.usable(symbol, depth)
        weights = np.array([r.weight for r in rules])
        inside = depth - grammar.is_construction(symbol)
        drawn = []
        for rule, count in zip(rules, rng.multinomial(n, weights / weights.sum()), strict=True):
            if count:
                columns = [draw(c.symbol, inside, int(count)) for c in rule.children]
                rows = (
                    np.stack(columns, axis=1) if columns else np.empty((count, 0), dtype=np.int64)
                )
                drawn.append(forest.trees(rule, rows))
        # Siblings are drawn apart and paired by position, so each must come in random order.
        return rng.permutation(np.concatenate(drawn))

    return draw(grammar.start, grammar.max_depth, n)
