"""Hand-written suites: the flagship's two items factor by factor, and what a slip is told."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pandas as pd
import pytest
import yaml

from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.resources import CONF
from attractor.results import ITEMS
from attractor.suites.sentences import read_sentences


@pytest.fixture(scope="module")
def flagship() -> list[dict[str, Any]]:
    spec = yaml.safe_load((CONF / "suite/flagship.yaml").read_text("utf-8"))
    sentences: list[dict[str, Any]] = yaml.safe_load(spec["sentences"])
    return sentences


@pytest.fixture(scope="module")
def exposure(text: pd.DataFrame) -> Exposure:
    return Exposure.of(text[text["split"] == "train"])


def refusal(grammar: Grammar, exposure: Exposure, sentence: Any) -> str:
    with pytest.raises(UserError) as caught:
        read_sentences(grammar, exposure, "mine", [sentence])
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("suite.mine")
    return str(caught.value)


def test_flagship(grammar: Grammar, exposure: Exposure, flagship: list[dict[str, Any]]) -> None:
    items, tables = read_sentences(grammar, exposure, "flagship", flagship)
    assert tables == {}
    assert set(ITEMS.columns) <= set(items.columns)
    both = {
        "suite": "flagship",
        "sentence": "the flights the airline was cancelling were full",
        "split": "probe",
        "probe_set": "",
        "opening": "none",
        "tense": "past",
        "verb_class": "be",
        "determiner_marked": 0,
        "right_context_reveals": 0,
        "prefix_seen": 0,
    }
    inner = both | {
        "item_id": "flagship-0",
        "subject_index": 3,
        "verb_index": 4,
        "distance": 1,
        "subject": "airline",
        "correct_form": "was",
        "wrong_form": "were",
        "subject_number": "singular",
        "condition": "S",
        "preceding": "P",
        "n_intervening": 0,
        "n_attractors": 0,
        "n_preceding_opposite": 1,
        "last_cue_distance": 1,
        "inner_verb_marked": 0,
        "n_following": 3,
        "noun_indices": "1 3",
        "verb_indices": "",
        "role": "inner",
        "construction": "simple",
        "structure": "simple",
        "depth": 0,
    }
    outer = both | {
        "item_id": "flagship-1",
        "subject_index": 1,
        "verb_index": 6,
        "distance": 5,
        "subject": "flights",
        "correct_form": "were",
        "wrong_form": "was",
        "subject_number": "plural",
        "condition": "PS",
        "preceding": "",
        "n_intervening": 1,
        "n_attractors": 1,
        "n_preceding_opposite": 0,
        "last_cue_distance": 2,
        "inner_verb_marked": 1,
        "n_following": 1,
        "noun_indices": "1 3",
        "verb_indices": "4 5",
        "role": "outer",
        "construction": "object_relative_no_that",
        "structure": "object_relative_no_that",
        "depth": 1,
    }
    assert items[list(inner)].to_dict("records") == [inner, outer]
    for (_, row), cell in zip(items.iterrows(), (inner, outer), strict=True):
        key = tuple(cell[c] for c in ("role", "distance", "n_intervening", "n_attractors"))
        assert row["train_frequency"] == exposure.frequency.get(key, 0)
        assert row["prefix_id"] != ""
    assert items["train_frequency"].iloc[0] > 0


def test_prefix_seen_in_training_is_marked(
    grammar: Grammar, exposure: Exposure, flagship: list[dict[str, Any]]
) -> None:
    seen = Exposure(frozenset({"the flights the airline"}), exposure.frequency)
    items, _ = read_sentences(grammar, seen, "flagship", flagship)
    assert items["prefix_seen"].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subject": 2}, "subject 2 must be one of nouns and stand before verb 6, one of verbs"),
        ({"verb": 8}, "subject 1 must be one of nouns and stand before verb 8"),
        ({"verb": 0}, "subject 1 must be one of nouns and stand before verb 0"),
        ({"verb": 7}, "subject 1 must be one of nouns and stand before verb 7, one of verbs"),
        ({"verb": 3}, "subject 1 must be one of nouns and stand before verb 3"),
        ({"verb": "were"}, "subject 1 must be one of nouns and stand before verb were"),
        ({"wrong_form": "were"}, "wrong_form were"),
        ({"wrong_form": "was not"}, "wrong_form was not"),
        ({"role": "outside"}, "role outside; write outer or inner"),
        ({"colour": "red"}, "colour missing or unknown in an item"),
        ({"role": None}, "role missing or unknown in an item"),
    ],
)
def test_refused_items(
    grammar: Grammar,
    exposure: Exposure,
    flagship: list[dict[str, Any]],
    change: dict[str, Any],
    message: str,
) -> None:
    sentence = deepcopy(flagship[0])
    item = {**sentence["items"][1], **change}
    sentence["items"][1] = {k: v for k, v in item.items() if v is not None}
    found = refusal(grammar, exposure, sentence)
    assert "`the flights the airline was cancelling were full`" in found
    assert message in found


@pytest.mark.parametrize(
    ("nouns", "message"),
    [
        ({1: "plural", 3: "sg"}, "noun 3 is sg; write singular or plural"),
        ({1: "plural", 30: "singular"}, "noun 30 is no word, counting from 0"),
        ({-1: "plural", 1: "plural", 3: "singular"}, "noun -1 is no word, counting from 0"),
    ],
)
def test_refused_nouns(
    grammar: Grammar,
    exposure: Exposure,
    flagship: list[dict[str, Any]],
    nouns: dict[int, str],
    message: str,
) -> None:
    assert message in refusal(grammar, exposure, flagship[0] | {"nouns": nouns})


def test_refused_sentences(
    grammar: Grammar, exposure: Exposure, flagship: list[dict[str, Any]]
) -> None:
    assert "give each sentence `sentence`, `nouns`, `verbs` and `items`" in refusal(
        grammar, exposure, {"sentence": "the cat laughs"}
    )
    assert "it holds no items" in refusal(grammar, exposure, flagship[0] | {"items": []})
    with pytest.raises(UserError, match=r"suite\.mine: it holds no items"):
        read_sentences(grammar, exposure, "mine", [])
