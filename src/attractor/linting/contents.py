"""What a suite's file holds, as the linter sees it: pairs, texts, and faults by kind."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from attractor.errors import UserError

# Each kind of fault: what its share is of, and what it says.
KINDS = {
    "not_in_format": ("lines", "cannot be read as the file's format"),
    "no_mate": ("lines", "a member of a pair without the other"),
    "missing_file": ("files", "a file that goes with this one is not there"),
    "not_aligned": ("files", "files that go line by line differ in length"),
    "no_final_newline": ("files", "the last line has no line end"),
    "windows_line_end": ("lines", "a carriage return before the line end"),
    "byte_order_mark": ("files", "the file opens with a byte-order mark"),
    "duplicate_id": ("rows", "a name that an earlier pair or sentence has"),
    "index_form": ("rows", "the word at the index given is not the form given"),
    "index_files": ("rows", "two files give different indices"),
    "prefix_text": ("rows", "the prefix given is not how the sentence begins"),
    "text_form": ("rows", "the raw text and the words differ"),
    "factors": ("rows", "columns contradict each other, or the sentence"),
    "regions": ("pairs", "they differ in a region that is not compared"),
    "conditions": ("rows", "its conditions do not end in the same words"),
    "identical": ("pairs", "the two members are the same"),
    "several_tokens": ("pairs", "they differ in more than one token"),
    "tense": ("pairs", "they differ in tense"),
    "polarity": ("pairs", "they differ in negation"),
    "forms": ("pairs", "what differs is not the two forms of a verb"),
    "label": ("pairs", "the number given is not that of verb or noun"),
    "noun_and_verb": ("pairs", "noun and verb are tagged with different numbers"),
    "lone_noun": ("pairs", "the only noun before it is tagged otherwise"),
    "multi_word_verb": ("pairs", "the verb at the end has several words"),
    "ambiguous_prefix": ("pairs", "its prefix also stands before the other number"),
    "duplicate_pair": ("pairs", "repeats an earlier pair"),
    "duplicate_good": ("pairs", "its good repeats, its bad differs"),
    "number_imbalance": ("cells", "one number prevails, beyond chance"),
    "duplicate_text": ("texts", "repeats an earlier text"),
    "glued": ("texts", "words without a space between them"),
    "odd_space": ("texts", "a double space, or one at an end"),
    "unknown_word": ("texts", "holds <unk>"),
    "escape": ("texts", "holds an escape: @-@ -LRB- &amp;"),
    "penn_quote": ("texts", "holds quotes written `` ''"),
    "unbalanced": ("texts", "a bracket or quote without its mate"),
    "broken_off": ("texts", "ends in the, a, of, and, or, one letter"),
    "end_mark": ("texts", "ends in a mark such as <eos>"),
    "no_final_stop": ("texts", "ends without . ! or ?"),
    "mixed_ends": ("texts", "final mark apart, most attached; or reverse"),
    "lower_case": ("files", "lower case throughout"),
    "stray_capital": ("texts", "holds a capital where hardly any text does"),
    "mixed_case": ("texts", "opens without a capital, most with one"),
    "out_of_vocabulary": ("texts", "holds a word outside the vocabulary"),
}
_REMEDY = "fetch it again, or save it as UTF-8 text"


class Fault(NamedTuple):
    """One fault; kind: one of KINDS; shown: what stands at the place."""

    kind: str
    place: str
    shown: str


class Text(NamedTuple):
    """A sentence or a paragraph, and its place in the file."""

    place: str
    text: str


class Pair(NamedTuple):
    """A minimal pair.

    cell: the part of the suite that it is of. number: its verb's, where the file gives it. nouns:
    S and P of the nouns before the verb, where the format tells; None where the words must.
    """

    place: str
    good: str
    bad: str
    cell: str = ""
    number: str = ""
    nouns: str | None = None


class Format(NamedTuple):
    """A format. spelt: its sentences are whole, and spelt as text is; verb_last: they end there;
    words: the configuration of the suite that knows its words.
    """

    name: str
    spelt: bool = True
    verb_last: bool = False
    words: str = ""


@dataclass(frozen=True)
class Source:
    """A file's lines without their ends, and the faults of its bytes."""

    path: Path
    lines: list[str]
    faults: list[Fault]


@dataclass
class Contents:
    """What a file holds. n_rows: its entries that may contradict themselves."""

    name: str
    format: Format
    n_lines: int = 0
    n_rows: int = 0
    n_files: int = 1
    pairs: list[Pair] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def of(cls, source: Source, form: Format) -> Contents:
        """The contents of a file of which nothing is read yet."""
        return cls(source.path.name, form, len(source.lines), faults=list(source.faults))

    def fault(self, kind: str, place: str, shown: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(kind, place, shown))

    def size(self, unit: str) -> int:
        """How many pairs, texts, lines, rows, files or cells there are."""
        sizes = {
            "pairs": len(self.pairs),
            "texts": len(self.texts),
            "lines": self.n_lines,
            "rows": self.n_rows or len(self.pairs),
            "files": self.n_files,
            "cells": len({pair.cell for pair in self.pairs}),
        }
        return sizes[unit]


def read_source(path: Path) -> Source:
    """The lines of a UTF-8 file. Raises UserError for one that is empty or no UTF-8."""
    raw = read_bytes(path)
    faults = []
    if raw.startswith(codecs.BOM_UTF8):
        faults.append(Fault("byte_order_mark", "line 1", "EF BB BF"))
        raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        lines = raw.decode().split("\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path} line {line}: this is no UTF-8; {_REMEDY}") from error
    if lines[-1]:
        faults.append(Fault("no_final_newline", f"line {len(lines)}", lines[-1]))
    else:
        lines.pop()
    for number, text in enumerate(lines, start=1):
        if text.endswith("\r"):
            faults.append(Fault("windows_line_end", f"line {number}", text[:-1]))
    return Source(path, [line.removesuffix("\r") for line in lines], faults)


def read_bytes(path: Path) -> bytes:
    """A file's bytes. Raises UserError for one that is empty or cannot be read."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error}); {_REMEDY}") from error
    if not raw.strip():
        raise UserError(f"{path} line 1: the file is empty; {_REMEDY}")
    return raw
