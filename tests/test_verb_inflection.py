"""The task reads the prefix and the lemma, nothing that shows the number, and asks after them."""

from __future__ import annotations

import pandas as pd
import pytest

from attractor.scoring import scores, words_known
from attractor.tasks.verb_inflection import VerbInflection, lemmas
from attractor.vocab import UNKNOWN, Vocabulary
from minimal_pairs import asked_after, pairs, read_by, targets_of, untrained, words_of
from tiny import FLAGSHIP

TASK = VerbInflection()
OTHER = "the key to the cabinet is here"


@pytest.fixture
def asked() -> pd.DataFrame:
    """Two items of one sentence, the later first, and an item of another between them."""
    return pairs((FLAGSHIP, 6), (OTHER, 5), (FLAGSHIP, 4))


@pytest.mark.parametrize("both_ends", [False, True])
def test_reads_prefix_and_lemma_and_is_asked_after_the_lemma(
    asked: pd.DataFrame, both_ends: bool
) -> None:
    vocabulary = words_of(TASK, asked)
    examples = TASK.questions(asked, vocabulary, both_ends)
    expected = [
        "the flights the airline was cancelling [be]",
        "the key to the cabinet [be]",
        "the flights the airline [be]",
    ]
    assert examples.n_queries == 3
    assert read_by(examples, vocabulary) == expected
    assert asked_after(examples, vocabulary) == expected  # each question at its own text's end
    assert examples.backward_positions.tolist() == [0, 0, 0]
    assert targets_of(examples).tolist() == [1.0, 0.0, 0.0]
    assert TASK.asked(asked) == expected


def test_equal_prefixes_with_equal_lemmas_are_one_text() -> None:
    """The past and the present of `be` have one lemma; `laugh` has another."""
    same = pairs(("the keys are", 2), ("the keys were full", 2), ("the keys laugh", 2))
    vocabulary = words_of(TASK, same)
    examples = TASK.questions(same, vocabulary, False)
    assert read_by(examples, vocabulary) == ["the keys [be]", "the keys [laugh]"]
    assert asked_after(examples, vocabulary) == ["the keys [be]"] * 2 + ["the keys [laugh]"]


@pytest.mark.parametrize(
    ("singular", "plural", "lemma"),
    [
        ("is", "are", "[be]"),
        ("was", "were", "[be]"),
        ("has", "have", "[have]"),
        ("does", "do", "[do]"),
        ("laughs", "laugh", "[laugh]"),
        ("cries", "cry", "[cry]"),
        ("passes", "pass", "[pass]"),
        ("goes", "go", "[go]"),
    ],
)
def test_the_lemma_tells_nothing_of_the_number(singular: str, plural: str, lemma: str) -> None:
    frame = pd.DataFrame(
        {
            "correct_form": [singular, plural],
            "wrong_form": [plural, singular],
            "subject_number": ["singular", "plural"],
        }
    )
    assert lemmas(frame) == [lemma, lemma]


def test_lemmas_of_the_training_text_are_the_paradigms_of_the_lexicon(text: pd.DataFrame) -> None:
    """One lemma a verb, whichever of its forms an item asks for, and `be` alone has two pairs."""
    found = text.assign(
        lemma=lemmas(text),
        pair=[
            " ".join(sorted(p)) for p in zip(text["correct_form"], text["wrong_form"], strict=True)
        ],
    )
    of_pair = found.groupby("pair")["lemma"].nunique()
    assert len(of_pair) > 50
    assert (of_pair == 1).all()
    pairs_of = found.groupby("lemma")["pair"].unique()
    assert sorted(pairs_of["[be]"]) == ["are is", "was were"]
    assert all(len(p) == 1 for lemma, p in pairs_of.items() if lemma != "[be]")


def test_vocabulary_holds_lemmas_of_training_alone() -> None:
    train = pairs((OTHER, 5), ("the keys laugh", 2), ("the flights were full", 2))
    words = Vocabulary.of(train["sentence"])
    vocabulary = TASK.vocabulary(train, words)
    assert vocabulary.words == (*words.words, "[be]", "[laugh]")
    # The lemma is a word of its own, not the plural form that it is spelled like.
    assert len({vocabulary.index[word] for word in ("[laugh]", "laugh")}) == 2
    unheard = pairs(("the keys cry", 2), ("the keys laugh", 2))
    examples = TASK.questions(unheard, vocabulary, False)
    assert read_by(examples, vocabulary) == ["the keys <unk>", "the keys [laugh]"]
    assert examples.tokens[0, 2] == UNKNOWN
    # `[cry]` is unknown; that no form of `laughs` but the plural was met does not matter.
    assert words_known(TASK.asked(unheard), vocabulary).tolist() == [False, True]


@pytest.mark.parametrize(("cell", "both_ends"), [("srn", False), ("lstm", False), ("lstm", True)])
def test_form_and_what_follows_cannot_leak(cell: str, both_ends: bool) -> None:
    vocabulary = words_of(TASK, pairs((FLAGSHIP, 6), (FLAGSHIP, 4), ("the keys laugh", 2)))
    net = untrained(TASK, vocabulary, cell, both_ends)

    def odds_of_plural(sentence: str, verb: int) -> float:
        """The margin of an item, turned to that of the plural."""
        item = pairs((sentence, verb))
        sign = 1 if item["subject_number"][0] == "plural" else -1
        return sign * float(scores(net, TASK, item, vocabulary)["margin"][0])

    before = odds_of_plural(FLAGSHIP, 6)
    prefix = "the flights the airline was cancelling"
    for after in ("were", "was full", "are keys laugh the", "is"):  # all of them forms of `be`
        assert odds_of_plural(f"{prefix} {after}", 6) == before  # to the bit
    assert odds_of_plural(f"{prefix} laugh", 6) != before  # the lemma counts
    assert odds_of_plural(f"{prefix} laugh", 6) == odds_of_plural(f"{prefix} laughs", 6)
    assert odds_of_plural("the keys the airline was cancelling were", 6) != before  # so does this
