"""`attractor-lint`: each format read from a file as it is, its faults counted and placed."""

from __future__ import annotations

import csv
import json
import os
import pickle
from collections.abc import Mapping
from pathlib import Path

import pytest

from attractor.linting.cli import main
from attractor.linting.contents import KINDS, Contents, Fault
from attractor.linting.formats import read_path
from attractor.linting.report import lint


def contents_of(path: Path) -> Contents:
    (found,) = read_path(path)
    assert isinstance(found, Contents)
    return found


def faults_of(path: Path, vocabulary: set[str] | None = None) -> dict[str, list[Fault]]:
    """The faults of a file by kind."""
    faults, _ = lint(contents_of(path), vocabulary, rules=False)
    return {kind: [f for f in faults if f.kind == kind] for kind in {f.kind for f in faults}}


def counts(path: Path) -> dict[str, int]:
    return {kind: len(faults) for kind, faults in faults_of(path).items()}


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_clams_has_the_faults_that_its_lines_show(tmp_path: Path) -> None:
    text = (
        "True\tthe author laughs\nFalse\tthe author laugh\n"
        "True\tthe author is tall\nFalse\tthe author are tall\n"
        "True\tthe author laughs\nFalse\tthe author laugh\n"
        "True\tthe authors hurt themselves\nFalse\tthe authors hurt himself\n"
        "True\tthe authors hurt themselves\nFalse\tthe authors hurt herself\n"
        "True\tthe pilots swim\nFalse\tthe pilots swim\n"
        "True\tthe pilot swims\nwhat\nFalse\tthe pilot swims fast"
    )
    found = faults_of(written(tmp_path, "no_name", text))
    assert {kind: [f.place for f in faults] for kind, faults in found.items()} == {
        "not_in_format": ["line 14"],
        "no_final_newline": ["line 15"],
        "several_tokens": ["line 13"],
        "multi_word_verb": ["line 3"],
        "forms": ["line 7", "line 9"],
        "duplicate_pair": ["line 5"],
        "duplicate_good": ["line 9"],
        "identical": ["line 11"],
        "no_final_stop": ["line 1", "line 3", "line 7", "line 11", "line 13"],
        "lower_case": ["line 1"],
    }
    assert found["duplicate_pair"][0].shown.startswith("as line 1: the author laughs")


def test_members_without_the_other_are_faults_and_the_next_pair_is_read(tmp_path: Path) -> None:
    text = "False\ta b\nTrue\tthe cat runs\nTrue\tthe dog runs\nFalse\tthe dog run\nTrue\tx\n"
    path = written(tmp_path, "suite.txt", text)
    assert [pair.good for pair in contents_of(path).pairs] == ["the dog runs"]
    assert [f.place for f in faults_of(path)["no_mate"]] == ["line 1", "line 2", "line 5"]


def test_bytes_that_are_no_plain_lines_are_faults(tmp_path: Path) -> None:
    text = "\ufeffTrue\tThe cat  runs.\r\nFalse\tThe cat  run.\r\n"
    assert counts(written(tmp_path, "suite.txt", text)) == {
        "byte_order_mark": 1,
        "windows_line_end": 2,
        "odd_space": 1,
    }


def test_lakretz_labels_are_held_against_the_words(tmp_path: Path) -> None:
    text = (
        "The boy near the cars greets\tsingular_plural\tcorrect\tid1\n"
        "The boy near the cars greet\tsingular_plural\twrong\tid1\n"
        "The boys near the cars greet\tsingular_plural\twrong\tid2\n"
        "The boys near the cars greets\tsingular_plural\tcorrect\tid2\n"
        "The men near Bob greet\tplural\tcorrect\tid3\n"
        "The men near Bob greets\tplural\twrong\tid3\n"
        "The men greet\tplural\tcorrect\tid1\n"
    )
    path = written(tmp_path, "nounpp.txt", text)
    pairs = contents_of(path).pairs
    assert [(p.place, p.nouns, p.number, p.cell) for p in pairs] == [
        ("line 1", "SP", "singular", "an attractor"),
        ("line 3", "SP", "singular", "an attractor"),
        ("line 5", "PS", "plural", ""),
    ]
    found = faults_of(path)
    assert {kind: [f.place for f in faults] for kind, faults in found.items()} == {
        "label": ["line 3"],  # its noun is plural
        "duplicate_id": ["line 7"],
        "no_mate": ["line 7"],
    }


