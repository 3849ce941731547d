"""What a split asks of a text's drawing: which rules, which numbers together, which nouns where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import IntEnum

import numpy as np

from attractor.errors import UserError
from attractor.grammar import Grammar
from attractor.ragged import Ints, ragged, starts_of
from attractor.shapes import Shapes


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


def lexical_pools(shapes: Shapes) -> Ints:
    """The pool (groups,) of each group in a lexical text: no noun in a role that it is kept from.

    A subject is the noun of any verb, also of one that shows no number.
    """
    is_verb = np.array([words.kind == "verb" for words in shapes.classes])[shapes.word_class]
    of_verb = np.flatnonzero(is_verb & (shapes.group >= 0))
    first_group = np.repeat(shapes.group_start[:-1], np.diff(shapes.slot_start))
    is_subject = np.zeros(len(shapes.animacy), dtype=np.int64)
    is_subject[first_group[of_verb] + shapes.group[of_verb]] = 1
    is_between = np.zeros_like(is_subject)
    is_between[between(shapes, np.arange(len(shapes.dependencies)))] = 1
    pools = np.array([[Pool.ANY, Pool.SEEN_BETWEEN], [Pool.SEEN_AS_SUBJECT, Pool.SEEN]])
    found: Ints = pools[is_subject, is_between]
    return found


def between(shapes: Shapes, which: Ints) -> Ints:
    """The groups, of all shapes end to end, between the nouns and verbs of some dependencies."""
    return ragged(shapes.heads[which] + 1, shapes.dependencies.n_intervening[which])


def probe_pools(shapes: Shapes, asked: Ints, nouns: str) -> Ints:
    """The pool of each group of sentences that probe a dependency each, `asked` (N,), of shapes.

    Groups that have no part in it are as in a lexical text. nouns: which of NOUNS stand as the
    dependency's subject and between it and its verb.
    """
    dependencies = shapes.dependencies.take(asked)
    n_groups = np.diff(shapes.group_start)[dependencies.shape]
    found = lexical_pools(shapes)[ragged(shapes.group_start[dependencies.shape], n_groups)]
    subject = starts_of(n_groups)[:-1] + dependencies.group
    found[subject], found[ragged(subject + 1, dependencies.n_intervening)] = NOUNS[nouns]
    return found


def number_ties(shapes: Shapes, rule: str) -> Ints:
    """For each group (groups,), which number it takes: groups that `rule` ties take the same one.

    rule: first_noun or most_recent_noun, which is then right at every verb that shows number; or ""
    for groups that are all independent. Numbers are counted from 0, in order of a shape's groups.
    """
    first, head = shapes.group_start[shapes.dependencies.shape], shapes.heads
    read = {
        "": head,
        "first_noun": first,
        "most_recent_noun": head + shapes.dependencies.n_intervening,
    }[rule]
    # Each group takes the number of the first one that it is tied to, by whatever way.
    number = np.arange(len(shapes.animacy))
    while (number[head] != number[read]).any():
        least = np.minimum(number[head], number[read])
        for tied in (number[head], number[read]):
            np.minimum.at(number, tied, least)
        number = number[number]
    own = starts_of(number == np.arange(len(number)))
    first_group = np.repeat(shapes.group_start[:-1], np.diff(shapes.group_start))
    found: Ints = own[number] - own[first_group]
    return found


def can_attract(shapes: Shapes, ties: Ints) -> Ints:
    """The most attractors (N,) that an item of each shape can have, numbers tied as `ties` says."""
    dependencies = shapes.dependencies
    subject = np.repeat(ties[shapes.heads], dependencies.n_intervening)
    differs = ties[between(shapes, np.arange(len(dependencies)))] != subject
    ends = starts_of(differs)[starts_of(dependencies.n_intervening)]
    most = np.zeros(len(shapes), dtype=np.int64)
    np.maximum.at(most, dependencies.shape, np.diff(ends))
    return most


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
