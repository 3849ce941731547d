"""What needs no network: rules on the nouns of the prefix, and logistic regressions on its words.

A rule's margin is 1 for the right number, -1 for the wrong one, 0 where it does not decide.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attractor.exposure import prefixes

TASK = "number_prediction"  # what all of them answer, whatever the networks beside them are asked

Margins = NDArray[np.float64]


def _votes(items: pd.DataFrame, vote: Callable[[str], int]) -> Margins:
    """Margins of a rule that reads the numbers of the prefix's nouns, in order, as S and P."""
    nouns = items["preceding"] + items["condition"]
    plural = np.array([vote(text) for text in nouns], dtype=float)  # 1 plural, -1 singular
    return plural * _signs(items)


def _signs(items: pd.DataFrame) -> Margins:
    """1 for items with a plural subject, -1 for singular ones."""
    return np.where(items["subject_number"].to_numpy() == "plural", 1.0, -1.0)


def _sign(letter: str) -> int:
    return 1 if letter == "P" else -1


def first_noun(items: pd.DataFrame) -> Margins:
    """The number of the first noun of the sentence."""
    return _votes(items, lambda nouns: _sign(nouns[0]))


def most_recent_noun(items: pd.DataFrame) -> Margins:
    """The number of the noun nearest before the verb."""
    return _votes(items, lambda nouns: _sign(nouns[-1]))


def majority_of_nouns(items: pd.DataFrame) -> Margins:
    """The number that most nouns of the prefix have; 0 for a draw."""
    return _votes(items, lambda nouns: int(np.sign(2 * nouns.count("P") - len(nouns))))


HEURISTICS: dict[str, Callable[[pd.DataFrame], Margins]] = {
    "first_noun": first_noun,
    "most_recent_noun": most_recent_noun,
    "majority_of_nouns": majority_of_nouns,
}


def majority_class(train: pd.DataFrame, items: pd.DataFrame) -> Margins:
    """The number that most training items have."""
    share = (train["subject_number"] == "plural").mean()
    return float(np.sign(share - 0.5)) * _signs(items)


def logistic_regression(train: pd.DataFrame, items: pd.DataFrame, longest: int) -> Margins:
    """Log-odds by a logistic regression on the prefix's n-grams of up to `longest` words.

    `longest` 1 is a bag of words: it knows which words stand in the prefix, not where.
    """
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(
        CountVectorizer(ngram_range=(1, longest), token_pattern=r"\S+", lowercase=False, min_df=2),
        LogisticRegression(C=1.0, max_iter=1000, solver="liblinear", random_state=0),
    )
    model.fit(prefixes(train), train["subject_number"] == "plural")
    log_odds: Margins = model.decision_function(prefixes(items))
    return log_odds * _signs(items)


def all_baselines(train: pd.DataFrame, items: pd.DataFrame) -> dict[str, Margins]:
    """Margins (n_items,) of every baseline, named `baseline:…`."""
    found = {name: rule(items) for name, rule in HEURISTICS.items()}
    found["majority_class"] = majority_class(train, items)
    found["bag_of_words"] = logistic_regression(train, items, longest=1)
    found["ngrams"] = logistic_regression(train, items, longest=3)
    return {f"baseline:{name}": margin for name, margin in found.items()}
