"""CLAMS (Mueller et al. 2020): files of minimal pairs of the constructions of Marvin & Linzen 2018.

Lines are `True<TAB>sentence` and `False<TAB>sentence` in turn; the two differ in the form of one
verb. All factors are read off the words before that verb; the name of the file decides nothing.
The words are the suite's own (conf/suite/clams.yaml): it stays as it is when the lexicon changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from attractor.blocks import read_block
from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.sources import locate, read_lines
from attractor.suites.readings import Reader, Tokens, check_keys, mapping

_PLACE = "suite.clams"
_LABELS = ("True", "False")
_FILE_KEYS = {"construction", "role", "pairs", "prefixes"}
_FILE = ["probe_set", "construction", "role"]


class _Pair(NamedTuple):
    """Two sentences that differ in one token, at `verb`; `place` names file and line."""

    place: str
    number: int
    right: Tokens
    verb: int
    wrong_form: str


def read_clams(
    grammar: Grammar,
    exposure: Exposure,
    path: str,
    files: str | Mapping[str, Mapping[str, Any]],
    words: str | Mapping[str, Any],
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Items of the `files` (.txt) of the folder `path`, an item a pair; and counts.csv.

    files: what each should hold; words: those of the sentences, up to the verb. counts.csv: file,
    construction, role, pairs, expected_pairs, prefixes, expected_prefixes, duplicates (pairs that
    repeat an earlier one), as_expected (yes, no).
    Raises UserError naming file and line, or entry, of what cannot be read.
    """
    folder = locate(_PLACE, path)
    if not folder.is_dir():
        raise UserError(f"{_PLACE}.path={path}: this is a file; give the folder that holds it")
    expected = _expected(read_block(files, f"{_PLACE}.files"))
    reader = Reader.of(words, f"{_PLACE}.words")
    rows = [
        {
            "item_id": f"clams-{name}-{pair.number}",
            "probe_set": name,
            **reader.item(pair.right, pair.verb, pair.wrong_form, pair.place),
        }
        for name in expected["probe_set"]
        for pair in _pairs(folder / f"{name}.txt")
    ]
    items = exposure.mark(pd.DataFrame(rows).assign(suite="clams", split="probe"))
    return items, {"counts.csv": _counts(items, expected)}


def _expected(given: Any) -> pd.DataFrame:
    """What the files should hold, a row each. Raises UserError for an entry that says otherwise."""
    files = mapping(given, f"{_PLACE}.files", "mapping")
    for name, entry in files.items():
        place = f"{_PLACE}.files, {name}"
        check_keys(entry, place, _FILE_KEYS)
        mapping({key: entry[key] for key in ("construction", "role")}, place, "word")
        mapping({key: entry[key] for key in ("pairs", "prefixes")}, place, "whole number")
    table = pd.DataFrame([{"probe_set": name, **entry} for name, entry in files.items()])
    return table.rename(columns={"pairs": "expected_pairs", "prefixes": "expected_prefixes"})


def _pairs(file: Path) -> Iterator[_Pair]:
    """The pairs of a file, numbered from 1."""
    if not file.is_file():
        raise UserError(
            f"{file}: there is no such file, but {_PLACE}.files lists it; "
            f"complete the folder, or give another {_PLACE}.path"
        )
    lines = read_lines(file)
    sentences = []
    for i, line in enumerate(lines):
        label, *rest = line.split("\t")
        if len(rest) != 1 or label != _LABELS[i % 2]:
            raise UserError(
                f"{file} line {i + 1}: it must be `{_LABELS[i % 2]}`, a tab and a sentence, as "
                f"True and False take turns, but it is `{line}`; mend the line, or fetch the file "
                "again"
            )
        sentences.append(tuple(rest[0].split()))
    if len(lines) % 2:
        raise UserError(
            f"{file} line {len(lines)}: the last True line has no False one (an odd number of "
            "lines); fetch the file again"
        )
    for i in range(0, len(lines), 2):
        right, wrong = sentences[i], sentences[i + 1]
        place = f"{file} line {i + 1}"
        differing = [k for k, (a, b) in enumerate(zip(right, wrong, strict=False)) if a != b]
        if len(right) != len(wrong) or len(differing) != 1:
            raise UserError(
                f"{place}: `{' '.join(right)}` and `{' '.join(wrong)}` must differ in one word, "
                "the verb; mend the pair or remove it"
            )
        yield _Pair(place, i // 2 + 1, right, differing[0], wrong[differing[0]])


def _counts(items: pd.DataFrame, expected: pd.DataFrame) -> pd.DataFrame:
    """What each file holds beside what it should hold, by construction and role."""
    repeats = items.duplicated(["probe_set", "sentence", "verb_index"])
    found = (
        items.assign(repeats=repeats)
        .groupby(_FILE, as_index=False)
        .agg(
            pairs=("item_id", "size"),
            prefixes=("prefix_id", "nunique"),
            duplicates=("repeats", "sum"),
        )
    )
    table = found.merge(expected, how="outer", on=_FILE).rename(columns={"probe_set": "file"})
    numbers = ["pairs", "expected_pairs", "prefixes", "expected_prefixes", "duplicates"]
    table = table[["file", *_FILE[1:], *numbers]].fillna(0).astype(dict.fromkeys(numbers, "int64"))
    same = table["pairs"].eq(table["expected_pairs"])
    same &= table["prefixes"].eq(table["expected_prefixes"])
    return table.assign(as_expected=same.map({True: "yes", False: "no"}))
