"""Trees written out as marks: word classes, and the brackets of what they stand in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attractor.derivations import Forest, Ids
from attractor.grammar import Grammar, Rule
from attractor.ragged import ragged, starts_of
from attractor.word_classes import WordClass

LOOSE, NUMBERLESS = -1, -2  # a word that agrees with a noun elsewhere, and one without number
_NOTHING = -1
_SHORT = 8  # trees of so many marks come up again and again: they are written once, and copied


class Bracket(NamedTuple):
    """Where a construction or a conjunct begins or ends, or where an opening ends."""

    name: str
    kind: str  # construction, conjunct, opening
    begins: bool


class Marks:
    """What a sentence is written in: word classes, numbered from 0, and brackets, after them."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.classes: list[WordClass] = list(grammar.classes.values())
        self.brackets: list[Bracket] = []
        self._word = {name: number for number, name in enumerate(grammar.classes)}
        self._around = {symbol: self._write_around(symbol) for symbol in grammar.rules}

    def word(self, name: str) -> int:
        """The mark of a word class."""
        return self._word[name]

    def around(self, symbol: str) -> tuple[int, int, int]:
        """The marks that begin a symbol, end it, and end the opening that it is; -1: none."""
        return self._around[symbol]

    def _add(self, bracket: Bracket) -> int:
        self.brackets.append(bracket)
        return len(self.classes) + len(self.brackets) - 1

    def _write_around(self, symbol: str) -> tuple[int, int, int]:
        begin = end = opening = _NOTHING
        name = self.grammar.modifier(symbol)
        if name:
            kind = "construction" if self.grammar.is_construction(symbol) else "conjunct"
            begin = self._add(Bracket(name, kind, begins=True))
            end = self._add(Bracket(name, kind, begins=False))
        if symbol in self.grammar.openings:
            opening = self._add(Bracket(self.grammar.openings[symbol], "opening", begins=False))
        return begin, end, opening


class _Heads:
    """What the heads of trees say of what stands below them, as tables by the head's index.

    around (n, 3): marks at the two ends; mark (n,): of a word class; head_child (n,): which child
    has the noun whose number the rule's symbol carries; -1 where there is none of these. is_chain
    (n,): whether a tree is written as the one below it is. Of each
    child, laid end to end from first[i]: binder, which of its siblings has the noun that its words
    agree with; LOOSE where that stands elsewhere, NUMBERLESS where they show no number.
    """

    def __init__(self, marks: Marks, heads: list[str | Rule]) -> None:
        self.around = np.full((len(heads), 3), _NOTHING)
        self.mark = np.full(len(heads), _NOTHING)
        self.head_child = np.full(len(heads), _NOTHING)
        self.is_chain = np.zeros(len(heads), dtype=np.bool_)
        binders: list[list[int]] = []
        for i, head in enumerate(heads):
            if isinstance(head, str):
                self.mark[i] = marks.word(head)
                binders.append([])
                continue
            self.around[i] = marks.around(head.symbol)
            nouns = {
                child.variable: place
                for place, child in enumerate(head.children)
                if child.variable and marks.grammar.head_nouns(child.symbol)
            }
            binders.append(
                [nouns.get(c.variable, LOOSE) if c.variable else NUMBERLESS for c in head.children]
            )
            if head.variable:
                self.head_child[i] = nouns.get(head.variable, _NOTHING)
            self.is_chain[i] = (
                len(head.children) == 1
                and head.children[0].variable == head.variable
                and (head.variable != "" or head.children[0].symbol in marks.grammar.rules)
                and (self.around[i] == _NOTHING).all()
            )
        self.n_children = np.array([len(some) for some in binders], dtype=np.int64)
        self.first = starts_of(self.n_children)
        self.binder = np.array([b for some in binders for b in some], dtype=np.int64)


