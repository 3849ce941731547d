"""Rules on nouns and regressions on words: what each must score, worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest

from attractor.baselines import (
    HEURISTICS,
    all_baselines,
    first_noun,
    logistic_regression,
    majority_class,
    majority_of_nouns,
    most_recent_noun,
)

# (n_intervening, n_attractors) -> accuracy of the majority of nouns, where one noun before the
# subject is as often of its number as not: with subject's number first, 2:0 or 1:1, and so on.
MAJORITY = {
    (0, 0): Fraction(3, 4),  # 2:0 right, 1:1 tie
    (1, 0): Fraction(1),  # 3:0, 2:1
    (1, 1): Fraction(1, 2),  # 2:1, 1:2
    (2, 0): Fraction(1),  # 4:0, 3:1
    (2, 1): Fraction(3, 4),  # 3:1, 2:2
    (2, 2): Fraction(1, 4),  # 2:2, 1:3
}


def items(*rows: tuple[str, str]) -> pd.DataFrame:
    """Items from (preceding, condition)."""
    table = pd.DataFrame(rows, columns=["preceding", "condition"])
    number = table["condition"].str[0].map({"S": "singular", "P": "plural"})
    return table.assign(subject_number=number)


def correct(margins: NDArray[np.float64]) -> NDArray[np.float64]:
    return (np.sign(margins) + 1) / 2


def accuracies(probes: pd.DataFrame, margins: NDArray[np.float64]) -> dict[tuple[int, int], float]:
    table = probes.assign(correct=correct(margins))
    found = table.groupby(["n_intervening", "n_attractors"])["correct"].mean()
    return {(int(k), int(a)): accuracy for (k, a), accuracy in found.items()}


@pytest.fixture(scope="module")
def balanced(probes: pd.DataFrame) -> pd.DataFrame:
    return probes[probes["probe_set"] == "balanced"].reset_index(drop=True)


def test_rules_by_hand() -> None:
    table = items(("", "S"), ("P", "S"), ("S", "SPP"), ("P", "PSS"), ("", "PS"), ("SS", "P"))
    assert first_noun(table).tolist() == [1, -1, 1, 1, 1, -1]
    assert most_recent_noun(table).tolist() == [1, 1, -1, -1, -1, 1]
    assert majority_of_nouns(table).tolist() == [1, 0, 0, 0, 0, -1]
    assert set(HEURISTICS) == {"first_noun", "most_recent_noun", "majority_of_nouns"}


def test_ties_have_margin_zero() -> None:
    table = items(("S", "P"), ("P", "S"), ("PS", "PS"), ("PP", "PS"))
    assert majority_of_nouns(table).tolist() == [0, 0, 0, 1]


def test_first_noun_is_at_chance_on_the_balanced_set(balanced: pd.DataFrame) -> None:
    assert accuracies(balanced, first_noun(balanced)) == dict.fromkeys(MAJORITY, 0.5)


def test_most_recent_noun_on_the_balanced_set(balanced: pd.DataFrame) -> None:
    expected = {(k, a): 1.0 if k == 0 else 1 - a / k for k, a in MAJORITY}
    assert accuracies(balanced, most_recent_noun(balanced)) == expected


def test_majority_of_nouns_on_the_balanced_set(balanced: pd.DataFrame) -> None:
    expected = {cell: float(accuracy) for cell, accuracy in MAJORITY.items()}
    assert accuracies(balanced, majority_of_nouns(balanced)) == expected


def test_rules_score_the_same_at_every_distance(balanced: pd.DataFrame) -> None:
    for rule in HEURISTICS.values():
        table = balanced.assign(correct=correct(rule(balanced)))
        panels = table.groupby(["n_intervening", "n_attractors", "distance"])["correct"].mean()
        spread = panels.groupby(level=[0, 1]).agg(["min", "max"])
        assert spread["min"].tolist() == spread["max"].tolist()


@pytest.mark.parametrize(("n_plural", "right"), [(6, "plural"), (4, "singular")])
def test_majority_class(balanced: pd.DataFrame, n_plural: int, right: str) -> None:
    train = items(*[("", "P")] * n_plural, *[("", "S")] * (10 - n_plural))
    margins = majority_class(train, balanced)
    assert accuracies(balanced, margins) == dict.fromkeys(MAJORITY, 0.5)
    assert set(margins[(balanced["subject_number"] == right).to_numpy()]) == {1.0}


def test_majority_class_of_even_training_ties(balanced: pd.DataFrame) -> None:
    train = items(("", "P"), ("", "S"))
    assert not majority_class(train, balanced).any()


def planted(words: list[tuple[str, str]], copies: int = 20) -> pd.DataFrame:
    """Training items from (prefix, subject_number), each followed by its verb."""
    rows = [
        {"sentence": f"{prefix} verb", "verb_index": len(prefix.split()), "subject_number": number}
        for prefix, number in words
    ]
    return pd.DataFrame(rows * copies)


def test_bag_of_words_recovers_a_planted_word() -> None:
    train = planted(
        [("a x", "plural"), ("b x", "plural"), ("a y", "singular"), ("b y", "singular")]
    )
    test = planted([("b x", "plural"), ("a y", "singular"), ("x b", "plural")], copies=1)
    margins = logistic_regression(train, test, longest=1)
    assert (margins > 1).all()
    wrong = test.assign(subject_number=["singular", "plural", "singular"])
    assert logistic_regression(train, wrong, longest=1) == pytest.approx(-margins)


def test_only_ngrams_recover_planted_word_order() -> None:
    train = planted([("x y", "plural"), ("y x", "singular")])
    test = planted([("x y", "plural"), ("y x", "singular")], copies=1)
    assert logistic_regression(train, test, longest=1) == pytest.approx([0, 0], abs=1e-6)
    assert (logistic_regression(train, test, longest=3) > 1).all()


def test_regressions_see_nothing_from_the_verb_on() -> None:
    # The verb gives the number away; were it read, the margins would be large.
    rows = [
        {"sentence": f"the thing {form} here", "verb_index": 2, "subject_number": number}
        for form, number in (("is", "singular"), ("are", "plural"))
    ]
    train = pd.DataFrame(rows * 20)
    assert logistic_regression(train, train[:2], longest=3) == pytest.approx([0, 0], abs=1e-6)


def test_regressions_know_case_and_punctuation_and_ignore_rare_words() -> None:
    train = planted([("the , cat", "plural"), ("the cat", "singular")])
    test = planted([("the , cat", "plural"), ("the cat", "singular")], copies=1)
    assert (logistic_regression(train, test, longest=1) > 1).all()
    once = pd.concat(
        [
            planted([("cat", "plural"), ("cat", "singular")]),
            planted([("hapax cat", "plural")], copies=1),
        ]
    )
    hapax, plain = logistic_regression(
        once, planted([("hapax cat", "plural"), ("cat", "plural")], copies=1), longest=1
    )
    assert hapax == pytest.approx(plain)


def test_all_baselines_are_named_and_of_one_length(
    text: pd.DataFrame, balanced: pd.DataFrame
) -> None:
    some = balanced[balanced["n_intervening"] == 0].reset_index(drop=True)
    found = all_baselines(text[text["split"] == "train"], some)
    assert list(found) == [
        "baseline:first_noun",
        "baseline:most_recent_noun",
        "baseline:majority_of_nouns",
        "baseline:majority_class",
        "baseline:bag_of_words",
        "baseline:ngrams",
    ]
    assert all(len(margins) == len(some) for margins in found.values())
    assert all(np.isfinite(margins).all() for margins in found.values())
    # Its words are those of training, so the nouns' forms tell; but not which noun is the subject.
    assert 0.6 < correct(found["baseline:bag_of_words"]).mean() < 0.9


def within_binomial(margins: NDArray[np.float64], chance: float) -> bool:
    """Whether as many items are right as `chance` would have it, at 99.9 %."""
    right = int((margins > 0).sum())
    assert len(margins) >= 50
    return bool(binomtest(right, len(margins), chance).pvalue > 1e-3)


def test_outside_the_balanced_set_each_rule_is_within_its_binomial_interval(
    text: pd.DataFrame, probes: pd.DataFrame
) -> None:
    # Running text draws every number by itself; one item a sentence, for items to be independent.
    one_each = text.drop_duplicates("sentence")
    after_a_noun = one_each[one_each["preceding"] != ""]
    across_a_noun = one_each[one_each["n_intervening"] > 0]
    alone = one_each[(one_each["preceding"] == "") & (one_each["n_intervening"] == 0)]
    assert within_binomial(first_noun(after_a_noun), 1 / 2)
    assert within_binomial(most_recent_noun(across_a_noun), 1 / 2)
    for rule in HEURISTICS.values():  # the subject is all there is
        assert (rule(alone) == 1).all()
    two = one_each[one_each["preceding"].str.len() + one_each["n_intervening"] == 1]
    assert within_binomial(majority_of_nouns(two), 1 / 2)  # agreed, or tied
    assert (majority_of_nouns(two) >= 0).all()
    for name in ("inner", "marked"):
        asked = probes[probes["probe_set"] == name]
        assert within_binomial(first_noun(asked), 1 / 2)
        nearest = most_recent_noun(asked) > 0
        assert (nearest == (asked["n_attractors"] == 0).to_numpy()).all()  # one noun at most
