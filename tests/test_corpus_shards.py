"""Parsed text in shards: what is read of a file, and that no line is parsed twice."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from attractor.artifacts import ArtifactStore
from attractor.corpus import shards
from attractor.corpus.parser import Placed
from attractor.corpus.shards import Parsed, parse_shards, shards_of, spelt, texts_of, trees_of
from attractor.corpus.trees import ROOT, Tree
from attractor.errors import UserError

HOW = ("en_core_web_sm", False, False)


class FakeParser:
    """Makes of each text a sentence a full stop, its words in a chain; notes what it was given."""

    def __init__(self, fails_at: int = -1) -> None:
        self.texts: list[str] = []
        self.n_process = 0
        self.fails_at = fails_at

    def __call__(
        self,
        texts: Iterable[Placed],
        pipeline: str,
        tokenised: bool,
        one_sentence: bool,
        n_process: int,
    ) -> Iterator[list[Tree]]:
        assert (pipeline, tokenised, one_sentence) == HOW
        self.n_process = n_process
        for text, place in texts:
            if len(self.texts) == self.fails_at:
                raise KeyboardInterrupt
            self.texts.append(text)
            yield [chain(part.split(), place) for part in text.split(".") if part.strip()]


def chain(words: list[str], place: str) -> Tree:
    n = len(words)
    heads = (ROOT, *range(n - 1))
    return Tree(place, tuple(words), tuple(words), ("NN",) * n, heads, ("dep",) * n)


@pytest.fixture
def parse(monkeypatch: pytest.MonkeyPatch) -> FakeParser:
    fake = FakeParser()
    monkeypatch.setattr(shards, "LINES", 2)
    monkeypatch.setattr(shards, "parse", fake)
    return fake


def lines(n: int) -> list[Placed]:
    return [(f"dogs bark {i} . cats sleep", f"f line {i}") for i in range(n)]


def read(store: ArtifactStore, texts: list[Placed]) -> Parsed:
    return parse_shards(store, shards_of(texts, *HOW), *HOW, n_process=3)


def test_trees_come_back_in_order_and_are_parsed_once(tmp_path: Path, parse: FakeParser) -> None:
    store = ArtifactStore(tmp_path)
    parsed = read(store, lines(5))
    found = list(trees_of(parsed.folders))
    assert len(parsed.folders) == 3
    assert parsed.n_words == 5 * 6
    assert parse.n_process == 3
    assert [tree.place for tree in found] == [f"f line {i}" for i in range(5) for _ in "ab"]
    assert found[2] == chain(["dogs", "bark", "1"], "f line 1")
    assert found[3] == chain(["cats", "sleep"], "f line 1")
    again = read(store, lines(5))
    assert again.folders == parsed.folders
    assert again.n_words == 0
    assert len(parse.texts) == 5


def test_one_more_line_changes_only_the_last_shard(tmp_path: Path, parse: FakeParser) -> None:
    store = ArtifactStore(tmp_path)
    before = read(store, lines(5)).folders
    parse.texts.clear()
    after = read(store, lines(6)).folders
    assert after[:2] == before[:2]
    assert after[2] != before[2]
    assert parse.texts == [text for text, _ in lines(6)[4:]]


def test_a_changed_line_changes_its_shard_alone(tmp_path: Path, parse: FakeParser) -> None:
    store = ArtifactStore(tmp_path)
    before = read(store, lines(6)).folders
    parse.texts.clear()
    changed = lines(6)
    changed[3] = ("mice sleep", "f line 3")
    after = read(store, changed)
    assert [a == b for a, b in zip(after.folders, before, strict=True)] == [True, False, True]
    assert parse.texts == ["dogs bark 2 . cats sleep", "mice sleep"]
    assert [tree.words[0] for tree in trees_of(after.folders)][4:7] == ["dogs", "cats", "mice"]


def test_a_parse_that_is_killed_goes_on_after_its_last_whole_shard(
    tmp_path: Path, parse: FakeParser
) -> None:
    store = ArtifactStore(tmp_path)
    parse.fails_at = 5
    with pytest.raises(KeyboardInterrupt):
        read(store, lines(7))
    kept = list(tmp_path.glob("parsed-*"))
    assert len(kept) == 2
    parse.fails_at = -1
    parse.texts.clear()
    resumed = read(store, lines(7))
    assert parse.texts == [text for text, _ in lines(7)[4:]]
    whole = list(trees_of(resumed.folders))
    assert whole == list(trees_of(read(ArtifactStore(tmp_path / "other"), lines(7)).folders))


def test_how_a_text_is_parsed_is_part_of_a_shards_name(parse: FakeParser) -> None:
    ways = [HOW, (HOW[0], True, False), (HOW[0], False, True)]
    keys = {shards_of(lines(2), *way)[0].stage.key for way in ways}
    assert len(keys) == 3
    assert len({shard.stage.key for shard in shards_of(lines(6), *HOW)}) == 3


def test_lines_are_numbered_and_headings_and_empty_lines_are_none(tmp_path: Path) -> None:
    text = " = Dogs = \n\nDogs bark .\n = = Their life = = \n  \na = b\n"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    with gzip.open(tmp_path / "b.txt.gz", "wt") as file:
        file.write("cats sleep")
    found = list(texts_of([tmp_path / "a.txt", tmp_path / "b.txt.gz"]))
    assert found == [
        ("Dogs bark .", "a.txt line 3"),
        ("a = b", "a.txt line 6"),
        ("cats sleep", "b.txt.gz line 1"),
    ]


@pytest.mark.parametrize("text", ["\n\n \n", " = Dogs = \n= = Cats = =\n"])
def test_a_file_without_text_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"a\.txt: no line holds any text; give another file"):
        list(texts_of([tmp_path / "a.txt"]))


def test_a_word_too_long_to_be_one_is_told(tmp_path: Path) -> None:
    """A line of a shard holds a word and its lemma, and must be short enough to be read again."""
    longest = shards.LONGEST_WORD
    (tmp_path / "a.txt").write_text("x" * longest + "\n" + "x" * (longest + 1), encoding="utf-8")
    texts = texts_of([tmp_path / "a.txt"])
    assert len(next(texts)[0]) == longest
    with pytest.raises(UserError, match=r"a\.txt line 2: a word of more than 100,000 letters; "):
        next(texts)


@pytest.mark.parametrize(
    ("corpus", "usual"),
    [
        ("`` Dogs bark , '' he says .", '" Dogs bark , " he says .'),
        ("a well @-@ known 1 @,@ 000 @.@ 5", "a well-known 1,000.5"),
        ("well @-@ to @-@ do", "well-to-do"),
        ("who ? ? they ; ; we ! !", "who ? they ; we !"),
        ("  dogs\u00a0 bark\t.  ", "dogs bark ."),
        ("a <unk> b", "a <unk> b"),
    ],
)
def test_spelling_is_the_usual_one(corpus: str, usual: str) -> None:
    assert spelt(corpus) == usual
