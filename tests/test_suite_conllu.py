"""A treebank as a suite: an item a verb whose noun its tree names."""

from __future__ import annotations

from pathlib import Path

import pytest

from suite_reading import read, release, told, write

TREES = """\
# text = The keys to the cabinet are old
1\tThe\tthe\tDET\tDT\t_\t2\tdet\t_\t_
2\tkeys\tkey\tNOUN\tNNS\t_\t7\tnsubj\t_\t_
3\tto\tto\tADP\tIN\t_\t5\tcase\t_\t_
4\tthe\tthe\tDET\tDT\t_\t5\tdet\t_\t_
5\tcabinet\tcabinet\tNOUN\tNN\t_\t2\tnmod\t_\t_
6\tare\tbe\tAUX\tVBP\t_\t7\tcop\t_\t_
7\told\told\tADJ\tJJ\t_\t0\troot\t_\t_

1\tThey\tthey\tPRON\tPRP\t_\t2\tnsubj\t_\t_
2\tlaugh\tlaugh\tVERB\tVBP\t_\t0\troot\t_\t_
"""


def test_each_verb_is_an_item_or_left_out(tmp_path: Path) -> None:
    file = write(tmp_path / "any.conllu", TREES)
    items, tables = read("conllu", file)
    columns = ["item_id", "sentence", "subject", "correct_form", "wrong_form", "condition"]
    assert items[columns].to_numpy().tolist() == [
        ["conllu-any-2-6", "The keys to the cabinet are old", "keys", "are", "is", "PS"]
    ]
    assert items[["distance", "n_following", "construction"]].to_numpy().tolist() == [
        [4, 1, "prep_phrase"]
    ]
    excluded = tables["excluded.csv"].to_dict("records")
    assert excluded == [
        {
            "item_id": "conllu-any-10-2",
            "probe_set": "any",
            "place": f"{file.name} line 10",
            "reason": "pronoun",
            "detail": "laugh",
            "good": "They laugh",
            "bad": "",
        }
    ]
    counts = tables["counts.csv"].to_dict("records")
    assert counts == [
        {"file": "any", "lines": 11, "pairs": 2, "items": 1, "pronoun": 1, "duplicates": 0}
    ]


def test_a_faulty_tree_is_told(tmp_path: Path) -> None:
    file = write(tmp_path / "any.conllu", TREES.replace("\t2\tnsubj", "\t9\tnsubj"))
    assert told("conllu", file).startswith(f"{file} line 10: head `9` is none of the 2 tokens")


@pytest.mark.third_party
def test_the_release_reads_whole() -> None:
    items, tables = read("conllu", release("ud"))
    counts = tables["counts.csv"].iloc[0]
    assert counts["pairs"] == len(items) + len(tables["excluded.csv"])
    assert len(items) > 250
    # EWT is web text: people talk of themselves.
    assert tables["excluded.csv"]["reason"].value_counts().index[0] == "pronoun"
