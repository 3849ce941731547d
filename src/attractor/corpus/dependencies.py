"""The table of dependencies of Linzen, Dupoux & Goldberg (2016), agr_50_mostcommon_10K.tsv.

One dependency a row, 18 columns, indices from 1; in `sentence` rare words are replaced by their
tags. A field with a quotation mark stands in quotation marks, as Python's csv writes it. Trees are
not part of it: constructions are known only as far as the columns tell.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from attractor.corpus.agreement import NOUNS, PRESENT
from attractor.corpus.natural import MARKED_DETERMINERS, VERB_CLASSES
from attractor.corpus.text import Source
from attractor.corpus.words import other_form
from attractor.errors import UserError
from attractor.items import factors_of, relativizer_of
from attractor.sources import stream_lines
from attractor.structures import NONE

COLUMNS = (
    *("sentence", "orig_sentence", "pos_sentence", "subj", "verb", "subj_pos", "has_rel"),
    *("has_nsubj", "verb_pos", "subj_index", "verb_index", "n_intervening", "last_intervening"),
    *("n_diff_intervening", "distance", "max_depth", "all_nouns", "nouns_up_to_verb"),
)
_INDICES = ("subj_index", "verb_index")
_VERB_TAGS = ("VB", "MD")

Row = dict[str, str]


def read_dependencies(files: Sequence[Path]) -> Source:
    """Sentences and items of the table's files, a sentence and an item a row.

    Raises UserError naming file and line of a row that is none.
    """
    rows = [(f"{file.name} line {n}", row) for file in files for n, row in _rows(file)]
    plurals = frozenset(row["verb"].lower() for _, row in rows if row["verb_pos"] == "VBP")
    items, excluded = [], Counter[str]()
    for number, (place, row) in enumerate(rows):
        wrong_form = other_form(row["verb"], row["verb_pos"], plurals)
        if wrong_form:
            items.append({"row": number, "place": place, **_item(place, row, wrong_form)})
        else:
            excluded["no_counterpart"] += 1
    return Source(
        [row["sentence"].split(" ") for _, row in rows],
        [row["pos_sentence"].split(" ") for _, row in rows],
        pd.DataFrame(items),
        excluded,
    )


def _rows(file: Path) -> list[tuple[int, Row]]:
    """The rows of a file with the numbers of their lines, below the names of the columns."""
    lines = stream_lines(file, windows=True)
    header = _fields(next(lines), f"{file} line 1")
    if missing := [name for name in COLUMNS if name not in header]:
        raise UserError(
            f"{file} line 1: no column {', '.join(missing)}; the first line must name the "
            f"{len(COLUMNS)} columns of Linzen et al.'s table, separated by tabs"
        )
    rows = []
    for number, line in enumerate(lines, start=2):
        fields = _fields(line, f"{file} line {number}")
        if len(fields) != len(header):
            raise UserError(
                f"{file} line {number}: {len(fields)} columns where the first line has "
                f"{len(header)}; mend the line, or fetch the file again"
            )
        row = dict(zip(header, fields, strict=True))
        _check(row, f"{file} line {number}")
        rows.append((number, row))
    return rows


def _fields(line: str, place: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter="\t", strict=True), [])
    except csv.Error as error:
        raise UserError(f"{place}: {error}; mend the line, or fetch the file again") from error


def _check(row: Row, place: str) -> None:
    tokens, tags = row["sentence"].split(" "), row["pos_sentence"].split(" ")
    if len(tokens) != len(tags):
        raise UserError(f"{place}: {len(tokens)} words and {len(tags)} tags; mend the line")
    for name in _INDICES:
        if not (row[name].isdecimal() and 1 <= int(row[name]) <= len(tokens)):
            raise UserError(
                f"{place}, column {name}: `{row[name]}` is none of the words 1 to {len(tokens)}; "
                "mend the line"
            )
    if row["verb_pos"] not in PRESENT or int(row["subj_index"]) >= int(row["verb_index"]):
        raise UserError(
            f"{place}: the verb is {row['verb_pos']}, word {row['verb_index']}, the subject word "
            f"{row['subj_index']}; it must be VBZ or VBP after its subject: mend the line"
        )


def _item(place: str, row: Row, wrong_form: str) -> dict[str, Any]:
    tokens, tags = row["sentence"].split(" "), row["pos_sentence"].split(" ")
    subject, verb = int(row["subj_index"]) - 1, int(row["verb_index"]) - 1
    number = PRESENT[row["verb_pos"]]
    nouns = {i: NOUNS[tag] for i, tag in enumerate(tags) if tag in NOUNS}
    own = nouns.get(subject, number)
    verbs = {i: tag in PRESENT for i, tag in enumerate(tags) if tag.startswith(_VERB_TAGS)}
    construction = "relative_clause" if row["has_rel"] == "True" else "other"
    other = {"role": "outer", "within": NONE, "opening": NONE, "coordination": NONE}
    return {
        "sentence": row["orig_sentence"],
        "subject": row["subj"],
        "correct_form": row["verb"],
        "wrong_form": wrong_form,
        **factors_of(nouns | {subject: number}, verbs, subject, verb, len(tokens)),
        **other,
        "construction": construction,
        "structure": construction,
        "relativizer": relativizer_of(construction, tokens[subject + 1 : verb]),
        "depth": int(row["max_depth"]) if row["max_depth"].isdecimal() else 0,
        "tense": "present",
        "verb_class": VERB_CLASSES.get(row["verb"].lower(), "lexical"),
        "determiner_marked": int(any(w.lower() in MARKED_DETERMINERS for w in tokens[:verb])),
        "right_context_reveals": 0,
        "noun_number": own,
    }
