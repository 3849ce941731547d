"""Running text: the sizes asked for, no leak from training, the same text for the same seed."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pandas as pd
import pytest

from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.lexicon import Lexicon
from attractor.notation import read_grammar
from attractor.results import ITEMS
from attractor.text import draw_text
from toy import PLAIN, grammar_spec

SIZES = {"train": 3_000, "valid": 400, "test": 500}


def first_words(sentence: str, n: int) -> str:
    return " ".join(sentence.split(" ")[:n])


def test_splits_have_their_sizes(toy_lexicon: Lexicon, text: pd.DataFrame) -> None:
    # One item a sentence, so that items count sentences.
    rules = {"Sentence": ["1 The Noun[n] Laughs[n]", "1 The Noun[n] Was[n] Adverb"]}
    plain = draw_text(read_grammar(grammar_spec(rules), toy_lexicon), 70, 20, 30, seed=0)
    assert plain["split"].value_counts().to_dict() == {"train": 70, "valid": 20, "test": 30}
    assert text["split"].unique().tolist() == list(SIZES)
    for split, n in SIZES.items():
        assert n <= (text["split"] == split).sum() <= 1.6 * n  # some sentences hold two items
    assert set(text.loc[text["split"] == "test", "suite"]) == {"test"}
    assert set(text.loc[text["split"] != "test", "suite"]) == {"text"}
    assert text["item_id"].is_unique
    assert set(ITEMS.columns) - {"item_id"} <= set(text.columns)


def test_natural_text_has_few_attractors(text: pd.DataFrame) -> None:
    for split in SIZES:
        share = (text.loc[text["split"] == split, "n_attractors"] == 0).mean()
        assert 0.75 < share < 0.9, split


def test_balanced_text_has_more(english: dict[str, Any], lexicon: Lexicon) -> None:
    grammar = read_grammar(english, lexicon, "balanced")
    balanced = draw_text(grammar, 1_500, 10, 10, seed=0)
    assert 0.2 < (balanced["n_attractors"] > 0).mean() < 0.6


def test_numbers_are_even_and_independent(text: pd.DataFrame) -> None:
    train = text[(text["split"] == "train") & (text["role"] == "outer")]
    assert 0.46 < (train["subject_number"] == "plural").mean() < 0.54
    one = train[train["n_intervening"] == 1]
    assert len(one) > 300
    assert 0.42 < one["n_attractors"].mean() < 0.58


def test_no_prefix_of_distance_three_opens_a_training_sentence(text: pd.DataFrame) -> None:
    training = text.loc[text["split"] == "train", "sentence"].unique().tolist()
    others = text[text["split"] != "train"]
    far = others[others["distance"] >= 3]
    assert len(far) > 100
    for item in far.itertuples():
        prefix = first_words(item.sentence, item.verb_index)
        assert not any(s == prefix or s.startswith(prefix + " ") for s in training)
    assert (far["prefix_seen"] == 0).all()


def test_prefix_seen_by_brute_force(text: pd.DataFrame) -> None:
    training = text.loc[text["split"] == "train", "sentence"].unique().tolist()
    sample = text.sample(300, random_state=0)
    seen = [
        int(
            any(
                s.split(" ")[: item.verb_index] == item.sentence.split(" ")[: item.verb_index]
                for s in training
            )
        )
        for item in sample.itertuples()
    ]
    assert sample["prefix_seen"].tolist() == seen
    assert 0 < sum(seen) < 300
    assert (text.loc[text["split"] == "train", "prefix_seen"] == 1).all()


def test_train_frequency_by_brute_force(text: pd.DataFrame) -> None:
    cell = ["role", "distance", "n_intervening", "n_attractors"]
    train = text.loc[text["split"] == "train", cell]
    counts = Counter(train.itertuples(index=False, name=None))
    expected = [counts[key] for key in text[cell].itertuples(index=False, name=None)]
    assert text["train_frequency"].tolist() == expected
    assert 0 in expected


def test_seed_decides_the_text(grammar: Grammar) -> None:
    one, same, other = (draw_text(grammar, 200, 20, 20, seed) for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(one, same)
    assert len(set(one["sentence"]) & set(other["sentence"])) < 20


def test_size_of_one_split_leaves_the_training_text_alone(grammar: Grammar) -> None:
    one, more = (draw_text(grammar, 200, n, 20, seed=5) for n in (10, 40))
    training = [frame.loc[frame["split"] == "train", "sentence"].tolist() for frame in (one, more)]
    assert training[0] == training[1]


def test_training_that_holds_all_there_is_to_say(toy_lexicon: Lexicon) -> None:
    short = read_grammar(grammar_spec(PLAIN), toy_lexicon)
    text = draw_text(short, 200, 20, 20, seed=0)  # distance 1: seen, and no leak
    assert (text["prefix_seen"] == 1).all()
    rules = {"Sentence": ['1 The Noun[n] "and" "so" Laughs[n]']}
    far = read_grammar(grammar_spec(rules), toy_lexicon)
    with pytest.raises(UserError) as caught:
        draw_text(far, 200, 20, 20, seed=0)
    assert str(caught.value) == (
        "20 sentences keep falling on prefixes that training holds; "
        "lower data.n_sentences or add words to data/lexicon"
    )


def test_only_verbs_with_attractors_are_asked_about(grammar: Grammar) -> None:
    hard = draw_text(grammar, 500, 60, 60, seed=0, min_attractors=2)
    assert hard["n_attractors"].min() == 2
    assert hard.groupby("split")["sentence"].nunique().to_dict() == {
        "train": 500,
        "valid": 60,
        "test": 60,
    }
    assert hard["item_id"].is_unique
    # What training shows: all sentences, and the items asked.
    train = hard[hard["split"] == "train"]
    again = Exposure.of(train).mark(hard)
    pd.testing.assert_frame_equal(again[hard.columns], hard)
    assert (train["train_frequency"] > 0).all()
    assert not Exposure.of(train).leaks(hard[hard["split"] != "train"]).any()


@pytest.mark.parametrize("min_attractors", [1, 5])
def test_a_grammar_that_hardly_ever_has_an_attractor(
    toy_lexicon: Lexicon, min_attractors: int
) -> None:
    rare = ["1000 The Noun[n] Laughs[n]", "1 The Noun[n] Near The Noun[o] Laughs[n]"]
    grammar = read_grammar(grammar_spec({"Sentence": rare}), toy_lexicon)
    with pytest.raises(UserError) as caught:
        draw_text(grammar, 50, 20, 20, seed=0, min_attractors=min_attractors)
    assert re.fullmatch(
        rf"data.min_attractors={min_attractors}: [0-9] of 1000 sentences can have as many; "
        "lower it, or take data.regime=balanced",
        str(caught.value),
    )


def test_a_shape_that_can_say_nothing_new_gives_way_to_another(toy_lexicon: Lexicon) -> None:
    rules = {
        "Sentence": ['1 The Noun[n] "and" "so" Laughs[n]', "1 Far[n] Laughs[n]"],
        "Far[n]": ["1 The Noun[n] Near The Noun[o] Near The Noun[p] Near The Noun[q]"],
    }
    text = draw_text(read_grammar(grammar_spec(rules), toy_lexicon), 200, 30, 40, seed=0)
    assert text["split"].value_counts().to_dict() == {"train": 200, "valid": 30, "test": 40}
    assert set(text.loc[text["split"] == "train", "distance"]) == {3, 10}
    assert set(text.loc[text["split"] != "train", "distance"]) == {10}
    assert (text.loc[text["split"] != "train", "prefix_seen"] == 0).all()
