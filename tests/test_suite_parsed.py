"""Pairs read by trees: which noun, which factors, and why a pair makes no item."""

from __future__ import annotations

import pytest

from attractor.corpus.trees import ROOT, Tree
from attractor.suites.pairs import Findings, Pair, Verb
from attractor.suites.parsed import Asked, Unread, before_plain_verb, head_noun, read, read_parsed


def tree(text: str) -> Tree:
    """A tree written as word/lemma/TAG/head/relation, heads numbered from 1, 0 the root's."""
    rows = [token.split("/") for token in text.split()]
    words, lemmas, tags, heads, relations = zip(*rows, strict=True)
    indices = tuple(int(head) - 1 if head != "0" else ROOT for head in heads)
    return Tree("x line 1", words, lemmas, tags, indices, relations)


def pair(good: str, verb: int, other: str) -> Pair:
    tokens = tuple(good.split())
    return Pair("x-1", "x", "x line 1", tokens, (*tokens[:verb], other, *tokens[verb + 1 :]))


KEYS = tree(
    "The/the/DT/2/det keys/keys/NNS/6/nsubj to/to/IN/2/prep the/the/DT/5/det "
    "cabinet/cabinet/NN/3/pobj are/be/VBP/0/root old/old/JJ/6/acomp"
)
COORDINATED = tree(
    "Bill/bill/NNP/2/nsubj laughs/laugh/VBZ/0/root at/at/IN/2/prep cats/cats/NNS/3/pobj "
    "and/and/CC/2/cc swims/swim/VBZ/2/conj"
)
LOT = tree(
    "A/a/DT/2/det lot/lot/NN/5/nsubj of/of/IN/2/prep cats/cats/NNS/3/pobj swim/swim/VBP/0/root"
)
PRONOUN = tree("They/they/PRP/2/nsubj swim/swim/VBP/0/root")
LOST = tree("The/the/DT/2/det cat/cat/NN/3/compound wins/wins/NNS/0/root")


@pytest.mark.parametrize(
    ("of", "verb", "noun"),
    [
        (KEYS, 5, 1),
        (COORDINATED, 1, 0),
        (COORDINATED, 5, 0),
        (LOT, 4, 3),
        (PRONOUN, 1, "pronoun"),
        (LOST, 2, "no_subject"),
    ],
)
def test_the_noun_of_a_verb_or_why_there_is_none(of: Tree, verb: int, noun: int | str) -> None:
    assert head_noun(of, verb) == noun


def test_the_factors_of_a_pair() -> None:
    found = read(pair("The keys to the cabinet are old", 5, "is"), Verb(5, "plural"), KEYS, KEYS)
    assert isinstance(found, dict)
    wanted = {"subject": "keys", "condition": "PS", "n_attractors": 1, "distance": 4}
    wanted |= {"construction": "prep_phrase", "tense": "present", "verb_class": "be"}
    wanted |= {"n_following": 1, "tags": "DT NNS IN DT NN VBP JJ"}
    assert {name: found[name] for name in wanted} == wanted
    assert "noun_number" not in found


def test_the_verb_of_a_second_conjunct() -> None:
    good = pair("Bill laughs at cats and swims", 5, "swim")
    found = read(good, Verb(5, "singular"), COORDINATED, COORDINATED)
    assert isinstance(found, dict)
    wanted = {"subject": "Bill", "condition": "SP", "coordination": "long_vp_coordination"}
    wanted |= {"structure": "long_vp_coordination", "construction": "simple", "distance": 5}
    assert {name: found[name] for name in wanted} == wanted
    short = tree(
        "Bill/bill/NNP/2/nsubj laughs/laugh/VBZ/0/root and/and/CC/2/cc swims/swim/VBZ/2/conj"
    )
    found = read(pair("Bill laughs and swims", 3, "swim"), Verb(3, "singular"), short, short)
    assert isinstance(found, dict)
    assert found["coordination"] == "short_vp_coordination"
    first = read(pair("Bill laughs and swims", 1, "laugh"), Verb(1, "singular"), short, short)
    assert isinstance(first, dict)
    assert first["coordination"] == "none"


def test_the_factors_of_a_pair_by_the_tree_of_another_sentence() -> None:
    own = tree(
        "The/the/DT/2/det songs/songs/NNS/5/compound to/to/IN/5/prep the/the/DT/5/det "
        "wall/wall/NN/6/compound drive/drive/NN/0/root us/we/PRP/6/dobj home/home/RB/6/advmod"
    )
    good = pair("The songs to the wall drive us home", 5, "drives")
    found = read(good, Verb(5, "plural"), KEYS, own)
    assert isinstance(found, dict)
    wanted = {"subject": "songs", "condition": "PS", "verb_class": "lexical", "n_following": 2}
    assert {name: found[name] for name in wanted} == wanted
    assert found["tags"].split()[5] == "NN"
    by_hand = read(good, Verb(5, "plural"), KEYS, own, noun=4)
    assert by_hand == Unread("number", "wall is singular")


def test_why_a_pair_makes_no_item() -> None:
    good = pair("The keys to the cabinet are old", 5, "is")
    number = read(good, Verb(5, "singular"), KEYS, KEYS)
    assert number == Unread("number", "keys is plural")
    assert read(pair("They swim", 1, "swims"), Verb(1, "plural"), PRONOUN, PRONOUN) == Unread(
        "no_head_noun", "pronoun"
    )
    divided = read(good, Verb(5, "plural"), KEYS, PRONOUN)
    assert divided == Unread("no_head_noun", "the parser divides the sentence otherwise")


def test_a_prefix_before_a_plain_verb() -> None:
    words = "The stories about travel astound Steve".split()
    assert before_plain_verb(words, Verb(4, "plural")) == "The stories about travel are good ."
    assert before_plain_verb(words, Verb(4, "singular")) == "The stories about travel is good ."


def test_a_verb_that_the_parser_takes_for_a_noun_is_read_by_its_prefix() -> None:
    """en_core_web_sm 3.8 makes nouns of these verbs, and of "cacti" a pronoun."""
    texts = ["The stories about travel astound Steve.", "This synopsis wins.", "They win."]
    texts += ["Most cacti embarrass that senator."]
    verbs = [(4, "astounds", "plural"), (2, "win", "singular"), (1, "wins", "plural")]
    verbs += [(2, "embarrasses", "plural")]
    asked = [
        Asked(
            pair(text.replace(".", " ."), verb, other)._replace(item_id=f"x-{i}"),
            Verb(verb, number),
            text,
            {"i": i},
        )
        for i, (text, (verb, other, number)) in enumerate(zip(texts, verbs, strict=True))
    ]
    found = Findings("x")
    read_parsed(asked, found, "en_core_web_sm")
    assert [row["i"] for row in found.rows] == [0, 1, 3]
    assert [row["subject"] for row in found.rows] == ["stories", "synopsis", "cacti"]
    assert [row["construction"] for row in found.rows] == ["prep_phrase", "simple", "simple"]
    assert [row["n_following"] for row in found.rows] == [2, 1, 3]
    assert [len(row["tags"].split()) for row in found.rows] == [7, 4, 6]
    assert [(row["item_id"], row["detail"]) for row in found.excluded] == [("x-2", "pronoun")]
