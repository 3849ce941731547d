"""CLAMS (Mueller et al. 2020): files of minimal pairs of the constructions of Marvin & Linzen 2018.

Lines are `True<TAB>sentence` and `False<TAB>sentence` in turn; the two differ in the form of one
verb. All factors are read off the words before that verb; the name of the file decides nothing.
The words are the suite's own (conf/suite/clams.yaml): it stays as it is when the lexicon changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from attractor.blocks import read_block
from attractor.cells import SIMPLE
from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.items import factors_of
from attractor.shapes import NONE
from attractor.sources import locate, read_lines

_PLACE = "suite.clams"
_LABELS = ("True", "False")
_WORD_KEYS = {"nouns", "verbs", "unmarked"}
_FILE_KEYS = {"construction", "role", "pairs", "prefixes"}
_FILE = ["probe_set", "construction", "role"]
Tokens = tuple[str, ...]


class _Reading(NamedTuple):
    """What a prefix says of the verb after it."""

    construction: str = SIMPLE
    subject: int = 0  # the verb's, among the nouns
    within: str = NONE
    opening: str = NONE
    coordination: str = NONE


_READINGS = {
    "the noun": _Reading(),
    "the noun preposition the noun": _Reading("prep_phrase"),
    "the noun that verb the noun": _Reading("subject_relative"),
    "the noun that the noun verb": _Reading("object_relative"),
    "the noun the noun verb": _Reading("object_relative_no_that"),
    "the noun the noun": _Reading(subject=1, within="object_relative_no_that"),
    "the noun said the noun": _Reading(subject=1, opening="matrix_clause"),
    "the noun verb and": _Reading(coordination="short_vp_coordination"),
    "the noun verb adjective and": _Reading(coordination="short_vp_coordination"),
}


class _Word(NamedTuple):
    """A word or a phrase: what the readings call it, and the number that it shows, if any."""

    kind: str
    number: str = ""
    other: str = ""  # a verb's other form
    verb_class: str = ""


Words = dict[Tokens, _Word]


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
    known = _words(read_block(words, f"{_PLACE}.words"))
    factors: dict[Tokens, dict[str, Any]] = {}  # a prefix is read once, however many its pairs
    rows = []
    for name in expected["probe_set"]:
        for pair in _pairs(folder / f"{name}.txt"):
            prefix = pair.right[: pair.verb]
            if prefix not in factors:
                factors[prefix] = _factors(prefix, known, pair.place)
            rows.append(_row(name, pair, factors[prefix], known))
    items = exposure.mark(pd.DataFrame(rows).assign(suite="clams", split="probe", tense="present"))
    return items, {"counts.csv": _counts(items, expected)}


def _expected(given: Any) -> pd.DataFrame:
    """What the files should hold, a row each. Raises UserError for an entry that says otherwise."""
    files = _mapping(given, f"{_PLACE}.files", "mapping")
    for name, entry in files.items():
        place = f"{_PLACE}.files, {name}"
        _check_keys(entry, place, _FILE_KEYS)
        _mapping({key: entry[key] for key in ("construction", "role")}, place, "word")
        _mapping({key: entry[key] for key in ("pairs", "prefixes")}, place, "whole number")
    table = pd.DataFrame([{"probe_set": name, **entry} for name, entry in files.items()])
    return table.rename(columns={"pairs": "expected_pairs", "prefixes": "expected_prefixes"})


def _words(given: Any) -> Words:
    """The words and phrases by their tokens. Raises UserError for one that is given twice."""
    place = f"{_PLACE}.words"
    kinds = _mapping(given, place, "mapping")
    _check_keys(kinds, place, _WORD_KEYS)
    unmarked = _mapping(kinds["unmarked"], f"{place}, unmarked", "list of words")
    if wrong := sorted({"noun", "verb"} & set(unmarked)):
        raise UserError(f"{place}, unmarked, {wrong[0]}: it shows number; list it in {wrong[0]}s")
    listed = [(text, _Word(kind)) for kind, texts in unmarked.items() for text in texts]
    for singular, plural in _mapping(kinds["nouns"], f"{place}, nouns", "word").items():
        listed += [(singular, _Word("noun", "singular")), (plural, _Word("noun", "plural"))]
    for verb_class, forms in _mapping(kinds["verbs"], f"{place}, verbs", "mapping").items():
        for singular, plural in _mapping(forms, f"{place}, verbs, {verb_class}", "word").items():
            listed.append((singular, _Word("verb", "singular", plural, verb_class)))
            listed.append((plural, _Word("verb", "plural", singular, verb_class)))
    words: Words = {}
    for text, word in listed:
        tokens = tuple(text.split())
        if tokens in words:
            raise UserError(f"{place}: `{text}` is given twice; remove one")
        words[tokens] = word
    return words


def _mapping(given: Any, place: str, wanted: str) -> Mapping[str, Any]:
    """`given`, which maps names to what is `wanted`. Raises UserError if it does not."""
    entries: Mapping[Any, Any] = given if isinstance(given, Mapping) else {}
    fits = _FITS[wanted]
    wrong = [f"{k!r}: {v!r}" for k, v in entries.items() if not (_is_word(k) and fits(v))]
    if wrong or not entries:
        found = wrong[0] if wrong else repr(given)
        raise UserError(f"{place}: give entries `name: {wanted}`, not {found}")
    return entries


def _check_keys(given: Mapping[str, Any], place: str, keys: set[str]) -> None:
    if wrong := sorted(map(str, set(given) ^ keys)):
        raise UserError(f"{place}: {', '.join(wrong)} missing or unknown")


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


_FITS: dict[str, Callable[[Any], bool]] = {
    "word": _is_word,
    "list of words": lambda value: (
        isinstance(value, list) and value != [] and all(map(_is_word, value))
    ),
    "whole number": lambda value: type(value) is int and value >= 0,
    "mapping": lambda value: isinstance(value, Mapping),
}


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


def _factors(prefix: Tokens, words: Words, place: str) -> dict[str, Any]:
    """The factors that follow from a prefix. Raises UserError if it cannot be read."""
    found = _split(prefix, words, place)
    reading = _READINGS.get(" ".join(word.kind for _, _, word in found))
    if reading is None:
        raise UserError(
            f"{place}: the verb after `{' '.join(prefix)}` has no subject that this suite can "
            "find; mend the pair or remove it"
        )
    nouns = {i: word.number for i, _, word in found if word.kind == "noun"}
    verbs = {i: word.kind == "verb" for i, _, word in found if word.kind in ("verb", "said")}
    subject = list(nouns)[reading.subject]
    coordinated = reading.coordination != NONE
    return {
        "role": "outer" if reading.within == NONE else "inner",
        "within": reading.within,
        "construction": reading.construction,
        "structure": reading.coordination if coordinated else reading.construction,
        "opening": reading.opening,
        "coordination": reading.coordination,
        "depth": int(reading.construction != SIMPLE),
        "subject": {i: text for i, text, _ in found}[subject],
        **factors_of(nouns, verbs, subject, len(prefix), len(prefix) + 1),
        "determiner_marked": 0,
    }


def _split(prefix: Tokens, words: Words, place: str) -> list[tuple[int, str, _Word]]:
    """What makes up a prefix, longest phrase first: its last index, its text and its word."""
    longest = max(map(len, words))
    found, start = [], 0
    while start < len(prefix):
        ends = range(min(start + longest, len(prefix)), start, -1)
        end = next((e for e in ends if prefix[start:e] in words), None)
        if end is None:
            raise UserError(
                f"{place}: `{prefix[start]}` is none of {_PLACE}.words; correct it, or add it there"
            )
        found.append((end - 1, " ".join(prefix[start:end]), words[prefix[start:end]]))
        start = end
    return found


def _row(file: str, pair: _Pair, factors: dict[str, Any], words: Words) -> dict[str, Any]:
    """An item. Raises UserError if its forms are not those of a verb that agrees."""
    form = pair.right[pair.verb]
    verb = words.get((form,), _Word(""))
    if verb.other != pair.wrong_form:
        raise UserError(
            f"{pair.place}: `{form}` and `{pair.wrong_form}` are not the two forms of a verb of "
            f"{_PLACE}.words; correct them, or add them there"
        )
    if verb.number != factors["subject_number"]:
        raise UserError(
            f"{pair.place}: `{form}` does not agree with its subject `{factors['subject']}`; "
            "exchange the labels True and False"
        )
    # An inner verb ends what its noun is the subject of: a verb that follows is another noun's.
    following = pair.right[pair.verb + 1 :]
    shown = [(token,) in words and words[token,].kind == "verb" for token in following]
    return {
        "item_id": f"clams-{file}-{pair.number}",
        "probe_set": file,
        "sentence": " ".join(pair.right),
        "correct_form": form,
        "wrong_form": pair.wrong_form,
        "verb_class": verb.verb_class,
        **factors,
        "n_following": len(following),
        "right_context_reveals": int(factors["role"] == "outer" and any(shown)),
    }


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
