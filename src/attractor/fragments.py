"""Fragments: subtrees of a forest written out as marks, the same wherever they stand."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

from attractor.derivations import Forest
from attractor.grammar import Grammar
from attractor.word_classes import WordClass

_REMEMBERED = 2**16  # subtrees, those used last


class Word(NamedTuple):
    """A word as a walk along a sentence meets it.

    noun: the one it agrees with, counted from the nouns that stand before this word; None if it
    has no number.
    """

    words: WordClass
    n_tokens: int
    kind: str
    shows_number: bool
    noun: int | None


class Bracket(NamedTuple):
    """Where a construction or a conjunct begins or ends, or where an opening ends."""

    name: str
    kind: str  # construction, conjunct, opening
    begins: bool


class _Fragment(NamedTuple):
    """What a subtree gives to those above it."""

    marks: tuple[int, ...]
    n_nouns: int
    head: int | None  # which of its nouns has the number that its symbol carries
    loose: tuple[tuple[int, int], ...]  # words that agree with a head elsewhere: mark, nouns before


class Fragments:
    """Writes out trees as numbers of marks; `table` tells which mark has which number."""

    def __init__(self, grammar: Grammar, forest: Forest) -> None:
        self.table: list[Word | Bracket] = []
        self._grammar = grammar
        self._forest = forest
        self._word = cache(self._write_word)
        self._around = cache(self._write_around)
        self._agreeing = cache(self._write_agreeing)
        self._fragment = lru_cache(maxsize=_REMEMBERED)(self._write)

    def marks(self, tree: int) -> tuple[int, ...]:
        """The numbers of a whole tree's marks."""
        return self._write(tree).marks

    def _write(self, tree: int) -> _Fragment:
        rule = self._forest.heads[tree]
        if isinstance(rule, str):
            return self._word(rule)
        marks, end = self._around(rule.symbol)
        n_nouns = 0
        heads: dict[str, int] = {}
        agreeing = []
        for child, subtree in zip(rule.children, self._forest.children[tree], strict=True):
            there, n_there, head, loose = self._fragment(subtree)
            if child.variable:
                if head is not None:
                    heads[child.variable] = n_nouns + head
                for mark, before in loose:
                    agreeing.append((child.variable, len(marks) + mark, n_nouns + before))
            marks += there
            n_nouns += n_there
        still_loose = []
        if agreeing:
            numbers = list(marks)
            for variable, mark, before in agreeing:
                if variable in heads:
                    numbers[mark] = self._agreeing(numbers[mark], heads[variable] - before)
                else:
                    still_loose.append((mark, before))
            marks = tuple(numbers)
        head = heads.get(rule.variable) if rule.variable else None
        return _Fragment(marks + end, n_nouns, head, tuple(still_loose))

    def _add(self, mark: Word | Bracket) -> int:
        self.table.append(mark)
        return len(self.table) - 1

    def _write_word(self, name: str) -> _Fragment:
        words = self._grammar.classes[name]
        is_noun = words.kind == "noun"
        noun = 0 if is_noun else None
        word = Word(words, words.n_tokens, words.kind, words.shows_number, noun)
        return _Fragment((self._add(word),), int(is_noun), noun, () if is_noun else ((0, 0),))

    def _write_agreeing(self, mark: int, noun: int) -> int:
        word = self.table[mark]
        assert isinstance(word, Word)
        return self._add(word._replace(noun=noun))

    def _write_around(self, symbol: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What stands at the two ends of a symbol."""
        begin: tuple[int, ...] = ()
        end: tuple[int, ...] = ()
        name = self._grammar.modifier(symbol)
        if name:
            kind = "construction" if self._grammar.is_construction(symbol) else "conjunct"
            begin += (self._add(Bracket(name, kind, begins=True)),)
            end += (self._add(Bracket(name, kind, begins=False)),)
        if symbol in self._grammar.openings:
            opening = Bracket(self._grammar.openings[symbol], "opening", begins=False)
            end += (self._add(opening),)
        return begin, end
