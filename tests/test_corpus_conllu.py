"""CoNLL-U: what is read, what is read past, and each fault by file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attractor.corpus.conllu import format_tree, raw_texts, read_trees
from attractor.corpus.trees import ROOT, Tree
from attractor.errors import UserError
from attractor.sources import read_lines

FRENCH = Path(__file__).parent / "fixtures" / "corpus" / "tokens.conllu"
DEV = Path(__file__).parents[2] / "shared" / "data" / "ud" / "en_ewt-ud-dev.conllu"


def row(number: object, word: str, head: object, relation: str = "dep", tag: str = "NN") -> str:
    return f"{number}\t{word}\t{word}\t_\t{tag}\t_\t{head}\t{relation}\t_\t_"


def test_a_sentence_with_multi_word_tokens_empty_nodes_and_comments() -> None:
    first, second = read_trees("tokens.conllu", read_lines(FRENCH))
    assert len(first) == 7
    assert first == Tree(
        "tokens.conllu line 4",
        ("I", "do", "n't", "see", "New_York", "du", "cats"),
        ("I", "do", "not", "see", "New York", "du", "cat"),
        ("PRP", "VBP", "RB", "VB", "NNP", "DT", "NNS"),
        (3, 3, 3, ROOT, 3, 6, 4),
        ("nsubj", "aux", "advmod", "root", "obj", "det", "conj"),
        (0, 2, 4, 8, 12, 21, 24),
    )
    assert second.words == ("Dogs", "bark")
    assert second.starts == ()  # there is no raw text
    assert second.place == "here line 3"  # as the comment says
    texts = list(raw_texts("tokens.conllu", read_lines(FRENCH)))
    assert texts == [("tokens.conllu line 3", "I don't see New York du cats")]


def test_starts_of_words_that_are_spelt_otherwise_are_those_of_their_token() -> None:
    lines = ["# text = il va du lac aux x", row(1, "il", 2), row(2, "va", 0), "3-4\tdu" + "\t_" * 8]
    lines += [row(3, "de", 5), row(4, "le", 5), row(5, "lac", 2), "6-7\taux" + "\t_" * 8]
    lines += [row(6, "à", 7), row(7, "les", 2), row(8, "x", 7)]
    (tree,) = read_trees("f", lines)
    assert tree.starts == (0, 3, 6, 6, 9, 13, 13, 17)


def test_starts_are_unknown_where_the_raw_text_is_another() -> None:
    (tree,) = read_trees("f", ["# text = dogs sleep", row(1, "dogs", 2), row(2, "bark", 0)])
    assert tree.starts == ()


@pytest.mark.parametrize(
    ("kind", "features", "tag"),
    [
        ("NOUN", "Number=Sing", "NN"),
        ("NOUN", "Number=Plur", "NNS"),
        ("PROPN", "Number=Sing", "NNP"),
        ("PROPN", "Gender=Fem|Number=Plur", "NNPS"),
        ("NOUN", "_", "NN"),
        ("PRON", "Person=3", "PRP"),
        ("ADJ", "_", "JJ"),
        ("DET", "_", "DT"),
        ("X", "_", "X"),
        ("VERB", "Mood=Ind|Number=Sing|Person=3|Tense=Pres|VerbForm=Fin", "VBZ"),
        ("AUX", "Mood=Ind|Number=Sing|Person=1|Tense=Pres|VerbForm=Fin", "VBP"),
        ("VERB", "Mood=Ind|Number=Plur|Person=3|Tense=Pres|VerbForm=Fin", "VBP"),
        ("VERB", "Mood=Ind|Tense=Pres|VerbForm=Fin", "VBP"),
        ("AUX", "Mood=Ind|Number=Sing|Person=3|Tense=Past|VerbForm=Fin", "VBD"),
        ("AUX", "VerbForm=Fin", "MD"),
        ("VERB", "Mood=Imp|VerbForm=Fin", "MD"),
        ("VERB", "VerbForm=Inf", "VB"),
        ("VERB", "VerbForm=Ger", "VBG"),
        ("VERB", "Tense=Pres|VerbForm=Part", "VBG"),
        ("VERB", "Tense=Past|VerbForm=Part|Voice=Pass", "VBN"),
        ("VERB", "_", "VB"),
    ],
)
def test_tags_from_universal_features(kind: str, features: str, tag: str) -> None:
    (tree,) = read_trees("f", [f"1\tword\tword\t{kind}\t_\t{features}\t0\troot\t_\t_"])
    assert tree.tags == (tag,)
    (tree,) = read_trees("f", [f"1\tword\tword\t{kind}\tXY\t{features}\t0\troot\t_\t_"])
    assert tree.tags == ("XY",)


def test_there_is_told_from_other_pronouns() -> None:
    lines = ["1\tThere\tthere\tPRON\t_\t_\t2\texpl\t_\t_", row(2, "are", 0)]
    (tree,) = read_trees("f", lines)
    assert tree.tags[0] == "EX"


GOOD = [row(1, "dogs", 2), row(2, "bark", 0)]


@pytest.mark.parametrize(
    ("lines", "number", "part"),
    [
        ([row(1, "dogs", 2).removesuffix("\t_"), GOOD[1]], 4, "9 columns where CoNLL-U has 10"),
        ([*GOOD, "the dogs bark"], 6, "1 columns"),
        ([*GOOD, row("x", "y", 2)], 6, "`x` numbers no token"),
        ([*GOOD, row("²", "y", 2)], 6, "`²` numbers no token"),
        ([*GOOD, row(4, "y", 2)], 6, "token 4 where 3 is due"),
        ([*GOOD, row(2, "y", 2)], 6, "token 2 where 3 is due"),
        ([GOOD[0], row(2, "bark", 3)], 5, "head `3` is none of the 2 tokens"),
        ([GOOD[0], row(2, "bark", -1)], 5, "head `-1` is none"),
        ([GOOD[0], row(2, "bark", "_")], 5, "head `_` is none"),
        ([GOOD[0], row(2, "bark", "²")], 5, "head `²` is none"),
        ([GOOD[0], row(2, "", 0)], 5, "a token without a form"),
        ([row(1, "dogs", 0), row(2, "bark", 0)], 5, "a second root"),
        ([row(1, "dogs", 2), row(2, "bark", 1)], 4, "token 1 is above itself (a cycle)"),
        ([*GOOD, row(3, "x", 3)], 6, "token 3 is above itself"),
        ([*GOOD, row(3, "x", 4), row(4, "x", 5), row(5, "x", 4)], 7, "token 4 is above itself"),
        (["1.1" + "\t_" * 9], 4, "a sentence without a word"),
    ],
)
def test_a_fault_names_file_line_and_remedy(lines: list[str], number: int, part: str) -> None:
    """Two good sentences, of which one has been read when the fault is told."""
    trees = read_trees("f.conllu", [*GOOD, "", *lines, "", *GOOD])
    assert len(next(trees)) == 2
    with pytest.raises(UserError) as told:
        next(trees)
    line = str(told.value)
    assert line.startswith(f"f.conllu line {number}: ")
    assert part in line
    assert "; " in line
    assert "\n" not in line


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A tree: each token but the root hangs on one that was drawn before it."""
    n = draw(st.integers(1, 8))
    order = draw(st.permutations(range(n)))
    heads = [ROOT] * n
    for i in range(1, n):
        heads[order[i]] = order[draw(st.integers(0, i - 1))]
    letters = st.characters(exclude_categories=("Z", "C"))
    word = st.text(letters, min_size=1, max_size=5)
    tags = st.text("ABCDEFGHIJ$.,:", min_size=1, max_size=4)
    relations = st.sampled_from(["nsubj", "acl:relcl", "root", "dep", "_"])
    return Tree(
        draw(st.sampled_from(["corpus.txt line 3", "x"])),
        tuple(draw(st.lists(word, min_size=n, max_size=n))),
        tuple(draw(st.lists(word, min_size=n, max_size=n))),
        tuple(draw(st.lists(tags, min_size=n, max_size=n))),
        tuple(heads),
        tuple(draw(st.lists(relations, min_size=n, max_size=n))),
    )


@given(st.lists(trees(), max_size=3))
def test_trees_are_read_as_they_were_written(some: list[Tree]) -> None:
    text = "".join(map(format_tree, some))
    assert list(read_trees("f", text.split("\n"))) == some


@pytest.mark.third_party
def test_the_treebank_is_read_whole() -> None:
    if not DEV.exists():
        pytest.skip(f"no {DEV}")
    lines = read_lines(DEV)
    found = list(read_trees(str(DEV), lines))
    assert len(found) == 2_001
    tokens = [line.split("\t")[0] for line in lines if line and not line.startswith("#")]
    assert any("-" in number for number in tokens)
    assert any("." in number for number in tokens)
    assert sum(map(len, found)) == sum(number.isdecimal() for number in tokens)
    assert all(tree.starts for tree in found)
    for tree, (_, text) in zip(found, raw_texts(str(DEV), lines), strict=True):
        placed = zip(tree.words, tree.starts, strict=True)
        assert all(text[start:].startswith(word[:1]) for word, start in placed), tree.place
