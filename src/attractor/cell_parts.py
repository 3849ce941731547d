"""The parts that symbols play for one marked dependency, handed down from rule to children.

A derivation of a sentence has one marked dependency: a head noun and the verb that agrees with it.
Every symbol on the way plays a part for it, and what its children can play follows from that alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from attractor.grammar import Grammar, Rule


class Part(NamedTuple):
    """Where a symbol stands to the dependency; and, if it holds the verb, in which role.

    place: it lies `before` the noun, holds the `noun`, lies `between` noun and verb, lies there
    `inside` another modifier that is spelled without it, holds the `verb`, lies `after` it, holds
    `both` noun and verb of the number that it carries, or holds the `whole` dependency.
    role: on the way down to the verb no construction may be passed any more (`outer`), one must
    still be passed (`inner`), or one has been (`passed`).
    """

    place: str
    role: str = ""


BEFORE, BETWEEN, INSIDE, AFTER = map(Part, ("before", "between", "inside", "after"))
NOUN = Part("noun")
_FLAT = (BEFORE, BETWEEN, INSIDE, AFTER)


def entered(grammar: Grammar, symbol: str, part: Part, spelled: bool) -> Part | None:
    """The part as it is left to the children of `symbol`; None if `symbol` cannot play it.

    spelled: a modifier in between spells those inside it, too.
    """
    if part == BETWEEN and grammar.modifier(symbol) and not spelled:
        return INSIDE
    if part.role and grammar.is_construction(symbol):
        return None if part.role == "outer" else part._replace(role="passed")
    return part


def assignments(grammar: Grammar, rule: Rule, part: Part) -> Iterator[tuple[Part, ...]]:
    """The parts that the children of `rule` can play if `part` is left to them."""
    n = len(rule.children)
    carriers = [
        i for i, c in enumerate(rule.children) if c.variable and c.variable == rule.variable
    ]
    verb = Part("verb", part.role)
    if part in _FLAT:
        yield (part,) * n
    elif part == NOUN:
        for i in carriers:
            if grammar.head_nouns(rule.children[i].symbol):
                yield (*[BEFORE] * i, NOUN, *[BETWEEN] * (n - i - 1))
    elif part.place == "verb":
        for i in carriers:
            yield (*[BETWEEN] * i, verb, *[AFTER] * (n - i - 1))
    else:
        if part.place == "whole":
            for i in range(n):
                yield (*[BEFORE] * i, part, *[AFTER] * (n - i - 1))
        yield from _pairs(grammar, rule, part)


def _pairs(grammar: Grammar, rule: Rule, part: Part) -> Iterator[tuple[Part, ...]]:
    """A noun and its verb, in one child of `rule` or in two.

    They are of the number that the rule's symbol carries (`both`) or of one that the rule opens.
    """
    n = len(rule.children)
    both, verb = Part("both", part.role), Part("verb", part.role)
    for i, noun in enumerate(rule.children):
        carried = noun.variable == rule.variable
        if not grammar.head_nouns(noun.symbol) or carried != (part.place == "both"):
            continue
        yield (*[BEFORE] * i, both, *[AFTER] * (n - i - 1))
        for j in range(i + 1, n):
            if rule.children[j].variable == noun.variable:
                between = [BETWEEN] * (j - i - 1)
                yield (*[BEFORE] * i, NOUN, *between, verb, *[AFTER] * (n - j - 1))
