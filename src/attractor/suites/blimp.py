"""BLiMP's subject-verb paradigms (Warstadt et al. 2020): JSON lines of untokenised minimal pairs.

Where a paradigm varies the subject and keeps the verb (its fields are `two_prefix_…`), no form of a
verb is right or wrong after one prefix: such pairs can be scored only as whole sentences, and are
left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.free_text import words
from attractor.grammar import Grammar
from attractor.sources import read_lines
from attractor.suites.pairs import File, Findings, Pair, expected_pairs, files_of, verb_of
from attractor.suites.parsed import Asked, read_parsed

_NAME = "blimp"
_PLACE = f"suite.{_NAME}"
_GOOD, _BAD, _NAMED = "sentence_good", "sentence_bad", "pairID"
_TWO_PREFIXES = "two_prefix_word"


def read_blimp(
    grammar: Grammar,
    exposure: Exposure,
    path: str,
    pairs: str | Mapping[str, int],
    pipeline: str,
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Items of the paradigms that `pairs` lists, an item a pair; counts.csv and excluded.csv.

    path: a file (.jsonl), or a folder, whose other paradigms are not read; pairs: how many each
    paradigm should hold; pipeline: the spaCy pipeline that parses. Raises UserError naming file
    and line of what cannot be read.
    """
    expected = expected_pairs(pairs, _PLACE)
    found, files = Findings(_NAME), []
    asked: list[Asked] = []
    for file in files_of(_PLACE, path, ".jsonl", expected.__contains__):
        rows = _rows(file)
        for line, row in enumerate(rows, start=1):
            pair = _pair(row, file, line)
            verb = "differs_before_verb" if _TWO_PREFIXES in row else verb_of(pair)
            if isinstance(verb, str):
                found.leave_out(pair, verb)
            else:
                asked.append(Asked(pair, verb, row[_GOOD]))
        files.append(File(file.stem, len(rows), len(rows)))
    read_parsed(asked, found, pipeline)
    return found.tables(files, expected, exposure)


def _rows(file: Path) -> list[dict[str, str]]:
    """The pairs of a paradigm as the file has them."""
    rows, names = [], set()
    for number, line in enumerate(read_lines(file), start=1):
        place = f"{file} line {number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(
                f"{place}: this is no JSON ({error.msg}, column {error.colno}); was the line cut "
                "short? Fetch the file again"
            ) from error
        fields = row if isinstance(row, dict) else {}
        if wrong := [n for n in (_GOOD, _BAD, _NAMED) if not isinstance(fields.get(n), str)]:
            raise UserError(
                f"{place}: no text {', '.join(wrong)}; a pair of BLiMP has it: fetch the file again"
            )
        if fields[_NAMED] in names:
            raise UserError(f"{place}: {_NAMED} {fields[_NAMED]} names an earlier pair; remove one")
        names.add(fields[_NAMED])
        rows.append(fields)
    return rows


def _pair(row: dict[str, str], file: Path, line: int) -> Pair:
    place = f"{file} line {line}"
    try:
        good, bad = (tuple(words(row[name])) for name in (_GOOD, _BAD))
    except UserError as error:
        raise UserError(f"{place}: {error}") from error
    return Pair(f"{_NAME}-{file.stem}-{row[_NAMED]}", file.stem, place, good, bad)
