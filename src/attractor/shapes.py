"""Shapes: a derivation tree flattened to slots, with its dependencies; everything but the words."""

from __future__ import annotations

from dataclasses import dataclass, field

from attractor.cells import SIMPLE
from attractor.derivations import Forest
from attractor.errors import UserError
from attractor.grammar import Grammar, Rule
from attractor.word_classes import WordClass

NONE = "none"


@dataclass(frozen=True)
class Dependency:
    """A verb that shows number and its head noun, by slot; and what stands between them."""

    group: int
    noun_slot: int
    verb_slot: int
    subject_index: int  # in tokens, from 0
    verb_index: int
    intervening: tuple[int, ...]  # groups of the nouns between, in order
    preceding: tuple[int, ...]  # groups of the nouns before the subject, in order
    role: str
    construction: str
    structure: str
    opening: str  # what opens the sentence before the subject's clause
    depth: int
    last_cue_distance: int
    inner_verb_marked: bool  # a verb before this one shows number
    determiner_marked: bool


@dataclass(frozen=True)
class Shape:
    """A sentence without its words: T tokens in slots, numbers in groups.

    Every noun opens a group; the words that agree with it share it (-1: the slot has no number).
    `animacy[g]` is what the words of group g ask of its noun ("" for any).
    """

    slots: tuple[WordClass, ...]
    groups: tuple[int, ...]
    animacy: tuple[str, ...]
    dependencies: tuple[Dependency, ...]


@dataclass
class _Span:
    """A construction's slots, from `start` up to but not including `end`; its parent's index."""

    name: str
    parent: int  # -1 if no construction encloses it
    start: int
    end: int = -1


@dataclass
class _Walk:
    """What a walk over a tree has met so far; a span stands before those that it encloses."""

    grammar: Grammar
    forest: Forest
    slots: list[WordClass] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    depth_of_group: list[int] = field(default_factory=list)
    spans: list[_Span] = field(default_factory=list)
    openings: list[tuple[int, str]] = field(default_factory=list)  # the slot after it, its name

    def visit(self, tree: int, group: int, depth: int, span: int = -1) -> None:
        """Visit a tree whose symbol carries `group`, `depth` constructions down, within `span`."""
        node = self.forest.nodes[tree]
        if isinstance(node, str):
            self.slots.append(self.grammar.classes[node])
            self.groups.append(group)
            return
        rule, children = node
        construction = self.grammar.is_construction(rule.symbol)
        if construction:
            name = self.grammar.constructions[rule.symbol]
            self.spans.append(_Span(name, parent=span, start=len(self.slots)))
            depth, span = depth + 1, len(self.spans) - 1
        groups = self._bind(rule, group, depth)
        for child, subtree in zip(rule.children, children, strict=True):
            self.visit(subtree, groups[child.variable], depth, span)
        if construction:
            self.spans[span].end = len(self.slots)
        if rule.symbol in self.grammar.openings:
            self.openings.append((len(self.slots), self.grammar.openings[rule.symbol]))

    def _bind(self, rule: Rule, group: int, depth: int) -> dict[str, int]:
        groups = {"": -1}
        if rule.variable:
            groups[rule.variable] = group
        for child in rule.children:
            if child.variable not in groups:
                groups[child.variable] = len(self.depth_of_group)
                self.depth_of_group.append(depth)
        return groups


def flatten(grammar: Grammar, forest: Forest, tree: int) -> Shape:
    """The shape of a tree of the start symbol. UserError if a group asks for two animacies."""
    walk = _Walk(grammar, forest)
    walk.visit(tree, -1, 0)
    animacy = []
    for group in range(len(walk.depth_of_group)):
        members = [c for c, g in zip(walk.slots, walk.groups, strict=True) if g == group]
        asked = sorted({c.subject for c in members} - {""})
        if len(asked) > 1:
            names = ", ".join(c.name for c in members if c.subject)
            raise UserError(
                f"grammar: {names} can share a subject but ask for {' and '.join(asked)} ones; "
                "split the rule that joins them"
            )
        animacy.append(asked[0] if asked else "")
    return Shape(tuple(walk.slots), tuple(walk.groups), tuple(animacy), _dependencies(walk))


def _dependencies(walk: _Walk) -> tuple[Dependency, ...]:
    starts = [0]
    for words in walk.slots:
        starts.append(starts[-1] + words.n_tokens)
    nouns = [i for i, words in enumerate(walk.slots) if words.kind == "noun"]
    noun_of_group = {walk.groups[i]: i for i in nouns}
    # A slot shows number where its own forms differ; a plural tells on its last token.
    shows = [
        words.shows_number and g >= 0 for words, g in zip(walk.slots, walk.groups, strict=True)
    ]
    found = []
    for verb, words in enumerate(walk.slots):
        noun = noun_of_group.get(walk.groups[verb], len(walk.slots))
        if words.kind != "verb" or not shows[verb] or noun > verb:
            continue
        inside = {i: s for i, s in enumerate(walk.spans) if noun < s.start and s.end <= verb}
        cues = [i for i in range(verb) if shows[i]]
        found.append(
            Dependency(
                group=walk.groups[verb],
                noun_slot=noun,
                verb_slot=verb,
                subject_index=starts[noun + 1] - 1,
                verb_index=starts[verb],
                intervening=tuple(walk.groups[i] for i in nouns if noun < i < verb),
                preceding=tuple(walk.groups[i] for i in nouns if i < noun),
                role="inner" if walk.depth_of_group[walk.groups[verb]] else "outer",
                construction=next((s.name for s in inside.values()), SIMPLE),
                structure=_bracketing(inside) or SIMPLE,
                opening="+".join(name for end, name in walk.openings if end <= noun) or NONE,
                depth=_nesting(inside),
                last_cue_distance=starts[verb] - (starts[cues[-1] + 1] - 1),
                inner_verb_marked=any(
                    shows[i] and walk.slots[i].kind == "verb" for i in range(verb)
                ),
                determiner_marked=any(
                    shows[i] and walk.slots[i].kind == "determiner" for i in range(verb)
                ),
            )
        )
    return tuple(found)


def _nesting(spans: dict[int, _Span]) -> int:
    """How many of the spans enclose one another at most."""
    levels: dict[int, int] = {-1: 0}
    for i, span in spans.items():
        levels[i] = levels.get(span.parent, 0) + 1
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
