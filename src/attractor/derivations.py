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
    """Interned trees: `heads[i]` is a tree's rule, `children[i]` are the ids of what stands below.

    A word class is a tree of its own, whose head is its name.
    """

    heads: list[str | Rule] = field(default_factory=list)
    children: list[tuple[int, ...]] = field(default_factory=list)
    # By the rule's index or the class's name, then by children.
    _ids: dict[str | int, dict[tuple[int, ...], int]] = field(default_factory=dict)

    def leaf(self, name: str) -> int:
        """The id of a word class."""
        return self._intern(name, name, [()])[0]

    def trees(self, rule: Rule, children: Ids) -> Ids:
        """Ids (n,) of the trees that `rule` makes of each row of `children` (n, n_children)."""
        code = np.zeros(len(children), dtype=np.int64)  # equal rows have equal codes
        for column in children.T:
            if (column != column[0]).any():
                code = np.unique(code * len(self.heads) + column, return_inverse=True)[1]
        example = np.empty(code.max() + 1, dtype=np.int64)
        example[code] = np.arange(len(code))
        columns = children[example].T.tolist()
        rows: list[tuple[int, ...]] = list(zip(*columns, strict=True)) if columns else [()]
        return np.array(self._intern(rule.index, rule, rows), dtype=np.int64)[code]

    def _intern(self, key: str | int, head: str | Rule, rows: list[tuple[int, ...]]) -> list[int]:
        known = self._ids.setdefault(key, {})
        new = [row for row in rows if row not in known]
        known.update(zip(new, range(len(self.heads), len(self.heads) + len(new)), strict=True))
        self.heads += [head] * len(new)
        self.children += new
        return [known[row] for row in rows]


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
