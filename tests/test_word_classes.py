"""Lexical symbols: which rows they take, in which forms, and what a wrong entry is told."""

from __future__ import annotations

from typing import Any

import pytest

from attractor.errors import UserError
from attractor.lexicon import Lexicon
from attractor.word_classes import literal, word_classes
from toy import WORDS


def test_nouns_with_forms_and_animacy(toy_lexicon: Lexicon) -> None:
    (words,) = word_classes("Noun", WORDS["Noun[n]"], toy_lexicon, "grammar")
    assert (words.name, words.kind, words.n_tokens, words.shows_number) == ("Noun", "noun", 1, True)
    assert words.forms == (
        (("cat",), ("cats",)),
        (("dog",), ("dogs",)),
        (("key",), ("keys",)),
        (("box",), ("boxes",)),
    )
    assert words.animacy == ("animate", "animate", "inanimate", "inanimate")
    assert words.held_out == ("no", "no", "no", "no")


def test_words_of_several_lengths_are_as_many_classes(toy_lexicon: Lexicon) -> None:
    one, two = word_classes("AnyNoun", WORDS["AnyNoun[n]"], toy_lexicon, "grammar")
    assert (one.name, one.n_tokens, len(one.forms)) == ("AnyNoun/1", 1, 4)
    assert (two.name, two.n_tokens) == ("AnyNoun/2", 2)
    assert two.forms == ((("bus", "driver"), ("bus", "drivers")),)
    assert [c.n_tokens for c in _classes(toy_lexicon, "Preposition")] == [1, 2, 3]


def _classes(lexicon: Lexicon, name: str) -> list[Any]:
    return word_classes(name, WORDS[name], lexicon, "grammar")


def test_one_form_shows_no_number(toy_lexicon: Lexicon) -> None:
    (liked,) = word_classes("Liked", WORDS["Liked[n]"], toy_lexicon, "grammar")
    assert not liked.shows_number
    assert liked.kind == "other"
    assert liked.forms == ((("liked",), ("liked",)),)
    assert liked.subject == "animate"  # taken over from `where`


def test_what_an_entry_asks_of_its_subject(toy_lexicon: Lexicon) -> None:
    (rusty,) = word_classes("Rusty", WORDS["Rusty[n]"], toy_lexicon, "grammar")
    assert rusty.subject == "inanimate"
    (laughs,) = word_classes("Laughs", WORDS["Laughs[n]"], toy_lexicon, "grammar")
    assert (laughs.subject, laughs.tense, laughs.verb_class, laughs.kind) == (
        "animate",
        "present",
        "intransitive",
        "verb",
    )
    spec = WORDS["Laughs[n]"] | {"subject": ""}
    assert word_classes("X", spec, toy_lexicon, "grammar")[0].subject == ""


def test_literal_is_one_word_without_number() -> None:
    words = literal("not")
    assert (words.name, words.kind, words.n_tokens) == ('"not"', "other", 1)
    assert words.forms == ((("not",), ("not",)),)
    assert not words.shows_number
    assert words.held_out == ("no",)


def test_nouns_held_out_of_a_role(toy_lexicon: Lexicon) -> None:
    rows = toy_lexicon.rows("nouns", {})
    held_out = ["subject", "no", "attractor", "no", "no"]
    marked = [row | {"held_out": role} for row, role in zip(rows, held_out, strict=True)]
    lexicon = Lexicon(toy_lexicon.folder, {"nouns": marked}, "")
    (words,) = word_classes("Noun", WORDS["Noun[n]"], lexicon, "grammar")
    assert words.held_out == ("subject", "no", "attractor", "no")


def test_english_compounds_are_people_of_two_words(
    english: dict[str, Any], lexicon: Lexicon
) -> None:
    entry = english["words"]["CompoundNoun[n]"]
    (words,) = word_classes("CompoundNoun", entry, lexicon, "grammar")
    assert set(words.animacy) == {"animate"}
    for singular, plural in words.forms:
        assert len(singular) == len(plural) == 2
        assert singular[0] == plural[0]  # only the head, the last word, shows number
        assert singular[1] != plural[1]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"table": "nouns", "form": "singular", "colour": "red"}, "unknown key colour; use form"),
        (
            {"table": "nouns", "form": "singular", "kind": "nuon"},
            "kind nuon is none of noun, verb, determiner, other",
        ),
        ({"table": "nouns"}, "give either `form`, or both `singular` and `plural`"),
        (
            {"table": "nouns", "form": "singular", "singular": "singular"},
            "give either `form`, or both `singular` and `plural`",
        ),
        (
            {"table": "nouns", "singular": "singular"},
            "give either `form`, or both `singular` and `plural`",
        ),
        ({"form": "singular"}, "give the `table` of data/lexicon that holds the words"),
        ({"table": "nouns", "form": "dual"}, "nouns.csv has no column dual; it has singular,"),
        (
            {"table": "nouns", "form": "singular", "where": {"singular": "zebra"}},
            "no row of nouns.csv fits `where`; loosen it or add rows",
        ),
        ({"table": "nouns", "form": "singular", "tokens": 3}, "no row of nouns.csv has 3 tokens"),
        ({"table": "nouns", "form": "singular", "where": "animate"}, "give a mapping of keys"),
        ("the", "give a mapping of keys"),
    ],
)
def test_refused_entries_name_the_place(toy_lexicon: Lexicon, spec: Any, message: str) -> None:
    with pytest.raises(UserError) as caught:
        word_classes("X", spec, toy_lexicon, "grammar")
    assert str(caught.value).startswith("grammar, words, X: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_table_and_forms_of_unequal_length(toy_lexicon: Lexicon) -> None:
    with pytest.raises(UserError, match="no table 'nounz'; take one of nouns"):
        word_classes("X", {"table": "nounz", "form": "singular"}, toy_lexicon, "grammar")
    rows = [{"noun": "cat", "plural": "the cats"}]
    odd = Lexicon(toy_lexicon.folder, {"nouns": rows}, "")
    spec = {"kind": "noun", "table": "nouns", "singular": "noun", "plural": "plural"}
    with pytest.raises(UserError, match="grammar, words, X: the forms of 'cat' differ in length"):
        word_classes("X", spec, odd, "grammar")
