"""Shapes: derivation trees flattened to slots, with their dependencies; all but the words.

Many at a time, as arrays: no object is made for a tree, a slot or a dependency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from attractor.derivations import Forest, Ids
from attractor.errors import UserError
from attractor.grammar import Grammar
from attractor.layout import Bracket, Layout, Marks
from attractor.ragged import Bools, Ints, sequences, starts_of
from attractor.structures import NONE, Structure, structure_of
from attractor.word_classes import WordClass


@dataclass(frozen=True)
class Dependencies:
    """D verbs that show number, each with its head noun and what stands between them.

    shape (D,): which shape it is of. Slots are counted among those of all shapes, end to end.
    group: the noun's, counted within its shape; the groups before it are those of the nouns before,
    the n_intervening groups after it those of the nouns between. Indices are in tokens, from 0.
    n_verbs: verbs of any kind before this one. structure, opening, within: numbers in Names of what
    stands between, of what opens the sentence before the subject's clause, and of the innermost
    construction that the verb stands in.
    """

    shape: Ints
    group: Ints
    noun_slot: Ints
    verb_slot: Ints
    subject_index: Ints
    verb_index: Ints
    n_intervening: Ints
    n_verbs: Ints
    structure: Ints
    opening: Ints
    within: Ints
    last_cue_distance: Ints
    inner_verb_marked: Bools  # a verb before this one shows number
    determiner_marked: Bools
    right_context_reveals: Bools  # a later verb of the same noun shows number too

    def __len__(self) -> int:
        return len(self.shape)

    def take(self, rows: Ints) -> Dependencies:
        """The dependencies of `rows` (n,), in that order."""
        return Dependencies(*(getattr(self, field.name)[rows] for field in fields(self)))


class Names:
    """What the numbers in dependencies stand for; it grows, and a number stays what it was.

    within: by number, the name of the construction, from 1; 0 is none.
    """

    def __init__(self, brackets: Sequence[Bracket]) -> None:
        self.structures: list[Structure] = []
        self.openings: list[str] = []
        self.within = [NONE, *(bracket.name for bracket in brackets)]
        self._brackets = brackets
        self._structure: dict[tuple[int, ...], int] = {}
        self._opening: dict[tuple[int, ...], int] = {}

    def structure(self, brackets: tuple[int, ...]) -> int:
        """The number of what the brackets between a noun and its verb make."""
        if brackets not in self._structure:
            self._structure[brackets] = len(self.structures)
            self.structures.append(structure_of(tuple([self._brackets[i] for i in brackets])))
        return self._structure[brackets]

    def opening(self, brackets: tuple[int, ...]) -> int:
        """The number of openings that end one after another."""
        if brackets not in self._opening:
            self._opening[brackets] = len(self.openings)
            self.openings.append("+".join(self._brackets[i].name for i in brackets) or NONE)
        return self._opening[brackets]


@dataclass(frozen=True)
class Shapes:
    """N sentences without their words: slots, groups, verbs and dependencies, each end to end.

    Every noun opens a group, and they are numbered in the order of their nouns; the words that
    agree with a noun share its group. word_class (slots,): index into `classes`; group (slots,): -1
    where the slot has no number; animacy (groups,): what the words of a group ask of its noun, as
    an index into `animacies` (0: nothing). noun_index, verb_index: in tokens, of the noun's last
    and the verb's first. `…_start` (N + 1,): where those of each shape begin.
    """

    classes: Sequence[WordClass]
    animacies: Sequence[str]
    names: Names
    n_tokens: Ints
    slot_start: Ints
    word_class: Ints
    group: Ints
    group_start: Ints
    animacy: Ints
    noun_index: Ints
    verb_start: Ints
    verb_index: Ints
    dependency_start: Ints
    dependencies: Dependencies

    def __len__(self) -> int:
        return len(self.n_tokens)

    @cached_property
    def kinds(self) -> Ints:
        """Of each slot (slots,) what decides which words it may take: its class and, of a noun,
        what its group asks of it; word_class · len(animacies) + animacy.
        """
        first_group = np.repeat(self.group_start[:-1], np.diff(self.slot_start))
        is_noun = np.array([words.kind == "noun" for words in self.classes])[self.word_class]
        # One more than there are: a slot without noun looks one up, to no effect.
        asks = np.append(self.animacy, 0)[np.where(is_noun, first_group + self.group, -1)]
        kinds: Ints = self.word_class * np.int16(len(self.animacies)) + asks
        return kinds

    @property
    def heads(self) -> Ints:
        """The number (D,) of each dependency's noun among those of all shapes."""
        found: Ints = self.group_start[self.dependencies.shape] + self.dependencies.group
        return found


