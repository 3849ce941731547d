"""Two models on the same items: how far apart, how sure, and what could have been seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, stdtr, stdtrit

from attractor.stats.intervals import Codes, Floats, crossed, groups_of

ALPHA, POWER = 0.05, 0.8


@dataclass(frozen=True)
class Differences:
    """Paired differences of accuracies, a cell each; all arrays: shape [cells].

    p: two-sided, of no difference; NaN for one seed, which says nothing of another. error: standard
    error of the difference; freedom: its degrees of freedom for tests.
    """

    difference: Floats
    low: Floats
    high: Floats
    p: Floats
    error: Floats
    freedom: Floats


def differences(
    correct_a: ArrayLike,
    correct_b: ArrayLike,
    seed: Codes,
    cluster: Codes,
    cell: Codes,
    confidence: float = 0.95,
) -> Differences:
    """Mean over seeds and items of a less b, cell by cell; all arrays: [N], one pair of answers.

    Seeds and items are crossed, as in intervals.crossed, with Student's t. Half a discordant answer
    each way is added to the variance, so that models which never disagree are not said to be equal
    for sure: Bonett & Price (2012), J. Educational and Behavioral Statistics 37, 479-488. Assumes
    equal numbers of items a seed.
    """
    a, b = np.asarray(correct_a, float), np.asarray(correct_b, float)
    apart, cells = a - b, int(cell.max()) + 1
    answers = np.bincount(cell, minlength=cells).astype(float)
    mean = np.bincount(cell, apart, minlength=cells) / answers
    found = crossed((apart - mean[cell]) / answers[cell], seed, cluster, cell)
    discordant = np.bincount(cell, apart**2, minlength=cells) / answers
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = discordant - mean**2
        n = np.where(found.variance > 0, spread / found.variance, found.n_clusters)
    n = np.minimum(np.where(n > 0, n, found.n_clusters), found.n_answers)
    more, less = ((n * (discordant + sign * mean) / 2 + 0.5) / (n + 1) for sign in (1.0, -1.0))
    error = np.sqrt((more + less - (more - less) ** 2) / (n + 1))
    cautious, several = found.cautious_freedom, found.n_answers > found.n_clusters
    quantile = stdtrit(found.freedom, (1 + confidence) / 2)
    return Differences(
        difference=mean,
        low=np.maximum(mean - quantile * error, -1.0),
        high=np.minimum(mean + quantile * error, 1.0),
        p=np.where(several, 2 * stdtr(cautious, -np.abs(mean) / error), np.nan),
        error=error,
        freedom=cautious,
    )


def detectable(error: ArrayLike, freedom: ArrayLike, n_tests: ArrayLike) -> Floats:
    """The true difference that is told apart among `n_tests` with a chance of 80 %.

    At the level of Holm's first step, .05 / n_tests. Bloom (1995), Evaluation Review 19, 547-556.
    """
    freedom = np.asarray(freedom, float)
    quantiles = stdtrit(freedom, 1 - ALPHA / np.asarray(n_tests) / 2) + stdtrit(freedom, POWER)
    return np.asarray(quantiles * np.asarray(error), float)


@dataclass(frozen=True)
class McNemar:
    """Exact McNemar tests, a group each: where only a is right, where only b is, and p."""

    only_a: Floats
    only_b: Floats
    p: Floats


def exact_mcnemar(
    correct_a: ArrayLike, correct_b: ArrayLike, cluster: Codes, group: Codes
) -> McNemar:
    """Exact McNemar test of each group (a cell and seed); all arguments: [N].

    A cluster of items counts once, for the model that is right more often within it: its items are
    no independent answers. McNemar (1947), Psychometrika 12, 153-157; Edwards (1948), ibid. 13,
    185-187.
    """
    apart = np.asarray(correct_a, float) - np.asarray(correct_b, float)
    pair, of = groups_of([group, cluster])
    sign = np.sign(np.bincount(pair, apart, minlength=len(of)).round(9))
    groups = int(group.max()) + 1
    only_a, only_b = (
        np.bincount(of, sign == side, minlength=groups).astype(float) for side in (1, -1)
    )
    trials = (only_a + only_b).astype("int64")  # of bdtr, whole numbers alone
    p = np.minimum(1.0, 2 * bdtr(np.minimum(only_a, only_b), trials, 0.5))
    return McNemar(only_a, only_b, p)


def holm(p: ArrayLike) -> Floats:
    """p-values [N] adjusted for their family, NaN where there is none.

    Holm (1979), Scandinavian J. Statistics 6, 65-70.
    """
    values = np.asarray(p, float)
    rising = np.argsort(values, kind="stable")[: np.isfinite(values).sum()]  # NaN is last
    adjusted = np.full(len(values), np.nan)
    steps = values[rising] * np.arange(len(rising), 0, -1)
    adjusted[rising] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def cohens_h(a: ArrayLike, b: ArrayLike) -> Floats:
    """Effect size of two proportions: 2·asin√a - 2·asin√b; .2 small, .5 medium, .8 large.

    Cohen (1988), Statistical power analysis for the behavioral sciences, chapter 6.
    """
    angles = [2 * np.arcsin(np.sqrt(np.clip(np.asarray(x, float), 0.0, 1.0))) for x in (a, b)]
    return np.asarray(angles[0] - angles[1], float)
