"""Faulty corpora, by the console: one line that names file and line, exit code 2, no table."""

from __future__ import annotations

import gzip
import importlib.util
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from attractor import cli
from test_bad_input import finished, one_line
from trees import treebank

ASKED = ("suite=[flagship]", "stages=[generate]", "data.processes=1")
TEXT = b"The keys to the cabinet are old .\n"
PACKED = gzip.compress(random.Random(0).randbytes(30_000).hex().encode(), 1)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs the app in this process and returns its one line."""

    def run(*arguments: str) -> str:
        main(monkeypatch, *arguments)
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        return one_line(stopped.value.code, *capsys.readouterr())

    return run


def main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["attractor", *arguments])
    for name in ("HYDRA_FULL_ERROR", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, "1")


def put(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("a.txt", TEXT + b"caf\xe9\n", " line 2: this is no UTF-8; save the file as UTF-8"),
        ("a.txt", b"", " line 1: the file is empty; fetch it again"),
        ("a.txt", b" = Dogs = \n\n = = Cats = = \n", ": no line holds any text; give another file"),
        ("a.txt", TEXT + b"dog " * 2_500_000, " line 2: more than 1,000,000 bytes without"),
        ("a.txt", TEXT + b"x" * 900_000, " line 2: a word of more than 100,000 letters"),
        ("a.txt.gz", PACKED[:9_000], " line 1: the packed file is cut short or broken"),
        ("a.txt.gz", TEXT, " line 1: the packed file is cut short or broken; fetch it again"),
    ],
    ids=["utf8", "empty", "headings", "10 MB line", "long word", "cut", "no gz"],
)
def test_a_faulty_text(
    name: str, content: bytes, part: str, tmp_path: Path, told: Callable[..., str]
) -> None:
    file = put(tmp_path, name, content)
    line = told(f"output_dir={tmp_path}/out", "data=corpus", f"data.files=['{file}']", *ASKED)
    assert line.startswith(f"attractor: {file}{part}"), line
    assert finished(tmp_path) == []


ROWS = treebank(2).splitlines()


@pytest.mark.parametrize(
    ("source", "lines", "part"),
    [
        (
            "conllu",
            [ROWS[0].replace("\t2\tdet", "\t1\tdet"), *ROWS[1:]],
            "line 1: token 1 is above",
        ),
        ("conllu", [*ROWS, ROWS[0].removesuffix("\t_")], "line 15: 9 columns where CoNLL-U has 10"),
        ("dependencies", ["sentence", "the keys are"], "line 1: no column orig_sentence, "),
    ],
)
def test_a_faulty_treebank_or_table(
    source: str, lines: list[str], part: str, tmp_path: Path, told: Callable[..., str]
) -> None:
    file = put(tmp_path, "file", "\n".join(lines).encode())
    asked = [argument for argument in ASKED if "processes" not in argument]
    line = told(f"output_dir={tmp_path}/out", f"data={source}", f"data.files=['{file}']", *asked)
    assert line.startswith(f"attractor: {file} {part}"), line
    assert finished(tmp_path) == []


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        ("data.files=[nowhere.txt]", "data.files: nowhere.txt names no file; correct the path or"),
        ("data.files=['nowhere/*.gz']", "data.files: nowhere/*.gz names no file; correct the path"),
        ("data.files=[]", "data.files=[...] is needed: give the paths or patterns of its files"),
        ("data.flies=[x]", "data.flies: there is no such key"),
        ("data.case=upper", "data.case=upper: choose keep or lower"),
        ("data.final=cut", "data.final=cut: choose keep or strip"),
        ("data.rare=drop", "data.rare=drop: choose pos or unk"),
        ("data.source=web", "data.source=web: choose corpus or conllu or dependencies"),
        ("data.test_share=0.5", "data.test_share=0.5: give a share above 0 and below .5"),
        ("data.valid_share=nan", "data.valid_share=nan: give a share above 0 and below .5"),
        ("data.n_words=0", "data.n_words=0: give a whole number of at least 1"),
        ("data.processes=0", "data.processes=0: give a whole number of at least 1"),
        ("data.past=maybe", "data.past: Value 'maybe' is not a valid bool"),
        ("data.pipeline=numpy", "the spaCy pipeline numpy is not installed"),
    ],
)
def test_a_faulty_setting(wrong: str, part: str, tmp_path: Path, told: Callable[..., str]) -> None:
    file = put(tmp_path, "a.txt", TEXT)
    given = (f"output_dir={tmp_path}/out", "data=corpus", f"data.files=['{file}']", *ASKED, wrong)
    assert told(*given).startswith(f"attractor: {part}")
    assert finished(tmp_path) == []


def test_a_pipeline_that_is_not_installed(
    tmp_path: Path, told: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *package: None if name.startswith("en_core") else find(name, *package),
    )
    file = put(tmp_path, "a.txt", TEXT)
    line = told(f"output_dir={tmp_path}/out", "data=corpus", f"data.files=['{file}']", *ASKED)
    assert "the spaCy pipeline en_core_web_sm is not installed: run `python -m spacy " in line
    assert finished(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (TEXT, "the train split of 1 sentences has no item"),
        (TEXT * 300, "300 sentences has no item, and 200 items whose beginnings training holds"),
        (b"1 2 3 4\n", "no verb that agrees with a common noun; is this"),
    ],
    ids=["one line", "one sentence again and again", "no English"],
)
def test_a_text_of_which_nothing_can_be_learnt(
    content: bytes, part: str, tmp_path: Path, told: Callable[..., str]
) -> None:
    """It is parsed, and that is kept; but there are no items, and no table for people."""
    file = put(tmp_path, "a.txt", content)
    line = told(f"output_dir={tmp_path}/out", "data=corpus", f"data.files=['{file}']", *ASKED)
    assert part in line
    left = {path.parent.name.partition("-")[0] for path in finished(tmp_path)}
    assert left == {"parsed"}


def test_the_same_commands_without_the_slip_go_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The controls: a treebank; and a packed text, which is parsed."""
    nouns = [a + b for a in ("key", "coin", "pen", "map", "cup", "hat") for b in ("", "s")]
    bank = put(tmp_path, "bank.conllu", treebank(300).encode())
    rows = [
        f"The {noun} of the {other} {'are' if noun.endswith('s') else 'is'} old .\n"
        for noun in nouns
        for other in (f"{letter}{word}" for letter in "bm" for word in ("aker", "iner", "other"))
        for _ in range(4)
    ]
    text = put(tmp_path, "text.txt.gz", gzip.compress("".join(rows).encode()))
    for source, file in (("conllu", bank), ("corpus", text)):
        asked = (f"data={source}", f"data.files=['{file}']", *ASKED[:2], "data.n_words=null")
        main(monkeypatch, f"output_dir={tmp_path}/out", *asked)
        cli.main()
        assert capsys.readouterr().err == ""
        folder = tmp_path / "out" / "manual"
        items = pd.read_csv(folder / f"text_{source}.csv")
        assert set(items["split"]) == {"train", "valid", "test"}
        excluded = pd.read_csv(folder / f"text_excluded_{source}.csv")
        assert excluded.columns.tolist() == ["reason", "meaning", "n"]
        assert (folder / f"flagship_{source}.csv").exists()
