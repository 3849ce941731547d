"""Where natural sentences come from: parsed text, gold trees, or a table of dependencies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from attractor.artifacts import ArtifactStore
from attractor.config import CorpusConfig
from attractor.corpus.conllu import read_trees
from attractor.corpus.dependencies import read_dependencies
from attractor.corpus.shards import parse_shards, shards_of, texts_of, trees_of
from attractor.corpus.text import Source, read_source
from attractor.corpus.trees import Tree
from attractor.errors import UserError
from attractor.sources import files_of, stream_lines


def source_of(store: ArtifactStore, data: CorpusConfig) -> tuple[Source, dict[str, Any]]:
    """Sentences and items of a corpus, and what it took to parse it.

    Raises UserError where a file cannot be read, or holds nothing that agrees.
    """
    files = files_of("data.files", data.files)
    facts: dict[str, Any] = {}
    if data.source == "dependencies":
        source = read_dependencies(files)
    elif data.source == "conllu":
        source = read_source(_gold_trees(files), data.past)
    else:
        how = data.pipeline, data.tokenised, data.one_sentence
        parsed = parse_shards(store, shards_of(texts_of(files), *how), *how, data.processes)
        facts["newly_parsed_words"] = parsed.n_words
        if parsed.n_words:
            facts["parsed_words_per_second"] = parsed.n_words / parsed.seconds
        source = read_source(trees_of(parsed.folders), data.past)
    if not len(source.items):
        names = ", ".join(map(str, files))
        raise UserError(
            f"{names}: {len(source.sentences):,} sentences and no verb that agrees with a common "
            "noun; is this English text?"
        )
    return source, facts


def _gold_trees(files: Sequence[Path]) -> Iterator[Tree]:
    for file in files:
        yield from read_trees(str(file), stream_lines(file, windows=True))
