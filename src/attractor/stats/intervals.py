"""Intervals that carry the variance of seeds and of items, and say so.

Every network answers the same items: seeds and items are crossed, and neither is a sample of the
other. Items that share a template are one cluster. A statistic is written as a sum of
contributions, one an answer (for a mean: the answer's deviation, by its weight); the variance of
the sum is that of the seeds' sums, plus that of the clusters' sums, less what both count twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, ndtri, stdtrit

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

_DENSE = 8  # possible groups an answer

METHOD = "Satterthwaite t and Wilson score on the variance named; not resampled"  # of an accuracy
METHOD_OF_SUMS = "Satterthwaite t on the variance named; not resampled"  # of a difference, a slope


@dataclass(frozen=True)
class Crossed:
    """The sampling variance of sums of contributions, a sum a cell. All arrays: shape [cells].

    freedom: degrees of freedom of `variance`, by Satterthwaite, for intervals. cautious_freedom:
    for p-values, whose far tails matter after Holm: with few seeds, Satterthwaite's are too many
    just when the seeds happen to be alike, so the seeds' mean square is taken at the upper end of
    its one-sided 90 % interval. n_clusters: distinct ones; n_answers: pairs of seed and cluster.
    """

    variance: Floats
    freedom: Floats
    cautious_freedom: Floats
    n_clusters: Floats
    n_answers: Floats

    def half_width(self, confidence: float = 0.95) -> Floats:
        """Of Student's interval of each sum, [cells]."""
        quantile = stdtrit(self.freedom, (1 + confidence) / 2)
        return np.asarray(quantile * np.sqrt(self.variance), float)


