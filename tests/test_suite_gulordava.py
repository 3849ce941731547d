"""Gulordava et al.: sentences put together, nonce ones read by the tree of the original."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from suite_reading import read, release, told, write

COLUMNS = [
    *["pattern", "constr_id", "sent_id", "correct_number", "form", "class", "type", "prefix"],
    *["n_attr", "punct", "freq", "len_context", "len_prefix", "sent"],
]
LEFT, RIGHT = "L__NOUN_VERB_VERB", "R__VERB_NOUN_CCONJ_VERB"
# An original; a nonce sentence of it, whose `sent` has another verb; one of an original that only
# .gold knows; a second conjunct; and one whose subject is a pronoun.
ITEMS: list[dict[str, Any]] = [
    {
        **{"pattern": LEFT, "constr_id": 3, "sent_id": 0, "type": "original", "n_attr": 1},
        **{"forms": ("is", "are"), "number": "sing", "len_context": 4},
        "prefix": "The main thing people do there",
        "sent": "The main thing people do there is go to the \"beach\" . <eos>",
    },
    {
        **{"pattern": LEFT, "constr_id": 3, "sent_id": 2, "type": "generated", "n_attr": 1},
        **{"forms": ("affirms", "affirm"), "number": "sing", "len_context": 4},
        "prefix": "The healthy trip masks realize there",
        "sent": "The healthy trip masks realize there loses lose to the \"freighter\" . <eos>",
    },
    {
        **{"pattern": LEFT, "constr_id": 9, "sent_id": 4, "type": "generated", "n_attr": 0},
        **{"forms": ("gain", "gains"), "number": "plur", "len_context": 5},
        "prefix": "Mammals who wed these locks",
        "sent": "<unk> who wed these locks sing at noon . <eos>",
    },
    {
        **{"pattern": RIGHT, "constr_id": 0, "sent_id": 1, "type": "generated", "n_attr": 0},
        **{"forms": ("spend", "spends"), "number": "plur", "len_context": 4},
        "prefix": "Cats provide the ownership but",
        "sent": "Cats provide the ownership but throw her manufacturer . <eos>",
    },
    {
        **{"pattern": RIGHT, "constr_id": 6, "sent_id": 1, "type": "generated", "n_attr": 0},
        **{"forms": ("seek", "seeks"), "number": "plur", "len_context": 4},
        "prefix": "You assume the picketing and",
        "sent": "You assume the picketing and seek tube signature . <eos>",
    },
]  # fmt: skip
GOLD = [
    ("L!NOUN_VERB_VERB!Number=Plur", 3, 2, "The main thing people do there is"),
    ("L!NOUN_VERB_VERB!Number=Plur", 9, 4, "Workers who do these introductions look"),
    ("R!VERB_NOUN_CCONJ_VERB!Number=Sing", 0, 1, "Dignitaries condemn the act but visit"),
    ("R!VERB_NOUN_CCONJ_VERB!Number=Sing", 6, 1, "You add the water and put"),
]


def table(items: list[dict[str, Any]] = ITEMS) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, "", delimiter="\t", lineterminator="\n")
    writer.writeheader()
    for item in items:
        row = {name: item[name] for name in COLUMNS if name in item}
        row |= {"correct_number": item["number"]}
        for form, kind in zip(item["forms"], ("correct", "wrong"), strict=True):
            writer.writerow({**row, "form": form, "class": kind})
    return out.getvalue()


def gold(folder: Path) -> None:
    lines = ["\t".join(map(str, (p, c, s, "6", prefix))) for p, c, s, prefix in GOLD]
    write(folder / "any.gold", "\n".join(lines))


def test_each_pair_is_put_together_and_read(tmp_path: Path) -> None:
    write(tmp_path / "any.tab", table())
    gold(tmp_path)
    items, tables = read("gulordava", tmp_path)
    assert items["sentence"].tolist() == [
        'The main thing people do there is go to the "beach" .',
        'The healthy trip masks realize there affirms lose to the "freighter" .',
        "Mammals who wed these locks gain at noon .",
        "Cats provide the ownership but spend her manufacturer .",
    ]
    columns = ["correct_form", "wrong_form", "subject", "condition", "distance", "construction"]
    assert items[columns].to_numpy().tolist() == [
        ["is", "are", "thing", "SP", 4, "object_relative_no_that"],
        ["affirms", "affirm", "trip", "SP", 4, "object_relative_no_that"],
        ["gain", "gains", "Mammals", "PP", 5, "subject_relative"],
        ["spend", "spends", "Cats", "PS", 5, "simple"],
    ]
    assert items["probe_set"].tolist() == ["original", *["generated"] * 3]
    assert items["coordination"].tolist() == [*["none"] * 3, "long_vp_coordination"]
    assert items["structure"].tolist()[2:] == ["subject_relative", "long_vp_coordination"]
    assert items["attractors_given"].tolist() == [1, 1, 0, 0]
    assert items["n_attractors"].tolist() == [1, 1, 0, 1]
    assert items["n_following"].tolist() == [5, 5, 3, 3]
    excluded = tables["excluded.csv"]
    assert excluded[["item_id", "reason", "detail", "place"]].to_numpy().tolist() == [
        [f"gulordava-any-{RIGHT}-6-1-generated", "no_head_noun", "pronoun",
         f"{tmp_path / 'any.tab'} line 10"]
    ]  # fmt: skip
    counts = tables["counts.csv"].set_index("file")
    wanted = ["lines", "pairs", "expected_pairs", "items", "no_head_noun", "attractors_disagree"]
    assert counts.loc["original", wanted].tolist() == [2, 1, 41, 1, 0, 0]
    assert counts.loc["generated", wanted].tolist() == [8, 4, 369, 3, 1, 1]


def test_the_order_of_rows_plays_no_part(tmp_path: Path) -> None:
    rows = table(ITEMS[:1]).splitlines()
    write(tmp_path / "any.tab", "\n".join([rows[0], rows[2], rows[1]]))
    items, _ = read("gulordava", tmp_path)
    assert items[["correct_form", "wrong_form"]].to_numpy().tolist() == [["is", "are"]]


def test_a_noun_of_the_file_that_is_none(tmp_path: Path) -> None:
    write(tmp_path / "any.tab", table([ITEMS[0], {**ITEMS[1], "len_context": 5}]))
    _, tables = read("gulordava", tmp_path)
    excluded = tables["excluded.csv"]
    assert excluded[["reason", "detail"]].to_numpy().tolist() == [
        ["no_head_noun", "healthy is no noun"]
    ]


def test_a_number_that_the_form_does_not_show(tmp_path: Path) -> None:
    write(tmp_path / "any.tab", table([ITEMS[0], {**ITEMS[1], "number": "plur"}]))
    _, tables = read("gulordava", tmp_path)
    excluded = tables["excluded.csv"]
    assert excluded[["reason", "detail"]].to_numpy().tolist() == [["number", "the file says plur"]]


def test_an_item_that_comes_twice_is_told(tmp_path: Path) -> None:
    file = write(tmp_path / "any.tab", table([ITEMS[0], ITEMS[1], ITEMS[0]]))
    said = told("gulordava", tmp_path)
    assert said.startswith(f"{file} line 6: this item has its two rows already")


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("n_attr", "attractors", 1, "no column n_attr; a .tab of the release names it"),
        ("sing\tis\tcorrect", "sing\tis", 2, "13 columns where the first line has 14"),
        ("sing\tis\t", "dual\tis\t", 2, "the correct_number `dual` cannot be"),
        ("sing\tare\t", "sing\tare not\t", 3, "the form `are not` cannot be"),
        ("are\twrong", "are\tcorrect", 3, "this row and line 2 are of one item"),
        ("0\tsing\tare", "7\tsing\tare", 2, "no other row is of this item"),
        ("original\tThe main", "new\tThe main", 2, "the type `new` cannot be"),
    ],
)
def test_a_faulty_line_is_told(tmp_path: Path, old: str, new: str, line: int, message: str) -> None:
    text = table()
    assert old in text
    file = write(tmp_path / "any.tab", text.replace(old, new, 1))
    said = told("gulordava", tmp_path)
    assert said.startswith(f"{file} line {line}: ")
    assert message in said


def test_a_quotation_mark_that_is_not_closed_is_told(tmp_path: Path) -> None:
    text = table()
    file = write(tmp_path / "any.tab", text.replace('""beach"" . <eos>"', '""beach . <eos>', 1))
    said = told("gulordava", tmp_path)
    assert said.startswith(f"{file} line ")


def test_lines_of_gold_and_text_that_do_not_fit_are_told(tmp_path: Path) -> None:
    write(tmp_path / "any.tab", table())
    gold(tmp_path)
    write(tmp_path / "any.text", "one <eos>")
    assert "any.text: 1 lines, but 4 of .gold" in told("gulordava", tmp_path)
    write(tmp_path / "any.gold", "The main thing")
    assert "any.gold line 1: `The main thing` is no line" in told("gulordava", tmp_path)


@pytest.mark.third_party
@pytest.mark.slow
def test_the_release_reads_whole() -> None:
    folder = release("gulordava_en")
    items, tables = read("gulordava", folder)
    counts = tables["counts.csv"].set_index("file")
    n_rows = (folder / "generated.tab").read_bytes().count(b"\n") - 1
    assert counts["lines"].sum() == n_rows
    assert counts["pairs"].tolist() == [11, 89]
    assert counts["items"].tolist() == [8, 63]
    # What is left out: the 29 pairs of second conjuncts whose subject is no noun (you, I, that).
    assert set(tables["excluded.csv"]["reason"]) == {"no_head_noun"}
    assert tables["excluded.csv"]["item_id"].str.contains(RIGHT).all()
    assert (items["attractors_given"] == items["n_attractors"]).mean() > 0.8
