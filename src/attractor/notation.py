"""The yaml notation of a grammar, read; the head of conf/grammar/english.yaml explains it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attractor.blocks import read_block
from attractor.errors import UserError
from attractor.grammar import Child, Grammar, Rule, check
from attractor.lexicon import Lexicon
from attractor.word_classes import WordClass, literal, word_classes

_SYMBOL = re.compile(r"([A-Za-z]\w*)(?:\[([a-z])\])?$")
_CHILD = re.compile(r'"[^"\s]+"|[^\s"]+')


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
    named = {key: spec.get(key, {}) for key in ("constructions", "openings", "coordinations")}
    for section, names in {**named, "times": times}.items():
        for name in names:
            if name not in rules:
                raise UserError(
                    f"grammar, {section}: {name} is no symbol of rules:; define it there"
                )
    grammar = Grammar(
        start=spec["start"],
        rules={symbol: tuple(some) for symbol, some in rules.items()},
        classes=classes,
        **{section: dict(names) for section, names in named.items()},
        max_depth=max_depth,
    )
    check(grammar)
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


def _mapping(section: Any, name: str) -> Mapping[str, Any]:
    """A section, which may be given as a block of yaml text."""
    parsed = read_block(section, f"grammar, {name}")
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
