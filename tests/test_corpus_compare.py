"""Items of parsed text beside those of gold trees, and the command that compares them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from attractor.corpus import __main__ as command
from attractor.corpus.compare import COLUMNS, compare
from attractor.corpus.conllu import format_tree
from attractor.corpus.trees import Tree
from trees import tree

DEV = Path(__file__).parents[2] / "shared" / "data" / "ud" / "en_ewt-ud-dev.conllu"

TEXT = "old dogs bark"
GOLD = "old|JJ|amod|2 dogs|NNS|nsubj|3 bark|VBP|root|0"


def placed(notation: str, text: str = TEXT) -> Tree:
    """A tree with the places of its words in the text."""
    sentence, starts, end = tree(notation), [], 0
    for word in sentence.words:
        starts.append(text.index(word, end))
        end = starts[-1] + len(word)
    return replace(sentence, starts=tuple(starts))


def test_the_same_items_agree() -> None:
    found = compare([placed(GOLD)] * 2, [[placed(GOLD)]] * 2, [TEXT] * 2)
    assert (found.n_both, found.n_parser, found.n_gold) == (2, 2, 2)
    assert (found.precision, found.recall) == (1.0, 1.0)
    assert len(found.disagreements) == 0
    assert found.disagreements.columns.tolist() == list(COLUMNS)


@pytest.mark.parametrize(
    ("parsed", "n_parser", "rows"),
    [
        (  # another subject
            "old|NN|nsubj|3 dogs|NNS|obj|3 bark|VBP|root|0",
            1,
            [
                ("parser", "old", "bark", "subject dogs", False),
                ("gold", "dogs", "bark", "subject old", True),
            ],
        ),
        (  # a verb without number
            "old|JJ|amod|2 dogs|NNS|nsubj|3 bark|VBD|root|0",
            0,
            [("gold", "dogs", "bark", "no such verb", False)],
        ),
        (  # the same tags, another tree
            "old|JJ|nsubj|3 dogs|NNS|obj|3 bark|VBP|root|0",
            0,
            [("gold", "dogs", "bark", "pronoun", True)],
        ),
    ],
)
def test_what_only_one_of_them_has_is_listed_with_what_the_other_makes_of_it(
    parsed: str, n_parser: int, rows: list[tuple[str, str, str, str, bool]]
) -> None:
    found = compare([placed(GOLD)], [[placed(parsed)]], [TEXT])
    assert (found.n_both, found.n_parser, found.n_gold) == (0, n_parser, 1)
    assert found.recall == 0
    told = found.disagreements[["who", "subject", "verb", "the_other", "same_tags"]]
    assert list(told.itertuples(index=False, name=None)) == rows
    assert set(found.disagreements["place"]) == {"a test"}
    assert set(found.disagreements["sentence"]) == {TEXT}


def test_a_compound_that_one_tokenizer_parts_is_the_same_subject() -> None:
    text = "passers-by bark"
    gold = placed("passers-by|NNS|nsubj|2 bark|VBP|root|0", text)
    parts = "passers|NNS|compound|3 -|HYPH|punct|3 by|NN|nsubj|4 bark|VBP|root|0"
    assert compare([gold], [[placed(parts, text)]], [text]).n_both == 1


def test_trees_and_texts_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="zip"):
        compare([placed(GOLD)], [], [TEXT])


def write(folder: Path, text: str) -> Path:
    file = folder / "treebank.conllu"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_command_prints_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, f"# text = {TEXT}\n{format_tree(tree(GOLD))}")
    assert command.main([str(file), "--csv", str(tmp_path / "rows.csv")]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "1 sentences: 1 items of gold trees" in out
    assert pd.read_csv(tmp_path / "rows.csv").columns.tolist() == list(COLUMNS)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (format_tree(tree(GOLD)), "1 sentences and 0 comments `# text = `; each sentence needs"),
        (f"# text = cats bark\n{format_tree(tree(GOLD))}", "the words are not those of `# text"),
        ("1\tdogs\n", "treebank.conllu line 1: 2 columns where CoNLL-U has 10"),
        ("", "treebank.conllu line 1: the file is empty"),
    ],
)
def test_the_command_tells_a_fault_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, part: str
) -> None:
    assert command.main([str(write(tmp_path, text))]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("attractor: ")
    assert part in err
    assert err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.third_party
def test_the_parsers_items_are_those_of_gold_trees(capsys: pytest.CaptureFixture[str]) -> None:
    """Most of what is left are errors of the tagger and of the treebank, read by hand."""
    if not DEV.exists():
        pytest.skip(f"no {DEV}")
    assert command.main([str(DEV)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    shares = re.fullmatch(r"precision ([\d.]+)%, recall ([\d.]+)%", last)
    assert shares is not None, last
    assert float(shares[1]) >= 94
    assert float(shares[2]) >= 87
