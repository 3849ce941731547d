"""A treebank as a suite: an item a verb whose noun its gold tree names (Linzen et al. 2016)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from attractor.corpus.agreement import Dependency, Excluded, dependencies
from attractor.corpus.conllu import read_trees
from attractor.corpus.natural import item_of
from attractor.corpus.trees import Tree
from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.sources import read_lines
from attractor.suites.pairs import File, Findings, Pair, Verb, files_of

_NAME = "conllu"
_PLACE = f"suite.{_NAME}"


def read_conllu(
    grammar: Grammar, exposure: Exposure, path: str
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Items of a CoNLL-U file, or of those of a folder; counts.csv and excluded.csv.

    Pairs are the verbs that show number; reasons those of agreement.REASONS, with the verb as
    detail. Two columns beside the contract's: noun_number, what the noun's tag says, and tags.
    Raises UserError naming file and line of what is no tree.
    """
    found, files = Findings(_NAME), []
    for file in files_of(_PLACE, path, ".conllu"):
        lines = read_lines(file)
        n_pairs = 0
        for tree, verb in _verbs(file, lines):
            n_pairs += 1
            _add(file, tree, verb, found)
        files.append(File(file.stem, len(lines), n_pairs))
    return found.tables(files, None, exposure)


def _verbs(file: Path, lines: list[str]) -> Iterator[tuple[Tree, Dependency | Excluded]]:
    for tree in read_trees(str(file), lines):
        for verb in dependencies(tree):
            yield tree, verb


def _add(file: Path, tree: Tree, verb: Dependency | Excluded, found: Findings) -> None:
    line = tree.place.rpartition(" ")[2]
    item_id = f"{_NAME}-{file.stem}-{line}-{verb.verb + 1}"
    pair = Pair(item_id, file.stem, tree.place, tree.words, ())
    if isinstance(verb, Excluded):
        found.leave_out(pair, verb.reason, tree.words[verb.verb])
        return
    wrong = (*tree.words[: verb.verb], verb.wrong_form, *tree.words[verb.verb + 1 :])
    found.keep(pair._replace(bad=wrong), Verb(verb.verb, verb.number), item_of(tree, verb))
