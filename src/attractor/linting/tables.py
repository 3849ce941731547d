"""What is no raw suite of pairs: our own item tables, treebanks, and running text."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping

from attractor.corpus.agreement import NOUNS, Dependency, dependencies
from attractor.corpus.conllu import read_trees
from attractor.corpus.trees import Tree
from attractor.errors import UserError
from attractor.items import split_indices
from attractor.linting.contents import Contents, Format, Pair, Source, Text
from attractor.linting.line_pairs import check_form

# Sentences of the item table are spelt as their training text is: without capitals or final marks.
ITEMS = Format("items.csv, the item table of attractor", spelt=False)
CONLLU = Format("CoNLL-U, gold trees; its pairs: verbs that show number, with their other form")
TEXT = Format("running text, tokenised, a sentence or paragraph a line")
_COLUMNS = (
    *("item_id", "sentence", "subject", "correct_form", "wrong_form", "subject_index"),
    *("verb_index", "subject_number", "condition", "preceding", "distance", "n_intervening"),
    *("n_attractors", "split", "probe_set"),
)
_ENDS_APART = re.compile(r"\s(?:[.!?]|<eos>)(?:\s+(?:''|\"))?\s*$")


def is_items(line: str) -> bool:
    """Whether a line is the header of an item table."""
    return set(_COLUMNS) <= set(line.split(","))


def read_items(source: Source) -> Contents:
    """A pair an item: its sentence with the correct and with the wrong form."""
    found = Contents.of(source, ITEMS)
    rows = csv.DictReader(source.lines)
    names: set[str] = set()
    for row in rows:
        place = f"line {rows.line_num}"
        if any(row.get(column) is None for column in _COLUMNS) or None in row:
            found.fault("not_in_format", place, ",".join(map(str, row.values())))
            continue
        try:
            found.pairs.append(_item(found, place, row))
        except (ValueError, IndexError) as error:
            found.fault("not_in_format", place, str(error))
            continue
        if row["item_id"] in names:
            found.fault("duplicate_id", place, row["item_id"])
        names.add(row["item_id"])
    found.n_rows = len(found.pairs)
    return found


def _item(found: Contents, place: str, row: Mapping[str, str]) -> Pair:
    words, verb = row["sentence"].split(" "), int(row["verb_index"])
    subject, condition = int(row["subject_index"]), row["condition"]
    check_form(found, place, words, verb, row["correct_form"])
    head = row["subject"].split(" ")[-1]
    if "original" not in row and words[subject] != head:  # natural text has tags for rare words
        said = f"subject_index {subject} is `{words[subject]}`, the subject `{head}`"
        found.fault("index_form", place, said)
    wrong = {
        "distance": int(row["distance"]) != verb - subject,
        "n_intervening": int(row["n_intervening"]) != len(condition) - 1,
        "n_attractors": int(row["n_attractors"]) != sum(c != condition[0] for c in condition),
        "subject_number": row["subject_number"][:1].upper() != condition[0],
        "noun_indices": subject not in split_indices(row.get("noun_indices", str(subject))),
    }
    if any(wrong.values()):
        names = ", ".join(name for name, is_wrong in wrong.items() if is_wrong)
        found.fault("factors", place, f"{names}: {row['sentence']}")
    cell = " ".join(filter(None, (row["split"], row["probe_set"])))
    bad = " ".join([*words[:verb], row["wrong_form"], *words[verb + 1 :]])
    nouns = row["preceding"] + condition
    return Pair(place, row["sentence"], bad, cell, row["subject_number"], nouns)


def is_conllu(lines: list[str]) -> bool:
    """Whether lines hold tokens of CoNLL-U."""
    return any(re.match(r"\d+\t(?:[^\t]*\t){8}[^\t]*$", line) for line in lines)


def read_conllu(source: Source) -> Contents:
    """The sentences of a treebank, and a pair a verb that shows number and agrees with a noun."""
    found = Contents.of(source, CONLLU)
    names: set[str] = set()
    for start, lines in _sentences(source.lines):
        place = f"line {start}"
        found.n_rows += 1
        try:
            (tree,) = read_trees(source.path.name, lines)
        except UserError as error:
            found.fault("not_in_format", place, f"{error} (line 1 is line {start})")
            continue
        comments = dict(line.split(" = ", 1) for line in lines if " = " in line and line[0] == "#")
        text = comments.get("# text", " ".join(tree.words))
        name = comments.get("# sent_id", place)
        if name in names:
            found.fault("duplicate_id", place, name)
        names.add(name)
        if "# text" in comments and not tree.starts:
            found.fault("text_form", place, text)
        found.texts.append(Text(place, text))
        for dependency in dependencies(tree):
            if isinstance(dependency, Dependency):
                _add_dependency(found, tree, dependency, start)
    return found


def _sentences(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """The blocks between blank lines, with the number of their first line."""
    block: list[str] = []
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            block.append(line)
            continue
        if any(not row.startswith("#") for row in block):
            yield number - len(block), block
        block = []


def _add_dependency(found: Contents, tree: Tree, dependency: Dependency, start: int) -> None:
    verb, subject = dependency.verb, dependency.subject
    numbers = [NOUNS[tag] for tag in tree.tags[:verb] if tag in NOUNS]
    own = NOUNS[tree.tags[subject]]
    place = f"line {start}, word {verb + 1}"
    if own != dependency.number:
        said = f"{tree.words[subject]} is {own}: {' '.join(tree.words[subject : verb + 1])}"
        found.fault("noun_and_verb", place, said)
    words = tree.words
    bad = " ".join([*words[:verb], dependency.wrong_form, *words[verb + 1 :]])
    letters = "".join(number[0].upper() for number in numbers)
    found.pairs.append(Pair(place, " ".join(words), bad, "", dependency.number, letters))


def is_text(lines: list[str]) -> bool:
    """Whether most lines, headings apart, end in a mark that stands apart."""
    lines = [line for line in lines if line.strip() and not line.strip().startswith("=")]
    ends = sum(_ENDS_APART.search(line) is not None for line in lines)
    return ends > len(lines) / 2


def read_text(source: Source) -> Contents:
    """The lines that are not blank; no pairs."""
    found = Contents.of(source, TEXT)
    found.texts = [Text(f"line {n}", t) for n, t in enumerate(source.lines, start=1) if t.strip()]
    return found
