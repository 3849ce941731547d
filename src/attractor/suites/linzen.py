"""The dependencies of Linzen et al. (2016) as Gulordava et al. (2018) filtered them.

Three files of the same lines: X.text, tokenised sentences in lower case that end in <eos>; X.gold,
where the verb stands, its right and its wrong form, and the number of attractors; X.eval, where the
verb stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.sources import read_lines
from attractor.suites.pairs import File, Findings, Pair, expected_pairs, files_of, verb_of
from attractor.suites.parsed import Asked, read_parsed

_NAME = "linzen"
_PLACE = f"suite.{_NAME}"
_END = "<eos>"


def read_linzen(
    grammar: Grammar,
    exposure: Exposure,
    path: str,
    pairs: str | Mapping[str, int],
    pipeline: str,
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Items of a folder's files, an item a line; counts.csv and excluded.csv.

    path: the folder, or one .text; pairs: how many lines each should hold; pipeline: the spaCy
    pipeline that parses. A column beside the contract's: attractors_given, the file's number, where
    n_attractors is that of the tree; counts.csv says how often they disagree. Raises UserError
    naming file and line of what cannot be read.
    """
    expected = expected_pairs(pairs, _PLACE)
    found, files, asked = Findings(_NAME), [], []
    for file in files_of(_PLACE, path, ".text"):
        read = list(_pairs(file))
        for pair, attractors in read:
            verb = verb_of(pair)
            if isinstance(verb, str):
                found.leave_out(pair, verb)
            else:
                more = {"attractors_given": attractors}
                asked.append(Asked(pair, verb, " ".join(pair.good), more))
        files.append(File(file.stem, len(read), len(read)))
    read_parsed(asked, found, pipeline, tokenised=True)
    return found.tables(files, expected, exposure)


def _pairs(file: Path) -> Iterator[tuple[Pair, int]]:
    """The pairs of a file, with the number of attractors that it gives."""
    texts, gold, eval_ = (
        read_lines(file.with_suffix(suffix)) for suffix in (".text", ".gold", ".eval")
    )
    if not len(texts) == len(gold) == len(eval_):
        raise UserError(
            f"{file}: {len(texts)} lines, but {len(gold)} of .gold and {len(eval_)} of .eval, and "
            "they must be as many; fetch the files again"
        )
    for number, (text, line, index) in enumerate(zip(texts, gold, eval_, strict=True), start=1):
        place = f"{file} line {number}"
        tokens = tuple(text.split())
        fields = line.split("\t")
        if len(fields) != 4 or not (fields[0].isdigit() and fields[3].isdigit()):
            raise UserError(
                f"{file.with_suffix('.gold')} line {number}: it must hold an index, two forms and "
                f"a number, separated by tabs, but it is `{line}`; fetch the file again"
            )
        if index.strip() != fields[0]:
            raise UserError(
                f"{file.with_suffix('.eval')} line {number}: `{index}` where .gold says "
                f"{fields[0]}; fetch the files again"
            )
        if not tokens or tokens[-1] != _END:
            raise UserError(f"{place}: it does not end in {_END}; fetch the file again")
        verb = int(fields[0])
        if verb >= len(tokens) - 1 or tokens[verb].lower() != fields[1].lower():
            raise UserError(
                f"{place}: token {verb} (from 0) is not `{fields[1]}`, as .gold says; "
                "fetch the files again"
            )
        good = tokens[:-1]
        wrong = fields[2] if good[verb] == fields[1] else fields[2].lower()  # "Are", as a file has
        bad = (*good[:verb], wrong, *good[verb + 1 :])
        name = f"{_NAME}-{file.stem}-{number}"
        yield Pair(name, file.stem, place, good, bad), int(fields[3])
