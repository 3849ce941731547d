"""SyntaxGym's suites of subject-verb agreement (Hu et al. 2020): regions, conditions and a formula.

An item becomes one item a comparison of its formula: two conditions that differ in the verb, which
is the region compared. Nouns and verbs are told by the regions' names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.items import factors_of, relativizer_of
from attractor.sources import read_lines
from attractor.structures import NONE, SIMPLE
from attractor.suites.formula import Region, comparison, conjuncts, parse
from attractor.suites.pairs import (
    File,
    Findings,
    Pair,
    Verb,
    expected_pairs,
    files_of,
    noun_number,
    verb_class,
    verb_of,
)

_NAME = "syntaxgym"
_PLACE = f"suite.{_NAME}"
_NOUNS = ("np_sing", "prep_np", "embed_np")
_INNER_VERB, _VERB = "embed_vp", "matrix_v"
# What the regions between subject and verb are called, in order, and what they make up.
_CONSTRUCTIONS = {
    (): SIMPLE,
    ("prep", "the", "prep_np"): "prep_phrase",
    ("that", "embed_vp", "the", "embed_np"): "subject_relative",
    ("that", "the", "embed_np", "embed_vp"): "object_relative",
    ("the", "embed_np", "embed_vp"): "object_relative_no_that",
}
Contents = dict[str, str]  # of a condition's regions, by number, in order


class _Item(NamedTuple):
    """An item of a suite: each condition's regions; place: file and item."""

    number: int
    place: str
    conditions: dict[str, Contents]


class _Suite(NamedTuple):
    """A suite: its regions' names by number, what its formulas compare, and its items."""

    names: Contents
    compared: list[tuple[Region, Region] | None]  # the less and the more surprising region
    items: list[_Item]


def read_syntaxgym(
    grammar: Grammar, exposure: Exposure, path: str, pairs: str | Mapping[str, int]
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Items of a suite (.json), or of those of a folder; counts.csv and excluded.csv.

    pairs: how many comparisons each file should hold. Two columns beside the contract's:
    formula_id, the item's number in its suite, whose formula is true if all items of this number
    are right; and region, that which the formula compares. An item of which one comparison is left
    out is left out whole. Raises UserError naming file and item of what cannot be read.
    """
    expected = expected_pairs(pairs, _PLACE)
    found, files = Findings(_NAME), []
    for file in files_of(_PLACE, path, ".json"):
        suite = _suite(file)
        for item in suite.items:
            _add(file.stem, suite, item, found)
        n = len(suite.items)
        files.append(File(file.stem, n, n * len(suite.compared)))
    return found.tables(files, expected, exposure)


def _add(stem: str, suite: _Suite, item: _Item, found: Findings) -> None:
    read = []
    for number, two in enumerate(suite.compared, start=1):
        regions = [_condition(item, region) for region in two or ()] or [{}, {}]
        good, bad = (tuple(" ".join(contents.values()).split()) for contents in regions)
        item_id = f"{_NAME}-{stem}-{item.number}-{number}"
        pair = Pair(item_id, stem, item.place, good, bad)
        region = two[0].number if two and two[0].number == two[1].number else ""
        read.append((pair, region, _judge(pair, region, regions[0], suite.names, item)))
    whole = not any(isinstance(judged, str) for _, _, judged in read)
    for pair, region, judged in read:
        if isinstance(judged, str):
            found.leave_out(pair, judged)
        elif whole:
            verb, factors = judged
            found.keep(pair, verb, factors, formula_id=item.number, region=int(region))
        else:
            found.leave_out(pair, "formula", "another of its comparisons is left out")


def _judge(
    pair: Pair, region: str, regions: Contents, names: Contents, item: _Item
) -> tuple[Verb, dict[str, Any]] | str:
    """The verb and the factors of a comparison, or why it makes no item."""
    if not region:
        return "formula"
    verb = verb_of(pair)
    if isinstance(verb, str):
        return verb
    if names.get(region) != _VERB or regions.get(region) != pair.good[verb.token]:
        return "formula"
    factors = _factors(regions, names, verb, item)
    if factors is None:
        return "template"
    return (verb, factors) if factors["subject_number"] == verb.number else "number"


def _factors(regions: Contents, names: Contents, verb: Verb, item: _Item) -> dict[str, Any] | None:
    """The factors of a sentence by its regions' names; None if these tell nothing."""
    nouns: dict[int, str] = {}
    verbs: dict[int, bool] = {}
    texts: dict[int, str] = {}
    before, end = [], 0
    for number, content in regions.items():
        end += len(content.split())
        if end > verb.token:
            break
        before.append(names.get(number, ""))
        if before[-1] in _NOUNS:
            nouns[end - 1], texts[end - 1] = noun_number(content), content
        elif before[-1] == _INNER_VERB:
            forms = {contents.get(number) for contents in item.conditions.values()}
            verbs[end - 1] = len(forms) > 1
    construction = _CONSTRUCTIONS.get(tuple(before[2:]))
    if before[:2] != ["intro", _NOUNS[0]] or construction is None:
        return None
    subject = min(nouns)
    tokens = " ".join(regions.values()).split()
    return {
        "subject": texts[subject],
        **factors_of(nouns, verbs, subject, verb.token, len(tokens)),
        "construction": construction,
        "structure": construction,
        "relativizer": relativizer_of(construction, tokens[subject + 1 : verb.token]),
        "role": "outer",
        "within": NONE,
        "opening": NONE,
        "coordination": NONE,
        "depth": int(construction != SIMPLE),
        "tense": "present",
        "verb_class": verb_class(tokens[verb.token]),
        "determiner_marked": 0,
        "right_context_reveals": 0,
    }


def _condition(item: _Item, region: Region) -> Contents:
    if region.condition not in item.conditions:
        raise UserError(
            f"{item.place}: the formula names the condition {region.condition}, which the item has "
            "not; mend the file"
        )
    contents = item.conditions[region.condition]
    if region.number != "*" and region.number not in contents:
        raise UserError(
            f"{item.place}: the formula names region {region.number}, which {region.condition} has "
            "not; mend the file"
        )
    return contents


def _suite(file: Path) -> _Suite:
    try:
        read = json.loads("\n".join(read_lines(file)))
    except json.JSONDecodeError as error:
        raise UserError(
            f"{file} line {error.lineno}: this is no JSON ({error.msg}); fetch the file again"
        ) from error
    place = f"{file}"
    try:
        names = {str(number): str(name) for number, name in read["region_meta"].items()}
        formulas = [str(prediction["formula"]) for prediction in read["predictions"]]
        items = []
        for number, entry in enumerate(read["items"], start=1):
            place = f"{file}, item {number}"
            items.append(_item(entry, place))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UserError(
            f"{place}: no suite of syntaxgym.org's form ({type(error).__name__}: {error}); "
            "fetch the file again"
        ) from error
    if not formulas or not items:
        raise UserError(f"{file}: it holds no predictions or no items; fetch the file again")
    compared = [
        comparison(part)
        for number, formula in enumerate(formulas, start=1)
        for part in conjuncts(parse(formula, f"{file}, prediction {number}"))
    ]
    return _Suite(names, compared, items)


def _item(entry: Mapping[str, Any], place: str) -> _Item:
    conditions = {
        str(condition["condition_name"]): {
            str(region["region_number"]): str(region["content"]) for region in condition["regions"]
        }
        for condition in entry["conditions"]
    }
    return _Item(int(entry["item_number"]), place, conditions)
