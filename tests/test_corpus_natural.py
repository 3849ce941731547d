"""The factors of natural items, by hand: what stands between subject and verb, before and after."""

from __future__ import annotations

from typing import Any

import pytest

from attractor.corpus.agreement import Dependency, read_verb
from attractor.corpus.conllu import read_trees
from attractor.corpus.natural import item_of
from trees import marked, tree


def item(notation: str) -> dict[str, Any]:
    """The item of the verb with a star."""
    sentence = tree(notation)
    found = read_verb(sentence, marked(notation))
    assert isinstance(found, Dependency), found
    return item_of(sentence, found)


KEYS = {
    "UD": "the|DT|det|2 keys|NNS|nsubj|7 to|IN|case|5 the|DT|det|5 cabinet|NN|nmod|2 "
    "*are|VBP|cop|7 here|RB|root|0 .|.|punct|7",
    "spaCy": "the|DT|det|2 keys|NNS|nsubj|6 to|IN|prep|2 the|DT|det|5 cabinet|NN|pobj|3 "
    "*are|VBP|ROOT|0 here|RB|advmod|6 .|.|punct|6",
}


@pytest.mark.parametrize("scheme", KEYS)
def test_all_factors_of_the_keys_to_the_cabinet(scheme: str) -> None:
    assert item(KEYS[scheme]) == {
        "sentence": "the keys to the cabinet are here .",
        "correct_form": "are",
        "wrong_form": "is",
        "subject": "keys",
        "subject_index": 1,
        "verb_index": 5,
        "distance": 4,
        "subject_number": "plural",
        "condition": "PS",
        "preceding": "",
        "n_intervening": 1,
        "n_attractors": 1,
        "n_preceding_opposite": 0,
        "last_cue_distance": 1,
        "inner_verb_marked": 0,
        "n_following": 2,
        "noun_indices": "1 4",
        "verb_indices": "",
        "construction": "prep_phrase",
        "structure": "prep_phrase",
        "relativizer": "",
        "role": "outer",
        "within": "none",
        "opening": "none",
        "coordination": "none",
        "depth": 1,
        "tense": "present",
        "verb_class": "be",
        "determiner_marked": 0,
        "right_context_reveals": 0,
        "noun_number": "plural",
        "tags": "DT NNS IN DT NN VBP RB .",
    }


