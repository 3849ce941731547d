"""Words for shapes, and every factor of an item recomputed from the sentence's own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from attractor.derivations import Forest, draw_by_weight
from attractor.drawn_items import items, most_attractors
from attractor.errors import UserError
from attractor.flattener import Flattener
from attractor.grammar import Grammar
from attractor.lexicon import Lexicon
from attractor.notation import read_grammar
from attractor.ragged import ragged, sequences, starts_of
from attractor.realise import Sentences, fill, group_starts, of_groups, texts
from attractor.splits import Pool
from attractor.text import draw_text, shapes_of
from toy import WORDS, grammar_spec, shape_at, toy_spec


def draw(grammar: Grammar, n: int, seed: int = 0) -> tuple[Sentences, list[str]]:
    rng = np.random.default_rng(seed)
    forest = Forest()
    trees = draw_by_weight(grammar, n, rng, forest)
    shapes, shape = shapes_of(Flattener(grammar, forest), trees)
    plural = rng.integers(0, 2, group_starts(shapes, shape)[-1])
    sentences = fill(shapes, shape, plural, rng)
    return sentences, texts(sentences)


@dataclass(frozen=True)
class Reader:
    """Finds nouns and verbs in a sentence with nothing but the word lists."""

    nouns: dict[tuple[str, ...], tuple[str, str]]  # tokens -> letter of the number, animacy
    verbs: dict[str, tuple[str, str]]  # form that shows number -> letter, the other form
    determiners: set[str]  # forms that show number
    wants: dict[str, set[str]]  # verb form or adjective -> the animacy it asks for

    @classmethod
    def of(cls, lexicon: Lexicon) -> Reader:
        nouns = {
            tuple(row[column].split()): (letter, row["animacy"])
            for row in lexicon.tables["nouns"]
            for column, letter in (("singular", "S"), ("plural", "P"))
        }
        verbs, wants = {}, {}
        for row in lexicon.tables["verbs"]:
            asked = {"animate"} if row["subject"] == "animate" else {"animate", "inanimate"}
            for column in ("third_singular", "plural", "progressive"):
                wants[row[column]] = asked
            verbs[row["third_singular"]] = ("S", row["plural"])
            verbs[row["plural"]] = ("P", row["third_singular"])
        for row in lexicon.tables["auxiliaries"]:
            verbs[row["singular"]] = ("S", row["plural"])
            verbs[row["plural"]] = ("P", row["singular"])
        for row in lexicon.tables["adjectives"]:
            asked = {row["of"]} if row["of"] != "any" else {"animate", "inanimate"}
            wants[row["adjective"]] = asked
        determiners = {
            row[column]
            for row in lexicon.tables["determiners"]
            for column in ("singular", "plural")
            if row["singular"] != row["plural"]
        }
        return cls(nouns, verbs, determiners, wants)

    def read_nouns(self, tokens: list[str]) -> dict[int, tuple[str, str]]:
        """Index of each noun's last token -> letter, animacy; the longest match counts."""
        found, i = {}, 0
        while i < len(tokens):
            for length in (3, 2, 1):
                if (noun := self.nouns.get(tuple(tokens[i : i + length]))) is not None:
                    found[i + length - 1] = noun
                    i += length - 1
                    break
            i += 1
        return found

    def recompute(self, item: Any) -> dict[str, Any]:
        """The factors of an item, from its sentence and the two indices alone."""
        tokens = item.sentence.split(" ")
        nouns = self.read_nouns(tokens)
        letters = {i: letter for i, (letter, _) in nouns.items()}
        subject, verb = item.subject_index, item.verb_index
        number = letters[subject]
        between = [letters[i] for i in letters if subject < i < verb]
        before = [letters[i] for i in letters if i < subject]
        marked = [i for i in range(verb) if tokens[i] in self.verbs]
        determiners = [i for i in range(verb) if tokens[i] in self.determiners]
        cues = [*(i for i in letters if i < verb), *marked, *determiners]
        return {
            "distance": verb - subject,
            "n_intervening": len(between),
            "n_attractors": sum(letter != number for letter in between),
            "n_preceding_opposite": sum(letter != number for letter in before),
            "condition": "".join([number, *between]),
            "preceding": "".join(before),
            "subject_number": {"S": "singular", "P": "plural"}[number],
            "subject": next(
                " ".join(tokens[subject - k + 1 : subject + 1])
                for k in (3, 2, 1)
                if tuple(tokens[max(subject - k + 1, 0) : subject + 1]) in self.nouns
            ),
            "correct_form": tokens[verb],
            "wrong_form": self.verbs[tokens[verb]][1],
            "last_cue_distance": verb - max(cues),
            "inner_verb_marked": int(bool(marked)),
            "determiner_marked": int(bool(determiners)),
            "noun_indices": " ".join(str(i) for i in sorted(nouns) if i < verb),
            "n_following": len(tokens[verb + 1 :]),
        }


