"""What a finished text holds, read off its sentences and columns: that its split kept its word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from attractor.config import DataConfig
from attractor.errors import UserError
from attractor.grammar import Grammar
from attractor.lexicon import Lexicon
from attractor.word_classes import NUMBERS

_LONGEST = 3  # tokens of a noun


class Noun(NamedTuple):
    """A noun as a reader meets it: where it ends, its form, its number and its row's held_out."""

    end: int
    form: str
    number: str
    held_out: str


class Reading(NamedTuple):
    """The nouns up to an item's verb: all of them, the subject, and those between."""

    nouns: list[Noun]
    subject: Noun
    between: list[Noun]


def check_split(
    items: pd.DataFrame, data: DataConfig, grammar: Grammar, lexicon: Lexicon
) -> dict[str, Any]:
    """Counts for split.json, from the items of a text (train, valid and test).

    grammar: the regime's own. Raises AssertionError where the text breaks its split's promise.
    """
    readings = _read(items, lexicon)
    fewest = min(
        (sum(n.number != r.subject.number for n in r.between) for r in readings), default=0
    )
    _promise(fewest >= data.min_attractors, f"an item has {fewest} attractors")
    facts: dict[str, Any] = {
        "split": data.split,
        "distinct_sentences": items.groupby("split", sort=False)["sentence"].nunique().to_dict(),
        "items": items.groupby("split", sort=False).size().to_dict(),
        "fewest_attractors": fewest,
    }
    if data.split == "lexical":
        facts |= _lexical(items, readings, lexicon)
    if data.split == "structural":
        facts |= _structural(items, data, grammar)
    if data.split == "ambiguous":
        facts |= _ambiguous(readings, data.rule)
    return facts


def _lexical(
    items: pd.DataFrame, readings: Sequence[Reading], lexicon: Lexicon
) -> dict[str, dict[str, int]]:
    """Nouns held out of each role, where training shows them, and items that break it."""
    forms = _noun_forms(lexicon)
    held_out = {
        role: [form for form, (_, own) in forms.items() if own == role]
        for role in ("subject", "attractor")
    }
    for role, some in held_out.items():
        if not some:
            raise UserError(f"data.split=lexical: no row of nouns.csv has held_out {role}; add one")
    violations = {
        "subject": sum(r.subject.held_out == "subject" for r in readings),
        "attractor": sum(any(n.held_out == "attractor" for n in r.between) for r in readings),
    }
    _promise(not any(violations.values()), f"items with a held-out noun: {violations}")
    training = items.loc[items["split"] == "train", "sentence"].unique()
    seen = Counter(noun.form for text in training for noun in _nouns(text.split(" "), forms))
    return {
        "held_out_nouns": {role: len(some) // 2 for role, some in held_out.items()},
        "training_occurrences": {r: sum(seen[f] for f in some) for r, some in held_out.items()},
        "unknown_forms": {r: sum(not seen[f] for f in some) for r, some in held_out.items()},
        "violations": violations,
    }


def _structural(items: pd.DataFrame, data: DataConfig, grammar: Grammar) -> dict[str, Any]:
    """The constructions that stand, or could stand, around an item; and how deep they nest."""
    names = {
        symbol: name
        for section in (grammar.constructions, grammar.openings, grammar.coordinations)
        for symbol, name in section.items()
    }
    kept = {name for symbol, name in names.items() if symbol not in data.held_out}
    held_out = {names[symbol] for symbol in data.held_out if symbol in names} - kept
    around = items["structure"].str.cat(items[["within", "coordination", "opening"]], sep=" ")
    violations = sum(bool(held_out & set(re.findall(r"\w+", text))) for text in around)
    deepest = int((items["depth"] + (items["role"] == "inner")).max())
    _promise(not violations, f"{violations} items with {', '.join(sorted(held_out))}")
    _promise(data.max_depth is None or deepest <= data.max_depth, f"nests {deepest} deep")
    return {
        "held_out": list(data.held_out),
        "held_out_constructions": sorted(held_out),
        "max_depth": data.max_depth,
        "deepest": deepest,
        "violations": violations,
    }


def _ambiguous(readings: Sequence[Reading], rule: str) -> dict[str, Any]:
    """Items that the rule answers rightly, and those where it does so from another noun."""
    read = [(r.nouns[0 if rule == "first_noun" else -1], r.subject) for r in readings]
    right = sum(noun.number == subject.number for noun, subject in read)
    _promise(right == len(read), f"{rule} is wrong for {len(read) - right} items")
    others = sum(noun.end != subject.end for noun, subject in read)
    return {"rule": rule, "items_right": right, "items_where_another_noun_decides": others}


def _read(items: pd.DataFrame, lexicon: Lexicon) -> list[Reading]:
    """The nouns of each item's prefix, found with nothing but the word lists."""
    forms = _noun_forms(lexicon)
    readings = []
    for text, subject_index, verb in items[["sentence", "subject_index", "verb_index"]].itertuples(
        index=False
    ):
        nouns = _nouns(text.split(" ")[:verb], forms)
        (subject,) = (n for n in nouns if n.end == subject_index)
        between = [n for n in nouns if n.end > subject_index]
        readings.append(Reading(nouns, subject, between))
    return readings


def _noun_forms(lexicon: Lexicon) -> dict[str, tuple[str, str]]:
    """Each form of each noun -> its number, its row's held_out."""
    return {
        row[number]: (number, row["held_out"])
        for row in lexicon.tables["nouns"]
        for number in NUMBERS
    }


def _nouns(tokens: Sequence[str], forms: dict[str, tuple[str, str]]) -> list[Noun]:
    """The nouns among `tokens`, in order; of several that begin at one token the longest."""
    found, start = [], 0
    while start < len(tokens):
        ends = range(min(start + _LONGEST, len(tokens)), start, -1)
        end = next((e for e in ends if " ".join(tokens[start:e]) in forms), 0)
        if end:
            form = " ".join(tokens[start:end])
            found.append(Noun(end - 1, form, *forms[form]))
        start = max(end, start + 1)
    return found


def _promise(kept: bool, fault: str) -> None:
    if not kept:
        raise AssertionError(f"the text breaks its split's promise: {fault}")
