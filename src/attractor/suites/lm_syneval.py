"""LM_syneval (Marvin & Linzen 2018): pickles `{case: [(good, bad), …]}` of templates' sentences.

All factors are read off the words before the verb; the names of files and cases decide nothing.
The pickles are read as plain data (safe_pickle.py): what they hold beside is refused, not run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.suites import safe_pickle
from attractor.suites.pairs import File, Findings, Pair, expected_pairs, files_of, verb_of
from attractor.suites.readings import Reader

_NAME = "lm_syneval"
_PLACE = f"suite.{_NAME}"


def read_lm_syneval(
    grammar: Grammar,
    exposure: Exposure,
    path: str,
    pairs: str | Mapping[str, int],
    left_out: Sequence[str],
    words: str | Mapping[str, Any],
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Items of a pickle, or of those of a folder, an item a pair; counts.csv and excluded.csv.

    pairs: how many each file should hold; left_out: files of the release that are about something
    else; words: those of the sentences, up to the verb. Raises UserError naming the file, and the
    case and number of the pair, of what cannot be read.
    """
    expected = expected_pairs(pairs, _PLACE)
    reader = Reader.of(words, f"{_PLACE}.words")
    found, files = Findings(_NAME), []
    for file in files_of(_PLACE, path, ".pickle", lambda name: name not in left_out):
        read = _pairs(file)
        for pair in read:
            _add(pair, reader, found)
        files.append(File(file.stem, len(read), len(read)))
    return found.tables(files, expected, exposure)


def _add(pair: Pair, reader: Reader, found: Findings) -> None:
    verb = verb_of(pair)
    if isinstance(verb, str):
        found.leave_out(pair, verb)
        return
    factors = reader.factors(pair.good[: verb.token], pair.place)
    if factors["subject_number"] != verb.number:
        found.leave_out(pair, "number", f"{factors['subject']} is {factors['subject_number']}")
        return
    found.keep(pair, verb, reader.item(pair.good, verb.token, pair.bad[verb.token], pair.place))


def _pairs(file: Path) -> list[Pair]:
    """The pairs of a pickle, those of each case numbered from 1."""
    cases = safe_pickle.load(file)
    if not isinstance(cases, dict) or not cases:
        raise _misshapen(f"{file}", cases)
    found = []
    for case, entries in cases.items():
        if not isinstance(case, str) or not isinstance(entries, list):
            raise _misshapen(f"{file}, {case}", entries)
        for number, entry in enumerate(entries, start=1):
            place = f"{file}, {case} {number}"
            texts = entry if isinstance(entry, tuple | list) else ()
            if len(texts) != 2 or not all(isinstance(t, str) and t.strip() for t in texts):
                raise _misshapen(place, entry)
            good, bad = (tuple(text.split()) for text in texts)
            name = f"{_NAME}-{file.stem}-{case}-{number}"
            found.append(Pair(name, file.stem, place, good, bad))
    return found


def _misshapen(place: str, found: object) -> UserError:
    said = repr(found)
    said = said if len(said) <= 60 else f"{said[:60]}…"
    return UserError(
        f"{place}: {said} where {{case: [(good sentence, bad sentence), …]}} is due; "
        "fetch the file again, or list it in left_out"
    )
