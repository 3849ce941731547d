"""Parsed text in the stage cache, in shards: a parse that is killed goes on where it was.

A shard is some lines of text and the trees of their sentences, as CoNLL-U; its key holds its lines,
so that a text with one line more is parsed anew from there only.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from attractor.artifacts import ArtifactStore, Stage, digest
from attractor.corpus.conllu import format_tree, read_trees
from attractor.corpus.parser import Placed, identity, parse
from attractor.corpus.trees import Tree
from attractor.errors import UserError
from attractor.progress import progress_bar
from attractor.sources import stream_lines

VERSION = 1  # bump when the trees of a text change
LINES = 1000  # of a shard: seconds of parsing
_FILE = "trees.conllu"
LONGEST_WORD = 100_000  # letters: more is no text, and a line of a shard too long to read again
_HEADING = re.compile(r"\s*=.*=\s*")  # of a page, in WikiText

# How corpora spell quotation marks and the hyphens and marks within words.
_SPELLINGS = [("``", '"'), ("''", '"'), (" @-@ ", "-"), (" @,@ ", ","), (" @.@ ", ".")]


class Shard(NamedTuple):
    """Lines of text with their places, and the stage that keeps their trees."""

    texts: tuple[Placed, ...]
    stage: Stage


def texts_of(files: Sequence[Path]) -> Iterator[Placed]:
    """The lines of text files that hold text, with their places: no empty ones, no headings.

    Raises UserError as `stream_lines`, for a word of more than LONGEST_WORD letters and for files
    without any text.
    """
    found = 0
    for file in files:
        for number, line in enumerate(stream_lines(file, windows=True), start=1):
            if line.strip() and not _HEADING.fullmatch(line):
                if max(map(len, line.split())) > LONGEST_WORD:
                    raise UserError(
                        f"{file} line {number}: a word of more than {LONGEST_WORD:,} letters; "
                        "separate words by spaces, or remove the line"
                    )
                found += 1
                yield spelt(line), f"{file.name} line {number}"
    if not found:
        names = ", ".join(map(str, files))
        raise UserError(f"{names}: no line holds any text; give another file")


def spelt(text: str) -> str:
    """A text with its quotation marks and hyphens as people write them."""
    for corpus, usual in _SPELLINGS:
        text = text.replace(corpus, usual)
    text = re.sub(r"([;?!])( \1)+", r"\1", text)  # the Brown corpus has them twice
    return re.sub(r"\s+", " ", text).strip()


def shards_of(
    texts: Iterable[Placed], pipeline: str, tokenised: bool, one_sentence: bool
) -> list[Shard]:
    """Shards of LINES lines each; the other arguments are `parse`'s."""
    how = {"version": VERSION, "pipeline": identity(pipeline)}
    how |= {"tokenised": tokenised, "one_sentence": one_sentence}
    batches = ((lines, digest({"lines": list(map(list, lines))})) for lines in _in_batches(texts))
    return [Shard(lines, Stage("parsed", {**how, "lines": key})) for lines, key in batches]


def _in_batches(texts: Iterable[Placed]) -> Iterator[tuple[Placed, ...]]:
    rest = iter(texts)
    while lines := tuple(islice(rest, LINES)):
        yield lines


class Parsed(NamedTuple):
    """Where the trees of a text are, and what it took to parse what was not there before."""

    folders: list[Path]
    n_words: int  # newly parsed
    seconds: float


def parse_shards(
    store: ArtifactStore,
    shards: Sequence[Shard],
    pipeline: str,
    tokenised: bool,
    one_sentence: bool,
    n_process: int,
) -> Parsed:
    """Parse those shards that the store does not hold, all in one stream, and keep each."""
    missing = [shard for shard in shards if not store.has(shard.stage)]
    trees = parse(
        chain.from_iterable(shard.texts for shard in missing),
        pipeline,
        tokenised,
        one_sentence,
        n_process,
    )
    n_words, started = 0, time.perf_counter()
    total = sum(len(text.split()) for shard in missing for text, _ in shard.texts)
    with progress_bar("parsing", total, "word") as advance:
        for shard in missing:
            found = [tree for of_text in islice(trees, len(shard.texts)) for tree in of_text]
            lines = "".join(map(format_tree, found))

            def build(folder: Path, lines: str = lines) -> None:
                (folder / _FILE).write_text(lines, encoding="utf-8")

            store.get(shard.stage, build)
            words = sum(len(text.split()) for text, _ in shard.texts)
            n_words += words
            advance(words)
    seconds = time.perf_counter() - started
    return Parsed([store.path(shard.stage) for shard in shards], n_words, seconds)


def trees_of(folders: Iterable[Path]) -> Iterator[Tree]:
    """The trees of shards, in order."""
    for folder in folders:
        file = folder / _FILE
        yield from read_trees(str(file), stream_lines(file))
