"""Which format a file has: told by its content, never by its name."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from attractor.errors import UserError
from attractor.linting import aligned, line_pairs, records, tables
from attractor.linting.contents import Contents, Source, read_bytes, read_source

_KNOWN = (
    "CLAMS, BLiMP, Lakretz, Gulordava, Linzen, SyntaxGym, LM_syneval's pickles, CoNLL-U, an "
    "items.csv, or tokenised text"
)
_FIRST = 200  # lines that tell the format, so that faults in some do not hide it


def read_path(path: Path) -> Iterator[Contents | Path | UserError]:
    """What each file holds, of one file or of a folder and its folders, in order.

    Of a folder, a file whose format is not known comes as its path, one that is broken as a whole
    as the error that says why. Raises UserError for a single such file, and for a folder in which
    no format is known.
    """
    if not path.exists():
        raise UserError(f"{path}: there is no such file or folder; correct the path")
    if path.is_file():
        found = _read(path)
        if found is None:
            raise UserError(f"{path}: no format that is known; give {_KNOWN}")
        yield found
        return
    n_known = 0
    for file in _files(path):
        try:
            found = _read(file)
        except UserError as error:
            yield error
            continue
        n_known += found is not None
        yield file if found is None else found
    if not n_known:
        raise UserError(f"{path}: no file of a format that is known; give {_KNOWN}")


def _files(folder: Path) -> Iterator[Path]:
    """The files of a folder, hidden ones apart; of aligned files, the .gold stands for all."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    visible = [f for f in files if not any(p.startswith(".") for p in f.relative_to(folder).parts)]
    stems = {file.with_suffix("") for file in visible if file.suffix == ".gold"}
    for file in visible:
        of_gold = file.suffix in aligned.SUFFIXES and file.with_suffix("") in stems
        if not of_gold or file.suffix == ".gold":
            yield file


def _read(path: Path) -> Contents | None:
    """What a file holds; None if its format is not known."""
    if records.is_pickle(read_bytes(path)):
        return _finished(records.read_pickle(path), path)
    source = read_source(path)
    if path.suffix in aligned.SUFFIXES:  # one of the three was given
        gold = path.with_suffix(".gold")
        source = read_source(gold) if gold.is_file() else source
    try:
        found = _contents(source)
    except csv.Error as error:
        raise UserError(f"{path}: no table ({error}); fetch it again") from error
    return None if found is None else _finished(found, path)


def _contents(source: Source) -> Contents | None:
    first = source.lines[:_FIRST]
    by_line = (
        (line_pairs.is_clams, line_pairs.read_clams),
        (line_pairs.is_lakretz, line_pairs.read_lakretz),
        (line_pairs.is_gulordava, line_pairs.read_gulordava),
        (aligned.is_gold, aligned.read_aligned),
        (records.is_blimp, records.read_blimp),
        (tables.is_items, tables.read_items),
    )
    for fits, read in by_line:
        if any(map(fits, first)):
            return read(source)
    if records.is_syntaxgym("\n".join(source.lines)):
        return records.read_syntaxgym(source)
    if tables.is_conllu(first):
        return tables.read_conllu(source)
    return tables.read_text(source) if tables.is_text(_some(source.lines)) else None


def _some(lines: list[str]) -> list[str]:
    return [line for line in lines if line.strip()][:_FIRST]


def _finished(found: Contents, path: Path) -> Contents:
    found.texts = found.texts or records.texts_of(found.pairs)
    found.name = str(path.with_name(found.name))
    return found
