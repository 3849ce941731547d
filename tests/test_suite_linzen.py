"""Linzen et al.'s dependencies: three files line by line, parsed as they are divided."""

from __future__ import annotations

from pathlib import Path

import pytest

from suite_reading import read, release, told, write

LINES = [
    ("the two versions of the game have identical elements . <eos>", "6\thave\thas\t1"),
    ("articles related to the rock band are long . <eos>", "6\tAre\tIs\t2"),  # so in the release
    ("after the war , they are old . <eos>", "5\tare\tis\t1"),
    ("the game was old . <eos>", "2\twas\twas\t0"),
]


def files(folder: Path, **changed: str) -> Path:
    texts = {
        "text": "\n".join(text for text, _ in LINES),
        "gold": "\n".join(gold for _, gold in LINES),
        "eval": "\n".join(gold.split("\t")[0] for _, gold in LINES),
    }
    for suffix, text in {**texts, **changed}.items():
        write(folder / f"any.{suffix}", text)
    return folder


def test_each_line_is_an_item_or_left_out(tmp_path: Path) -> None:
    items, tables = read("linzen", files(tmp_path))
    columns = ["item_id", "subject", "correct_form", "wrong_form", "condition", "attractors_given"]
    assert items[columns].to_numpy().tolist() == [
        ["linzen-any-1", "versions", "have", "has", "PS", 1],
        ["linzen-any-2", "articles", "are", "is", "PSS", 2],
    ]
    assert items["sentence"].iloc[0] == "the two versions of the game have identical elements ."
    excluded = tables["excluded.csv"]
    assert excluded[["item_id", "reason", "detail"]].to_numpy().tolist() == [
        ["linzen-any-4", "identical", ""],
        ["linzen-any-3", "no_head_noun", "pronoun"],
    ]
    counts = tables["counts.csv"].set_index("file").loc["any"]
    assert counts[["lines", "pairs", "items", "attractors_disagree"]].tolist() == [4, 4, 2, 0]


@pytest.mark.parametrize(
    ("suffix", "old", "new", "line", "message"),
    [
        ("text", ". <eos>\nafter", ".\nafter", 2, "it does not end in <eos>"),
        ("text", "game have", "game had", 1, "token 6 (from 0) is not `have`, as .gold says"),
        ("gold", "5\tare\tis\t1", "5\tare\tis", 3, "it must hold an index, two forms and a number"),
        ("gold", "5\tare\tis\t1", "x\tare\tis\t1", 3, "it must hold an index"),
        ("gold", "5\tare", "50\tare", 3, "`5` where .gold says 50"),
        ("eval", "5", "4", 3, "`4` where .gold says 5"),
    ],
)
def test_a_faulty_line_is_told(
    tmp_path: Path, suffix: str, old: str, new: str, line: int, message: str
) -> None:
    file = files(tmp_path) / f"any.{suffix}"
    text = file.read_text("utf-8")
    assert text.count(old) == 1
    write(file, text.replace(old, new))
    said = told("linzen", tmp_path)
    assert f" line {line}: " in said
    assert message in said


def test_files_of_other_lengths_are_told(tmp_path: Path) -> None:
    said = told("linzen", files(tmp_path, gold="6\thave\thas\t1"))
    assert said.startswith(f"{tmp_path / 'any.text'}: 4 lines, but 1 of .gold and 4 of .eval")
    (tmp_path / "any.eval").unlink()
    assert told("linzen", tmp_path).startswith(f"{tmp_path / 'any.eval'}: cannot be read")


@pytest.mark.third_party
@pytest.mark.slow
def test_the_release_is_what_the_yaml_says() -> None:
    folder = release("linzen")
    items, tables = read("linzen", folder)
    counts = tables["counts.csv"].iloc[0]
    n_lines = (folder / "subj_agr_filtered.text").read_bytes().count(b"\n")
    assert counts[["lines", "pairs"]].tolist() == [n_lines, n_lines]
    assert counts["as_expected"] == "yes"
    assert counts["pairs"] == counts["items"] + len(tables["excluded.csv"])
    assert counts["items"] > 0.92 * n_lines
    assert counts["attractors_disagree"] < 0.1 * n_lines
    assert items["sentence"].str.contains("<eos>", regex=False).sum() == 0
