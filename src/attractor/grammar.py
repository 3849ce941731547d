"""The feature grammar, compiled: a table of rules over symbols, with word classes as terminals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from attractor.errors import UserError
from attractor.word_classes import WordClass


@dataclass(frozen=True)
class Child:
    """One symbol of an expansion and the letter of its number ("" if it carries none)."""

    symbol: str
    variable: str = ""


@dataclass(frozen=True)
class Rule:
    """`symbol[variable] -> children`, with its weight."""

    symbol: str
    variable: str
    children: tuple[Child, ...]
    weight: float
    index: int

    def __str__(self) -> str:
        parts = [c.symbol + (f"[{c.variable}]" if c.variable else "") for c in self.children]
        return f"{self.symbol}: {' '.join(parts) or 'nothing'}"


@dataclass(frozen=True)
class Grammar:
    """Rules by symbol, word classes by name, and the constructions that bound recursion."""

    start: str
    rules: Mapping[str, tuple[Rule, ...]]
    classes: Mapping[str, WordClass]
    constructions: Mapping[str, str]
    openings: Mapping[str, str]
    coordinations: Mapping[str, str]
    max_depth: int

    def is_construction(self, symbol: str) -> bool:
        return symbol in self.constructions

    def modifier(self, symbol: str) -> str:
        """The name that `symbol` has in a structure: a construction's, a conjunct's, or ""."""
        return self.constructions.get(symbol, self.coordinations.get(symbol, ""))

    @cached_property
    def _least_depth(self) -> dict[str, float]:
        """The fewest nested constructions in which each symbol can end (inf: it never can)."""
        least: dict[str, float] = dict.fromkeys(self.classes, 0.0)
        least.update(dict.fromkeys(self.rules, float("inf")))
        changed = True
        while changed:
            changed = False
            for symbol, rules in self.rules.items():
                inside = min(
                    (max((least[c.symbol] for c in r.children), default=0.0) for r in rules),
                    default=float("inf"),
                )
                depth = inside + self.is_construction(symbol)
                if depth < least[symbol]:
                    least[symbol], changed = depth, True
        return least

    def can_end(self, symbol: str, depth: int) -> bool:
        """Whether `symbol` has a derivation with at most `depth` nested constructions."""
        return self._least_depth[symbol] <= depth

    def usable(self, symbol: str, depth: int) -> tuple[Rule, ...]:
        """The rules of `symbol` that can end with `depth` constructions allowed at or below it."""
        inside = depth - self.is_construction(symbol)
        return tuple(
            r for r in self.rules[symbol] if all(self.can_end(c.symbol, inside) for c in r.children)
        )

    def head_nouns(self, symbol: str) -> int:
        """How many head nouns `symbol` gives to the number it carries (0 or 1)."""
        return self._heads[symbol]

    @cached_property
    def _heads(self) -> dict[str, int]:
        heads = {name: int(words.kind == "noun") for name, words in self.classes.items()}
        changed = True
        while changed:  # from the words upwards; recursive rules wait for the others
            changed = False
            for rule in (r for rules in self.rules.values() for r in rules):
                carried = [
                    c.symbol for c in rule.children if rule.variable and c.variable == rule.variable
                ]
                if any(c not in heads for c in carried):
                    continue
                count = sum(heads[c] for c in carried)
                changed |= rule.symbol not in heads
                if heads.setdefault(rule.symbol, count) != count:
                    raise UserError(
                        f"grammar, `{rule}`: it holds {count} head nouns and another rule of "
                        f"{rule.symbol} holds {heads[rule.symbol]}; they must agree"
                    )
        return heads

    def without(self, symbols: Iterable[str]) -> Grammar:
        """The grammar less every rule that mentions one of `symbols`. UserError if unknown."""
        dropped = set(symbols)
        unknown = sorted(dropped - set(self.rules) - set(self.classes))
        if unknown:
            raise UserError(
                f"grammar: no symbol {', '.join(unknown)} to leave out; check the spelling"
            )
        kept = {
            symbol: tuple(r for r in rules if not dropped & {c.symbol for c in r.children})
            for symbol, rules in self.rules.items()
            if symbol not in dropped
        }
        return replace(self, rules=kept)


def check(grammar: Grammar) -> None:
    """Refuse a grammar that cannot end, recurs without bound, or has a verb without its noun."""
    if grammar.start not in grammar.rules:
        raise UserError(
            f"grammar: start symbol {grammar.start} has no rules; define it or rename start"
        )
    if grammar.rules[grammar.start][0].variable:
        raise UserError(
            f"grammar: start symbol {grammar.start} carries a number; name one without [n]"
        )
    for symbol in grammar.rules:
        if not grammar.can_end(symbol, 10**6):
            raise UserError(
                f"grammar, rules, {symbol}: it can never end; add an expansion without recursion"
            )
    if not grammar.can_end(grammar.start, grammar.max_depth):
        raise UserError(
            f"grammar: no sentence fits in max_depth {grammar.max_depth}; give the regime more"
        )
    _check_recursion(grammar)
    for rules in grammar.rules.values():
        for rule in rules:
            carried = {c.variable for c in rule.children} - {""}
            if rule.variable and rule.variable not in carried:
                raise UserError(
                    f"grammar, `{rule}`: no child carries [{rule.variable}]; add it to one"
                )
            for variable in sorted(carried - {rule.variable}):
                heads = sum(
                    grammar.head_nouns(c.symbol) for c in rule.children if c.variable == variable
                )
                if heads != 1:
                    raise UserError(
                        f"grammar, `{rule}`: [{variable}] has {heads} head nouns; give it one"
                    )


def _check_recursion(grammar: Grammar) -> None:
    """Every cycle must pass through a construction, or no max_depth would bound it."""
    done: set[str] = set()

    def visit(symbol: str, path: tuple[str, ...]) -> None:
        if symbol in path:
            cycle = " -> ".join([*path[path.index(symbol) :], symbol])
            raise UserError(
                f"grammar, rules: {cycle} can recur without bound; "
                "name one of these symbols under constructions:"
            )
        if symbol in done or symbol in grammar.classes or grammar.is_construction(symbol):
            return
        for rule in grammar.rules[symbol]:
            for child in rule.children:
                visit(child.symbol, (*path, symbol))
        done.add(symbol)

    for construction in grammar.constructions:
        for rule in grammar.rules[construction]:
            for child in rule.children:
                visit(child.symbol, ())
    for symbol in grammar.rules:
        visit(symbol, ())