def test_the_number_that_a_label_gives_is_held_against_the_verb(tmp_path: Path) -> None:
    text = "The boy greet\tsingular\tcorrect\tid1\nThe boy greets\tsingular\twrong\tid1\n"
    assert counts(written(tmp_path, "simple.txt", text)) == {"label": 1}


def test_blimp_pairs_that_differ_in_tense_or_negation_and_lines_cut_short(tmp_path: Path) -> None:
    pairs = [
        ("The goose isn't here.", "The goose weren't here.", "isn't"),
        ("The goose isn't here.", "The goose are here.", "isn't"),
        ("The geese aren't here.", "The geese isn't here.", "are"),
        ("The geese see Tim.", "The geese sees Tim.", "sees"),
    ]
    lines = [
        json.dumps(
            {
                "sentence_good": good,
                "sentence_bad": bad,
                "one_prefix_prefix": " ".join(good.split()[:2]),
                "one_prefix_word_good": form,
                "pairID": str(n // 2),
            }
        )
        for n, (good, bad, form) in enumerate(pairs)
    ]
    found = faults_of(written(tmp_path, "b.jsonl", "\n".join([*lines, lines[0][:40]]) + "\n"))
    assert {kind: [f.place for f in faults] for kind, faults in found.items()} == {
        "not_in_format": ["line 5"],
        "prefix_text": ["line 4"],
        "duplicate_id": ["line 2", "line 4"],
        "tense": ["line 1"],
        "polarity": ["line 2"],
        "several_tokens": ["line 2"],
    }


GULORDAVA = (
    "pattern constr_id sent_id correct_number form class type prefix n_attr punct freq len_context "
    "len_prefix sent"
).split()


def gulordava(tmp_path: Path, *rows: Mapping[str, object]) -> Path:
    path = tmp_path / "generated.tab"
    with path.open("w", newline="") as stream:
        table = csv.DictWriter(stream, GULORDAVA, restval="0", delimiter="\t", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    return path


def test_gulordava_index_and_form_are_held_against_the_sentence(tmp_path: Path) -> None:
    whole = {
        "prefix": "The key in it",
        "len_prefix": 4,
        "sent": 'The key in it opens " doors " . <eos>',
        "type": "generated",
        "correct_number": "sing",
        "class": "correct",
    }
    forms = [("The key in it", "opens", "open"), ("The key in it", "shuts", "shut")]
    rows = [
        {**whole, "prefix": prefix, "form": form, "class": label}
        for prefix, *both in forms
        for form, label in zip(both, ("correct", "wrong"), strict=True)
    ]
    alone = {**whole, "prefix": "A key in it", "form": "opens"}
    path = gulordava(
        tmp_path, *rows, alone, {**rows[1], "prefix": "Keys"}, {"class": "wrong", "len_prefix": "x"}
    )
    contents = contents_of(path)
    assert [(p.good, p.bad, p.number, p.cell) for p in contents.pairs] == [
        ("The key in it opens", "The key in it open", "singular", "generated, 0 attractors"),
        ("The key in it shuts", "The key in it shut", "singular", "generated, 0 attractors"),
    ]
    assert contents.n_rows == 3  # the correct ones
    found = faults_of(path)
    assert {kind: [f.place for f in faults] for kind, faults in found.items()} == {
        "not_in_format": ["line 8"],
        "index_form": ["line 4"],
        "prefix_text": ["line 6"],
        "no_mate": ["line 7", "line 6"],
        "end_mark": ["line 2", "line 4", "line 6"],
    }


def aligned(tmp_path: Path, text: str, gold: str, index: str) -> Path:
    written(tmp_path, "s.text", text)
    written(tmp_path, "s.eval", index)
    return written(tmp_path, "s.gold", gold)


def test_linzen_files_are_read_line_by_line(tmp_path: Path) -> None:
    path = aligned(
        tmp_path,
        "the key is here . <eos>\nthe keys of it is ( u . <eos>\nwe are in . <eos>\n",
        "2\tis\tare\t0\n3\tare\tis\t0\n1\tare\tare\t0\n9\tis\tare\t0\n",
        "2\n3\n2\n",
    )
    contents = contents_of(path)
    assert contents.name == str(tmp_path / "s.{text,gold,eval}")
    assert [p.bad for p in contents.pairs] == [
        "the key are here . <eos>",
        "the keys of is is ( u . <eos>",
        "we are in . <eos>",
    ]
    found = faults_of(tmp_path / "s.text")  # any of the three stands for all
    assert {kind: [f.place for f in faults] for kind, faults in found.items()} == {
        "not_aligned": ["line 4"],
        "index_files": ["line 3"],
        "index_form": ["line 2"],
        "identical": ["line 3"],
        "unbalanced": ["line 2"],
        "broken_off": ["line 2"],
        "end_mark": ["line 1", "line 2", "line 3"],
        "lower_case": ["line 1"],
    }
    assert found["index_form"][0].shown.startswith("index 3 is `it`, the form `are`")


def test_gulordava_gold_ends_with_a_prefix_that_may_be_anothers(tmp_path: Path) -> None:
    fields = ["P!Number=Sing", "1", "7", "2", "VERB", "Number=Sing", "opens", "open", "open", "1"]
    gold = "\t".join([*fields, "NOUN", "The sauce shuts"])
    path = aligned(tmp_path, "The key opens it .\n", f"{gold}\n", "2\n")
    assert contents_of(path).pairs[0].number == "singular"
    assert counts(path) == {"prefix_text": 1}


def test_a_missing_file_of_three_is_a_fault(tmp_path: Path) -> None:
    path = written(tmp_path, "s.gold", "2\tis\tare\t0\n")
    assert sorted(f.place for f in faults_of(path)["missing_file"]) == ["s.eval", "s.text"]


def syntaxgym(tmp_path: Path, **conditions: str) -> Path:
    names = ["intro", "np_sing", "prep", "the", "prep_np", "matrix_v", "continuation"]
    suite = {
        "region_meta": {str(n): name for n, name in enumerate(names, start=1)},
        "predictions": [{"formula": "[(6;%m_sing%) < (6;%x_sing%)]"}],
        "items": [
            {
                "item_number": 1,
                "conditions": [
                    {
                        "condition_name": name,
                        "regions": [
                            {"region_number": n, "content": word}
                            for n, word in enumerate(text.split(), start=1)
                        ],
                    }
                    for name, text in conditions.items()
                ],
            }
        ],
    }
    return written(tmp_path, "suite.json", json.dumps(suite) + "\n")


def test_syntaxgym_conditions_that_differ_elsewhere_are_faults(tmp_path: Path) -> None:
    good, bad = "The key near the cars is gone.", "The key near the cars are gone."
    path = syntaxgym(tmp_path, m_sing=good, x_sing=bad)
    (pair,) = contents_of(path).pairs
    assert (pair.good, pair.bad, pair.nouns, pair.number) == (good, bad, "SP", "singular")
    assert counts(path) == {}
    assert counts(syntaxgym(tmp_path, m_sing=good, x_sing=bad.replace("near", "by"))) == {
        "regions": 1,
        "several_tokens": 1,
    }
    assert counts(syntaxgym(tmp_path, m_sing=good, x_sing=bad, y=good.replace("gone", "old"))) == {
        "conditions": 1
    }
    assert counts(syntaxgym(tmp_path, m_sing="Some keys near the cars is gone.", x_sing=bad)) == {
        "label": 1,
        "regions": 1,
        "several_tokens": 1,
    }


def test_a_plain_pickle_is_read_and_any_other_is_refused_unrun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cases"
    path.write_bytes(pickle.dumps({"sing": [("The cat is old.", "The cat are old."), ("a",)]}))
    assert counts(path) == {"not_in_format": 1, "multi_word_verb": 1}

    class Runs:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "made"),)

    path.write_bytes(pickle.dumps({"sing": Runs()}))
    assert main([str(path)]) == 2
    assert not (tmp_path / "made").exists()
    error = capsys.readouterr().err
    assert error.startswith(f"attractor-lint: {path}: ")
    assert error.count("\n") == 1


