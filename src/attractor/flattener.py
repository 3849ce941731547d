"""Derivation trees flattened to shapes, many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attractor.derivations import Forest, Ids
from attractor.errors import UserError
from attractor.grammar import Grammar
from attractor.layout import Layout, Marks
from attractor.ragged import Bools, Ints, sequences, starts_of
from attractor.shapes import Dependencies, Names, Shapes
from attractor.word_classes import WordClass


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
