"""Shapes: sentences as slots, with their dependencies; all but the words.

Many at a time, as arrays: no object is made for a tree, a slot or a dependency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from attractor.layout import Bracket
from attractor.ragged import Bools, Ints
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
