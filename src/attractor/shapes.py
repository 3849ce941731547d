"""Shapes: a derivation tree flattened to slots, with its dependencies; everything but the words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from attractor.cells import SIMPLE
from attractor.derivations import Forest
from attractor.errors import UserError
from attractor.fragments import Bracket, Fragments
from attractor.grammar import Grammar
from attractor.word_classes import WordClass

NONE = "none"


class Dependency(NamedTuple):
    """A verb that shows number and its head noun, by slot; and what stands between them."""

    group: int
    noun_slot: int
    verb_slot: int
    subject_index: int  # in tokens, from 0
    verb_index: int
    intervening: tuple[int, ...]  # groups of the nouns between, in order
    preceding: tuple[int, ...]  # groups of the nouns before the subject, in order
    role: str  # inner if the verb stands within a construction, else outer
    within: str  # the innermost construction that the verb stands in
    construction: str  # the outermost construction between the two
    structure: str  # the bracketing of all constructions and coordinations between the two
    opening: str  # what opens the sentence before the subject's clause
    coordination: str  # the conjunct that stands between the two
    depth: int  # constructions nested between the two
    last_cue_distance: int
    inner_verb_marked: bool  # a verb before this one shows number
    determiner_marked: bool
    noun_indices: tuple[int, ...]  # in tokens: every noun before the verb
    verb_indices: tuple[int, ...]  # every verb before it, whether or not it shows number
    right_context_reveals: bool = False  # a later verb of the same noun shows number too


@dataclass(frozen=True, slots=True)
class Shape:
    """A sentence without its words: T tokens in slots, numbers in groups.

    Every noun opens a group, and they are numbered in the order of their nouns; the words that
    agree with a noun share its group (-1: the slot has no number). `animacy[g]` is what the words
    of group g ask of its noun ("" for any).
    """

    slots: tuple[WordClass, ...]
    groups: tuple[int, ...]
    animacy: tuple[str, ...]
    dependencies: tuple[Dependency, ...]


class _Between(NamedTuple):
    """What stands between a noun and its verb."""

    structure: str
    construction: str
    coordination: str
    depth: int


class Flattener:
    """Flattens trees of one forest, and remembers what they have in common."""

    def __init__(self, grammar: Grammar, forest: Forest) -> None:
        self._fragments = Fragments(grammar, forest)
        self._between = cache(self._new_between)

    def shape(self, tree: int) -> Shape:
        """The shape of a tree of the start symbol. UserError if a group asks for two animacies."""
        slots: list[WordClass] = []
        groups: list[int] = []
        dependencies: list[Dependency] = []
        nouns: list[tuple[int, int, int, str]] = []  # slot, last token, brackets before, opening
        verbs: list[int] = []  # first tokens
        brackets: list[int] = []
        around: list[str] = []  # the constructions that have begun and not ended
        asks: list[tuple[int, str]] = []  # groups and the animacy that one of their words asks for
        opening = NONE
        n_tokens = cue = 0
        verb_marked = determiner_marked = False
        table = self._fragments.table
        for number in self._fragments.marks(tree):
            mark = table[number]
            if isinstance(mark, Bracket):
                brackets.append(number)
                if mark.kind == "opening":
                    opening = mark.name if opening == NONE else f"{opening}+{mark.name}"
                elif mark.kind == "construction" and mark.begins:
                    around.append(mark.name)
                elif mark.kind == "construction":
                    around.pop()
                continue
            words, length, kind, shows_number, noun = mark
            group = -1
            if noun is not None:
                group = len(nouns) + noun
                if words.subject:
                    asks.append((group, words.subject))
                if kind == "noun":
                    nouns.append((len(slots), n_tokens + length - 1, len(brackets), opening))
                elif kind == "verb" and shows_number:
                    if group < len(nouns):
                        noun_slot, subject_index, n_brackets, before = nouns[group]
                        structure, construction, coordination, depth = self._between(
                            tuple(brackets[n_brackets:])
                        )
                        dependencies.append(
                            Dependency(
                                group=group,
                                noun_slot=noun_slot,
                                verb_slot=len(slots),
                                subject_index=subject_index,
                                verb_index=n_tokens,
                                intervening=tuple(range(group + 1, len(nouns))),
                                preceding=tuple(range(group)),
                                role="inner" if around else "outer",
                                within=around[-1] if around else NONE,
                                construction=construction,
                                structure=structure,
                                opening=before,
                                coordination=coordination,
                                depth=depth,
                                last_cue_distance=n_tokens - cue,
                                inner_verb_marked=verb_marked,
                                determiner_marked=determiner_marked,
                                noun_indices=tuple([index for _, index, _, _ in nouns]),
                                verb_indices=tuple(verbs),
                            )
                        )
                    verb_marked = True
                elif kind == "determiner" and shows_number:
                    determiner_marked = True
                if shows_number:  # a plural tells on its last token
                    cue = n_tokens + length - 1
            if kind == "verb":
                verbs.append(n_tokens)
            slots.append(words)
            groups.append(group)
            n_tokens += length
        asked = dict(asks)
        if len(set(asks)) > len(asked):
            _refuse(slots, groups, asks)
        animacy = tuple([asked.get(group, "") for group in range(len(nouns))])
        return Shape(tuple(slots), tuple(groups), animacy, _revealed(dependencies))

    def _new_between(self, brackets: tuple[int, ...]) -> _Between:
        marks = [self._fragments.table[number] for number in brackets]
        return _between([mark for mark in marks if isinstance(mark, Bracket)])


def _revealed(dependencies: list[Dependency]) -> tuple[Dependency, ...]:
    """The dependencies, marked where a later one has the same noun."""
    return tuple(
        [
            d._replace(right_context_reveals=d.group in [later.group for later in dependencies[i:]])
            for i, d in enumerate(dependencies, start=1)
        ]
    )


def _refuse(slots: list[WordClass], groups: list[int], asks: list[tuple[int, str]]) -> None:
    clashing = min(g for g, animacy in asks if any(g == h and animacy != a for h, a in asks))
    members = [c for c, g in zip(slots, groups, strict=True) if g == clashing and c.subject]
    raise UserError(
        f"grammar: {', '.join(c.name for c in members)} can share a subject but ask for "
        f"{' and '.join(sorted({c.subject for c in members}))} ones; split the rule that joins them"
    )


@dataclass
class _Span:
    """A construction or a conjunct between noun and verb."""

    name: str
    is_construction: bool
    parent: int  # the span that encloses it, -1 if none does
    ended: bool = False


def _between(brackets: list[Bracket]) -> _Between:
    """What whole modifiers there are among `brackets`; one that holds noun or verb is not whole."""
    spans: list[_Span] = []
    current = -1
    for name, kind, begins in brackets:
        if begins:
            spans.append(_Span(name, kind == "construction", current))
            current = len(spans) - 1
        elif kind != "opening" and current >= 0:
            spans[current].ended = True
            current = spans[current].parent
    inside = {i: span for i, span in enumerate(spans) if span.ended}
    return _Between(
        structure=_bracketing(inside) or SIMPLE,
        construction=_names(inside, constructions=True) or SIMPLE,
        coordination=_names(inside, constructions=False) or NONE,
        depth=_nesting(inside),
    )


def _names(spans: dict[int, _Span], constructions: bool) -> str:
    """The name of the first construction, or of the first conjunct; "" if there is none."""
    return next((s.name for s in spans.values() if s.is_construction == constructions), "")


def _nesting(spans: dict[int, _Span]) -> int:
    """How many constructions enclose one another at most."""
    levels: dict[int, int] = {-1: 0}
    for i, span in spans.items():
        levels[i] = levels.get(span.parent, 0) + span.is_construction
    return max(levels.values())


def _bracketing(spans: dict[int, _Span]) -> str:
    """Spell spans: "prep_phrase[object_relative_no_that]", neighbours joined by "+"."""

    def spell(some: list[int]) -> str:
        texts = []
        for i in some:
            held = spell([j for j, span in spans.items() if span.parent == i])
            texts.append(spans[i].name + (f"[{held}]" if held else ""))
        return "+".join(texts)

    return spell([i for i, span in spans.items() if span.parent not in spans])