def crossed(
    contributions: ArrayLike,
    seed: ArrayLike,
    cluster: ArrayLike,
    cell: ArrayLike | None = None,
) -> Crossed:
    """Variance of each cell's sum of `contributions` over seeds and clusters drawn at random.

    contributions: [N], which sum to about 0 in a cell; seed, cluster, cell: [N] whole numbers from
    0 on (cell: none is one cell). With A, B, E the mean squares of seeds, of clusters and of what
    remains, each divided by the number of answers, the variance is A + B - E:
    Clark (1973), J. Verbal Learning and Verbal Behavior 12, 335-359 (quasi-F); Cameron, Gelbach &
    Miller (2011), J. Business & Economic Statistics 29, 238-249 (clusters of any size);
    Satterthwaite (1946), Biometrics Bulletin 2, 110-114. Where seeds do not answer the same
    clusters (each has its own data), A alone holds both. One seed: B alone. Independent answers
    have the least variance that can be: less is luck.
    """
    r = np.asarray(contributions, float)
    s, c = np.asarray(seed, np.int64), np.asarray(cluster, np.int64)
    g = np.zeros(len(r), np.int64) if cell is None else np.asarray(cell, np.int64)
    cells = int(g.max()) + 1 if len(g) else 0
    seeds, of_seed = _sums(r, [g, s], cells)
    clusters, of_cluster = _sums(r, [g, c], cells)
    pairs, of_pair = _sums(r, [g, c, s], cells)
    several = seeds > 1
    is_crossed = (pairs == seeds * clusters) & (clusters > 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        A = np.where(several, of_seed * seeds / (seeds - 1), 0.0)
        B = np.where(is_crossed, of_cluster * clusters / (clusters - 1), 0.0)
        rest = np.maximum(of_pair - of_seed / clusters - of_cluster / seeds, 0.0)
        E = rest * seeds * clusters / ((seeds - 1) * (clusters - 1))
        E = np.where(is_crossed & several, E, 0.0)
        variance = np.maximum(A + B - E, of_pair)
        of_all = (seeds - 1, clusters - 1, (seeds - 1) * (clusters - 1))
        least = np.maximum(clusters - 1, 1.0)  # where nothing varies, each cluster counts once
        freedom = _satterthwaite(variance, (A, B, E), of_all)
        freedom = np.where(variance > 0, freedom, least)
        most = A * np.where(several, (seeds - 1) / chdtri(np.maximum(seeds - 1, 1.0), 0.9), 1.0)
        cautious = _satterthwaite(variance + most - A, (most, B, E), of_all)
    return Crossed(variance, freedom, np.minimum(cautious, freedom), clusters, pairs)


def _satterthwaite(variance: Floats, parts: Sequence[Floats], freedom: Sequence[Floats]) -> Floats:
    """Degrees of freedom of a sum of mean squares; called where division by zero is no error."""
    squares = [np.where(x > 0, x**2 / df, 0.0) for x, df in zip(parts, freedom, strict=True)]
    return np.asarray(np.fmax(variance**2 / np.sum(squares, axis=0), 1.0), float)


def _sums(r: Floats, keys: list[Codes], cells: int) -> tuple[Floats, Floats]:
    """How many groups of `keys` a cell (the first key) has, and the sum of their squared sums."""
    group, cell = groups_of(keys)
    sums = np.bincount(group, r, minlength=len(cell))
    return (
        np.bincount(cell, minlength=cells).astype(np.float64),
        np.bincount(cell, sums**2, minlength=cells).astype(np.float64),
    )


def groups_of(keys: list[Codes]) -> tuple[Codes, Codes]:
    """The group of each answer [N] by all `keys`, and the cell (the first key) of each group."""
    code = keys[0]
    for key in keys[1:]:
        code = code * (int(key.max(initial=0)) + 1) + key
    span = int(code.max(initial=-1)) + 1
    if span <= _DENSE * len(code):  # counted, which is faster than hashed
        present = np.bincount(code, minlength=span) > 0
        group = (np.cumsum(present) - 1)[code]
    else:
        group, _ = pd.factorize(code)
    cell = np.empty(int(group.max(initial=-1)) + 1, np.int64)
    cell[group] = keys[0]
    return group, cell


@dataclass(frozen=True)
class Means:
    """Accuracies with their intervals, a cell each; all arrays: shape [cells]."""

    mean: Floats
    low: Floats
    high: Floats


def mean_intervals(
    correct: ArrayLike,
    run: ArrayLike,
    seed: ArrayLike,
    cluster: ArrayLike,
    cell: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Means:
    """Mean over runs of their accuracies, cell by cell, with `score_interval`s.

    correct: [N] from 0 to 1; run, seed, cluster, cell: [N] whole numbers from 0 on. seed: what is
    drawn at random and replicated: the run, or the dataset where runs share several datasets.
    """
    y, r = np.asarray(correct, float), np.asarray(run, np.int64)
    g = np.zeros(len(y), np.int64) if cell is None else np.asarray(cell, np.int64)
    mean, weight = _means(y, r, g)
    found = crossed(weight * (y - mean[g]), seed, cluster, g)
    low, high = score_interval(mean, found, confidence)
    return Means(mean, low, high)


def _means(y: Floats, run: Codes, cell: Codes) -> tuple[Floats, Floats]:
    """The mean over runs of the runs' means [cells], and the weight of each answer in it [N]."""
    of_run, whose = groups_of([cell, run])
    cells = int(cell.max()) + 1 if len(cell) else 0
    items = np.bincount(of_run, minlength=len(whose)).astype(float)
    of_runs = np.bincount(of_run, y, minlength=len(whose)) / items
    runs = np.bincount(whose, minlength=cells).astype(float)
    mean = np.bincount(whose, of_runs, minlength=cells) / runs
    return np.asarray(mean, float), 1.0 / (items[of_run] * runs[cell])


def score_interval(mean: Floats, found: Crossed, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """(low, high) of proportions whose variance is `found`: Wilson's score interval of as many
    independent answers as have that variance, with Student's quantile for the normal one.

    Right near 0 and 1, where a symmetric interval and a bootstrap's percentiles fail
    (docs/statistics.md). Where all answers are alike nothing tells their variance, and each
    cluster counts as one answer. Franco, Little, Louis & Slud (2019), J. Survey Statistics and
    Methodology 7, 334-364 (Wilson with an effective sample size); Wilson (1927), JASA 22, 209-212.
    """
    p = np.asarray(mean, float)
    spread = p * (1 - p)
    clusters = np.maximum(found.n_clusters, 1.0)
    differ = (spread > 1e-12) & (found.variance > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        n = np.where(differ, np.minimum(spread / found.variance, found.n_answers), clusters)
        freedom = np.where(differ, found.freedom, np.maximum(clusters - 1, 1.0))
    return _wilson(p, n, stdtrit(freedom, (1 + confidence) / 2))


def wilson(successes: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson score interval of a proportion: (low, high), each shaped as the inputs.

    Successes may be fractional (a tie is one half). n = 0 gives (0, 1).
    Holds the variance of drawing items, if they are independent: pass distinct prefixes as `n`.
    Wilson (1927), JASA 22, 209-212; Brown, Cai & DasGupta (2001), Statistical Science 16, 101-133.
    """
    k, n = np.asarray(successes, float), np.asarray(n, float)
    low, high = _wilson(
        k / np.where(n > 0, n, 1.0), np.maximum(n, 1e-9), ndtri((1 + confidence) / 2)
    )
    return np.where(n > 0, low, 0.0), np.where(n > 0, high, 1.0)


def _wilson(p: Floats, n: Floats, quantile: ArrayLike) -> tuple[Floats, Floats]:
    q2 = np.asarray(quantile) ** 2
    centre = (p + q2 / (2 * n)) / (1 + q2 / n)
    half = np.sqrt(q2 * (p * (1 - p) / n + q2 / (4 * n**2))) / (1 + q2 / n)
    # Rounding must not push an end past the proportion or below 0: both happen near 0 and 1.
    return np.clip(centre - half, 0.0, p), np.clip(centre + half, p, 1.0)


def t_interval(
    mean: ArrayLike,
    sd: ArrayLike,
    n: ArrayLike,
    bounds: tuple[float, float] = (0.0, 1.0),
    confidence: float = 0.95,
) -> tuple[Floats, Floats]:
    """Student's t interval from means, sample standard deviations (ddof 1) and counts.

    Returns (low, high) shaped as the inputs, clipped to `bounds`; NaN where n < 2.
    Student (1908), Biometrika 6, 1-25.
    """
    mean, sd, n = np.asarray(mean, float), np.asarray(sd, float), np.asarray(n, float)
    enough = n >= 2
    freedom = np.where(enough, n - 1, 1.0)
    half = stdtrit(freedom, (1 + confidence) / 2) * sd / np.sqrt(np.where(enough, n, 1.0))
    half = np.where(enough, half, np.nan)
    return np.clip(mean - half, *bounds), np.clip(mean + half, *bounds)


def variance_held(n_runs: int, n_datasets: int, trained: bool = True) -> str:
    """What the interval over `n_runs` runs of one configuration holds, in words.

    `trained` is False for a baseline, which has no initialisation to vary.
    Bouthillier et al. (2021), Accounting for variance in machine learning benchmarks, MLSys.
    """
    sources = ["initialisation"] * (trained and n_runs > 1) + ["data"] * (n_datasets > 1)
    return ", ".join(sources) + " and items" if sources else "items"
