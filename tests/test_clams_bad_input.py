"""CLAMS: what a faulty file, folder or option is told."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from attractor import cli
from attractor.errors import UserError
from attractor.grammar import Grammar
from clams_data import FILES, FIXTURES, WORDS, read


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURES, tmp_path / "clams"))


def told(grammar: Grammar, folder: Path | str, **changed: Any) -> str:
    with pytest.raises(UserError) as caught:
        read(grammar, folder, **changed)
    assert "\n" not in str(caught.value)
    return str(caught.value)


PAIR = b"True\tthe author laughs\nFalse\tthe author laugh\n"


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", 1, "the file is empty; fetch it again"),
        (b"\xef\xbb\xbf" + PAIR, 1, "a byte-order mark; save the file as UTF-8 without one"),
        (PAIR.replace(b"\n", b"\r\n"), 1, "a Windows line end; save the file with Unix line ends"),
        (PAIR + PAIR.replace(b"\n", b"\r\n"), 3, "a Windows line end"),
        (PAIR + b"True\tthe caf\xe9 laughs\n", 3, "this is no UTF-8; save the file as UTF-8"),
        (PAIR + b"True\tthe author smiles", 3, "the last True line has no False one (an odd"),
        (PAIR + b"True the author laughs\n", 3, "must be `True`, a tab and a sentence"),
        (PAIR + b"true\tthe author laughs\n", 3, "it is `true\tthe author laughs`; mend the line"),
        (PAIR + b"\n" + PAIR, 3, "must be `True`, a tab and a sentence"),
        (b"True\tthe author laughs\tx\n", 1, "must be `True`, a tab and a sentence"),
        (PAIR + b"True\ta\nTrue\tb\n", 4, "must be `False`, a tab and a sentence, as True and"),
        (PAIR + b"False\ta\nTrue\tb\n", 3, "must be `True`, a tab and a sentence, as True and"),
        (b"True\tthe author laughs\nFalse\tthe pilot laugh", 1, "must differ in one word, the"),
        (b"True\tthe author laughs\nFalse\tthe author laughs", 1, "must differ in one word, the"),
        (b"True\tthe author is old\nFalse\tthe author are", 1, "must differ in one word, the"),
        (PAIR + b"True\t\nFalse\t", 3, "must differ in one word"),
        (
            PAIR + b"True\tthe wizard laughs\nFalse\tthe wizard laugh",
            3,
            "`wizard` is none of suite.clams.words; correct it, or add it there",
        ),
        (
            b"True\tthe taxi laughs\nFalse\tthe taxi laugh",
            1,
            "`taxi` is none of suite.clams.words",
        ),
        (
            b"True\tlaughs the author\nFalse\tlaugh the author",
            1,
            "the verb after `` has no subject that this suite can find; mend the pair or remove it",
        ),
        (
            b"True\tthe tall and is\nFalse\tthe tall and are",
            1,
            "the verb after `the tall and` has no subject",
        ),
        (
            b"True\tthe author hurt\nFalse\tthe author hurts",
            1,
            "`hurt` and `hurts` are not the two forms of a verb of suite.clams.words; correct",
        ),
        (
            b"True\tthe author laughs\nFalse\tthe author swim",
            1,
            "`laughs` and `swim` are not the two forms of a verb",
        ),
        (
            b"True\tthe taxi drivers near the author is old\n"
            b"False\tthe taxi drivers near the author are old",
            1,
            "`is` does not agree with its subject `taxi drivers`; exchange the labels",
        ),
    ],
)
def test_a_faulty_file_is_told_its_line_and_the_remedy(
    grammar: Grammar, copy: Path, content: bytes, line: int, message: str
) -> None:
    file = copy / "prep_anim.txt"
    file.write_bytes(content)
    found = told(grammar, copy)
    assert found.startswith(f"{file} line {line}: ")
    assert message in found


def test_a_faulty_folder_is_told(grammar: Grammar, copy: Path) -> None:
    for empty in ("", " "):
        assert told(grammar, empty).startswith("suite.clams.path=... is needed: give the")
    place = f"suite.clams.path={copy}"
    assert told(grammar, copy / "no").startswith(f"{place}/no: there is no such file or folder;")
    file = copy / "subj_rel.txt"
    assert told(grammar, file).startswith(f"{place}/subj_rel.txt: this is a file; give the folder")
    file.unlink()
    missing = f"{file}: there is no such file, but suite.clams.files lists it; complete the folder"
    assert told(grammar, copy).startswith(missing)
    file.mkdir()
    assert told(grammar, copy).startswith(missing)


def test_a_faulty_list_is_told(grammar: Grammar) -> None:
    entry = FILES["simple_agrmt"]
    found = told(grammar, FIXTURES, files={"x": {**entry, "colour": 1}})
    assert found == "suite.clams.files, x: colour missing or unknown"
    found = told(grammar, FIXTURES, words={"nouns": {}, "verbs": {}})
    assert found == "suite.clams.words: unmarked missing or unknown"
    twice = WORDS | {"nouns": {**WORDS["nouns"], "sheep": "sheep"}}
    assert "`sheep` is given twice; remove one" in told(grammar, FIXTURES, words=twice)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (5, ": give entries `name: mapping`, not 5"),
        ({}, ": give entries `name: mapping`, not {}"),
        ("", ": give entries `name: mapping`, not None"),
        ("simple_agrmt", ": give entries `name: mapping`, not 'simple_agrmt'"),
        ("a: null", ": give entries `name: mapping`, not 'a': None"),
        ("1: {pairs: 2}", ": give entries `name: mapping`, not 1: {'pairs': 2}"),
        ("a: {1: 2}", ", a: 1, construction, pairs, prefixes, role missing or unknown"),
        (
            "a: {construction: simple, role: outer, pairs: many, prefixes: 1}",
            ", a: give entries `name: whole number`, not 'pairs': 'many'",
        ),
        (
            "a: {construction: simple, role: outer, pairs: 1, prefixes: yes}",
            ", a: give entries `name: whole number`, not 'prefixes': True",
        ),
        (
            "a: {construction: simple, role: outer, pairs: -1, prefixes: 1}",
            ", a: give entries `name: whole number`, not 'pairs': -1",
        ),
        (
            "a: {construction: simple, role: [outer], pairs: 1, prefixes: 1}",
            ", a: give entries `name: word`, not 'role': ['outer']",
        ),
    ],
)
def test_files_of_a_wrong_kind(grammar: Grammar, files: object, message: str) -> None:
    assert told(grammar, FIXTURES, files=files) == f"suite.clams.files{message}"


@pytest.mark.parametrize("words", [5, "the", None, ["nouns"], {}])
def test_words_of_a_wrong_kind(grammar: Grammar, words: object) -> None:
    message = f"suite.clams.words: give entries `name: mapping`, not {words!r}"
    assert told(grammar, FIXTURES, words=words) == message


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("nouns", ["a"], ": give entries `name: mapping`, not 'nouns': ['a']"),
        ("nouns", {}, ", nouns: give entries `name: word`, not {}"),
        ("nouns", {1: 2}, ", nouns: give entries `name: word`, not 1: 2"),
        ("nouns", {"a": None}, ", nouns: give entries `name: word`, not 'a': None"),
        ("nouns", {" ": "a"}, ", nouns: give entries `name: word`, not ' ': 'a'"),
        ("verbs", {}, ", verbs: give entries `name: mapping`, not {}"),
        ("verbs", {"be": None}, ", verbs: give entries `name: mapping`, not 'be': None"),
        ("verbs", {"be": {}}, ", verbs, be: give entries `name: word`, not {}"),
        ("verbs", {"be": {"is": 1}}, ", verbs, be: give entries `name: word`, not 'is': 1"),
        ("unmarked", None, ": give entries `name: mapping`, not 'unmarked': None"),
        ("unmarked", {}, ", unmarked: give entries `name: list of words`, not {}"),
        ("unmarked", {"noun": ["fish"]}, ", unmarked, noun: it shows number; list it in nouns"),
    ],
)
def test_a_list_of_words_of_a_wrong_kind(
    grammar: Grammar, key: str, value: object, message: str
) -> None:
    found = told(grammar, FIXTURES, words=WORDS | {key: value})
    assert found == f"suite.clams.words{message}"


@pytest.mark.parametrize("words", ["the", [], [""], ["the", False], None, {"the": "the"}])
def test_unmarked_words_that_are_no_list(grammar: Grammar, words: object) -> None:
    found = told(grammar, FIXTURES, words=WORDS | {"unmarked": {"the": words}})
    entries = "give entries `name: list of words`"
    assert found == f"suite.clams.words, unmarked: {entries}, not 'the': {words!r}"


def test_the_console_says_one_line_and_exits_2(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy / "subj_rel.txt").write_bytes(b"True\tthe wizard laughs\nFalse\tthe wizard laugh")
    overrides = ["suite=[clams]", f"suite.clams.path={copy}", f"output_dir={tmp_path}/out"]
    overrides += ["stages=[generate]", "data.n_sentences=100", "data.n_valid=9", "data.n_test=9"]
    monkeypatch.setattr(sys, "argv", ["attractor", *overrides])
    for name in ("HYDRA_FULL_ERROR", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    line = capsys.readouterr().err
    assert line.startswith(f"attractor: {copy}/subj_rel.txt line 1: `wizard` is none of")
    assert line.count("\n") == 1
    assert not list((tmp_path / "out").glob("artifacts/suite-*"))