@pytest.fixture(scope="module")
def reader(lexicon: Lexicon) -> Reader:
    return Reader.of(lexicon)


@pytest.fixture(scope="module")
def drawn(
    english: dict[str, Any], lexicon: Lexicon, text: pd.DataFrame, probes: pd.DataFrame
) -> pd.DataFrame:
    """A few thousand items: running text of two regimes, and the probes."""
    balanced = draw_text(read_grammar(english, lexicon, "balanced"), 1_200, 100, 100, seed=1)
    some = [frame.sample(1_500, random_state=0) for frame in (text, balanced, probes)]
    return pd.concat(some, ignore_index=True)


def test_every_factor_can_be_read_off_the_sentence(drawn: pd.DataFrame, reader: Reader) -> None:
    assert len(drawn) > 4_000
    recomputed = pd.DataFrame([reader.recompute(item) for item in drawn.itertuples()])
    for column in recomputed:
        wrong = drawn[drawn[column].to_numpy() != recomputed[column].to_numpy()]
        assert wrong.empty, (column, wrong.iloc[0]["sentence"], wrong.iloc[0][column])


def test_verb_agrees_with_its_subject_and_nothing_else_changes(
    drawn: pd.DataFrame, reader: Reader
) -> None:
    letter = drawn["subject_number"].map({"singular": "S", "plural": "P"})
    assert [reader.verbs[form][0] for form in drawn["correct_form"]] == letter.tolist()
    assert [reader.verbs[form][0] for form in drawn["wrong_form"]] != letter.tolist()
    for item in drawn.itertuples():
        right = item.sentence.split(" ")
        wrong = [*right]
        wrong[item.verb_index] = item.wrong_form
        assert [i for i in range(len(right)) if right[i] != wrong[i]] == [item.verb_index]
        assert " " not in item.wrong_form


def test_subjects_have_the_animacy_that_their_verbs_ask_for(
    drawn: pd.DataFrame, reader: Reader
) -> None:
    asked = {"animate": 0, "inanimate": 0}
    for item in drawn.itertuples():
        tokens = item.sentence.split(" ")
        word = tokens[item.verb_index]
        if word in ("is", "are", "was", "were"):
            word = tokens[item.verb_index + 1]
        elif word in ("does", "do"):
            word = tokens[item.verb_index + 2]
        _, animacy = reader.read_nouns(tokens)[item.subject_index]
        assert animacy in reader.wants[word], item.sentence
        asked[animacy] += len(reader.wants[word]) == 1
    assert min(asked.values()) > 100


def test_nouns_of_a_group_are_as_its_words_ask(grammar: Grammar) -> None:
    sentences, _ = draw(grammar, 1_500)
    n_asked = {"animate": 0, "inanimate": 0, "": 0}
    for i, shape in enumerate(sentences.shape.tolist()):
        template = shape_at(sentences.shapes, shape)
        for slot, (words, group) in enumerate(zip(template.slots, template.groups, strict=True)):
            if words.kind == "noun":
                asked = template.animacy[group]
                n_asked[asked] += 1
                word = sentences.word[sentences.slot_start[i] + slot]
                assert not asked or words.animacy[word] == asked
    assert min(n_asked.values()) > 50


def test_words_are_uniform_among_those_that_fit(toy_lexicon: Lexicon) -> None:
    grammar = read_grammar(grammar_spec({"Sentence": ["1 The Noun[n] Laughs[n]"]}), toy_lexicon)
    _, text = draw(grammar, 8_000)
    counts = pd.Series(text).value_counts()
    assert sorted(counts.index) == [
        "the cat laughs",
        "the cats laugh",
        "the dog laughs",
        "the dogs laugh",
    ]
    assert ((counts - 2_000).abs() < 4 * np.sqrt(8_000 * 3 / 16)).all()


