"""What becomes of a minimal pair, and what the counts say of it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from attractor.errors import UserError
from attractor.suites.pairs import (
    REASONS,
    File,
    Findings,
    Pair,
    Verb,
    expected_pairs,
    files_of,
    noun_number,
    number_of,
    verb_of,
)
from clams_data import EXPOSURE


def pair(good: str, bad: str, item_id: str = "x-1") -> Pair:
    return Pair(item_id, "x", "x.txt line 1", tuple(good.split()), tuple(bad.split()))


@pytest.mark.parametrize(
    ("good", "bad", "verb"),
    [
        ("the author laughs", "the author laugh", Verb(2, "singular")),
        ("The men are n't old .", "The men is n't old .", Verb(2, "plural")),
        ("This goose was n't old", "This goose were n't old", Verb(2, "singular")),
        ("Those drivers do n't run", "Those drivers does n't run", Verb(2, "plural")),
        ("Is he", "Are he", Verb(0, "singular")),
        ("the author laughs", "the author laughs", "identical"),
        ("the author laughs", "the author is old", "several_tokens"),
        ("the author is old", "the authors are old", "several_tokens"),
        ("the author is n't old", "the author were n't old", "tense"),
        ("the author laughs", "the author swim", "forms"),
        ("the author laughs", "the author laughed", "forms"),
        ("the author injured himself", "the author injured themselves", "forms"),
    ],
)
def test_the_verb_of_a_pair_or_why_there_is_none(good: str, bad: str, verb: Verb | str) -> None:
    assert verb_of(pair(good, bad)) == verb
    assert isinstance(verb, Verb) or verb in REASONS


@pytest.mark.parametrize(
    "forms",
    ["is are", "was were", "has have", "does do", "goes go", "tries try", "passes pass", "IS ARE"],
)
def test_the_number_of_a_verbs_forms(forms: str) -> None:
    singular, plural = forms.split()
    assert number_of(singular, plural) == "singular"
    assert number_of(plural, singular) == "plural"


def test_the_number_of_a_noun() -> None:
    assert [noun_number(noun) for noun in ("athlete", "actress", "man")] == ["singular"] * 3
    assert [noun_number(noun) for noun in ("athletes", "men", "taxi drivers")] == ["plural"] * 3


FACTORS = {
    **dict.fromkeys(
        ["construction", "structure", "role", "within", "opening", "coordination"], "simple"
    ),
    **{"subject": "author", "subject_number": "singular", "condition": "S", "preceding": ""},
    **{"tense": "present", "verb_class": "be", "noun_indices": "1", "verb_indices": ""},
    **{"relativizer": "", "distance": 1, "subject_index": 1, "verb_index": 2, "role": "outer"},
    **dict.fromkeys(["n_intervening", "n_attractors", "n_preceding_opposite", "depth"], 0),
    **dict.fromkeys(["last_cue_distance", "n_following"], 1),
    **dict.fromkeys(["inner_verb_marked", "determiner_marked", "right_context_reveals"], 0),
}


def test_items_and_counts_of_what_was_found() -> None:
    found = Findings("x")
    two = pair("the author is old", "the author are old")
    for name in ("x-1", "x-2"):
        found.keep(two._replace(item_id=name), Verb(2, "singular"), FACTORS, attractors_given=1)
    same = pair("the author is", "the author is", "x-3")
    found.leave_out(same, "identical")
    found.leave_out(same._replace(item_id="x-4"), "number", "author is singular")
    items, tables = found.tables([File("x", 8, 4)], {"x": 4, "y": 9}, EXPOSURE)
    assert items["item_id"].tolist() == ["x-1", "x-2"]
    assert items["wrong_form"].tolist() == ["are", "are"]
    assert items["suite"].tolist() == ["x", "x"]
    assert items["train_frequency"].tolist() == [1, 1]
    assert items["prefix_id"].iloc[0] == items["prefix_id"].iloc[1]
    expected = pd.DataFrame(
        {
            "file": ["x", "y"],
            "lines": [8, 0],
            "pairs": [4, 0],
            "expected_pairs": [4, 9],
            "items": [2, 0],
            "identical": [1, 0],
            "number": [1, 0],
            "duplicates": [1, 0],
            "attractors_disagree": [2, 0],
            "as_expected": ["yes", "no"],
        }
    )
    pd.testing.assert_frame_equal(tables["counts.csv"], expected)
    excluded = tables["excluded.csv"]
    assert excluded["reason"].tolist() == ["identical", "number"]
    assert excluded.iloc[1].tolist() == [
        *["x-4", "x", "x.txt line 1", "number", "author is singular"],
        *["the author is", "the author is"],
    ]


def test_a_suite_without_an_item_is_told() -> None:
    found = Findings("x")
    found.leave_out(pair("a", "a"), "identical")
    with pytest.raises(UserError, match=r"^suite\.x\.path: none of its 1 pairs makes an item"):
        found.tables([File("x", 2, 1)], {}, EXPOSURE)


def test_the_files_of_a_place(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", ".c.txt", "d.md"):
        (tmp_path / name).write_text("x")
    (tmp_path / "e.txt").mkdir()
    assert [f.name for f in files_of("suite.x", str(tmp_path), ".txt")] == ["a.txt", "b.txt"]
    assert files_of("suite.x", str(tmp_path), ".txt", "b".__eq__) == [tmp_path / "b.txt"]
    assert files_of("suite.x", str(tmp_path / "d.md"), ".txt") == [tmp_path / "d.md"]
    with pytest.raises(UserError, match=r"the folder holds no \.json file"):
        files_of("suite.x", str(tmp_path), ".json")
    with pytest.raises(UserError, match=r"^suite\.x\.path=\.\.\. is needed"):
        files_of("suite.x", "", ".txt")


def test_expected_pairs_are_whole_numbers() -> None:
    assert expected_pairs("a: 1\nb: 2", "suite.x") == {"a": 1, "b": 2}
    with pytest.raises(UserError, match=r"^suite\.x\.pairs: give entries `name: whole number`"):
        expected_pairs("a: many", "suite.x")
