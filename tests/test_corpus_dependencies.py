"""The table of Linzen et al. (2016): its rows as items, and its faults by line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from attractor.config import CorpusConfig
from attractor.corpus.dependencies import COLUMNS, read_dependencies
from attractor.corpus.text import natural_text
from attractor.errors import UserError
from attractor.results import ITEMS, check

KEYS = {
    "sentence": "the keys NN to the cabinet are NN .",
    "orig_sentence": "the keys brassily to the cabinet are rusty .",
    "pos_sentence": "DT NNS RB TO DT NN VBP JJ .",
    "subj": "keys",
    "verb": "are",
    "subj_pos": "NNS",
    "has_rel": "False",
    "has_nsubj": "False",
    "verb_pos": "VBP",
    "subj_index": "2",
    "verb_index": "7",
    "n_intervening": "1",
    "last_intervening": "NN",
    "n_diff_intervening": "1",
    "distance": "5",
    "max_depth": "1",
    "all_nouns": "keys cabinet",
    "nouns_up_to_verb": "keys cabinet",
}
DOG = KEYS | {
    "sentence": 'VBG , a dog that VBP watches watches " .',
    "orig_sentence": 'barking , a dog that i own watches watches " .',
    "pos_sentence": "VBG , DT NN WDT VBP VBZ VBZ '' .",
    "subj": "dog",
    "verb": "watches",
    "has_rel": "True",
    "verb_pos": "VBZ",
    "subj_index": "4",
    "verb_index": "8",
    "max_depth": "na",
}
MEN = KEYS | {
    "sentence": "men watch",
    "orig_sentence": "men watch",
    "pos_sentence": "NNS VBP",
    "subj": "men",
    "verb": "watch",
    "subj_index": "1",
    "verb_index": "2",
}


def table(*rows: dict[str, str]) -> str:
    """As the authors wrote it: Python's csv, tabs, but Unix line ends."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write(folder: Path, text: str) -> Path:
    file = folder / "deps.tsv"
    file.write_text(text, encoding="utf-8")
    return file


def test_rows_are_items(tmp_path: Path) -> None:
    file = write(tmp_path, table(KEYS, DOG, MEN))
    source = read_dependencies([file])
    assert len(COLUMNS) == 18
    assert len(source.sentences) == len(source.items) == 3
    assert source.sentences[0] == KEYS["sentence"].split()
    assert source.tags[1] == DOG["pos_sentence"].split()
    keys, dog, men = source.items.to_dict("records")
    assert keys == {
        "row": 0,
        "place": f"{file.name} line 2",
        "sentence": KEYS["orig_sentence"],
        "correct_form": "are",
        "wrong_form": "is",
        "subject": "keys",
        "subject_index": 1,
        "verb_index": 6,
        "distance": 5,
        "subject_number": "plural",
        "condition": "PS",
        "preceding": "",
        "n_intervening": 1,
        "n_attractors": 1,
        "n_preceding_opposite": 0,
        "last_cue_distance": 1,
        "inner_verb_marked": 0,
        "n_following": 2,
        "noun_indices": "1 5",
        "verb_indices": "",
        "construction": "other",
        "structure": "other",
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
    }
    assert dog["wrong_form"] == "watch"  # which the table holds as a plural
    assert dog["construction"] == "relative_clause"
    assert dog["relativizer"] == "that"
    assert (dog["determiner_marked"], dog["depth"], dog["inner_verb_marked"]) == (1, 0, 1)
    assert dog["verb_indices"] == "0 5 6"
    assert (men["wrong_form"], men["place"]) == ("watches", f"{file.name} line 4")


def test_a_singular_whose_plural_the_table_does_not_hold_is_counted(tmp_path: Path) -> None:
    source = read_dependencies([write(tmp_path, table(KEYS, DOG))])
    assert len(source.sentences) == 2
    assert source.items["row"].tolist() == [0]
    assert source.excluded == {"no_counterpart": 1}


def test_the_table_becomes_natural_text_with_the_original_beside(tmp_path: Path) -> None:
    rows = [MEN, *(KEYS | {"sentence": f"the keys NN to the {c} are NN ."} for c in "ab")]
    source = read_dependencies([write(tmp_path, table(*(rows * 150)))])
    text = natural_text(source, CorpusConfig(source="dependencies", files=["x"], n_words=None))
    items = check(text.items, ITEMS, "here")
    assert set(items["sentence"]) <= {row["sentence"] for row in rows}
    assert set(items["original"]) <= {KEYS["orig_sentence"], "men watch"}


def faulty(**cells: str) -> str:
    return table(KEYS, MEN, KEYS | cells)


@pytest.mark.parametrize(
    ("text", "number", "part"),
    [
        ("the keys are here\n", 1, "no column sentence, orig_sentence, "),
        (table(KEYS).replace("verb_pos", "verbpos"), 1, "no column verb_pos; "),
        (table(KEYS) + "\n", 3, "0 columns where the first line has 18"),
        (table(KEYS) + "the keys\tare\n", 3, "2 columns where the first line has 18"),
        (table(KEYS, KEYS)[:-9].rpartition("\t")[0], 3, "columns where the first line has 18"),
        (table(KEYS) + '"the keys\tare\n', 3, "unexpected end of data"),
        (table(KEYS) + "x" * 200_000 + "\n", 3, "field larger than field limit"),
        (faulty(pos_sentence="DT NNS"), 4, "9 words and 2 tags"),
        (faulty(subj_index="0"), 4, "column subj_index: `0` is none of the words 1 to 9"),
        (faulty(verb_index="10"), 4, "column verb_index: `10` is none of the words 1 to 9"),
        (faulty(verb_index="seven"), 4, "column verb_index: `seven` is none of"),
        (faulty(verb_index="²"), 4, "column verb_index: `²` is none of"),
        (faulty(verb_pos="VBD"), 4, "the verb is VBD, word 7, the subject word 2"),
        (faulty(subj_index="7"), 4, "the verb is VBP, word 7, the subject word 7"),
    ],
)
def test_a_fault_names_file_line_and_remedy(
    tmp_path: Path, text: str, number: int, part: str
) -> None:
    file = write(tmp_path, text)
    with pytest.raises(UserError) as told:
        read_dependencies([file])
    line = str(told.value)
    assert line.startswith(f"{file} line {number}")
    assert part in line
    assert "\n" not in line
    assert "mend" in line or "must name" in line
