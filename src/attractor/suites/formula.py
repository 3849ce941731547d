"""SyntaxGym's formulas (Gauthier et al. 2020), read by rule: nothing is evaluated.

A formula compares surprisals summed over a region: `(6;%a%) < (6;%b%)` says that region 6 of the
condition a is the less surprising one. Sums and differences, `&` and `|`, and both kinds of
brackets may stand around: `[(6;%a%) < (6;%b%)] & [(6;%c%) < (6;%d%)]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from attractor.errors import UserError

_TOKEN = re.compile(
    r"\s*(?:\(\s*(?P<region>\d+|\*)\s*;\s*%(?P<condition>[\w-]+)%\s*\)"
    r"|(?P<number>\d+(?:\.\d+)?)|(?P<sign>[-+<>=&|()\[\]]))"
)
# From the loosest to the tightest, as the syntaxgym package has them.
_LEVELS = ("|", "&", "=", ">", "<", "-", "+")
_CLOSING = {"(": ")", "[": "]"}


class Region(NamedTuple):
    """The surprisal of a region of a condition; number `*`: of all its regions together."""

    number: str
    condition: str


class Operation(NamedTuple):
    """Two formulas with a sign between them: | & = > < - +."""

    sign: str
    left: Formula
    right: Formula


Formula = Region | Operation | float


def parse(text: str, place: str) -> Formula:
    """A formula as a tree. Raises UserError naming `place` and what cannot be read."""
    tokens = _tokens(text, place)
    formula, end = _level(tokens, 0, 0, f"{place}: the formula `{text}`")
    if end < len(tokens):
        raise UserError(f"{place}: the formula `{text}` goes on after its end; mend it")
    return formula


def conjuncts(formula: Formula) -> Iterator[Formula]:
    """The formulas that must all hold for this one to hold, in order."""
    if isinstance(formula, Operation) and formula.sign == "&":
        yield from conjuncts(formula.left)
        yield from conjuncts(formula.right)
    else:
        yield formula


def comparison(formula: Formula) -> tuple[Region, Region] | None:
    """The less and the more surprising region, where a formula compares two and says no more."""
    if not isinstance(formula, Operation) or formula.sign not in "<>":
        return None
    left, right = formula.left, formula.right
    if not (isinstance(left, Region) and isinstance(right, Region)):
        return None
    return (left, right) if formula.sign == "<" else (right, left)


def _tokens(text: str, place: str) -> list[Region | float | str]:
    found: list[Region | float | str] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise UserError(
                f"{place}: the formula `{text}` cannot be read from `{text[position:].strip()}` "
                "on; mend it"
            )
        if match["region"]:
            found.append(Region(match["region"], match["condition"]))
        else:
            found.append(float(match["number"]) if match["number"] else match["sign"])
        position = match.end()
    return found


def _level(
    tokens: list[Region | float | str], start: int, level: int, place: str
) -> tuple[Formula, int]:
    """The formula of signs as tight as `level` that starts at a token, and where it ends."""
    if level == len(_LEVELS):
        return _operand(tokens, start, place)
    left, end = _level(tokens, start, level + 1, place)
    while end < len(tokens) and tokens[end] == _LEVELS[level]:
        right, end = _level(tokens, end + 1, level + 1, place)
        left = Operation(_LEVELS[level], left, right)
    return left, end


def _operand(tokens: list[Region | float | str], start: int, place: str) -> tuple[Formula, int]:
    token = tokens[start] if start < len(tokens) else ""
    if not isinstance(token, str):
        return token, start + 1
    if token not in _CLOSING:
        found = f"`{token}` stands" if token else "it ends"
        raise UserError(f"{place}: {found} where a region like (6;%a%) is due; mend it")
    inner, end = _level(tokens, start + 1, 0, place)
    if end >= len(tokens) or tokens[end] != _CLOSING[token]:
        raise UserError(f"{place}: `{token}` is not closed; mend it")
    return inner, end + 1
