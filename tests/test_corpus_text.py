"""Natural text as a job reads it: splits, rare words, spelling, leaks, and what is counted."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd
import pytest

from attractor.config import CorpusConfig
from attractor.corpus.agreement import REASONS
from attractor.corpus.conllu import read_trees
from attractor.corpus.spelling import respelt, without_final
from attractor.corpus.text import (
    BLOCK,
    NaturalText,
    Source,
    natural_text,
    read_source,
)
from attractor.errors import UserError
from attractor.exposure import prefixes
from attractor.results import ITEMS, check
from trees import tree, treebank

N = 1_030  # sentences: ten whole blocks and thirty sentences of the eleventh
FARMERS = N - 344  # two of three have a farmer


@pytest.fixture(scope="module")
def source() -> Source:
    return read_source(read_trees("treebank", treebank(N).split("\n")), past=False)


def made(source: Source, **settings: Any) -> NaturalText:
    return natural_text(source, CorpusConfig(files=["x"], **settings))


def test_the_items_meet_the_contract_and_stand_in_their_sentences(source: Source) -> None:
    text = made(source, n_words=None)
    items = check(text.items, ITEMS, "here")
    assert len(items) == N == len(text.sentences)
    assert items["item_id"].is_unique
    assert set(items["suite"]) == {"text", "test"}
    assert items["place"].str.match(r"treebank line \d+").all()
    for sentence, verb, subject, item in zip(
        items["sentence"],
        items["verb_index"],
        items["subject_index"],
        items.itertuples(),
        strict=True,
    ):
        tokens = sentence.split(" ")
        assert (tokens[subject], tokens[verb]) == (item.subject, item.correct_form)
    assert text.items["original"].str.startswith("the dog").all()


def test_splits_are_blocks_of_neighbours(source: Source) -> None:
    text = made(source)
    split = text.sentences["split"].tolist()
    blocks = [set(split[i : i + BLOCK]) for i in range(0, N, BLOCK)]
    assert [len(block) for block in blocks] == [1] * 11
    assert Counter(name for block in blocks for name in block) == {
        "train": 9,
        "test": 1,
        "valid": 1,
    }
    half = made(source, test_share=0.3, valid_share=0.2).sentences["split"].tolist()
    assert Counter(half[::BLOCK]) == {"train": 6, "test": 3, "valid": 2}
    others = [made(source, seed=seed).sentences["split"].tolist() for seed in (0, 1, 2)]
    assert others[0] == split
    assert others[1] != split or others[2] != split
    assert set(text.items.loc[text.items["split"] == "test", "suite"]) == {"test"}


@pytest.mark.parametrize("rare", ["pos", "unk"])
def test_rare_words_are_replaced_and_frequent_ones_are_not(source: Source, rare: str) -> None:
    text = made(source, n_words=7, rare=rare)
    found = Counter(word for sentence in text.sentences["sentence"] for word in sentence.split(" "))
    known = {"the", "of", ".", "dog", "dogs", "see", "sees"}
    replaced = {"NN"} if rare == "pos" else {"<unk>"}
    assert set(found) == known | replaced
    assert found[replaced.pop()] == N + FARMERS  # each has a cat
    assert text.facts["words"] == 7
    assert text.facts["share_of_tokens_replaced"] == pytest.approx(
        (N + FARMERS) / (5 * N + 2 * FARMERS)
    )
    assert set(text.items["original"].str.contains("Cat")) == {True}


def test_words_are_those_of_training_alone(source: Source) -> None:
    text = made(source, n_words=None, rare="unk")
    of_split = text.sentences.groupby("split")["sentence"]
    assert not of_split.get_group("train").str.contains("<unk>").any()
    farmers = of_split.get_group("test").str.extract(r"of (\S+)")[0].dropna()
    assert len(farmers) >= 66
    assert (farmers == "<unk>").all()  # each is in one sentence only


def test_of_equally_frequent_words_the_alphabets_first_are_kept(source: Source) -> None:
    """A full stop and `the` are in all sentences."""
    one = made(source, n_words=1, rare="unk")
    assert one.facts["words"] == 1
    found = {word for sentence in one.sentences["sentence"] for word in sentence.split(" ")}
    assert found == {".", "<unk>"}


def test_the_unknown_word_of_a_corpus_is_no_word_of_the_vocabulary() -> None:
    notation = "<unk>|NN|compound|2 dogs|NNS|nsubj|3 bark|VBP|root|0"
    source = read_source([tree(notation)] * 300, past=False)
    text = made(source, n_words=2, rare="unk")
    assert text.facts["words"] == 2
    assert set(text.sentences["sentence"]) == {"<unk> dogs bark"}
    assert set(made(source, rare="pos").sentences["sentence"]) == {"NN dogs bark"}


def test_case_is_that_of_config(source: Source) -> None:
    kept, lower = made(source, rare="unk"), made(source, rare="unk", case="lower")
    assert kept.sentences["sentence"].str.contains("Cat").any()
    assert lower.sentences["sentence"].tolist() == kept.sentences["sentence"].str.lower().tolist()
    shouting = read_source([tree("DOGS|NNS|nsubj|2 BARK|VBP|root|0")] * 300, past=False)
    found = made(shouting, case="lower").items.iloc[0]
    assert (found["subject"], found["correct_form"], found["wrong_form"]) == (
        "dogs",
        "bark",
        "barks",
    )
    assert (found["sentence"], found["original"]) == ("dogs bark", "DOGS BARK")


def test_marks_that_end_a_sentence_are_stripped(source: Source) -> None:
    kept, stripped = made(source), made(source, final="strip")
    assert kept.sentences["sentence"].str.endswith(" .").all()
    assert not stripped.sentences["sentence"].str.contains(r"\.").any()
    assert not stripped.items["sentence"].str.contains(r"\.").any()
    assert set(kept.items["n_following"]) == {2}
    assert set(stripped.items["n_following"]) == {1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("dogs bark .", "dogs bark"), ("dogs bark ? ! ...", "dogs bark"), (".", ".")),
        *(("dogs . bark", "dogs . bark"), ("dogs etc.", "dogs etc."), ("? .", "?")),
    ],
)
def test_without_final(text: str, expected: str) -> None:
    assert without_final(text) == expected


def test_no_item_of_distance_3_is_asked_after_what_opens_a_training_sentence() -> None:
    """With few words all prefixes are the same; items of other splits survive by distance < 3."""
    near = tree("the|DT|det|2 dogs|NNS|nsubj|3 bark|VBP|root|0 .|.|punct|3")
    far = tree(
        "the|DT|det|2 dogs|NNS|nsubj|5 of|IN|case|4 men|NNS|nmod|2 bark|VBP|root|0 .|.|punct|5"
    )
    text = made(read_source([near, far] * 200, past=False), n_words=None)
    of_split = text.items.groupby("split")["distance"].agg(set).to_dict()
    assert of_split == {"train": {1, 3}, "valid": {1}, "test": {1}}
    assert text.facts["leaking_items_left_out"] == 100  # half of two blocks
    assert (text.items["prefix_seen"] == 1).all()
    assert len(text.sentences) == 400


@pytest.mark.parametrize(("n_words", "leak"), [(7, True), (60, True), (None, False)])
def test_no_test_prefix_opens_a_training_sentence(
    source: Source, n_words: int | None, leak: bool
) -> None:
    """Farmers are replaced by the same tag unless all words are known."""
    text = made(source, n_words=n_words)
    openings = set()
    for sentence in text.sentences.loc[text.sentences["split"] == "train", "sentence"]:
        tokens = sentence.split(" ")
        openings |= {" ".join(tokens[:i]) for i in range(len(tokens) + 1)}
    asked = text.items[(text.items["split"] != "train") & (text.items["distance"] >= 3)]
    assert not openings & set(prefixes(asked))
    assert (len(asked) == 0) == leak
    assert (text.facts["leaking_items_left_out"] == 0) != leak
    assert text.facts["leaking_items_left_out"] == N - len(text.items)


def test_what_is_excluded_is_counted_by_reason() -> None:
    some = [
        "they|PRP|nsubj|2 bark|VBP|root|0",
        "dogs|NNS|nsubj|2 were|VBD|root|0",
        "the|DT|det|2 team|NN|nsubj|3 plays|VBZ|root|0 and|CC|cc|5 wins|VBZ|conj|3",
        "dogs|NNS|nsubj|2 slept|VBD|root|0",
        "dogs|NNS|nsubj|2 bark|VBP|root|0",
    ]
    sentences = [tree(notation) for notation in some]
    source = read_source(sentences * 60, past=False)
    assert source.excluded == {"pronoun": 60, "past": 60, "collective": 60, "no_subject": 60}
    excluded = made(source).excluded
    assert excluded.columns.tolist() == ["reason", "meaning", "n"]
    assert excluded["reason"].tolist() == [*REASONS, "past"]
    assert excluded.set_index("reason")["n"].to_dict() == dict.fromkeys(
        [*REASONS, "past"], 0
    ) | dict(source.excluded)
    with_past = read_source(sentences * 60, past=True)
    assert "past" not in with_past.excluded
    assert len(with_past.items) == len(source.items) + 60
    assert made(source).facts["excluded_verbs"] == 240


def test_items_whose_noun_and_verb_differ_are_counted() -> None:
    slips = [tree("the|DT|det|2 dog|NN|nsubj|3 bark|VBP|root|0")] * 30
    right = [tree("the|DT|det|2 dog|NN|nsubj|3 barks|VBZ|root|0")] * 270
    text = made(read_source(slips + right, past=False))
    assert text.facts["numbers_of_noun_and_verb_differ"] == 30
    assert text.facts["sentences"] == 300
    assert text.facts["tokens"] == 900


@pytest.mark.parametrize(("n", "missing"), [(1, "train"), (100, "train"), (200, "train")])
def test_a_split_without_an_item_is_told(n: int, missing: str) -> None:
    source = read_source([tree("dogs|NNS|nsubj|2 bark|VBP|root|0")] * n, past=False)
    with pytest.raises(UserError) as told:
        made(source)
    assert f"data.files: the {missing} split of {n} sentences has no item" in str(told.value)
    assert "give more text" in str(told.value)


def test_a_sentence_with_two_items_is_one_line_of_text() -> None:
    notation = "dogs|NNS|nsubj|2 bark|VBP|root|0 and|CC|cc|5 cats|NNS|nsubj|5 sleep|VBP|conj|2"
    text = made(read_source([tree(notation)] * 300, past=False))
    assert len(text.sentences) == 300
    train = text.items[text.items["split"] == "train"]
    assert len(train) == 200
    assert isinstance(train, pd.DataFrame)
    assert Counter(train["subject"]) == {"dogs": 100, "cats": 100}


SUITE = pd.DataFrame(
    {
        "sentence": ["The wizards see the dogs .", "The dogs growl ."],
        "tags": ["DT NNS VBP DT NNS .", "DT NNS VBP ."],
        "subject": ["wizards", "dogs"],
        "correct_form": ["See", "growl"],
        "wrong_form": ["Sees", "growls"],
        "verb_index": [2, 2],
        "n_following": [3, 1],
    }
)
KNOWN = {"the", "dogs", "see", "The", "."}


@pytest.mark.parametrize(
    ("settings", "suite", "sentences", "n_following"),
    [
        ({}, SUITE, ["The NNS see the dogs .", "The dogs growl ."], [3, 1]),
        (
            {"case": "lower", "final": "strip"},
            *(SUITE, ["the NNS see the dogs", "the dogs growl"], [2, 0]),
        ),
        ({"rare": "unk"}, SUITE, SUITE["sentence"].tolist(), [3, 1]),
        ({}, SUITE.drop(columns="tags"), SUITE["sentence"].tolist(), [3, 1]),
    ],
)
def test_a_suite_is_spelt_as_the_training_text_is(
    settings: dict[str, str], suite: pd.DataFrame, sentences: list[str], n_following: list[int]
) -> None:
    """The verb in question stays, known or not: a model must be asked about the form itself."""
    found = respelt(suite, CorpusConfig(files=["x"], **settings), KNOWN)  # type: ignore[arg-type]
    assert found["sentence"].tolist() == sentences
    assert found["n_following"].tolist() == n_following
    lower = settings.get("case") == "lower"
    assert found["correct_form"].tolist() == ["see" if lower else "See", "growl"]
    assert found["wrong_form"].tolist() == ["sees" if lower else "Sees", "growls"]
