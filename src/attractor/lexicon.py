"""The word lists of `data/lexicon`: nine CSV tables, read and checked.

A form that two words share (a noun that is a verb too, a plural equal to its singular) is refused,
for it would leave the number of an item open.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from attractor.errors import UserError

COLUMNS = {  # a table may hold further ones
    "nouns": ("singular", "plural", "animacy", "irregular", "relational", "held_out"),
    "verbs": ("third_singular", "plural", "past", "progressive", "frames", "subject", "aspect"),
    "auxiliaries": ("lemma", "tense", "singular", "plural"),
    "adjectives": ("adjective", "of"),
    "adverbs": ("adverb", "position"),
    "adjuncts": ("adjunct", "kind"),
    "prepositions": ("preposition",),
    "determiners": ("singular", "plural", "number"),
    "function_words": ("word", "class"),
}
_FIRST = {table: columns[:1] for table, columns in COLUMNS.items()}
KEYS = _FIRST | {"verbs": ("plural",), "auxiliaries": ("lemma", "tense")}  # what tells rows apart
FORMS = _FIRST | {
    "nouns": ("singular", "plural"),
    "verbs": ("third_singular", "plural", "past", "progressive"),
    "auxiliaries": ("singular", "plural"),
    "determiners": ("singular", "plural"),
}
CHOICES = {
    ("nouns", "animacy"): ("animate", "inanimate"),
    ("nouns", "irregular"): ("yes", "no"),
    ("nouns", "relational"): ("yes", "no"),
    ("nouns", "held_out"): ("no", "subject", "attractor"),  # the role a lexical split keeps it from
    ("verbs", "frames"): ("intransitive", "transitive", "sentence", "transitive_past"),
    ("verbs", "subject"): ("animate", "any"),
    ("verbs", "aspect"): ("dynamic", "stative"),
    ("auxiliaries", "tense"): ("present", "past"),
    ("adjectives", "of"): ("animate", "inanimate", "any"),
    ("adverbs", "position"): ("preverbal", "clause"),
    ("adjuncts", "kind"): ("parenthetical", "time"),
    ("determiners", "number"): ("any", "marked"),
}
TOKENS = {"nouns": (1, 3), "adjuncts": (2, 9), "prepositions": (1, 4)}  # one elsewhere
# Words that show number clash with any other use of them, even inside a phrase ("at rest"); the
# number-free classes only with one another, so that "in short" may stand beside "short".
BEARERS = {"nouns", "verbs", "auxiliaries"}
CLASSES = {"adjectives", "adverbs", "prepositions"}
Use = tuple[str, int, str, str]  # table, row, column (of a determiner: its number), form


@dataclass(frozen=True)
class Lexicon:
    folder: Path
    tables: dict[str, list[dict[str, str]]]  # table -> rows (column -> value), in file order
    fingerprint: str  # sha256 of the contents; the place, a BOM and line ends do not count

    def rows(self, table: str, where: Mapping[str, str]) -> list[dict[str, str]]:
        """The rows that hold each value of `where`; of a `|`-separated column, among its parts."""
        _take("the lexicon", "table", table, self.tables)
        rows = self.tables[table]
        for column, value in where.items():
            _take(f"{table}.csv", "column", column, rows[0])
            _take(f"{table}.csv", column, value, CHOICES.get((table, column), (value,)))
        return [row for row in rows if all(v in row[c].split("|") for c, v in where.items())]

    def words(self) -> set[str]:
        """Every token of every form."""
        return {token for *_, form in _forms(self) for token in form.split()}


def read_lexicon(folder: Path) -> Lexicon:
    """The lexicon in `folder`, or a UserError that names file, row and remedy."""
    tables, digest = {}, hashlib.sha256()
    for table in COLUMNS:
        text = _text(folder / f"{table}.csv")
        digest.update(f"{table}.csv {len(text)}\n{text}".encode())
        tables[table] = _rows(folder / f"{table}.csv", text, COLUMNS[table])
    lexicon = Lexicon(folder, tables, digest.hexdigest())
    if found := faults(lexicon):
        more = f" (and {len(found) - 1} more)" if found[1:] else ""
        raise UserError(f"{folder}/{found[0]}{more}")
    return lexicon


def faults(lexicon: Lexicon) -> list[str]:
    """One line a fault, with file, row (the header is row 1) and remedy."""
    found = []
    for table, rows in lexicon.tables.items():
        if not rows:
            found.append(f"{table}.csv row 2: the table is empty; add a row")
        first: dict[tuple[str, ...], int] = {}
        for number, row in enumerate(rows, start=2):
            here = f"{table}.csv row {number}: "
            found += [here + fault for fault in _cell_faults(table, row)]
            key = tuple(row[column] for column in KEYS[table])
            if first.setdefault(key, number) != number:
                found.append(f"{here}{' '.join(key)} is in row {first[key]} already; remove one")
    # Words are compared only once each row is sound by itself: one slip, one message.
    if found:
        return found
    return [*_paradigm_faults(lexicon), *_determiner_faults(lexicon), *_homographs(lexicon)]


def _take(place: str, kind: str, name: str, known: Iterable[str]) -> None:
    if name not in known:
        raise UserError(f"{place} has no {kind} {name!r}; take one of {', '.join(known)}")


def _text(path: Path) -> str:
    if not path.is_file():
        raise UserError(f"{path}: no such file; the lexicon needs {', '.join(COLUMNS)} as .csv")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = error.object[: error.start].count(b"\n") + 1
        raise UserError(f"{path} row {row}: not UTF-8; save the file as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _rows(path: Path, text: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        header, *lines = list(csv.reader(io.StringIO(text, newline=""), strict=True)) or [[]]
    except csv.Error as error:
        raise UserError(f"{path}: not a CSV table ({error}); close every quotation mark") from None
    if wrong := ", ".join(c for c in dict.fromkeys((*columns, *header)) if header.count(c) != 1):
        raise UserError(f"{path} row 1: column {wrong} missing or repeated; write each once")
    for number, line in enumerate(lines, start=2):
        if len(line) != len(header):
            raise UserError(f"{path} row {number}: {len(line)} cells, not {len(header)}; mend it")
    return [dict(zip(header, line, strict=True)) for line in lines]


def _cell_faults(table: str, row: dict[str, str]) -> Iterator[str]:
    name = row[KEYS[table][0]] or row[COLUMNS[table][0]]
    for column in COLUMNS[table]:
        plain = " ".join(row[column].lower().split())
        choices = CHOICES.get((table, column), ())
        parts = plain.split("|") if column == "frames" else [plain]
        if not plain:
            yield f"{name or 'the row'} has no {column}; write it, or remove the row"
        elif row[column] != plain:
            yield f"{column} {row[column]!r} has upper case or surplus blanks; write {plain!r}"
        elif choices and not set(parts) <= set(choices):
            yield f"{column} {plain!r} is unknown; write {' or '.join(choices)}"
        least, most = TOKENS.get(table, (1, 1))
        if column in FORMS[table] and plain and not least <= len(plain.split()) <= most:
            yield f"{column} {plain!r} is not {least} to {most} tokens long; reword it"


def _forms(lexicon: Lexicon) -> Iterator[Use]:
    for table, rows in lexicon.tables.items():
        for number, row in enumerate(rows, start=2):
            for column in FORMS[table]:
                mark = row["number"] if table == "determiners" else column
                yield table, number, mark, row[column]


def _paradigm_faults(lexicon: Lexicon) -> Iterator[str]:
    """Rows whose own forms do not show number, or whose frames make a prefix ambiguous."""
    for table in ("nouns", "verbs", "auxiliaries"):
        for number, row in enumerate(lexicon.tables[table], start=2):
            here = f"{table}.csv row {number}: "
            first: dict[str, str] = {}
            for column in FORMS[table]:
                other = first.setdefault(row[column], column)
                same = f"{here}{row[column]} has the same {other} and {column}; "
                if (other, column) == ("plural", "past"):
                    if row["frames"] != "transitive_past":
                        yield f"{same}set its frames to transitive_past, or remove it"
                elif other != column:
                    yield f"{same}remove it (a form must tell its number)"
            if {"transitive", "sentence"} <= set(row.get("frames", "").split("|")):
                why = "'the farmer that knows the pilots ...' would license both numbers"
                yield f"{here}{row['plural']} is transitive and sentence; keep one ({why})"


def _determiner_faults(lexicon: Lexicon) -> Iterator[str]:
    """Determiners whose two forms belie what their `number` says of them."""
    for number, row in enumerate(lexicon.tables["determiners"], start=2):
        if (row["singular"] == row["plural"]) != (row["number"] == "any"):
            right = "any" if row["number"] == "marked" else "marked"
            yield (
                f"determiners.csv row {number}: {row['singular']} and {row['plural']} cannot be of "
                f"number {row['number']}; write {right}, or mend a form"
            )


def _homographs(lexicon: Lexicon) -> Iterator[str]:
    """Forms that two words share."""
    uses: dict[str, list[Use]] = {}
    for use in _forms(lexicon):
        for token in use[3].split():
            for old in (old for old in uses.get(token, []) if _clash(old, use, token)):
                also = f"{token} is also a word of {old[0]}.csv row {old[1]} ({old[3]})"
                yield f"{use[0]}.csv row {use[1]}: {also}; remove one (its use must be one)"
            uses.setdefault(token, []).append(use)


def _clash(old: Use, new: Use, token: str) -> bool:
    tables = {old[0], new[0]}
    if tables == {"nouns"} and old[1] != new[1]:
        # Heads of one number ("bus driver", "taxi driver") may be shared, and so may modifiers.
        heads = [use[3].split()[-1] == token for use in (old, new)]
        return old[3] == new[3] or heads[0] != heads[1] or (heads[0] and old[2] != new[2])
    if len(tables) == 1:
        return tables == {"verbs"} and old[1] != new[1]
    if "determiners" in tables and tables & {"adjuncts", "prepositions"}:
        return "any" not in (old[2], new[2])  # "in that case" would be a cue to number
    return bool(tables & BEARERS) or tables <= CLASSES
