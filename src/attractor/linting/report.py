"""The linter's findings about a file, as text of at most 100 columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attractor.linting.cells import balance, heuristics, imbalances, lone_nouns, nouns_before
from attractor.linting.compare import compare, faults_of_pairs
from attractor.linting.contents import KINDS, Contents, Fault
from attractor.linting.spelling import duplicates, faults_of_texts, outside, summary

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 100
_SHOWN = 3  # examples of a kind
_CELL = 30  # columns for the name of a cell


def lint(contents: Contents, vocabulary: set[str] | None, rules: bool) -> tuple[list[Fault], str]:
    """All faults of a file, and the text that reports them.

    vocabulary: words that a model knows, or None to ask about none. rules: whether to score the
    heuristics, for which spaCy may have to tag sentences.
    """
    pairs = [compare(pair) for pair in contents.pairs]
    faults = [*contents.faults, *faults_of_pairs(pairs, contents.format)]
    faults += faults_of_texts(contents.texts, contents.format)
    if not pairs:
        faults += duplicates(contents.texts)
    if vocabulary is not None:
        faults += outside(contents.texts, vocabulary)
    lines = [f"{contents.name}", f"  {contents.format.name}"]
    n_prefixes = len({one.prefix for one in pairs if one.verb is not None})
    lines.append(f"  {len(pairs):,} pairs, {n_prefixes:,} prefixes, {len(contents.texts):,} texts")
    if contents.texts:
        lines += [f"  {line}" for line in summary(contents.texts)]
    tables = []
    if any(one.number for one in pairs):
        counts = balance(pairs)
        faults += imbalances(counts)
        tables += ["", *_balance(counts)]
        if rules:
            nouns = nouns_before(pairs, contents.format)
            faults += lone_nouns(pairs, nouns)
            tables += ["", *_heuristics(heuristics(pairs, nouns))]
    return faults, "\n".join(_cut(line) for line in [*lines, *_faults(contents, faults), *tables])


def _faults(contents: Contents, faults: Sequence[Fault]) -> list[str]:
    if not faults:
        return ["  no faults"]
    lines = []
    for kind, (unit, meaning) in KINDS.items():
        found = [fault for fault in faults if fault.kind == kind]
        if not found:
            continue
        size = contents.size(unit)
        share = f" ({len(found) / size:.1%})" if size else ""
        lines.append(f"  {kind}: {len(found):,} of {size:,} {unit}{share}: {meaning}")
        lines += [f"    {fault.place}: {' '.join(fault.shown.split())}" for fault in found[:_SHOWN]]
    return lines


def _balance(table: pd.DataFrame) -> list[str]:
    head = f"  {'number of the verb':{_CELL}}{'pairs':>9}{'singular':>10}{'plural':>9}"
    lines = [f"{head}{'prefixes':>10}{'singular':>10}{'p':>9}"]
    for row in table.to_dict("records"):
        lines.append(
            f"  {_name(row['cell'])}{row['pairs']:>9,}{row['singular']:>10,}{row['plural']:>9,}"
            f"{row['prefixes']:>10,}{row['singular_prefixes']:>10,}{row['p']:>9.2g}"
        )
    return lines


def _heuristics(table: pd.DataFrame) -> list[str]:
    head = f"  {'share right of heuristics':{_CELL}}{'pairs':>9}{'first noun':>12}"
    lines = [f"{head}{'most recent':>13}{'majority':>10}{'they disagree':>15}"]
    for row in table.to_dict("records"):
        lines.append(
            f"  {_name(row['cell'])}{row['asked']:>9,}{row['first_noun']:>12.3f}"
            f"{row['most_recent_noun']:>13.3f}{row['majority_of_nouns']:>10.3f}"
            f"{row['disagree']:>15.3f}"
        )
    return lines


def _name(cell: object) -> str:
    text = str(cell)
    return f"{text if len(text) < _CELL else text[: _CELL - 2] + '…':{_CELL}}"


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"