def test_items_by_hand(toy_lexicon: Lexicon) -> None:
    rules = {"Sentence": ['1 Near The AnyNoun[o] "," The AnyNoun[n] Liked2 Was[n] Laughing']}
    words = {
        **WORDS,
        "Liked2": WORDS["Adverb"],
        "Laughing": WORDS["Parenthesis"],
    }
    grammar = read_grammar(grammar_spec(rules, words=words), toy_lexicon)
    sentences, text = draw(grammar, 400, seed=2)
    found = items(sentences, text)
    assert len(found) == 400
    assert found["sentence_number"].tolist() == list(range(400))
    row = found[found["sentence"].str.startswith("near the keys , the bus driver often")].iloc[0]
    expected = {
        "subject": "bus driver",
        "subject_index": 6,
        "verb_index": 8,
        "distance": 2,
        "correct_form": "was",
        "wrong_form": "were",
        "condition": "S",
        "preceding": "P",
        "n_intervening": 0,
        "n_attractors": 0,
        "n_preceding_opposite": 1,
        "last_cue_distance": 2,
        "role": "outer",
        "tense": "past",
        "verb_class": "be",
    }
    assert {column: row[column] for column in expected} == expected


def test_no_word_fits(toy_lexicon: Lexicon) -> None:
    words = {
        **WORDS,
        "Thing[n]": WORDS["Noun[n]"] | {"where": {"animacy": "inanimate"}},
    }
    grammar = read_grammar(
        grammar_spec({"Sentence": ["1 The Thing[n] Laughs[n]"]}, words=words), toy_lexicon
    )
    with pytest.raises(UserError, match="lexicon: no animate word for Thing; add one"):
        draw(grammar, 3)


def held_out(lexicon: Lexicon, *roles: str) -> Lexicon:
    """The lexicon with the role that each of its nouns is held out of."""
    rows = lexicon.tables["nouns"]
    nouns = [row | {"held_out": role} for row, role in zip(rows, roles, strict=True)]
    return Lexicon(lexicon.folder, lexicon.tables | {"nouns": nouns}, "")


def test_words_are_uniform_in_each_groups_own_pool(toy_lexicon: Lexicon) -> None:
    """Sentences of one shape may have different pools."""
    lexicon = held_out(toy_lexicon, "no", "subject", "attractor", "no", "no")
    rules = {"Sentence": ["1 The Noun[n] Near The Noun[o] Was[n]"]}
    grammar = read_grammar(grammar_spec(rules), lexicon)
    sentences, _ = draw(grammar, 6_000)
    rng = np.random.default_rng(0)
    pools = np.array(Pool)[rng.integers(0, len(Pool), len(sentences.plural))]
    filled = fill(sentences.shapes, sentences.shape, sentences.plural, rng, pools)
    assert filled.word.shape == sentences.word.shape
    nouns = filled.word.reshape(6_000, 6)[:, [1, 4]].reshape(-1)
    admitted = {
        Pool.ANY: [0, 1, 2, 3],
        Pool.SEEN: [0, 3],
        Pool.SEEN_AS_SUBJECT: [0, 2, 3],
        Pool.SEEN_BETWEEN: [0, 1, 3],
        Pool.HELD_OUT_SUBJECT: [1],
        Pool.HELD_OUT_ATTRACTOR: [2],
    }
    for pool, words in admitted.items():
        found, counts = np.unique(nouns[pools == pool], return_counts=True)
        assert found.tolist() == words
        assert len(words) == 1 or chisquare(counts).pvalue > 0.001


def test_no_pool_is_the_pool_of_any(grammar: Grammar) -> None:
    sentences, _ = draw(grammar, 300)
    given = (sentences.shapes, sentences.shape, sentences.plural)
    pools = np.full(len(sentences.plural), Pool.ANY)
    free, anything = (fill(*given, np.random.default_rng(5), p) for p in (None, pools))
    assert free.word.tolist() == anything.word.tolist()


