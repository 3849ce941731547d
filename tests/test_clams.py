"""CLAMS: every factor of hand-made pairs, and what the files are found to hold."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attractor.baselines import first_noun, majority_of_nouns, most_recent_noun
from attractor.grammar import Grammar
from attractor.resources import CONF
from attractor.results import ITEMS, check
from clams_data import FILES, FIXTURES, OF_FILE, ONE_NOUN, SPEC, WORDS, read


@pytest.fixture(scope="module")
def items(grammar: Grammar) -> pd.DataFrame:
    return check(read(grammar, FIXTURES)[0], ITEMS, "clams")


# Of each pair: the right form, the wrong one, the subject and its number, then the indices of
# subject and verb, the numbers from the subject on and before it, the tokens back to the last cue,
# and whether a verb before shows number.
BY_HAND = {
    "simple_agrmt-1": ("laughs", "laugh", "author", "singular", 1, 2, "S", "", 1, 0),
    "simple_agrmt-2": ("are", "is", "taxi drivers", "plural", 2, 3, "P", "", 1, 0),
    "sent_comp-1": ("laugh", "laughs", "authors", "plural", 4, 5, "P", "S", 1, 0),
    "vp_coord-1": ("swim", "swims", "authors", "plural", 1, 4, "P", "", 2, 1),
    "vp_coord-2": ("smiles", "smile", "author", "singular", 1, 5, "S", "", 3, 1),
    "vp_coord-3": ("swim", "swims", "authors", "plural", 1, 4, "P", "", 2, 1),
    "prep_anim-1": ("is", "are", "author", "singular", 1, 9, "SP", "", 1, 0),
    "prep_anim-2": ("laughs", "laugh", "author", "singular", 1, 9, "SP", "", 1, 0),
    "prep_anim-3": ("smile", "smiles", "taxi drivers", "plural", 2, 6, "PP", "", 1, 0),
    "subj_rel-1": ("laugh", "laughs", "authors", "plural", 1, 6, "PS", "", 1, 1),
    "obj_rel_across_anim-1": ("is", "are", "author", "singular", 1, 7, "SP", "", 1, 1),
    "obj_rel_no_comp_across_anim-1": ("are", "is", "officers", "plural", 1, 5, "PS", "", 1, 1),
    "obj_rel_no_comp_within_anim-1": ("likes", "like", "parent", "singular", 4, 5, "S", "P", 1, 0),
}


def test_every_factor_of_the_fixtures(items: pd.DataFrame) -> None:
    assert items["item_id"].tolist() == [f"clams-{name}" for name in BY_HAND]
    by_pair = ["correct_form", "wrong_form", "subject", "subject_number", "subject_index"]
    by_pair += ["verb_index", "condition", "preceding", "last_cue_distance", "inner_verb_marked"]
    assert list(items[by_pair].itertuples(index=False, name=None)) == list(BY_HAND.values())
    assert items[list(ONE_NOUN)].to_dict("records") == [
        OF_FILE[name.partition("-")[0]] for name in BY_HAND
    ]
    assert items["distance"].tolist() == [1, 1, 1, 3, 4, 3, 8, 8, 4, 5, 6, 4, 1]
    assert items["n_intervening"].tolist() == [0] * 6 + [1] * 6 + [0]
    assert items["n_attractors"].tolist() == [0] * 6 + [1, 1, 0, 1, 1, 1, 0]
    assert items["n_preceding_opposite"].tolist() == [0, 0, 1] + [0] * 9 + [1]
    classes = dict.fromkeys((1, 6, 10, 11), "be") | {12: "transitive"}
    assert items["verb_class"].tolist() == [classes.get(i, "intransitive") for i in range(13)]
    same = {"suite": "clams", "split": "probe", "tense": "present", "determiner_marked": 0}
    same |= {"right_context_reveals": 0}
    assert {key: set(items[key]) for key in same} == {key: {value} for key, value in same.items()}
    assert items["probe_set"].tolist() == [name.partition("-")[0] for name in BY_HAND]
    assert items["sentence"].iloc[6] == "the author to the side of the taxi drivers is tall"


def test_what_training_held_and_which_prefixes_are_one(items: pd.DataFrame) -> None:
    assert items["prefix_seen"].tolist() == [1] + [0] * 12
    assert items["train_frequency"].tolist() == [1, 1, 1] + [0] * 10  # inner is another cell
    assert items["prefix_id"].nunique() == 11
    assert items["prefix_id"].iloc[6] == items["prefix_id"].iloc[7]


def test_counts_stand_beside_the_expected_ones(grammar: Grammar) -> None:
    counts = read(grammar, FIXTURES)[1]["counts.csv"].set_index("file")
    assert list(counts) == [
        *["construction", "role", "pairs", "expected_pairs", "prefixes", "expected_prefixes"],
        *["duplicates", "as_expected"],
    ]
    assert len(counts) == len(FILES)
    for name, entry in FILES.items():
        assert counts.loc[name, ["construction", "role"]].tolist() == [
            entry["construction"],
            entry["role"],
        ]
        found = counts.loc[name, ["expected_pairs", "expected_prefixes"]].tolist()
        assert found == [entry["pairs"], entry["prefixes"]]
    assert counts.loc["vp_coord", ["pairs", "prefixes", "duplicates"]].tolist() == [3, 2, 1]
    assert counts.loc["prep_anim", ["pairs", "prefixes", "duplicates"]].tolist() == [3, 2, 0]
    assert set(counts["as_expected"]) == {"no"}


@pytest.mark.parametrize(
    ("pairs", "prefixes", "as_expected"), [(3, 2, "yes"), (4, 2, "no"), (3, 3, "no"), (2, 2, "no")]
)
def test_counts_as_expected(grammar: Grammar, pairs: int, prefixes: int, as_expected: str) -> None:
    entry = {**FILES["prep_anim"], "pairs": pairs, "prefixes": prefixes}
    _, tables = read(grammar, FIXTURES, files={"prep_anim": entry})
    assert tables["counts.csv"]["as_expected"].tolist() == [as_expected]


def test_the_name_of_a_file_decides_nothing(grammar: Grammar, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(FIXTURES, tmp_path / "clams"))
    (copy / "subj_rel.txt").write_text("True\tthe author laughs\nFalse\tthe author laugh\n")
    items, tables = read(grammar, copy)
    assert items.loc[items["probe_set"] == "subj_rel", "construction"].tolist() == ["simple"]
    counts = tables["counts.csv"].set_index(["file", "construction"])
    wanted = ["pairs", "expected_pairs"]
    assert counts.loc[("subj_rel", "simple"), wanted].tolist() == [1, 0]
    assert counts.loc[("subj_rel", "subject_relative"), wanted].tolist() == [0, 11200]
    assert counts.loc["subj_rel", "as_expected"].tolist() == ["no", "no"]


def test_heuristics_on_the_fixtures(items: pd.DataFrame) -> None:
    """Margins by hand: 1 right, -1 wrong, 0 undecided."""
    assert first_noun(items).tolist() == [1, 1, -1] + [1] * 9 + [-1]
    assert most_recent_noun(items).tolist() == [1] * 6 + [-1, -1, 1, -1, -1, -1, 1]
    assert majority_of_nouns(items).tolist() == [1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0]


NOUNS = st.tuples(
    st.sampled_from(sorted(WORDS["nouns"].items())), st.sampled_from(["singular", "plural"])
)
VERBS = st.sampled_from([pair for forms in WORDS["verbs"].values() for pair in forms.items()])
BETWEEN = {
    "prep_phrase": "{preposition} the {noun}",
    "subject_relative": "that {agreeing} the {noun}",
    "object_relative": "that the {noun} {inner}",
    "object_relative_no_that": "the {noun} {inner}",
}


def form(paradigm: tuple[str, str], number: str) -> str:
    return paradigm[number == "plural"]


@settings(deadline=None)
@given(
    st.sampled_from(sorted(BETWEEN)),
    NOUNS,
    NOUNS,
    st.sampled_from(sorted(WORDS["verbs"]["transitive"].items())),
    VERBS,
    st.sampled_from(WORDS["unmarked"]["preposition"]),
)
def test_what_a_pair_is_built_from_is_read_back(
    grammar: Grammar,
    construction: str,
    subject: tuple[tuple[str, str], str],
    other: tuple[tuple[str, str], str],
    inner: tuple[str, str],
    verb: tuple[str, str],
    preposition: str,
) -> None:
    number, noun = subject[1], form(*subject)
    middle = BETWEEN[construction].format(
        noun=form(*other),
        preposition=preposition,
        agreeing=form(inner, number),
        inner=form(inner, other[1]),
    )
    right, wrong = form(verb, number), verb[number == "singular"]
    files = {"any": {"construction": construction, "role": "outer", "pairs": 1, "prefixes": 1}}
    with tempfile.TemporaryDirectory() as folder:
        sentences = [f"the {noun} {middle} {last}" for last in (right, wrong)]
        text = "True\t{}\nFalse\t{}\n".format(*sentences)
        (Path(folder) / "any.txt").write_text(text, encoding="utf-8")
        items, tables = read(grammar, folder, files=files)
    item = items.iloc[0]
    assert item["construction"] == item["structure"] == construction
    assert item["subject"] == noun
    assert item["subject_number"] == number
    assert item["condition"] == "".join(n[0].upper() for n in (number, other[1]))
    assert item["n_attractors"] == (number != other[1])
    assert item["distance"] == len(middle.split()) + 1
    assert (item["correct_form"], item["wrong_form"]) == (right, wrong)
    assert item["inner_verb_marked"] == (construction != "prep_phrase")
    counts = tables["counts.csv"].iloc[0]
    assert counts["pairs"] == counts["expected_pairs"] == 1


def test_the_yaml_names_its_source_and_what_it_leaves_out() -> None:
    assert "Mueller" in SPEC["citation"]
    assert "Marvin & Linzen" in SPEC["citation"]
    assert SPEC["licence"] == "Apache-2.0"
    text = (CONF / "suite/clams.yaml").read_text("utf-8")
    left_out = re.search(r"# Left out: (\w+),", text)
    assert left_out is not None
    assert left_out[1] == "simple_reflexives"
    assert left_out[1] not in FILES