# (sentence, construction, structure, relativizer, depth)
BETWEEN = [
    ("dogs|NNS|nsubj|2 *bark|VBP|root|0", "simple", "simple", "", 0),
    ("old|JJ|amod|2 dogs|NNS|nsubj|3 *bark|VBP|root|0", "simple", "simple", "", 0),
    (  # a relative word before the noun is another clause's
        "cats|NNS|nsubj|7 that|WDT|obj|6 men|NNS|nsubj|6 dogs|NNS|nsubj|5 know|VBP|relcl|3 "
        "*like|VBP|relcl|1 bark|VBP|ROOT|0",
        *("object_relative_no_that", "object_relative_no_that", "none", 1),
    ),
    (  # nor is a "to" after it an infinitive's
        "facts|NNS|nsubj|6 that|IN|mark|3 appeal|VBP|acl|1 to|IN|prep|3 men|NNS|pobj|4 "
        "*help|VBP|ROOT|0",
        *("complement_clause", "complement_clause", "", 1),
    ),
    (  # what comes after the verb is not between
        "men|NNS|nsubj|2 *laugh|VBP|root|0 who|WP|nsubj|4 smile|VBP|acl:relcl|1",
        *("simple", "simple", "", 0),
    ),
    (  # UD: prepositional phrases one in the other
        "dogs|NNS|nsubj|6 of|IN|case|3 men|NNS|nmod|1 in|IN|case|5 town|NN|nmod|3 *bark|VBP|root|0",
        *("prep_phrase", "prep_phrase[prep_phrase]", "", 2),
    ),
    (  # spaCy: the same
        "dogs|NNS|nsubj|6 of|IN|prep|1 men|NNS|pobj|2 in|IN|prep|3 town|NN|pobj|4 *bark|VBP|ROOT|0",
        *("prep_phrase", "prep_phrase[prep_phrase]", "", 2),
    ),
    (  # one after the other
        "dogs|NNS|nsubj|6 of|IN|prep|1 men|NNS|pobj|2 in|IN|prep|1 town|NN|pobj|4 *bark|VBP|ROOT|0",
        *("prep_phrase", "prep_phrase+prep_phrase", "", 1),
    ),
    (
        "dogs|NNS|nsubj|6 of|IN|prep|1 men|NNS|pobj|2 who|WP|nsubj|5 laugh|VBP|relcl|3 "
        "*bark|VBP|ROOT|0",
        *("prep_phrase", "prep_phrase[subject_relative]", "", 2),
    ),
    (
        "dogs|NNS|nsubj|5 that|WDT|nsubj|3 see|VBP|acl:relcl|1 cats|NNS|obj|3 *bark|VBP|root|0",
        *("subject_relative", "subject_relative", "that", 1),
    ),
    (
        "dogs|NNS|nsubj|4 which|WDT|nsubjpass|3 seen|VBN|relcl|1 *bark|VBP|ROOT|0",
        *("subject_relative", "subject_relative", "which", 1),
    ),
    (
        "men|NNS|nsubj|5 who|WP|obj|4 dogs|NNS|nsubj|4 see|VBP|acl:relcl|1 *laugh|VBP|root|0",
        *("object_relative", "object_relative", "who", 1),
    ),
    (
        "men|NNS|nsubj|5 whose|WP$|poss|3 dogs|NNS|nsubj|4 bark|VBP|relcl|1 *laugh|VBP|ROOT|0",
        *("object_relative", "object_relative", "whose", 1),
    ),
    (
        "men|NNS|nsubj|4 dogs|NNS|nsubj|3 see|VBP|relcl|1 *laugh|VBP|ROOT|0",
        *("object_relative_no_that", "object_relative_no_that", "none", 1),
    ),
    (
        "dogs|NNS|nsubj|5 seen|VBN|acl|1 in|IN|case|4 town|NN|obl|2 *bark|VBP|root|0",
        *("participial_phrase", "participial_phrase", "", 1),
    ),
    (
        "plans|NNS|nsubj|4 to|TO|mark|3 move|VB|acl|1 *help|VBP|root|0",
        *("infinitive", "infinitive", "", 1),
    ),
    (
        "facts|NNS|nsubj|5 that|IN|mark|4 dogs|NNS|nsubj|4 bark|VBP|acl|1 *help|VBP|root|0",
        *("complement_clause", "complement_clause", "", 1),
    ),
    (
        "dogs|NNS|nsubj|7 ,|,|punct|4 old|JJ|amod|4 pets|NNS|appos|1 in|IN|prep|4 town|NN|pobj|5 "
        "*bark|VBP|ROOT|0",
        *("apposition", "apposition[prep_phrase]", "", 2),
    ),
    (
        "men|NNS|nsubj|4 eager|JJ|amod|1 now|RB|advmod|2 *laugh|VBP|root|0",
        *("adjective_phrase", "adjective_phrase", "", 1),
    ),
    (
        "men|NNS|nsubj|4 I|PRP|nsubj|3 say|VBP|parataxis|1 *laugh|VBP|root|0",
        *("parenthesis", "parenthesis", "", 1),
    ),
]


@pytest.mark.parametrize(("notation", "construction", "structure", "relativizer", "depth"), BETWEEN)
def test_what_stands_between_subject_and_verb(
    notation: str, construction: str, structure: str, relativizer: str, depth: int
) -> None:
    found = item(notation)
    assert found["construction"] == construction
    assert found["structure"] == structure
    assert found["relativizer"] == relativizer
    assert found["depth"] == depth


FLIGHTS = (
    "the|DT|det|2 flights|NNS|nsubj|8 the|DT|det|4 airline|NN|nsubj|6 {}was|VBD|aux|6 "
    "cancelling|VBG|acl:relcl|2 {}were|VBD|cop|8 full|JJ|root|0"
)


def test_the_flagship_has_an_outer_and_an_inner_item() -> None:
    outer, inner = item(FLIGHTS.format("", "*")), item(FLIGHTS.format("*", ""))
    assert outer["role"] == "outer"
    assert outer["within"] == "none"
    assert outer["construction"] == "object_relative_no_that"
    assert (outer["distance"], outer["condition"], outer["n_attractors"]) == (5, "PS", 1)
    assert (outer["inner_verb_marked"], outer["verb_indices"]) == (1, "4 5")
    assert (outer["tense"], outer["wrong_form"]) == ("past", "was")
    assert inner["role"] == "inner"
    assert inner["within"] == "object_relative_no_that"
    assert inner["construction"] == "simple"
    assert (inner["distance"], inner["condition"], inner["preceding"]) == (1, "S", "P")
    assert (inner["n_preceding_opposite"], inner["verb_indices"]) == (1, "")
    assert (inner["subject"], inner["wrong_form"], inner["n_following"]) == ("airline", "were", 3)


def test_a_verb_deeper_in_a_relative_clause_is_inner_too() -> None:
    found = item(
        "men|NNS|nsubj|6 who|WP|nsubj|3 say|VBP|acl:relcl|1 dogs|NNS|nsubj|5 *bark|VBP|ccomp|3 "
        "laugh|VBP|root|0"
    )
    assert (found["role"], found["within"]) == ("inner", "subject_relative")