CONLLU = """# sent_id = {name}
# text = {text}
1\tThe\tthe\tDET\tDT\t_\t2\tdet\t_\t_
2\tcat\tcat\tNOUN\tNN\tNumber=Sing\t3\tnsubj\t_\t_
3\t{verb}\tsit\tVERB\tVBZ\tNumber=Sing|Tense=Pres|VerbForm=Fin\t{head}\troot\t_\t_
4\t.\t.\tPUNCT\t.\t_\t3\tpunct\t_\tSpaceAfter=No

"""


def test_treebanks_are_held_against_their_text_and_themselves(tmp_path: Path) -> None:
    fits = {"name": "1", "text": "The cat sits.", "verb": "sits", "head": 0}
    sentences = (fits, {**fits, "text": "The dog sits."}, {**fits, "name": "2", "head": 9})
    text = "".join(CONLLU.format(**s) for s in sentences)
    path = written(tmp_path, "bank", f"{text}# a comment alone\n")
    contents = contents_of(path)
    assert [(p.place, p.bad, p.nouns) for p in contents.pairs] == [
        ("line 1, word 3", "The cat sit .", "S"),
        ("line 8, word 3", "The cat sit .", "S"),
    ]
    found = faults_of(path)
    assert {kind: [f.place for f in faults] for kind, faults in found.items()} == {
        "not_in_format": ["line 15"],
        "duplicate_id": ["line 8"],
        "text_form": ["line 8"],
        "duplicate_pair": ["line 8, word 3"],
    }
    shown = found["not_in_format"][0].shown
    assert shown.startswith("bank line 5: head `9`")
    assert shown.endswith("(line 1 is line 15)")