class _Table:
    """What word classes and brackets are, as arrays."""

    def __init__(self, marks: Marks) -> None:
        classes, brackets = marks.classes, marks.brackets
        self.animacies = ["", *sorted({words.subject for words in classes} - {""})]
        self.n_tokens = np.array([words.n_tokens for words in classes])
        self.asks = np.array([self.animacies.index(words.subject) for words in classes])
        self.shows = np.array([words.shows_number for words in classes])
        self.is_noun, self.is_verb, self.is_determiner = (
            np.array([words.kind == kind for words in classes])
            for kind in ("noun", "verb", "determiner")
        )
        self.is_opening = np.array([b.kind == "opening" for b in brackets], dtype=np.bool_)
        self.step = np.array(
            [(2 * b.begins - 1) * (b.kind == "construction") for b in brackets], dtype=np.int64
        )


class Flattener:
    """Flattens trees of one forest."""

    def __init__(self, grammar: Grammar, forest: Forest) -> None:
        self._marks = Marks(grammar)
        self._layout = Layout(self._marks, forest)
        self._table = _Table(self._marks)
        self._names = Names(self._marks.brackets)

    def shapes(self, trees: Ids) -> Shapes:
        """The shapes of trees (N,) of the start symbol.

        Raises UserError if a group asks for two animacies.
        """
        table, classes = self._table, self._marks.classes
        mark_start, mark, noun = self._layout.write(trees)
        is_word = mark < len(classes)
        words_before = starts_of(is_word)
        slot_start = words_before[mark_start]
        word_class = mark[is_word]
        group = np.maximum(noun[is_word], -1)

        shape = np.repeat(np.arange(len(trees)), np.diff(slot_start))
        tokens = starts_of(table.n_tokens[word_class])
        is_noun, is_verb = table.is_noun[word_class], table.is_verb[word_class]
        group_start = starts_of(is_noun)[slot_start]
        token = tokens[:-1] - tokens[slot_start[shape]]
        last_token = token + table.n_tokens[word_class] - 1
        slots = _Slots(
            shape, word_class, group, token, last_token, slot_start, group_start, is_noun, is_verb
        )
        animacy = self._animacy(slots)
        brackets = _Brackets(
            number=mark[~is_word].astype(np.int64) - len(classes),
            before=(np.arange(len(mark)) - words_before[:-1])[is_word],
            start=mark_start - slot_start,
        )
        dependencies = self._dependencies(slots, brackets)
        return Shapes(
            classes=classes,
            animacies=table.animacies,
            names=self._names,
            n_tokens=np.diff(tokens[slot_start]),
            slot_start=slot_start,
            word_class=word_class,
            group=group,
            group_start=group_start,
            animacy=animacy,
            noun_index=last_token[is_noun],
            verb_start=starts_of(is_verb)[slot_start],
            verb_index=token[is_verb],
            dependency_start=np.searchsorted(dependencies.shape, np.arange(len(trees) + 1)),
            dependencies=dependencies,
        )

    def _animacy(self, slots: _Slots) -> Ints:
        """What the words of each group ask of its noun (groups,)."""
        asks = np.where(slots.group >= 0, self._table.asks[slots.word_class], 0)
        asking = np.flatnonzero(asks)
        asked = slots.group_start[slots.shape[asking]] + slots.group[asking]
        animacy = np.zeros(slots.group_start[-1], dtype=np.int8)
        animacy[asked] = asks[asking]
        clashing = np.flatnonzero(animacy[asked] != asks[asking])
        if len(clashing):
            members = slots.word_class[asking[asked == asked[clashing].min()]]
            raise _clash([self._marks.classes[i] for i in members.tolist()])
        return animacy

    def _dependencies(self, slots: _Slots, brackets: _Brackets) -> Dependencies:
        table, word_class = self._table, slots.word_class
        shows = table.shows[word_class]
        agrees = shows & (slots.group >= 0)
        nouns = np.flatnonzero(slots.is_noun)
        verb = np.flatnonzero(agrees & slots.is_verb)
        head = slots.group_start[slots.shape[verb]] + slots.group[verb]
        comes_after = nouns[head] < verb
        verb, head = verb[comes_after], head[comes_after]
        noun, shape = nouns[head], slots.shape[verb]
        first = slots.slot_start[shape]

        def has_before(some: Bools) -> Bools:
            counts = starts_of(some)
            found: Bools = counts[verb] > counts[first]
            return found

        tokens_before = np.where(shows, slots.last_token, 0)
        cue = _latest(tokens_before, np.flatnonzero(shows), verb, first)
        last = np.zeros(slots.group_start[-1], dtype=np.int64)
        np.maximum.at(last, head, np.arange(len(verb)))
        n_nouns, n_verbs = starts_of(slots.is_noun), starts_of(slots.is_verb)
        return Dependencies(
            shape=shape.astype(np.int32),
            group=slots.group[verb],
            noun_slot=noun.astype(np.int32),
            verb_slot=verb.astype(np.int32),
            subject_index=slots.last_token[noun].astype(np.int16),
            verb_index=slots.token[verb].astype(np.int16),
            n_intervening=(n_nouns[verb] - head - 1).astype(np.int16),
            n_verbs=(n_verbs[verb] - n_verbs[first]).astype(np.int16),
            structure=self._structure(brackets, noun, verb).astype(np.int32),
            opening=self._opening(brackets, noun, shape).astype(np.int16),
            within=self._within(brackets, verb).astype(np.int16),
            last_cue_distance=(slots.token[verb] - cue).astype(np.int16),
            inner_verb_marked=has_before(agrees & slots.is_verb),
            determiner_marked=has_before(agrees & table.is_determiner[word_class]),
            right_context_reveals=last[head] > np.arange(len(verb)),
        )

    def _structure(self, brackets: _Brackets, noun: Ints, verb: Ints) -> Ints:
        begin, end = brackets.before[noun], brackets.before[verb]
        code, distinct = sequences(brackets.number, begin, end - begin)
        return np.array([self._names.structure(some) for some in distinct], dtype=np.int64)[code]

    def _opening(self, brackets: _Brackets, noun: Ints, shape: Ints) -> Ints:
        is_opening = self._table.is_opening[brackets.number]
        n_openings = starts_of(is_opening)
        begin, end = n_openings[brackets.start[shape]], n_openings[brackets.before[noun]]
        code, distinct = sequences(brackets.number[is_opening], begin, end - begin)
        return np.array([self._names.opening(some) for some in distinct], dtype=np.int64)[code]

    def _within(self, brackets: _Brackets, verb: Ints) -> Ints:
        """The innermost construction open at each verb: its bracket's number from 1, or 0."""
        step = self._table.step[brackets.number]
        levels = starts_of(step)  # every construction ends within its sentence
        before = brackets.before[verb]
        within = np.zeros(len(verb), dtype=np.int64)
        for level in range(1, levels.max() + 1):
            begins = (step == 1) & (levels[1:] == level)
            inside = np.flatnonzero(levels[before] == level)
            latest = np.maximum.accumulate(np.where(begins, np.arange(len(step)), 0))
            within[inside] = 1 + brackets.number[latest[before[inside] - 1]]
        return within


@dataclass(frozen=True)
class _Slots:
    """Slots of all shapes, end to end: the shape of each, its class, group and tokens."""

    shape: Ints
    word_class: Ints
    group: Ints
    token: Ints
    last_token: Ints
    slot_start: Ints
    group_start: Ints
    is_noun: Bools
    is_verb: Bools


@dataclass(frozen=True)
class _Brackets:
    """Brackets of all shapes, end to end: their numbers, how many stand before each slot, and
    where those of each shape begin."""

    number: Ints
    before: Ints
    start: Ints


def _latest(values: Ints, known: Ints, at: Ints, first: Ints) -> Ints:
    """The value of the last of the `known` places before each place `at`; 0 if none is since
    `first`."""
    which = np.searchsorted(known, at) - 1
    latest = known[np.maximum(which, 0)]
    found: Ints = np.where((which >= 0) & (latest >= first), values[latest], 0)
    return found


def _clash(members: Sequence[WordClass]) -> UserError:
    return UserError(
        f"grammar: {', '.join(c.name for c in members)} can share a subject but ask for "
        f"{' and '.join(sorted({c.subject for c in members}))} ones; split the rule that joins them"
    )
