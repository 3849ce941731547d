"""The factors that follow from where nouns and verbs stand, by hand."""

from __future__ import annotations

import pytest

from attractor.items import factors_of, template


def test_the_flagship() -> None:
    """The flights the airline was cancelling were full."""
    nouns, verbs = {1: "plural", 3: "singular"}, {4: True, 5: False, 6: True}
    assert factors_of(nouns, verbs, subject=3, verb=4, n_tokens=8) == {
        "subject_index": 3,
        "verb_index": 4,
        "distance": 1,
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
    }
    assert factors_of(nouns, verbs, subject=1, verb=6, n_tokens=8) == {
        "subject_index": 1,
        "verb_index": 6,
        "distance": 5,
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
    }


def test_nouns_are_told_in_the_order_of_the_sentence() -> None:
    nouns = {8: "plural", 6: "singular", 4: "singular", 2: "plural", 0: "singular"}
    found = factors_of(nouns, {}, subject=4, verb=9, n_tokens=10)
    assert (found["condition"], found["preceding"]) == ("SSP", "SP")
    assert (found["n_intervening"], found["n_attractors"]) == (2, 1)
    assert found["n_preceding_opposite"] == 1


def test_what_stands_after_the_verb_plays_no_part() -> None:
    found = factors_of(
        {1: "singular", 5: "plural"}, {3: True, 7: True}, subject=1, verb=3, n_tokens=9
    )
    assert found == factors_of({1: "singular"}, {3: True}, subject=1, verb=3, n_tokens=9)
    assert (found["last_cue_distance"], found["inner_verb_marked"]) == (2, 0)


def test_the_last_cue_is_a_noun_or_a_verb_that_shows_number() -> None:
    nouns = {1: "singular", 3: "plural"}
    assert factors_of(nouns, {}, subject=1, verb=8, n_tokens=9)["last_cue_distance"] == 5
    assert factors_of(nouns, {6: True}, subject=1, verb=8, n_tokens=9)["last_cue_distance"] == 2
    assert factors_of(nouns, {2: True}, subject=1, verb=8, n_tokens=9)["last_cue_distance"] == 5


@pytest.mark.parametrize(
    ("one", "other", "inflected"),
    [
        ("the author near the guard", "the authors near the guards", [1, 4]),
        ("the man that the woman likes", "the men that the women like", [1, 4, 5]),
        (
            "the boss said the fly is on a bus",
            "the bosses said the flies are on a bus",
            [1, 4, 5, 8],
        ),
        ("the church has a fox and", "the churches have a fox and", [1, 2, 4]),
    ],
)
def test_a_template_is_the_prefix_without_number(
    one: str, other: str, inflected: list[int]
) -> None:
    assert template(one.split(), inflected) == template(other.split(), inflected)
    assert template(one.split(), []) == one
    elsewhere = one.replace("the", "a", 1).split()
    assert template(elsewhere, inflected) != template(other.split(), inflected)
