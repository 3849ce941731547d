"""`attractor-lint`: what it prints, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from attractor.linting.cli import main

FINE = "True\tThe author laughs.\nFalse\tThe author laugh.\n"
FINE += "True\tThe authors laugh.\nFalse\tThe authors laughs.\n"


def test_a_suite_without_faults_exits_0_and_shows_its_cells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "suite.txt"
    path.write_text(FINE)
    assert main([str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:6] == [
        str(path)[:100],
        "  CLAMS, `True<TAB>sentence` and `False<TAB>sentence`",
        "  2 pairs, 2 prefixes, 2 texts",
        "  they end in `.` 2",
        "  2 of them open with a capital",
        "  no faults",
    ]
    assert lines[8].split() == ["all", "2", "1", "1", "2", "1", "1"]
    assert lines[11].split() == ["all", "2", "1.000", "1.000", "1.000", "0.000"]
    assert lines[-1] == "1 suites, 2 pairs: no faults."


def test_faults_exit_1_with_counts_shares_and_three_examples(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = "True\tThe author is tall.\nFalse\tThe author are tall.\n"
    (tmp_path / "suite.txt").write_text(FINE + 4 * long)
    (tmp_path / "notes.md").write_text("nothing of interest")
    assert main([str(tmp_path), "--no-heuristics"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "  of no format that is known: left out"
    start = lines.index(
        "  multi_word_verb: 4 of 6 pairs (66.7%): the verb at the end has several words"
    )
    assert lines[start + 1 : start + 4] == [
        f"    line {n}: The author is tall. / The author are tall." for n in (5, 7, 9)
    ]
    assert lines[start + 4].startswith("  duplicate_pair: 3 of 6 pairs (50.0%)")
    assert "Heuristics: not scored (--no-heuristics)." in lines
    assert "Words outside a vocabulary: not looked for; give one with --vocabulary FILE." in lines
    assert lines[-1] == "1 suites, 6 pairs: multi_word_verb 4, duplicate_pair 3."
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("vocabulary", ['["The", "author", "laughs", "."]', "The\nauthor\n.\n"])
def test_words_outside_a_vocabulary_are_listed(
    vocabulary: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "suite.txt").write_text(FINE)
    (tmp_path / "words").write_text(vocabulary)
    arguments = [str(tmp_path / "suite.txt"), "--vocabulary", str(tmp_path / "words")]
    assert main([*arguments, "--no-heuristics"]) == 1
    out = capsys.readouterr().out
    assert "    line 3: authors, laugh: The authors laugh." in out
    assert "not looked for" not in out


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "line 1: the file is empty"),
        (b"True\tThe \xff\n", "line 1: this is no UTF-8"),
        (b"nothing of interest\n", "no format that is known"),
        (b'{"region_meta": {},\n "predictions": [', "line 2: this is no JSON"),
        (b'{"region_meta": 1, "predictions": 1}', "no suite of syntaxgym.org's form"),
        (b"\x80\x04cut", "no plain pickle"),
    ],
)
def test_input_that_cannot_be_read_is_one_line(
    raw: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "suite"
    path.write_bytes(raw)
    assert main([str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"attractor-lint: {path}")
    assert said in captured.err
    assert captured.err.count("\n") == 1


def test_a_broken_file_does_not_hide_the_others_of_its_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xff")
    (tmp_path / "b.txt").write_text(FINE)
    assert main([str(tmp_path), "--no-heuristics"]) == 2
    captured = capsys.readouterr()
    assert "1 suites, 2 pairs: no faults." in captured.out
    assert captured.err.startswith(f"attractor-lint: {tmp_path / 'a.txt'} line 1: this is no UTF-8")


def test_a_path_or_a_vocabulary_that_is_not_there_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "none")]) == 2
    assert main([str(tmp_path)]) == 2  # a folder without a suite
    (tmp_path / "suite.txt").write_text(FINE)
    assert main([str(tmp_path / "suite.txt"), "--vocabulary", str(tmp_path / "none")]) == 2
    (tmp_path / "words.json").write_text('{"a": 1}')
    assert main([str(tmp_path / "suite.txt"), "--vocabulary", str(tmp_path / "words.json")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[2] for line in lines] == [
        "there is no such file or folder; correct the path",
        lines[1].split(": ")[2],
        lines[2].split(": ")[2],
        "no list of words; give a run's vocabulary.json, or a word a line",
    ]
    assert "no file of a format that is known" in lines[1]
    assert "cannot be read (No such file or directory)" in lines[2]
