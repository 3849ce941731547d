"""The number-agreement tasks of Lakretz et al. (2019): prefixes that end in the verb, by template.

Each line holds a prefix, the number of its subject (then that of the second noun), `correct` or
`wrong`, and the name of the pair, separated by tabs; the two lines of a pair follow each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.items import factors_of
from attractor.sources import read_lines
from attractor.structures import NONE, SIMPLE
from attractor.suites.pairs import (
    File,
    Findings,
    Pair,
    expected_pairs,
    files_of,
    noun_number,
    verb_class,
    verb_of,
)
from attractor.suites.readings import Tokens

_NAME = "lakretz"
_PLACE = f"suite.{_NAME}"
_LABELS = ("correct", "wrong")
# "The N", adverbs; "The N P the N", adverbs; "The N P Name", adverbs.
_ADVERBS = r"(?: (?:most|more|and|\w+ly))*"
_PREPOSITION = (
    "above|across from|around|before|behind|below|beneath|beside|by|close to|in front of|near|"
    "next to|opposite|past|to the side of|under"
)
_TEMPLATE = re.compile(
    rf"[Tt]he (?P<subject>\w+)(?: (?:{_PREPOSITION}) (?:the )?(?P<second>(?<=the )[a-z]\w*|"
    rf"(?<!the )[A-Z]\w*))?{_ADVERBS}"
)


def read_lakretz(
    grammar: Grammar, exposure: Exposure, path: str, pairs: str | Mapping[str, int]
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Items of a file, or of those of a folder, an item a pair; counts.csv and excluded.csv.

    pairs: how many each file should hold. Raises UserError naming file and line of what cannot be
    read.
    """
    expected = expected_pairs(pairs, _PLACE)
    found, files = Findings(_NAME), []
    for file in files_of(_PLACE, path, ".txt"):
        read = list(_pairs(file))
        for pair, numbers in read:
            _add(pair, numbers, found)
        files.append(File(file.stem, 2 * len(read), len(read)))
    return found.tables(files, expected, exposure)


def _add(pair: Pair, numbers: list[str], found: Findings) -> None:
    verb = verb_of(pair)
    if isinstance(verb, str):
        found.leave_out(pair, verb)
        return
    nouns = _nouns(pair.good[: verb.token])
    if not nouns:
        found.leave_out(pair, "template")
        return
    shown = [noun_number(pair.good[i]) for i in nouns]
    # The label of a second noun is given only where its number is varied.
    labels_fit = all(label == number for label, number in zip(numbers, shown, strict=False))
    if not labels_fit or shown[0] != verb.number:
        found.leave_out(pair, "number", f"labels {'_'.join(numbers)}, words {'_'.join(shown)}")
        return
    found.keep(pair, verb, _factors(pair.good, nouns, shown))


def _nouns(prefix: Tokens) -> list[int]:
    """Where a prefix's nouns stand, the verb's first; none if it follows no template."""
    text = " ".join(prefix)
    match = _TEMPLATE.fullmatch(text)
    if match is None:
        return []
    starts = [match.start(name) for name in ("subject", "second") if match[name]]
    return [text.count(" ", 0, start) for start in starts]


def _factors(good: Tokens, nouns: list[int], numbers: list[str]) -> dict[str, Any]:
    subject, verb = nouns[0], len(good) - 1
    construction = "prep_phrase" if len(nouns) > 1 else SIMPLE
    return {
        "subject": good[subject],
        **factors_of(dict(zip(nouns, numbers, strict=True)), {}, subject, verb, len(good)),
        "construction": construction,
        "structure": construction,
        "relativizer": "",
        "role": "outer",
        "within": NONE,
        "opening": NONE,
        "coordination": NONE,
        "depth": int(construction != SIMPLE),
        "tense": "present",
        "verb_class": verb_class(good[verb]),
        "determiner_marked": 0,
        "right_context_reveals": 0,
    }


def _pairs(file: Path) -> Iterator[tuple[Pair, list[str]]]:
    """The pairs of a file, with the numbers that their labels give."""
    lines = [_fields(line, f"{file} line {i}") for i, line in enumerate(read_lines(file), start=1)]
    names: set[str] = set()
    for i in range(0, len(lines), 2):
        place = f"{file} line {i + 1}"
        if i + 1 == len(lines):
            raise UserError(f"{place}: the last pair has no second line; fetch the file again")
        (one, labels, first, name), (other, second_labels, second, second_name) = lines[i : i + 2]
        if name != second_name or labels != second_labels or {first, second} != set(_LABELS):
            raise UserError(
                f"{place}: this line and the next must be the correct and the wrong one of a pair, "
                f"with the same name and numbers, but are {name} {labels} {first} and "
                f"{second_name} {second_labels} {second}; mend the lines"
            )
        if name in names:
            raise UserError(f"{place}: {name} is the name of an earlier pair; rename one")
        names.add(name)
        good, bad = (one, other) if first == "correct" else (other, one)
        item_id = f"{_NAME}-{file.stem}-{name}"
        pair = Pair(item_id, file.stem, place, tuple(good.split()), tuple(bad.split()))
        yield pair, labels.split("_")


def _fields(line: str, place: str) -> list[str]:
    fields = line.split("\t")
    if len(fields) != 4 or not all(field.strip() for field in fields):
        raise UserError(
            f"{place}: it must hold a sentence, its numbers, correct or wrong, and a name, "
            f"separated by tabs, but it is `{line}`; mend the line, or fetch the file again"
        )
    if set(fields[1].split("_")) - {"singular", "plural"} or fields[2] not in _LABELS:
        raise UserError(
            f"{place}: `{fields[1]}` and `{fields[2]}` where singular or plural, joined by _, and "
            "correct or wrong are due; mend the line"
        )
    return fields
