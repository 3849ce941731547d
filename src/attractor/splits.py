"""What a split asks of a text's drawing: which rules, which numbers together, which nouns where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import IntEnum

from attractor.errors import UserError
from attractor.grammar import Grammar
from attractor.shapes import Dependency, Shape


class Pool(IntEnum):
    """The nouns that may fill a group's slot, by the role that a lexical text keeps them from."""

    ANY = 0
    SEEN = 1  # kept from no role
    SEEN_AS_SUBJECT = 2
    SEEN_BETWEEN = 3
    HELD_OUT_SUBJECT = 4
    HELD_OUT_ATTRACTOR = 5


# Pool -> the values of nouns.csv's column held_out that it admits.
ADMITTED = {
    Pool.ANY: {"no", "subject", "attractor"},
    Pool.SEEN: {"no"},
    Pool.SEEN_AS_SUBJECT: {"no", "attractor"},
    Pool.SEEN_BETWEEN: {"no", "subject"},
    Pool.HELD_OUT_SUBJECT: {"subject"},
    Pool.HELD_OUT_ATTRACTOR: {"attractor"},
}

# What a probe can ask: the pools of its subject and of the nouns between. One thing is new at most.
NOUNS = {
    "seen": (Pool.SEEN, Pool.SEEN),
    "held_out_subject": (Pool.HELD_OUT_SUBJECT, Pool.SEEN),
    "held_out_attractor": (Pool.SEEN, Pool.HELD_OUT_ATTRACTOR),
}


def lexical_pools(shape: Shape) -> list[Pool]:
    """The pool of each group in a lexical text: no noun in a role that it is kept from.

    A subject is the noun of any verb, also of one that shows no number.
    """
    groups = range(len(shape.animacy))
    slots = zip(shape.slots, shape.groups, strict=True)
    subjects = {group for words, group in slots if words.kind == "verb"}
    between = {group for d in shape.dependencies for group in d.intervening}
    pools = {
        (False, False): Pool.ANY,
        (True, False): Pool.SEEN_AS_SUBJECT,
        (False, True): Pool.SEEN_BETWEEN,
        (True, True): Pool.SEEN,
    }
    return [pools[group in subjects, group in between] for group in groups]


def probe_pools(shape: Shape, target: Dependency, nouns: str) -> list[Pool]:
    """The pool of each group where a probe asks about `target`; other groups as in a lexical text.

    nouns: which of NOUNS stand as the target's subject and between it and its verb.
    """
    pools = lexical_pools(shape)
    pools[target.group], between = NOUNS[nouns]
    for group in target.intervening:
        pools[group] = between
    return pools


def number_ties(shape: Shape, rule: str) -> list[int]:
    """For each group, which number it takes: groups that `rule` ties take the same one.

    rule: first_noun or most_recent_noun, which is then right at every verb that shows number; or ""
    for groups that are all independent. Numbers are counted from 0, in order of the groups.
    """
    number = list(range(len(shape.animacy)))
    for d in shape.dependencies:
        read = {
            "": d.group,
            "first_noun": (*d.preceding, d.group)[0],
            "most_recent_noun": (d.group, *d.intervening)[-1],
        }[rule]
        one, other = sorted((number[d.group], number[read]))
        number = [one if n == other else n for n in number]
    kept = sorted(set(number))
    return [kept.index(n) for n in number]


def can_attract(shape: Shape, ties: Sequence[int]) -> int:
    """The most attractors that an item of the shape can have, its numbers tied as `ties` says."""
    return max(
        (sum(ties[g] != ties[d.group] for g in d.intervening) for d in shape.dependencies),
        default=0,
    )


def simpler(grammar: Grammar, held_out: Sequence[str], max_depth: int | None) -> Grammar:
    """The grammar without the symbols of `held_out`, and with another max_depth unless None.

    Raises UserError for a symbol that no column would tell of, or where no sentence is left.
    """
    named = {**grammar.constructions, **grammar.openings, **grammar.coordinations}
    if other := sorted(set(held_out) - set(named)):
        raise UserError(
            f"data.held_out: {', '.join(other)} is no construction, opening or coordination; "
            f"choose from {', '.join(named)}"
        )
    depth = grammar.max_depth if max_depth is None else max_depth
    left = replace(grammar.without(held_out), max_depth=depth)
    if left.start not in left.rules or not left.can_end(left.start, depth):
        raise UserError(
            f"data.held_out=[{','.join(held_out)}]: no sentence is left within depth {depth}; "
            "hold out less"
        )
    return left
