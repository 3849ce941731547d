"""Gulordava et al. (2018): agreement in original sentences and in nonce sentences made of them.

X.tab holds two rows an item, the right form and the wrong one; `sent` need not hold the form in
question after `prefix`, so that a sentence is prefix, form, and the rest of `sent`. Nonce sentences
put other words into the structure of an original one: parsers cannot be trusted with them, and they
are read by the tree of the original, as far as X.tab, X.text or X.gold hold it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from attractor.corpus.trees import Tree
from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.sources import read_lines
from attractor.suites.pairs import (
    File,
    Findings,
    Pair,
    Verb,
    expected_pairs,
    files_of,
    verb_of,
)
from attractor.suites.parsed import (
    LONG,
    Unread,
    before_plain_verb,
    head_noun,
    joined,
    parse_pairs,
    read,
)
from attractor.suites.readings import Tokens

_NAME = "gulordava"
_PLACE = f"suite.{_NAME}"
_COLUMNS = """pattern constr_id sent_id correct_number form class type prefix n_attr len_context
    sent""".split()
_KEY = ("pattern", "constr_id", "sent_id", "type")  # of an item
_NUMBERS = {"sing": "singular", "plur": "plural"}
_TYPES = ("original", "generated")
_ORIGINAL = "0"  # the sent_id of originals
_END = "<eos>"
Construction = tuple[str, str]  # pattern and constr_id: an original and the nonce ones made of it


class _Item(NamedTuple):
    """A pair and what the file says of it: where the noun or verb that governs it stands."""

    pair: Pair
    verb: Verb
    construction: Construction
    cue: int
    cue_is_noun: bool
    attractors: int


def read_gulordava(
    grammar: Grammar,
    exposure: Exposure,
    path: str,
    pairs: str | Mapping[str, int],
    pipeline: str,
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Items of a folder's .tab files, or of one, two rows an item; counts.csv and excluded.csv.

    The probe sets are `original` and `generated`; pairs: how many each should hold; pipeline: the
    spaCy pipeline that parses. A column beside the contract's: attractors_given, the file's number,
    where n_attractors is that of the tree; counts.csv says how often they disagree. Raises
    UserError naming file and line of what cannot be read.
    """
    expected = expected_pairs(pairs, _PLACE)
    found = Findings(_NAME)
    n_pairs = dict.fromkeys(_TYPES, 0)
    for file in files_of(_PLACE, path, ".tab"):
        items, originals = [], _originals(file)
        for rows in _rows(file):
            pair = _pair(file, *rows)
            n_pairs[pair.probe_set] += 1
            row = rows[0][1]
            if pair.probe_set == _TYPES[0]:
                originals[_construction(row)] = pair.good
            verb = verb_of(pair)
            if isinstance(verb, str):
                found.leave_out(pair, verb)
            elif verb.number != _NUMBERS[row["correct_number"]]:
                found.leave_out(pair, "number", f"the file says {row['correct_number']}")
            else:
                cue = verb.token - int(row["len_context"])
                is_noun = row["pattern"].split("__")[1].startswith("NOUN")
                given = int(row["n_attr"])
                items.append(_Item(pair, verb, _construction(row), cue, is_noun, given))
        _read(items, originals, pipeline, found)
    files = [File(name, 2 * n, n) for name, n in n_pairs.items()]
    return found.tables(files, expected, exposure)


def _read(
    items: list[_Item], originals: dict[Construction, Tokens], pipeline: str, found: Findings
) -> None:
    """Make items of the pairs whose noun is found; the others are left out."""
    known = [originals.get(item.construction, item.pair.good) for item in items]
    texts = [" ".join(item.pair.good) for item in items]
    texts += [" ".join(sentence) for sentence in known]
    texts += [
        before_plain_verb(sentence, item.verb) for item, sentence in zip(items, known, strict=True)
    ]
    distinct = {text: n for n, text in enumerate(dict.fromkeys(texts))}
    trees = parse_pairs([(text, "") for text in distinct], pipeline, tokenised=True)
    n = len(items)
    for i, item in enumerate(items):
        own, original, plain = (trees[distinct[texts[i + k * n]]] for k in range(3))
        factors = _factors(item, original, own)
        if isinstance(factors, Unread):
            factors = _factors(item, plain, own)
        if isinstance(factors, Unread):
            found.leave_out(item.pair, *factors)
        else:
            found.keep(item.pair, item.verb, factors, attractors_given=item.attractors)


