"""Line-aligned files of one stem: .text, .gold (index and forms) and .eval (index).

Linzen et al.'s dependencies as Gulordava et al. give them (4 columns in .gold), and Gulordava et
al.'s own sentences (12 columns, of which the last is a prefix and its verb).
"""

from __future__ import annotations

from pathlib import Path

from attractor.linting.contents import Contents, Format, Pair, Source, Text, read_source
from attractor.linting.line_pairs import NUMBERS, check_form

LINZEN = Format("Linzen et al., .text, .gold and .eval line by line")
GULORDAVA = Format("Gulordava et al., .text, .gold and .eval line by line")
SUFFIXES = (".text", ".gold", ".eval")


def is_gold(line: str) -> bool:
    """Whether a line is one of a .gold file."""
    fields = line.split("\t")
    of_linzen = len(fields) == 4 and fields[0].isdigit() and fields[3].isdigit()
    return of_linzen or (len(fields) == 12 and fields[3].isdigit())


def read_aligned(gold: Source) -> Contents:
    """Pairs of the sentences of .text with the right and the wrong form of .gold."""
    n_columns = max((len(line.split("\t")) for line in gold.lines[:20]), default=0)
    found = Contents.of(gold, GULORDAVA if n_columns == 12 else LINZEN)
    sentences, indices = (_sibling(found, gold.path.with_suffix(s)) for s in (".text", ".eval"))
    found.name = f"{gold.path.stem}.{{text,gold,eval}}"
    lengths = {len(lines) for lines in (gold.lines, sentences, indices) if lines}
    if len(lengths) > 1:
        said = f".gold {len(gold.lines)}, .text {len(sentences)}, .eval {len(indices)}"
        found.fault("not_aligned", f"line {min(lengths) + 1}", said)
    found.texts = [Text(f"line {n}", line) for n, line in enumerate(sentences, start=1)]
    found.n_files, found.n_rows = len(SUFFIXES), len(gold.lines)
    for number, line in enumerate(gold.lines, start=1):
        place = f"line {number}"
        if not is_gold(line):
            found.fault("not_in_format", place, line)
            continue
        fields = line.split("\t")
        if number <= len(indices) and indices[number - 1].strip() != _index(fields):
            said = f".gold {_index(fields)}, .eval {indices[number - 1]}"
            found.fault("index_files", place, said)
        if number <= len(sentences):
            _add(found, place, fields, sentences[number - 1].split())
    return found


def _sibling(found: Contents, path: Path) -> list[str]:
    if not path.is_file():
        found.fault("missing_file", path.name, "line by line with the .gold")
        return []
    source = read_source(path)
    found.faults += source.faults
    return source.lines


def _index(fields: list[str]) -> str:
    return fields[0] if len(fields) == 4 else fields[3]


def _add(found: Contents, place: str, fields: list[str], words: list[str]) -> None:
    index, number = int(_index(fields)), ""
    if len(fields) == 4:
        _, right, wrong, attractors = fields
        cell = f"{attractors} attractors"
    else:
        right, wrong, cell = fields[6], fields[7], fields[0].split("!Number")[0]
        features = dict(f.split("=", 1) for f in fields[5].split("|") if "=" in f)
        number = NUMBERS.get(features.get("Number", "").lower(), "")
        if fields[11].split()[:index] != words[:index]:
            said = f"`{fields[11]}`; {' '.join(words[: index + 1])}"
            found.fault("prefix_text", place, said)
    check_form(found, place, words, index, right)
    if index < len(words):
        good, bad = (
            " ".join([*words[:index], form, *words[index + 1 :]]) for form in (right, wrong)
        )
        found.pairs.append(Pair(place, good, bad, cell, number))
