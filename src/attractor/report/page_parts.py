"""What a section of the page is made of; each kind of part has a macro of its name in the template.

Nothing in them is HTML: the template escapes all text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import pandas as pd

from attractor.report.interactive import Specification, in_words, numbers

_LONGEST = 400  # rows of a table


class Part:
    """A kind of part: the name of its macro."""

    kind: ClassVar[str]


@dataclass(frozen=True)
class Prose(Part):
    """Paragraphs; of class `important` if they are the point of the section."""

    kind = "prose"
    lines: Sequence[str]
    important: bool = False


@dataclass(frozen=True)
class Points(Part):
    """A list: each point a term, which may be empty, and what is said of it. folded: as `Table`."""

    kind = "points"
    points: Sequence[tuple[str, str]]
    title: str = ""
    folded: str = ""


@dataclass(frozen=True)
class Code(Part):
    """Lines for a terminal, or of it. folded: as `Table`."""

    kind = "code"
    lines: Sequence[str]
    folded: str = ""


@dataclass(frozen=True)
class Share:
    """A cell that is drawn as a bar too. value: 0 to 1."""

    text: str
    value: float


Rows = Sequence[Sequence[str | Share]]


@dataclass(frozen=True)
class Table(Part):
    """Rows in groups, each under its heading; the first cell of a row names it.

    folded: what opens the table, where it is not shown at first.
    """

    kind = "table"
    caption: str
    head: Sequence[str]
    groups: Sequence[tuple[str, Rows]]
    notes: Sequence[str] = ()
    folded: str = ""


@dataclass(frozen=True)
class Figure(Part):
    """A chart: its name, which is also its files', title and notes, and what it shows in words.

    specification: its JSON, which may stand in a script element. data: the CSV that it is drawn
    from. isolates: whether its legend can be clicked.
    """

    kind = "figure"
    name: str
    title: str
    notes: Sequence[str]
    in_words: str
    table: Table
    data: str
    isolates: bool
    specification: str


@dataclass(frozen=True)
class Example(Part):
    """A sentence: words, each with what it is (subject, attractor, verb …) or ''."""

    kind = "example"
    words: Sequence[tuple[str, str]]
    verdict: str


@dataclass(frozen=True)
class Examples(Part):
    """Sentences in groups of a heading each; folded but for the first of several."""

    kind = "examples"
    title: str
    groups: Sequence[tuple[str, Sequence[Example]]]
    shown: bool


@dataclass(frozen=True)
class Section:
    """Its id in the page, its heading and its parts; one without parts is left out."""

    name: str
    title: str
    parts: Sequence[Part] = field(default_factory=tuple)


def figure(name: str, specification: Specification, data: str) -> Figure:
    """The part of a chart. Its title and notes are the page's, where they wrap."""
    title = specification["title"]
    told = numbers(specification)
    words = f"{title['text']}. {in_words(specification)}"
    # Vega makes the description the label of what it draws.
    bare = {"description": words} | {
        key: value for key, value in specification.items() if key not in ("title", "padding")
    }
    return Figure(
        name=name,
        title=title["text"],
        notes=title["subtitle"],
        in_words=words,
        table=of_frame(told, f"{title['text']}: the numbers", "The same as a table", data),
        data=data,
        isolates="params" in specification,
        specification=script_json(bare),
    )


def script_json(value: object) -> str:
    """JSON that no browser takes for the end of a script, whatever strings it holds."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c")


def of_frame(frame: pd.DataFrame, caption: str, folded: str, data: str) -> Table:
    """A folded table of a frame as it is: floats to four significant digits.

    Of a long one the first rows; data: the CSV that has all.
    """
    rows = frame.head(_LONGEST).itertuples(index=False)
    texts = [[_text(value) for value in row] for row in rows]
    left = f"The first {_LONGEST} of {len(frame):,} rows; all are in {data}."
    notes = [left] if len(frame) > _LONGEST else []
    return Table(caption, [str(name) for name in frame], [("", texts)], notes, folded)


def _text(value: object) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:.4g}"
    return "" if value is None else str(value)