def test_no_word_of_a_pool_fits(toy_lexicon: Lexicon) -> None:
    grammar = read_grammar(grammar_spec({"Sentence": ["1 The Noun[n] Laughs[n]"]}), toy_lexicon)
    sentences, _ = draw(grammar, 3)
    pools = np.full(3, Pool.HELD_OUT_SUBJECT)
    with pytest.raises(UserError) as caught:
        fill(sentences.shapes, sentences.shape, sentences.plural, np.random.default_rng(0), pools)
    assert str(caught.value) == ("lexicon: no animate word for Noun with held_out subject; add one")


def test_some_of_the_sentences(grammar: Grammar) -> None:
    sentences, text = draw(grammar, 60)
    rows = np.array([41, 3, 59])
    some = sentences.take(rows)
    assert len(some) == 3
    assert texts(some) == [text[row] for row in rows]
    assert texts(sentences.take(rows[:0])) == []
    found = items(sentences, text)
    expected = pd.concat([found[found["sentence_number"] == row] for row in rows])
    columns = ["sentence", "condition", "preceding", "distance", "correct_form"]
    mine = items(some, texts(some))[columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, expected[columns].reset_index(drop=True))


def test_most_attractors_of_each_sentence(grammar: Grammar) -> None:
    sentences, text = draw(grammar, 500)
    most = most_attractors(sentences.shapes, sentences.shape, sentences.plural)
    found = items(sentences, text).groupby("sentence_number")["n_attractors"].max()
    assert most.tolist() == found.tolist()
    assert most.max() > 1


def test_values_of_groups() -> None:
    values, starts, shape = (np.array(some) for some in ([1, 2, 7], [0, 2, 2, 3], [2, 0, 1, 0]))
    assert of_groups(values, starts, shape).tolist() == [7, 1, 2, 1, 2]


def test_sentences_without_nouns_or_items(toy_lexicon: Lexicon) -> None:
    grammar = read_grammar(
        grammar_spec({"Sentence": ['1 "hello"', "1 The Noun[n] Laughs[n]"]}), toy_lexicon
    )
    sentences, text = draw(grammar, 40, seed=1)
    assert text.count("hello") == 40 - len(items(sentences, text)) > 5
    mute = read_grammar(grammar_spec({"Sentence": ['1 "hello"']}), toy_lexicon)
    sentences, text = draw(mute, 3)
    assert text == ["hello"] * 3
    assert items(sentences, text).empty
    assert most_attractors(sentences.shapes, sentences.shape, sentences.plural).tolist() == [0] * 3


def test_two_verbs_of_one_noun_are_two_items(toy_lexicon: Lexicon) -> None:
    sentences, text = draw(read_grammar(toy_spec("COORDINATED", 1), toy_lexicon), 500)
    found = items(sentences, text)
    twice = found[found["sentence"].str.contains(" and ") & (found["role"] == "outer")]
    twice = twice[~twice["sentence"].str.contains(" that ")]
    assert (twice.groupby("sentence_number").size() == 2).all()
    subjects = twice.groupby("sentence_number")["subject_index"].agg(["min", "max"])
    assert subjects["min"].tolist() == subjects["max"].tolist()
    for item in twice.itertuples():
        assert item.sentence.split(" ")[item.verb_index] == item.correct_form


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), max_size=8))
def test_ragged(runs: list[tuple[int, int]]) -> None:
    starts = np.array([start for start, _ in runs], dtype=np.int64)
    lengths = np.array([length for _, length in runs], dtype=np.int64)
    expected = [start + i for start, length in runs for i in range(length)]
    assert ragged(starts, lengths).tolist() == expected
    assert starts_of(lengths).tolist() == [sum(lengths[:i]) for i in range(len(runs) + 1)]


@given(st.lists(st.lists(st.integers(0, 3), max_size=4), max_size=12))
def test_sequences(rows: list[list[int]]) -> None:
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    values = np.array([value for row in rows for value in row], dtype=np.int64)
    code, distinct = sequences(values, starts_of(lengths)[:-1], lengths)
    assert code.shape == (len(rows),)
    assert [list(distinct[i]) for i in code.tolist()] == rows
    assert len(distinct) == len(set(distinct)) == len({tuple(row) for row in rows})
