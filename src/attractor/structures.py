"""Structures: how the constructions and conjuncts between a noun and its verb nest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from attractor.layout import Bracket

SIMPLE, NONE = "simple", "none"


class Structure(NamedTuple):
    """What stands between a noun and its verb."""

    spelled: str  # the bracketing of all constructions and coordinations
    construction: str  # the outermost construction
    coordination: str  # the conjunct
    depth: int  # constructions nested


@dataclass
class _Span:
    """A construction or a conjunct between noun and verb."""

    name: str
    is_construction: bool
    parent: int  # the span that encloses it, -1 if none does
    ended: bool = False


@cache
def structure_of(brackets: tuple[Bracket, ...]) -> Structure:
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
    return Structure(
        spelled=_bracketing(inside) or SIMPLE,
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