class Layout:
    """Writes out trees of a forest.

    Of each tree it knows how many marks and nouns it has, which of its nouns, counted from the
    tree's first, has the number that the tree's symbol carries, and, of short ones, the marks.
    """

    def __init__(self, marks: Marks, forest: Forest) -> None:
        self._marks = marks
        self._forest = forest
        self._n_blocks = 0
        self._is_noun = np.array([words.kind == "noun" for words in marks.classes])
        none: Ids = np.empty(0, dtype=np.int64)
        self._rule, self._first, self._children = none, none, none
        self._length, self._n_nouns, self._noun, self._chain = none, none, none, none
        self._written = none  # where a short tree's marks begin in these; -1 of others
        self._short_marks = self._short_nouns = np.empty(0, dtype=np.int16)

    def write(self, trees: Ids) -> tuple[Ids, NDArray[np.int16], NDArray[np.int16]]:
        """Where the marks of each tree begin, (N + 1,); all marks (M,); and the noun (M,) that each
        agrees with, counted within its tree, or LOOSE or NUMBERLESS.
        """
        heads = _Heads(self._marks, self._forest.heads)
        self._measure(heads)
        return self._write(trees, heads)

    def _write(self, trees: Ids, heads: _Heads) -> tuple[Ids, NDArray[np.int16], NDArray[np.int16]]:
        """From the roots down, all trees at once, until what is left is short: where a tree stands
        follows from the lengths of its elder siblings, and so on for the nouns before it.
        """
        start = starts_of(self._length[trees])
        mark = np.empty(start[-1], dtype=np.int16)
        noun = np.full(start[-1], NUMBERLESS, dtype=np.int16)
        tree, at = self._chain[trees], start[:-1]
        nouns_before = np.zeros(len(trees), dtype=np.int64)
        bound = np.full(len(trees), LOOSE)  # the noun that loose words of a tree agree with
        while len(tree):
            is_short = self._written[tree] >= 0
            short, long = np.flatnonzero(is_short), np.flatnonzero(~is_short)
            length = self._length[tree[short]]
            source, place = ragged(self._written[tree[short]], length), ragged(at[short], length)
            own = self._short_nouns[source]
            mark[place] = self._short_marks[source]
            noun[place] = np.where(
                own >= 0,
                own + np.repeat(nouns_before[short].astype(np.int16), length),
                np.where(own == LOOSE, np.repeat(bound[short].astype(np.int16), length), own),
            )

            tree, at, nouns_before, bound = tree[long], at[long], nouns_before[long], bound[long]
            rule = self._rule[tree]
            around = heads.around[rule]
            has = around != _NOTHING
            last = at + self._length[tree] - 1
            for column, end in enumerate((at, last - has[:, 2], last)):
                mark[end[has[:, column]]] = around[has[:, column], column]

            n_children = heads.n_children[rule]
            parent = np.repeat(np.arange(len(tree)), n_children)
            first = starts_of(n_children)
            child = self._children[ragged(self._first[tree], n_children)]
            elder = first[parent]
            n_marks, n_nouns = starts_of(self._length[child]), starts_of(self._n_nouns[child])
            before = nouns_before[parent] + n_nouns[:-1] - n_nouns[elder]
            binder = heads.binder[ragged(heads.first[rule], n_children)]
            sibling = elder + np.maximum(binder, 0)
            inherited = np.where(binder == LOOSE, bound[parent], NUMBERLESS)
            here = before[sibling] + self._noun[child[sibling]] if len(child) else before
            some = np.flatnonzero(self._length[child])
            tree, nouns_before = child[some], before[some]
            at = ((at + has[:, 0])[parent] + n_marks[:-1] - n_marks[elder])[some]
            bound = np.where(binder >= 0, here, inherited)[some]
        return start, mark, noun

    def _measure(self, heads: _Heads) -> None:
        """Measure the trees that the forest has grown since the last time; write the short ones."""
        blocks = self._forest.blocks[self._n_blocks :]
        if not blocks:
            return
        self._n_blocks += len(blocks)
        sizes = [len(rows) for _, rows in blocks]
        done, n = len(self._rule), sum(sizes)
        rule = np.repeat([head for head, _ in blocks], sizes)
        self._rule = np.append(self._rule, rule)
        first = len(self._children) + starts_of(heads.n_children[rule])[:-1]
        self._first = np.append(self._first, first)
        grown = np.zeros(n, dtype=np.int64)
        length, n_nouns, noun = (
            np.append(known, grown) for known in (self._length, self._n_nouns, self._noun)
        )
        new = np.arange(done, done + n)
        chain = np.append(self._chain, new)
        below = [self._children]
        for head, rows in blocks:
            own = slice(done, done := done + len(rows))
            below.append(chain[rows].reshape(-1))
            if heads.mark[head] != _NOTHING:
                length[own], n_nouns[own] = 1, self._is_noun[heads.mark[head]]
                continue
            length[own] = length[rows].sum(axis=1) + (heads.around[head] != _NOTHING).sum()
            n_nouns[own] = n_nouns[rows].sum(axis=1)
            if (place := heads.head_child[head]) != _NOTHING:
                noun[own] = n_nouns[rows[:, :place]].sum(axis=1) + noun[rows[:, place]]
            if heads.is_chain[head]:
                chain[own] = chain[rows[:, 0]]
        self._children = np.concatenate(below)
        self._length, self._n_nouns, self._noun, self._chain = length, n_nouns, noun, chain
        self._written = np.append(self._written, np.full(n, _NOTHING))
        words = new[heads.mark[rule] != _NOTHING]
        written = heads.mark[self._rule[words]].astype(np.int16)
        nouns = np.where(self._is_noun[written], 0, LOOSE).astype(np.int16)
        self._keep(words, np.arange(len(words)), written, nouns)
        phrases = new[(heads.mark[rule] == _NOTHING) & (length[new] <= _SHORT)]
        start, written, nouns = self._write(phrases, heads)
        self._keep(phrases, start[:-1], written, nouns)

    def _keep(
        self, trees: Ids, start: Ids, marks: NDArray[np.int16], nouns: NDArray[np.int16]
    ) -> None:
        """Remember the marks of short trees, and the nouns that these agree with."""
        self._written[trees] = len(self._short_marks) + start
        self._short_marks = np.append(self._short_marks, marks)
        self._short_nouns = np.append(self._short_nouns, nouns)