ITEM = {
    "item_id": "probes-0",
    "sentence": "below the pot , the keys to the car are old",
    "subject": "keys",
    "correct_form": "are",
    "wrong_form": "is",
    "subject_index": 5,
    "verb_index": 9,
    "subject_number": "plural",
    "condition": "PS",
    "preceding": "S",
    "distance": 4,
    "n_intervening": 1,
    "n_attractors": 1,
    "split": "probe",
    "probe_set": "balanced",
}


def items(tmp_path: Path, *rows: Mapping[str, object]) -> Path:
    lines = [",".join(ITEM), *(",".join(f'"{row[key]}"' for key in ITEM) for row in rows)]
    return written(tmp_path, "items.csv", "\n".join(lines) + "\n")


def test_our_own_items_need_no_capitals_or_stops_but_must_hold_together(tmp_path: Path) -> None:
    path = items(tmp_path, ITEM)
    assert contents_of(path).pairs[0].nouns == "SPS"
    assert counts(path) == {}
    wrong = {**ITEM, "distance": 2, "verb_index": 8}
    assert counts(items(tmp_path, ITEM, wrong)) == {"duplicate_id": 1, "index_form": 1} | {
        "factors": 1,
        "forms": 1,
    }


def test_running_text_is_told_by_its_spaces(tmp_path: Path) -> None:
    text = (
        "= A heading =\nThe cats @-@ all of the <unk> - sat .\n\nThe cats sat .\nThe cats sat .\n"
    )
    path = written(tmp_path, "corpus", text)
    assert counts(path) == {
        "unknown_word": 1,
        "escape": 1,
        "duplicate_text": 1,
        "no_final_stop": 1,
    }
    with_words = faults_of(path, {"The", "cats", "sat", "."})["out_of_vocabulary"]
    assert [f.place for f in with_words] == ["line 1", "line 2"]


def test_every_kind_of_fault_is_documented() -> None:
    text = (Path(__file__).parents[1] / "docs" / "lint.md").read_text()
    assert [kind for kind in KINDS if f"`{kind}`" not in text] == []
