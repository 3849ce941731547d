"""Suites of records: BLiMP's JSON lines, SyntaxGym's JSON, the pickles of LM_syneval."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attractor.errors import UserError
from attractor.linting.contents import Contents, Format, Pair, Source, Text
from attractor.suites import safe_pickle
from attractor.suites.formula import Region, comparison, conjuncts, parse
from attractor.suites.pairs import noun_number

BLIMP = Format("BLiMP, JSON lines")
SYNTAXGYM = Format("SyntaxGym, JSON")
PICKLE = Format("LM_syneval, a pickle of pairs", verb_last=True, words="clams")
_NUMBERS = {"sing": "singular", "plural": "plural"}  # as conditions' names end
_NOUN = re.compile(r"(^|_)np($|_)")  # names of regions
Condition = dict[str, str]  # contents of the regions, by number


def is_blimp(line: str) -> bool:
    """Whether a line is of BLiMP's format, whole or cut."""
    return line.startswith("{") and '"sentence_good"' in line


def read_blimp(source: Source) -> Contents:
    """A pair a line."""
    found = Contents.of(source, BLIMP)
    names: set[object] = set()
    for number, line in enumerate(source.lines, start=1):
        place = f"line {number}"
        try:
            record = json.loads(line)
            pair = Pair(place, record["sentence_good"], record["sentence_bad"])
            prefix = record.get("one_prefix_prefix")
            begins = f"{prefix} {record.get('one_prefix_word_good')}"
            name = record.get("pairID", number)
            if not isinstance(pair.good, str) or not isinstance(pair.bad, str):
                raise TypeError
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            found.fault("not_in_format", place, line)
            continue
        found.pairs.append(pair)
        if prefix is not None and not pair.good.startswith(begins):
            found.fault("prefix_text", place, f"`{begins}`; {pair.good}")
        if name in names:
            found.fault("duplicate_id", place, f"pairID {name}")
        names.add(name)
    return found


def is_syntaxgym(text: str) -> bool:
    """Whether a text is of SyntaxGym's format."""
    return text.startswith("{") and '"region_meta"' in text and '"predictions"' in text


def read_syntaxgym(source: Source) -> Contents:
    """A pair a comparison of the suite's formula. Raises UserError for a file cut short."""
    found = Contents.of(source, SYNTAXGYM)
    text = "\n".join(source.lines)
    try:
        suite = json.loads(text)
        names = {str(number): str(name) for number, name in suite["region_meta"].items()}
        compared = [
            comparison(part)
            for prediction in suite["predictions"]
            for part in conjuncts(parse(prediction["formula"], str(source.path)))
        ]
        entries = list(suite["items"])
    except json.JSONDecodeError as error:
        raise UserError(
            f"{source.path} line {error.lineno}: this is no JSON ({error.msg}); fetch it again"
        ) from error
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(
            f"{source.path}: no suite of syntaxgym.org's form ({error}); fetch it again"
        ) from error
    found.n_rows = len(entries)
    lines = [i for i, line in enumerate(source.lines, start=1) if '"item_number"' in line]
    for number, entry in enumerate(entries, start=1):
        at = f"line {lines[number - 1]}, " if len(lines) == len(entries) else ""
        place = f"{at}item {number}"
        try:
            conditions = {
                str(condition["condition_name"]): {
                    str(region["region_number"]): str(region["content"])
                    for region in condition["regions"]
                }
                for condition in entry["conditions"]
            }
        except (KeyError, TypeError) as error:
            found.fault("not_in_format", place, f"no {error}")
            continue
        _add_item(found, place, conditions, names, compared)
    return found


def _add_item(
    found: Contents,
    place: str,
    conditions: Mapping[str, Condition],
    names: dict[str, str],
    compared: Iterable[tuple[Region, Region] | None],
) -> None:
    last = next(reversed(names), "")
    ends = {condition[last] for condition in conditions.values() if condition.get(last)}
    if len(ends) > 1:
        found.fault("conditions", place, f"region {last}: {' / '.join(sorted(ends))}")
    for two in compared:
        if two is None or any(region.condition not in conditions for region in two):
            found.fault("not_in_format", place, "no comparison of two of its conditions")
            continue
        good, bad = (conditions[region.condition] for region in two)
        compares = two[0].number
        if any(good.get(n) != bad.get(n) for n in {*good, *bad} - {compares}):
            found.fault("regions", place, f"{_text(good)} / {_text(bad)}")
        numbers = list(good)
        before = numbers[: numbers.index(compares)] if compares in good else numbers
        nouns = [noun_number(good[n]) for n in before if _NOUN.search(names.get(n, ""))]
        number = _NUMBERS.get(two[0].condition.rpartition("_")[2], "")
        if nouns and number and nouns[0] != number:
            found.fault("label", place, f"{two[0].condition}: {_text(good)}")
        letters = "".join(noun[0].upper() for noun in nouns) or None
        found.pairs.append(Pair(place, _text(good), _text(bad), "", number, letters))


def _text(condition: Condition) -> str:
    return " ".join(content for content in condition.values() if content)


def is_pickle(raw: bytes) -> bool:
    """Whether bytes begin as pickles of containers do, of any protocol."""
    of_text = re.match(rb"\((?:dp|lp)|[\]}]q", raw) is not None and raw.endswith(b".")
    return raw.startswith(b"\x80") or of_text


def read_pickle(path: Path) -> Contents:
    """The pairs of each case. Nothing in the pickle is run; UserError where it is not plain."""
    cases: Any = safe_pickle.load(path)
    if not isinstance(cases, dict):
        raise UserError(f"{path}: no mapping of cases to pairs in this pickle; fetch it again")
    found = Contents(path.name, PICKLE)
    for case, entries in cases.items():
        for number, entry in enumerate(entries if isinstance(entries, list) else [None], start=1):
            place = f"{case} {number}"
            found.n_lines += 1
            texts = entry if isinstance(entry, tuple | list) else ()
            if len(texts) == 2 and all(isinstance(text, str) for text in texts):
                found.pairs.append(Pair(place, texts[0], texts[1]))
            else:
                found.fault("not_in_format", place, repr(entry))
    return found


def texts_of(pairs: Iterable[Pair]) -> list[Text]:
    """The good sentences of pairs, each once."""
    places: dict[str, str] = {}
    for pair in pairs:
        places.setdefault(pair.good, pair.place)
    return [Text(place, text) for text, place in places.items()]
