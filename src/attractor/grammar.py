"""The feature grammar: its yaml notation read, checked and compiled.

The notation is explained at the head of conf/grammar/english.yaml. A compiled grammar is a table of
rules over symbols; word classes are its terminals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import yaml

from attractor.errors import UserError
from attractor.lexicon import Lexicon
from attractor.word_classes import WordClass, literal, word_classes

_SYMBOL = re.compile(r"([A-Za-z]\w*)(?:\[([a-z])\])?$")
_CHILD = re.compile(r'"[^"\s]+"|[^\s"]+')


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
    max_depth: int

    def is_construction(self, symbol: str) -> bool:
        return symbol in self.constructions

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


def read_grammar(spec: Mapping[str, Any], lexicon: Lexicon, regime: str = "natural") -> Grammar:
    """Compile a grammar's yaml (as a mapping) for one regime. Raises UserError naming the rule."""
    for key in ("start", "rules", "words", "constructions", "regimes"):
        if key not in spec:
            raise UserError(
                f"grammar: no `{key}:` section; see the head of conf/grammar/english.yaml"
            )
        if key not in ("start", "rules", "words") and not isinstance(spec[key], Mapping):
            raise UserError(f"grammar, {key}: give a mapping, as conf/grammar/english.yaml does")
    spec = {**spec, **{section: _mapping(spec[section], section) for section in ("rules", "words")}}
    if regime not in spec["regimes"]:
        raise UserError(f"data.regime={regime}: the grammar has {', '.join(spec['regimes'])}")
    max_depth, times = _regime(regime, spec["regimes"][regime])
    arity: dict[str, str] = {}
    classes: dict[str, WordClass] = {}
    rules: dict[str, list[Rule]] = {}

    def add(symbol: str, variable: str, children: tuple[Child, ...], weight: float) -> None:
        index = sum(len(some) for some in rules.values())
        rules.setdefault(symbol, []).append(Rule(symbol, variable, children, weight, index))

    for key, entry in spec["words"].items():
        name, variable = _symbol(key, "words")
        arity[name] = variable
        variants = word_classes(name, entry, lexicon, "grammar")
        if not variable and any(c.kind == "noun" or c.shows_number for c in variants):
            raise UserError(f"grammar, words, {name}: it shows number; write {name}[n]")
        classes.update({c.name: c for c in variants})
        if len(variants) > 1:  # words of several lengths: one alternative a length
            for c in variants:
                add(name, variable, (Child(c.name, variable),), float(len(c.forms)))
                arity[c.name] = variable
    for key in spec["rules"]:
        name, variable = _symbol(key, "rules")
        if name in arity:
            raise UserError(f"grammar, {key}: {name} is defined twice; rename one")
        arity[name] = variable
    for key, expansions in spec["rules"].items():
        name, variable = _symbol(key, "rules")
        if not isinstance(expansions, list) or not expansions:
            raise UserError(f"grammar, rules, {key}: give a list of expansions, `- WEIGHT child …`")
        for line in expansions:
            weight, children = _expansion(str(line), key)
            for child in children:
                if child.symbol.startswith('"'):
                    classes.setdefault(child.symbol, literal(child.symbol.strip('"')))
                    continue
                if child.symbol not in arity:
                    raise UserError(
                        f"grammar, rules, {key}, `{line}`: unknown symbol {child.symbol}; "
                        "define it under rules: or words:"
                    )
                if bool(child.variable) != bool(arity[child.symbol]):
                    should = "carries a number" if arity[child.symbol] else "carries no number"
                    raise UserError(
                        f"grammar, rules, {key}, `{line}`: {child.symbol} {should}; "
                        f"write {child.symbol}{'[n]' if arity[child.symbol] else ''}"
                    )
                weight *= times.get(child.symbol, 1.0)
            add(name, variable, children, weight)
    for section in ("constructions", "openings", "times"):
        for name in {"openings": {}, **spec, "times": times}[section]:
            if name not in rules:
                raise UserError(
                    f"grammar, {section}: {name} is no symbol of rules:; define it there"
                )
    grammar = Grammar(
        start=spec["start"],
        rules={symbol: tuple(some) for symbol, some in rules.items()},
        classes=classes,
        constructions=dict(spec["constructions"]),
        openings=dict(spec.get("openings", {})),
        max_depth=max_depth,
    )
    _check(grammar)
    return grammar


def _regime(name: str, settings: Any) -> tuple[int, Mapping[str, float]]:
    """A regime's max_depth and the factors of its `times`, checked."""
    place = f"grammar, regimes, {name}"
    if not isinstance(settings, Mapping) or set(settings) - {"times"} != {"max_depth"}:
        raise UserError(f"{place}: give max_depth, and times if some rules weigh more; no more")
    depth, times = settings["max_depth"], settings.get("times", {})
    if not isinstance(depth, int) or depth < 0:
        raise UserError(f"{place}, max_depth={depth}: give a whole number of at least 0")
    for symbol, factor in times.items():
        if not isinstance(factor, int | float) or not 0 < factor < float("inf"):
            raise UserError(f"{place}, times, {symbol}: {factor}; give a number above 0")
    return depth, times


class _Loader(yaml.SafeLoader):
    """Safe yaml that refuses a key given twice, of which yaml would keep only the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping = super().construct_mapping(node, deep)
        if len(mapping) < len(node.value):
            keys = [str(key.value) for key, _ in node.value]
            double = next(key for key in keys if keys.count(key) > 1)
            raise UserError(f"grammar: {double} is defined twice; rename one, or join the two")
        return mapping


def _mapping(section: Any, name: str) -> Mapping[str, Any]:
    """A section that may be given as a block of yaml text."""
    try:
        parsed = yaml.load(section, _Loader) if isinstance(section, str) else section
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise UserError(f"grammar, {name}: this is no yaml: {reason}") from error
    if not isinstance(parsed, Mapping):
        raise UserError(f"grammar, {name}: give a mapping, as conf/grammar/english.yaml does")
    return parsed


def _symbol(text: str, section: str) -> tuple[str, str]:
    match = _SYMBOL.match(str(text))
    if not match:
        raise UserError(f"grammar, {section}: `{text}` is no symbol; write Name or Name[n]")
    return match[1], match[2] or ""


def _expansion(line: str, key: str) -> tuple[float, tuple[Child, ...]]:
    weight, _, rest = line.strip().partition(" ")
    try:
        value = float(weight)
    except ValueError:
        value = -1.0
    if not 0 < value < float("inf") or not rest.strip():
        raise UserError(
            f"grammar, rules, {key}, `{line}`: start with a weight above 0, then the children"
        )
    if rest.strip() == "nothing":
        return value, ()
    words = _CHILD.findall(rest)
    if _CHILD.sub("", rest).strip():
        raise UserError(f"grammar, rules, {key}, `{line}`: put each word in quotes of its own")
    children = [
        Child(w) if w.startswith('"') else Child(*_symbol(w, f"rules, {key}")) for w in words
    ]
    return value, tuple(children)


def _check(grammar: Grammar) -> None:
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
