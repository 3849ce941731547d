"""BLiMP: its paradigms divided, parsed and counted; those without a verb to ask about left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from suite_reading import read, release, told, write

FILE = "regular_plural_subject_verb_agreement_1"
PAIRS = [
    ("A niece of most senators hasn't descended most slopes.", "hasn't", "haven't"),
    ("This goose isn't bothering Edward.", "isn't", "weren't"),
    ("Paula references Robert.", "references", "reference"),
    ("Some men irritates the girl.", "irritates", "irritate"),  # so in the release
]


def lines(pairs: list[tuple[str, str, str]] = PAIRS) -> str:
    rows = [
        {"sentence_good": good, "sentence_bad": good.replace(right, wrong), "pairID": str(i)}
        for i, (good, right, wrong) in enumerate(pairs)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_pairs_are_divided_and_read(tmp_path: Path) -> None:
    write(tmp_path / f"{FILE}.jsonl", lines())
    two = {"two_prefix_word": "references", "pairID": "0"}
    two |= {"sentence_good": "Paula references Bob.", "sentence_bad": "Cats references Bob."}
    write(tmp_path / f"{FILE[:-1]}2.jsonl", json.dumps(two))
    write(tmp_path / "anaphor_number_agreement.jsonl", "not read")
    items, tables = read("blimp", tmp_path)
    assert items["sentence"].tolist() == [
        "A niece of most senators has n't descended most slopes .",
        "Paula references Robert .",
    ]
    columns = ["correct_form", "wrong_form", "subject", "condition", "distance", "construction"]
    assert items[columns].to_numpy().tolist() == [
        ["has", "have", "niece", "SP", 4, "prep_phrase"],
        ["references", "reference", "Paula", "S", 1, "simple"],
    ]
    assert items["item_id"].tolist() == [f"blimp-{FILE}-0", f"blimp-{FILE}-2"]
    excluded = tables["excluded.csv"].set_index("item_id")["reason"].to_dict()
    assert excluded == {
        f"blimp-{FILE}-1": "tense",
        f"blimp-{FILE}-3": "number",
        f"blimp-{FILE[:-1]}2-0": "differs_before_verb",
    }
    counts = tables["counts.csv"].set_index("file")
    assert len(counts) == 6
    assert counts.loc[FILE, ["lines", "pairs", "expected_pairs", "items"]].tolist() == [
        *(4, 4, 1000, 2)
    ]
    assert counts.loc["distractor_agreement_relative_clause", "pairs"] == 0


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (lines()[:-30], 4, "this is no JSON ("),
        ('{"sentence_good": "a"}\n', 1, "no text sentence_bad, pairID; a pair of BLiMP has it"),
        ("[]\n", 1, "no text sentence_good, sentence_bad, pairID"),
        (lines() + lines(), 5, "pairID 0 names an earlier pair"),
        (lines([("Paula runs\u0000.", "runs", "run")]), 1, "the text holds the character"),
        (lines([("", "x", "y")]), 1, "the text is empty"),
    ],
)
def test_a_faulty_file_is_told(tmp_path: Path, text: str, line: int, message: str) -> None:
    file = write(tmp_path / f"{FILE}.jsonl", text)
    said = told("blimp", tmp_path)
    assert said.startswith(f"{file} line {line}: ")
    assert message in said


def test_a_folder_without_any_paradigm_is_told(tmp_path: Path) -> None:
    write(tmp_path / "anaphor_number_agreement.jsonl", lines())
    assert "the folder holds no .jsonl file that is to be read" in told("blimp", tmp_path)


@pytest.mark.third_party
@pytest.mark.slow
def test_the_release_is_what_the_yaml_says() -> None:
    items, tables = read("blimp", release("blimp"))
    counts = tables["counts.csv"].set_index("file")
    there = counts[counts["lines"] > 0]
    assert len(there) == 3
    assert (there["pairs"] == there["lines"]).all()
    assert set(there["as_expected"]) == {"yes"}
    # Pairs that differ in tense too: 10-16 % (shared/data/README.md).
    assert there["tense"].tolist() == [122, 162, 101]
    assert (there["items"] > 830).all()
    left = there[["tense", "no_head_noun", "number"]].sum(axis=1)
    assert (there["pairs"] == there["items"] + left).all()
    distractor = items[items["probe_set"] == "distractor_agreement_relational_noun"]
    assert (distractor["n_attractors"] >= 1).mean() > 0.99