def _factors(item: _Item, tree: Tree, own: Tree) -> dict[str, Any] | Unread:
    if item.cue_is_noun:
        return read(item.pair, item.verb, tree, own, item.cue)
    # The verb of a second conjunct: the noun is that of the first, which the file names.
    noun = head_noun(tree, item.verb.token)
    noun = head_noun(tree, item.cue) if isinstance(noun, str) else noun
    factors = read(item.pair, item.verb, tree, own, noun)
    if isinstance(factors, Unread):
        return factors
    return factors if factors["coordination"] == LONG else joined(factors, LONG)


def _construction(row: Mapping[str, str]) -> Construction:
    return row["pattern"], row["constr_id"]


def _pair(file: Path, good: tuple[int, dict[str, str]], bad: tuple[int, dict[str, str]]) -> Pair:
    (line, row), (_, other) = good, bad
    prefix = row["prefix"].split()
    rest = row["sent"].split()[len(prefix) + 1 :]
    rest = rest[:-1] if rest and rest[-1] == _END else rest
    name = "-".join([_NAME, file.stem, *(row[column] for column in _KEY)])
    right, wrong = ((*prefix, form, *rest) for form in (row["form"], other["form"]))
    return Pair(name, row["type"], f"{file} line {line}", right, wrong)


def _rows(file: Path) -> Iterator[tuple[tuple[int, dict[str, str]], tuple[int, dict[str, str]]]]:
    """The two rows of each item, the right form first, with their lines."""
    lines = read_lines(file)
    table = list(csv.reader(lines, delimiter="\t"))
    if len(table) != len(lines):
        raise UserError(
            f"{file} line {len(table)}: a quotation mark opens that is not closed; "
            "fetch the file again"
        )
    if missing := [name for name in _COLUMNS if name not in table[0]]:
        raise UserError(
            f"{file} line 1: no column {', '.join(missing)}; a .tab of the release names it: "
            "fetch the file again"
        )
    known: set[tuple[str, ...]] = set()
    waiting: dict[tuple[str, ...], tuple[int, dict[str, str]]] = {}
    for line, fields in enumerate(table[1:], start=2):
        if len(fields) != len(table[0]):
            raise UserError(
                f"{file} line {line}: {len(fields)} columns where the first line has "
                f"{len(table[0])}; fetch the file again"
            )
        row = dict(zip(table[0], fields, strict=True))
        _check(row, f"{file} line {line}")
        key = tuple(row[column] for column in _KEY)
        if key in known:
            raise UserError(
                f"{file} line {line}: this item has its two rows already; fetch the file again"
            )
        if key not in waiting:
            waiting[key] = line, row
            continue
        first_line, first = waiting.pop(key)
        if {first["class"], row["class"]} != {"correct", "wrong"}:
            raise UserError(
                f"{file} line {line}: this row and line {first_line} are of one item and must be "
                "its correct and its wrong one; mend the column class"
            )
        known.add(key)
        two = (first_line, first), (line, row)
        yield two if first["class"] == "correct" else (two[1], two[0])
    for line, _ in waiting.values():
        raise UserError(f"{file} line {line}: no other row is of this item; fetch the file again")


def _check(row: Mapping[str, str], place: str) -> None:
    wanted = {
        "pattern": "__" in row["pattern"],
        "correct_number": row["correct_number"] in _NUMBERS,
        "type": row["type"] in _TYPES,
        "n_attr": row["n_attr"].isdigit(),
        "len_context": row["len_context"].isdigit()
        and 0 < int(row["len_context"]) <= len(row["prefix"].split()),
        "form": len(row["form"].split()) == 1,
    }
    if wrong := [name for name, fits in wanted.items() if not fits]:
        raise UserError(
            f"{place}: the {wrong[0]} `{row[wrong[0]]}` cannot be; mend the line, or fetch the "
            "file again"
        )


def _originals(file: Path) -> dict[Construction, Tokens]:
    """What X.gold and X.text say of the original sentences: their prefixes with the verb, or all of
    their words.
    """
    found: dict[Construction, Tokens] = {}
    gold, texts = file.with_suffix(".gold"), file.with_suffix(".text")
    if not gold.is_file():
        return found
    lines = read_lines(gold)
    sentences = read_lines(texts) if texts.is_file() else [""] * len(lines)
    if len(lines) != len(sentences):
        raise UserError(
            f"{texts}: {len(sentences)} lines, but {len(lines)} of .gold; fetch the files again"
        )
    for number, (line, sentence) in enumerate(zip(lines, sentences, strict=True), start=1):
        fields = line.split("\t")
        if len(fields) < 4 or "!" not in fields[0]:
            raise UserError(
                f"{gold} line {number}: `{line}` is no line of the release; fetch again"
            )
        key = "__".join(fields[0].split("!")[:2]), fields[1]
        if fields[2] == _ORIGINAL and sentence:
            found[key] = tuple(sentence.removesuffix(_END).split())
        found.setdefault(key, tuple(fields[-1].split()))
    return found
