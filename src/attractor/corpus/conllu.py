"""CoNLL-U (Nivre et al. 2020): gold trees, and the form in which parsed text is kept.

Multi-word tokens (1-2) and empty nodes (1.1) are read past: trees are of the syntactic words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from attractor.corpus.trees import ROOT, Tree
from attractor.errors import UserError

_COLUMNS = 10
_TEXT, _PLACE = "# text = ", "# place = "  # comments: a sentence's raw text, and where it is from
_NO_TAG = "_"
# Penn Treebank tags of what agrees, from universal features, for treebanks that have none.
_NUMBERED = {("NOUN", "Sing"): "NN", ("NOUN", "Plur"): "NNS"}
_NUMBERED |= {("PROPN", "Sing"): "NNP", ("PROPN", "Plur"): "NNPS"}
_UNNUMBERED = {"NOUN": "NN", "PROPN": "NNP", "PRON": "PRP", "DET": "DT", "NUM": "CD", "PART": "RP"}
_UNNUMBERED |= {"ADJ": "JJ", "ADV": "RB", "ADP": "IN", "CCONJ": "CC", "SCONJ": "IN", "PUNCT": ","}
_FINITE = {"Pres": "VBP", "Past": "VBD"}
_NON_FINITE = {"Inf": "VB", "Ger": "VBG"}


Rows = list[tuple[int, list[str]]]  # the lines of a sentence's tokens, numbered, in columns


def read_trees(file: str, lines: Iterable[str]) -> Iterator[Tree]:
    """The trees of a CoNLL-U text; file: its name, for messages.

    Raises UserError naming file and line of what is no line of CoNLL-U, of a head that is not there
    and of a tree that is none: with a cycle, or with several roots or none.
    """
    rows: Rows = []
    place, text = file, ""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            if rows:
                yield _tree(file, rows, place, text)
            rows, place, text = [], file, ""
        elif line.startswith(_TEXT):
            text = line.removeprefix(_TEXT)
        elif line.startswith(_PLACE):
            place = line.removeprefix(_PLACE)
        elif not line.startswith("#"):
            fields = line.split("\t")
            if len(fields) != _COLUMNS:
                raise UserError(
                    f"{file} line {number}: {len(fields)} columns where CoNLL-U has {_COLUMNS}, "
                    "separated by tabs; mend the line, or fetch the file again"
                )
            rows.append((number, fields))
    if rows:
        yield _tree(file, rows, place, text)


def format_tree(tree: Tree) -> str:
    """A tree as CoNLL-U, with its place as a comment and the blank line at its end."""
    lines = [f"{_PLACE}{tree.place}"]
    columns = (tree.words, tree.lemmas, tree.tags, tree.heads, tree.relations)
    for i, (word, lemma, tag, head, relation) in enumerate(zip(*columns, strict=True)):
        lines.append(f"{i + 1}\t{word}\t{lemma}\t_\t{tag}\t_\t{head + 1}\t{relation}\t_\t_")
    return "\n".join(lines) + "\n\n"


def raw_texts(file: str, lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The raw text of each sentence, with its place."""
    for number, line in enumerate(lines, start=1):
        if line.startswith(_TEXT):
            yield f"{file} line {number}", line.removeprefix(_TEXT)


def _tree(file: str, rows: Rows, place: str, text: str) -> Tree:
    words = []
    for line, fields in rows:
        if not re.fullmatch(r"\d+([-.]\d+)?", fields[0]):
            raise UserError(
                f"{file} line {line}: `{fields[0]}` numbers no token; mend the first column"
            )
        if not fields[1].strip():
            raise UserError(f"{file} line {line}: a token without a form; mend the second column")
        if fields[0].isdecimal():
            words.append((line, fields))
    if not words:
        raise UserError(f"{file} line {rows[0][0]}: a sentence without a word; remove it")
    for i, (line, fields) in enumerate(words):
        if int(fields[0]) != i + 1:
            raise UserError(
                f"{file} line {line}: token {fields[0]} where {i + 1} is due; complete the tree"
            )
        if not (fields[6].isdecimal() and int(fields[6]) <= len(words)):
            raise UserError(
                f"{file} line {line}: head `{fields[6]}` is none of the {len(words)} tokens; "
                "mend column 7"
            )
    heads = tuple(int(fields[6]) - 1 for _, fields in words)
    _check_tree(heads, file, [line for line, _ in words])
    return Tree(
        place if place != file else f"{Path(file).name} line {rows[0][0]}",
        tuple(fields[1].replace(" ", "_") for _, fields in words),
        tuple(fields[2] for _, fields in words),
        tuple(_tag(fields) for _, fields in words),
        heads,
        tuple(fields[7].lower() for _, fields in words),
        _starts(rows, text),
    )


def _check_tree(heads: tuple[int, ...], file: str, lines: list[int]) -> None:
    """Raise UserError unless one root is above all tokens."""
    roots = [i for i, head in enumerate(heads) if head == ROOT]
    if len(roots) > 1:
        raise UserError(
            f"{file} line {lines[roots[1]]}: a second root (head 0), and a tree has one; "
            "mend column 7"
        )
    above_all = set(roots)
    for token in range(len(heads)):
        path: set[int] = set()
        while token not in above_all:
            if token in path:
                raise UserError(
                    f"{file} line {lines[token]}: token {token + 1} is above itself (a cycle); "
                    "mend column 7"
                )
            path.add(token)
            token = heads[token]
        above_all.update(path)


def _tag(fields: list[str]) -> str:
    """The Penn Treebank tag; from universal features where the treebank has no such tag."""
    if fields[4] != _NO_TAG:
        return fields[4]
    features = dict(f.split("=", 1) for f in fields[5].split("|") if "=" in f)
    kind, number = fields[3], features.get("Number", "")
    if kind in ("VERB", "AUX"):
        return _verb_tag(features, number)
    if kind == "PRON" and fields[1].lower() == "there" and fields[7] == "expl":
        return "EX"
    return _NUMBERED.get((kind, number), _UNNUMBERED.get(kind, kind))


def _verb_tag(features: dict[str, str], number: str) -> str:
    form = features.get("VerbForm", "")
    if form == "Fin" and features.get("Mood", "Ind") == "Ind" and "Tense" in features:
        third_singular = number == "Sing" and features.get("Person", "3") == "3"
        return (
            "VBZ"
            if features["Tense"] == "Pres" and third_singular
            else _FINITE.get(features["Tense"], "VBD")
        )
    if form == "Fin":
        return "MD"
    if form == "Part":
        return "VBG" if features.get("Tense") == "Pres" else "VBN"
    return _NON_FINITE.get(form, "VB")


def _starts(rows: Rows, text: str) -> tuple[int, ...]:
    """Where each word begins in the raw text; () where the two do not fit.

    Words that make up a multi-word token begin where their letters stand in it, or else with it.
    """
    starts: list[int] = []
    place, last, end = 0, 0, 0  # how far the text is read; a multi-word token's last word and end
    for _, fields in rows:
        number, word = fields[0], fields[1]
        if "." in number:
            continue
        found = text.find(word, place)
        if "-" in number:
            if found < 0:
                return ()
            place, last, end = found, int(number.partition("-")[2]), found + len(word)
            continue
        if int(number) <= last and not 0 <= found < end:  # spelt otherwise: "du" is "de le"
            found, word = place, ""
        if found < 0:
            return ()
        starts.append(found)
        place = end if int(number) == last else found + len(word)
    return tuple(starts)
