"""Shapes: a derivation tree flattened to slots, with its dependencies; everything but the words."""

from __future__ import annotations

from dataclasses import dataclass, field

from attractor.cells import SIMPLE
from attractor.derivations import Forest
from attractor.errors import UserError
from attractor.grammar import Grammar, Rule
from attractor.word_classes import WordClass


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
class _Walk:
    """What a walk over a tree has met so far."""

    grammar: Grammar
    forest: Forest
    slots: list[WordClass] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    depth_of_group: list[int] = field(default_factory=list)
    spans: list[tuple[int, int, str]] = field(default_factory=list)  # first slot, end, construction

    def visit(self, tree: int, group: int, depth: int) -> None:
        """Visit a tree whose symbol carries `group`, `depth` constructions down."""
        node = self.forest.nodes[tree]
        if isinstance(node, str):
            self.slots.append(self.grammar.classes[node])
            self.groups.append(group)
            return
        rule, children = node
        depth += self.grammar.is_construction(rule.symbol)
        start = len(self.slots)
        groups = self._bind(rule, group, depth)
        for child, subtree in zip(rule.children, children, strict=True):
            self.visit(subtree, groups[child.variable], depth)
        if self.grammar.is_construction(rule.symbol):
            self.spans.append((start, len(self.slots), self.grammar.constructions[rule.symbol]))

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
        inside = [s for s in walk.spans if noun < s[0] and s[1] <= verb]
        outermost = min(inside, key=lambda s: (s[0], -s[1]), default=(0, 0, SIMPLE))
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
                construction=outermost[2],
                structure=_bracketing(inside) or SIMPLE,
                depth=max((_nesting(s, inside) for s in inside), default=0),
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


def _nesting(span: tuple[int, int, str], spans: list[tuple[int, int, str]]) -> int:
    return sum(s[0] <= span[0] and span[1] <= s[1] for s in spans)


def _bracketing(spans: list[tuple[int, int, str]]) -> str:
    """Spell nested spans: "prep_phrase[object_relative_no_that]"."""
    text = ""
    ends: list[int] = []
    for start, end, name in sorted(spans, key=lambda s: (s[0], -s[1])):
        while ends and ends[-1] <= start:
            text += "]"
            ends.pop()
        if text and text[-1] == "]":
            text += "+"
        elif ends:
            text += "["
        elif text:
            text += "+"
        text += name
        ends.append(end)
    return text + "]" * (len(ends) - 1)
