"""Suites whose lines alternate: CLAMS, the tasks of Lakretz et al., the table of Gulordava et al.

Readers are tolerant: what they cannot read becomes a fault, and they go on with the next line.
"""

from __future__ import annotations

import csv
import re
from itertools import pairwise

from attractor.linting.contents import Contents, Format, Pair, Source, Text
from attractor.suites.pairs import noun_number

CLAMS = Format("CLAMS, `True<TAB>sentence` and `False<TAB>sentence`", verb_last=True, words="clams")
LAKRETZ = Format("Lakretz et al., four columns: prefix, number, class, name", spelt=False)
GULORDAVA = Format("Gulordava et al., table of two rows an item")
NUMBERS = {"sing": "singular", "plur": "plural"}
_TABLE = ("type", "class", "form", "prefix", "len_prefix", "sent", "correct_number", "n_attr")


def is_clams(line: str) -> bool:
    """Whether a line is of CLAMS' format."""
    return re.match(r"(True|False)\t", line) is not None


def read_clams(source: Source) -> Contents:
    """Pairs of a True line and the False line after it."""
    found = Contents.of(source, CLAMS)
    good: tuple[int, str] | None = None
    for number, line in enumerate(source.lines, start=1):
        label, _, sentence = line.partition("\t")
        if label not in ("True", "False") or not sentence.strip() or "\t" in sentence:
            found.fault("not_in_format", f"line {number}", line)
        elif label == "True":
            if good:
                found.fault("no_mate", f"line {good[0]}", f"True {good[1]}")
            good = number, sentence
        elif good:
            found.pairs.append(Pair(f"line {good[0]}", good[1], sentence))
            good = None
        else:
            found.fault("no_mate", f"line {number}", f"False {sentence}")
    if good:
        found.fault("no_mate", f"line {good[0]}", f"True {good[1]}")
    return found


def is_lakretz(line: str) -> bool:
    """Whether a line is of the format of Lakretz et al."""
    fields = line.split("\t")
    return len(fields) == 4 and fields[2] in ("correct", "wrong")


def read_lakretz(source: Source) -> Contents:
    """Pairs of a correct and a wrong line of one name."""
    found = Contents.of(source, LAKRETZ)
    waiting: dict[str, tuple[int, list[str]]] = {}
    names: set[str] = set()
    for number, line in enumerate(source.lines, start=1):
        fields = line.split("\t")
        if not is_lakretz(line) or set(fields[1].split("_")) - {"singular", "plural"}:
            found.fault("not_in_format", f"line {number}", line)
            continue
        name = fields[3]
        if name not in waiting:
            if name in names:
                found.fault("duplicate_id", f"line {number}", name)
            waiting[name] = number, fields
            names.add(name)
            continue
        first, other = waiting.pop(name)
        if {other[2], fields[2]} != {"correct", "wrong"} or other[1] != fields[1]:
            found.fault("no_mate", f"line {number}", line)
            continue
        good, bad = (other, fields) if other[2] == "correct" else (fields, other)
        _add_lakretz(found, f"line {first}", good, bad[0])
    for first, fields in waiting.values():
        found.fault("no_mate", f"line {first}", "\t".join(fields))
    return found


def _add_lakretz(found: Contents, place: str, good: list[str], bad: str) -> None:
    labels = good[1].split("_")
    words = good[0].split()[:-1]
    # Nouns follow "the"; a name has a capital. Those with a label have their number from it.
    nouns = [
        noun_number(word) if before.lower() == "the" else "singular"
        for before, word in pairwise(words)
        if before.lower() == "the" or word[0].isupper()
    ]
    if any(label != shown for label, shown in zip(labels, nouns, strict=False)):
        found.fault("label", place, f"{good[1]}: {good[0]}")
    cell = ""
    if len(labels) > 1:
        cell = "same number" if len(set(labels)) == 1 else "an attractor"
    letters = "".join(number[0].upper() for number in [*labels, *nouns[len(labels) :]])
    found.pairs.append(Pair(place, good[0], bad, cell, labels[0], letters))


def is_gulordava(line: str) -> bool:
    """Whether a line is the header of the table of Gulordava et al."""
    return set(_TABLE) <= set(line.split("\t"))


def read_gulordava(source: Source) -> Contents:
    """Pairs of a correct and a wrong row of one sentence; their members end in the form.

    Rows checked are the correct ones: no sentence of the table holds a wrong form.
    """
    found = Contents.of(source, GULORDAVA)
    rows = csv.DictReader(source.lines, delimiter="\t", strict=False)
    previous: tuple[str, dict[str, str]] | None = None
    for row in rows:
        place = f"line {rows.line_num}"
        whole = all(row.get(name) for name in _TABLE) and None not in row
        if not whole or not row["len_prefix"].isdigit():
            found.fault("not_in_format", place, "\t".join(map(str, row.values())))
            continue
        if row["class"] == "correct":
            if previous:
                found.fault("no_mate", previous[0], f"correct {previous[1]['form']}")
            previous = place, row
            _check_gulordava(found, place, row)
        elif previous and previous[1]["prefix"] == row["prefix"]:
            first, good = previous
            number = NUMBERS.get(good["correct_number"], "")
            right, wrong = (f"{r['prefix']} {r['form']}" for r in (good, row))
            cell = f"{good['type']}, {good['n_attr']} attractors"
            found.pairs.append(Pair(first, right, wrong, cell, number))
            previous = None
        else:
            found.fault("no_mate", place, f"{row['class']} {row['form']}")
    if previous:
        found.fault("no_mate", previous[0], f"correct {previous[1]['form']}")
    return found


def _check_gulordava(found: Contents, place: str, row: dict[str, str]) -> None:
    found.n_rows += 1
    found.texts.append(Text(place, row["sent"]))
    words, index = row["sent"].split(), int(row["len_prefix"])
    check_form(found, place, words, index, row["form"])
    if words[:index] != row["prefix"].split():
        found.fault("prefix_text", place, f"`{row['prefix']}`; {' '.join(words[:index])}")


def check_form(found: Contents, place: str, words: list[str], index: int, form: str) -> None:
    """Note a fault unless `form` stands at `index` of the words."""
    word = words[index] if index < len(words) else "nothing"
    if word != form:
        near = " ".join(words[max(index - 4, 0) : index + 1])
        found.fault("index_form", place, f"index {index} is `{word}`, the form `{form}`: … {near}")
