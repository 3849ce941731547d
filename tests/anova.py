"""Variance and interval of a mean over crossed seeds and items, by the analysis of variance."""

from __future__ import annotations

import numpy as np
from scipy.stats import t


def variance(answers: np.ndarray) -> tuple[float, float]:
    """Variance of the mean and its degrees of freedom; answers: [seeds, items], one a cell.

    Scheffé (1959), The analysis of variance, chapter 7: the mean squares of a two-way layout with
    random effects; Satterthwaite's approximation to their sum.
    """
    S, C = answers.shape
    mean, of_seed, of_item = answers.mean(), answers.mean(axis=1), answers.mean(axis=0)
    rest = answers - of_seed[:, None] - of_item + mean
    squares = np.array(
        [
            C * ((of_seed - mean) ** 2).sum() / (S - 1),
            S * ((of_item - mean) ** 2).sum() / (C - 1),
            (rest**2).sum() / ((S - 1) * (C - 1)),
        ]
    ) / (S * C)
    found = float(squares[0] + squares[1] - squares[2])
    found = max(found, float(((answers - mean) ** 2).sum() / (S * C) ** 2))
    freedom = found**2 / (squares**2 / [S - 1, C - 1, (S - 1) * (C - 1)]).sum()
    return found, max(float(freedom), 1.0)


def score_interval(answers: np.ndarray) -> tuple[float, float]:
    """Interval of the mean of answers [seeds, items], one a cell."""
    return roots(float(answers.mean()), *variance(answers), answers.size)


def of_one_run(answers: np.ndarray) -> tuple[float, float]:
    """Interval of the mean of one run's answers [items], each an item by itself."""
    n = len(answers)
    return roots(float(answers.mean()), float(answers.var(ddof=1)) / n, n - 1, n)


def roots(mean: float, variance: float, freedom: float, answers: int) -> tuple[float, float]:
    """The roots of (p - mean)² = t² p (1 - p) / n, where mean (1 - mean) / n is the variance."""
    n = min(mean * (1 - mean) / variance, answers) if variance else answers
    q = t.ppf(0.975, freedom) ** 2 / n
    low, high = np.sort(np.roots([1 + q, -(2 * mean + q), mean**2]).real)
    return float(low), float(high)
