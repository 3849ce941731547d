"""LM_syneval: each template's sentences read, and what a faulty pickle is told."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from suite_reading import read, release, spec, told

# Of each construction: the right sentence; the wrong form; construction, coordination, opening,
# within; subject; condition and preceding.
SIMPLE = ("simple", "none", "none", "none")
LONG = ("simple", "long_vp_coordination", "none", "none")
BY_HAND = {
    "the author laughs": ("laugh", *SIMPLE, "author", "S", ""),
    "the movies are good": ("is", *SIMPLE, "movies", "P", ""),
    "the bankers knew the officer smiles": (
        *("smile", "simple", "none", "matrix_clause", "none", "officer", "S", "P"),
    ),
    "the senator smiles and laughs": (
        *("laugh", "simple", "short_vp_coordination", "none", "none", "senator", "S", ""),
    ),
    "the author knows many different foreign languages and likes to watch television shows": (
        *("like", *LONG, "author", "SP", ""),
    ),
    "the pilots like to watch television shows and know many different foreign languages": (
        *("knows", *LONG, "pilots", "PP", ""),
    ),
    "the pilot is twenty three years old and writes in a journal every day": (
        *("write", *LONG, "pilot", "SP", ""),
    ),
    "the chefs enjoy playing tennis with colleagues and are twenty three years old": (
        *("is", *LONG, "chefs", "PSP", ""),
    ),
    "the pilot writes in a journal every day and enjoys playing tennis with colleagues": (
        *("enjoy", *LONG, "pilot", "SSS", ""),
    ),
    "the movie from the taxi drivers brings joy to people": (
        *("bring", "prep_phrase", "none", "none", "none", "movie", "SP", ""),
    ),
    "the officers that love the skater smile": (
        *("smiles", "subject_relative", "none", "none", "none", "officers", "PS", ""),
    ),
    "the novel that the dancers like is bad": (
        *("are", "object_relative", "none", "none", "none", "novel", "SP", ""),
    ),
    "the novel the dancers like is bad": (
        *("are", "object_relative_no_that", "none", "none", "none", "novel", "SP", ""),
    ),
}
WITHIN = {
    "the author that the guards hate is short": "object_relative",
    "the author the guards hate is short": "object_relative_no_that",
}


def pickled(folder: Path, cases: Any, name: str = "any.pickle") -> Path:
    (folder / name).write_bytes(pickle.dumps(cases))
    return folder


def wrong(right: str, form: str, at: int) -> str:
    tokens = right.split()
    return " ".join([*tokens[:at], form, *tokens[at + 1 :]])


def test_every_construction_is_read(tmp_path: Path) -> None:
    verbs = [2, 2, 5, 4, 8, 8, 8, 8, 9, 6, 6, 6, 5]
    pairs = [
        (right, wrong(right, facts[0], verb))
        for (right, facts), verb in zip(BY_HAND.items(), verbs, strict=True)
    ]
    items, tables = read("lm_syneval", pickled(tmp_path, {"case": pairs}))
    assert len(items) == len(BY_HAND)
    columns = ["wrong_form", "construction", "coordination", "opening", "within", "subject"]
    found = items[[*columns, "condition", "preceding"]].itertuples(index=False, name=None)
    assert list(found) == list(BY_HAND.values())
    assert items["verb_index"].tolist() == verbs
    assert items["item_id"].iloc[0] == "lm_syneval-any-case-1"
    marked = ["many", "television", "years", "tennis", "journal"]
    rows = items[items["sentence"].str.contains("|".join(marked))]
    assert rows["determiner_marked"].tolist() == [1, 0, 1, 0, 1]
    counts = tables["counts.csv"].set_index("file")
    assert counts.loc["any", ["pairs", "expected_pairs", "items"]].tolist() == [13, 0, 13]
    assert counts.loc["simple_agrmt", ["pairs", "expected_pairs"]].tolist() == [0, 140]


def test_the_verb_of_a_relative_clause(tmp_path: Path) -> None:
    pairs = [(right, right.replace("hate", "hates")) for right in WITHIN]
    items, _ = read("lm_syneval", pickled(tmp_path, {"case": pairs}))
    assert items["within"].tolist() == list(WITHIN.values())
    assert items["role"].tolist() == ["inner", "inner"]
    assert items["subject"].tolist() == ["guards", "guards"]
    assert items["preceding"].tolist() == ["S", "S"]
    assert items["right_context_reveals"].tolist() == [0, 0]  # "is" is the author's


def test_pairs_are_left_out_with_a_reason_and_files_by_name(tmp_path: Path) -> None:
    cases = {
        "a": [("the author laughs", "the author laugh"), ("the author laughs",) * 2],
        "b": [("the author laugh", "the author laughs"), ("the author is tall", "the author are")],
    }
    folder = pickled(pickled(tmp_path, cases), {"a": [("no", "pair")]}, "simple_npi_anim.pickle")
    items, tables = read("lm_syneval", folder)
    assert items["item_id"].tolist() == ["lm_syneval-any-a-1"]
    excluded = tables["excluded.csv"].set_index("item_id")
    assert excluded["reason"].to_dict() == {
        "lm_syneval-any-a-2": "identical",
        "lm_syneval-any-b-1": "number",
        "lm_syneval-any-b-2": "several_tokens",
    }
    assert excluded.loc["lm_syneval-any-b-1", "detail"] == "author is singular"
    assert "simple_npi_anim" not in set(tables["counts.csv"]["file"])


@pytest.mark.parametrize(
    ("cases", "place", "message"),
    [
        ({}, "", "{} where {case: [(good sentence, bad sentence), …]} is due"),
        ([("a", "b")], "", "is due"),
        ({"a": {"b": "c"}}, ", a", "is due"),
        ({"a": [("the author laughs", "x"), "pair"]}, ", a 2", "'pair' where"),
        ({"a": [("the author laughs",)]}, ", a 1", "is due"),
        ({"a": [("the author laughs", " ")]}, ", a 1", "is due"),
        ({"a": [("the author laughs", 5)]}, ", a 1", "is due"),
        (
            {"a": [("the wizard laughs", "the wizard laugh")]},
            ", a 1",
            "`wizard` is none of suite.lm_syneval.words; correct it, or add it there",
        ),
    ],
)
def test_a_faulty_pickle_is_told(tmp_path: Path, cases: Any, place: str, message: str) -> None:
    said = told("lm_syneval", pickled(tmp_path, cases))
    assert said.startswith(f"{tmp_path / 'any.pickle'}{place}: ")
    assert message in said


def test_the_yaml_names_its_source() -> None:
    assert "Marvin & Linzen (2018)" in spec("lm_syneval")["citation"]
    assert spec("lm_syneval")["licence"] == "MIT"


@pytest.mark.third_party
def test_the_release_is_what_the_yaml_says() -> None:
    items, tables = read("lm_syneval", release("lm_syneval"))
    counts = tables["counts.csv"].set_index("file").loc["simple_agrmt"]
    assert counts[["pairs", "expected_pairs", "items", "duplicates"]].tolist() == [140, 140, 140, 0]
    assert counts["as_expected"] == "yes"
    assert items["subject_number"].value_counts().to_dict() == {"singular": 70, "plural": 70}
    assert set(items["distance"]) == {1}