@pytest.mark.parametrize(
    ("notation", "opening"),
    [
        ("``|``|punct|4 the|DT|det|3 dogs|NNS|nsubj|4 *bark|VBP|root|0", "none"),
        ("I|PRP|nsubj|2 say|VBP|root|0 dogs|NNS|nsubj|4 *bark|VBP|ccomp|2", "matrix_clause"),
        (
            "I|PRP|nsubj|2 say|VBP|root|0 dogs|NNS|nsubj|5 *are|VBP|cop|5 old|JJ|ccomp|2",
            "matrix_clause",
        ),
        ("here|RB|advmod|3 dogs|NNS|nsubj|3 *bark|VBP|root|0", "other"),
        ("I|PRP|nsubj|2 bark|VBP|root|0 as|IN|mark|5 dogs|NNS|nsubj|5 *bark|VBP|advcl|2", "other"),
    ],
)
def test_what_opens_the_sentence(notation: str, opening: str) -> None:
    assert item(notation)["opening"] == opening


@pytest.mark.parametrize(
    ("notation", "reveals"),
    [
        ("dogs|NNS|nsubj|2 *bark|VBP|root|0 and|CC|cc|4 sleep|VBP|conj|2", 1),
        ("dogs|NNS|nsubj|2 *bark|VBP|root|0 and|CC|cc|4 slept|VBD|conj|2", 0),
        ("dogs|NNS|nsubj|2 *bark|VBP|root|0 and|CC|cc|5 I|PRP|nsubj|5 sleep|VBP|conj|2", 0),
        ("dogs|NNS|nsubj|2 *say|VBP|root|0 cats|NNS|nsubj|4 sleep|VBP|ccomp|2", 0),
        ("cats|NNS|nsubj|4 *have|VBP|aux|4 has|VBZ|aux|4 slept|VBN|root|0", 1),
    ],
)
def test_whether_a_later_verb_shows_the_number(notation: str, reveals: int) -> None:
    assert item(notation)["right_context_reveals"] == reveals


@pytest.mark.parametrize(
    ("notation", "marked_determiner"),
    [
        ("these|DT|det|2 dogs|NNS|nsubj|3 *bark|VBP|root|0", 1),
        ("Two|CD|nummod|2 dogs|NNS|nsubj|3 *bark|VBP|root|0", 1),
        ("the|DT|det|2 dogs|NNS|nsubj|3 *bark|VBP|root|0", 0),
        ("the|DT|det|2 dogs|NNS|nsubj|5 of|IN|case|4 a|DT|det|2 *bark|VBP|root|0", 1),
        ("the|DT|det|2 dogs|NNS|nsubj|3 *see|VBP|root|0 a|DT|det|5 cat|NN|obj|3", 0),
        ("that|IN|mark|3 dogs|NNS|nsubj|3 *bark|VBP|root|0", 0),
    ],
)
def test_whether_a_determiner_before_the_verb_shows_number(
    notation: str, marked_determiner: int
) -> None:
    assert item(notation)["determiner_marked"] == marked_determiner


def test_an_item_whose_noun_and_verb_differ_is_kept_and_says_so() -> None:
    """The verb's number counts: a tagger may err, and a slip is what agreement is about."""
    found = item("the|DT|det|2 dog|NN|nsubj|3 *bark|VBP|root|0")
    assert (found["subject_number"], found["noun_number"]) == ("plural", "singular")
    assert found["condition"] == "P"


@pytest.mark.parametrize(
    ("verb", "verb_class"),
    [("Is|VBZ", "be"), ("has|VBZ", "have"), ("do|VBP", "do"), ("sees|VBZ", "lexical")],
)
def test_verb_classes(verb: str, verb_class: str) -> None:
    assert item(f"dogs|NNS|nsubj|2 *{verb}|root|0")["verb_class"] == verb_class


def test_a_tree_deeper_than_python_recurses_is_read() -> None:
    n = 1_500
    rows = [f"1\tdogs\tdog\t_\tNNS\t_\t{n}\tnsubj\t_\t_"]
    rows += [f"{i}\tdogs\tdog\t_\tNNS\t_\t{i - 1}\tnmod\t_\t_" for i in range(2, n)]
    rows += [f"{n}\tbark\tbark\t_\tVBP\t_\t0\troot\t_\t_"]
    (sentence,) = read_trees("deep", rows)
    found = read_verb(sentence, n - 1)
    assert isinstance(found, Dependency)
    assert item_of(sentence, found)["depth"] == n - 2
