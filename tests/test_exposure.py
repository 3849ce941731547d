"""What training has shown: openings, leaks, and how often each kind of item came."""

from __future__ import annotations

import pandas as pd

from attractor.exposure import Exposure, prefixes


def frame(*rows: tuple[str, int, int, int, int]) -> pd.DataFrame:
    """Items from (sentence, subject_index, verb_index, n_intervening, n_attractors)."""
    table = pd.DataFrame(
        rows, columns=["sentence", "subject_index", "verb_index", "n_intervening", "n_attractors"]
    )
    return table.assign(role="outer", distance=table["verb_index"] - table["subject_index"])


TRAIN = frame(
    ("the keys to the cabinet often are here", 1, 6, 1, 1),
    ("the keys to the cabinet often are here", 1, 6, 1, 1),
    ("the cat laughs", 1, 2, 0, 0),
)


def test_openings_are_every_prefix_of_every_sentence() -> None:
    assert Exposure.of(TRAIN).openings == {
        "the",
        "the keys",
        "the keys to",
        "the keys to the",
        "the keys to the cabinet",
        "the keys to the cabinet often",
        "the keys to the cabinet often are",
        "the keys to the cabinet often are here",
        "the cat",
        "the cat laughs",
    }


def test_prefixes_end_before_the_verb() -> None:
    assert prefixes(TRAIN) == ["the keys to the cabinet often"] * 2 + ["the cat"]


def test_leaks_begin_at_distance_three() -> None:
    items = frame(
        ("the keys to the cabinet is", 1, 5, 1, 1),  # seen, distance 4
        ("the keys to the cabinets is", 1, 5, 1, 0),  # not seen
        ("the keys to the is", 1, 4, 0, 0),  # seen, distance 3
        ("the keys to is", 1, 3, 0, 0),  # seen, distance 2
        ("the key to the cabinet often is", 1, 6, 1, 0),  # not seen
        ("the keys t is", 1, 3, 0, 0),  # part of a word is no opening
        ("cat laughs", 0, 1, 0, 0),  # the middle of a sentence is no opening
    )
    exposure = Exposure.of(TRAIN)
    assert exposure.leaks(items).tolist() == [True, False, True, False, False, False, False]
    assert exposure.mark(items)["prefix_seen"].tolist() == [1, 0, 1, 1, 0, 0, 0]


def test_mark_counts_training_items_of_the_same_cell() -> None:
    items = frame(
        ("the dogs near the box really are here", 1, 6, 1, 1),
        ("the dog laughs", 1, 2, 0, 0),
        ("the dog near the box really is here", 1, 6, 1, 0),
        ("in it the dog laughs", 3, 4, 0, 0),
    )
    inner = items.iloc[[1]].assign(role="inner")
    marked = Exposure.of(TRAIN).mark(pd.concat([items, inner]))
    assert marked["train_frequency"].tolist() == [2, 1, 0, 1, 0]
    assert marked["train_frequency"].dtype == "int64"
    assert marked["sentence"].tolist() == [*items["sentence"], "the dog laughs"]  # order stays


def test_an_item_that_is_not_asked_leaves_its_sentence_seen() -> None:
    sentence = "the cat the dogs near the box are chasing is here"
    both = frame((sentence, 3, 7, 1, 1), (sentence, 1, 9, 2, 1))
    asked = Exposure.of(both.iloc[[1]])
    assert asked.openings == Exposure.of(both).openings
    assert asked.mark(both)["train_frequency"].tolist() == [0, 1]


def test_prefix_id_tells_prefixes_apart_and_nothing_else() -> None:
    items = frame(
        ("the dogs are here", 1, 2, 0, 0),
        ("the dogs laugh", 1, 2, 0, 0),
        ("the dog laughs", 1, 2, 0, 0),
    )
    ids = Exposure.of(TRAIN).mark(items)["prefix_id"].tolist()
    assert ids[0] == ids[1] != ids[2]
    assert all(len(i) == 16 for i in ids)
