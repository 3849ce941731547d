"""Signal detection: how well singular and plural are told apart, and which one is said by habit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from attractor.stats.intervals import Codes, Floats, crossed


@dataclass(frozen=True)
class Detection:
    """d' (0: chance) and criterion (above 0: singular is said too often), each with low, high."""

    sensitivity: tuple[float, float, float]
    criterion: tuple[float, float, float]


def detection(
    correct: ArrayLike, plural: ArrayLike, seed: Codes, cluster: Codes, confidence: float = 0.95
) -> Detection:
    """d' and criterion of the mean accuracies on plural and singular items, with intervals.

    correct: [N]; plural: [N], true where "plural" is the signal: a hit is a right plural, a false
    alarm a wrong singular. Macmillan & Creelman (2005), Detection theory, chapter 2. Half an answer
    is added to each count of a seed, which keeps both finite: Hautus (1995), Behavior Research
    Methods 27, 46-51. Variance by linearisation, seeds and items crossed. NaN where one number is
    absent; no interval where one is always right, or always wrong: nothing tells its variance.
    """
    y, is_plural = np.asarray(correct, float), np.asarray(plural, bool)
    if is_plural.all() or not is_plural.any():
        return Detection((np.nan,) * 3, (np.nan,) * 3)
    z, pull, varied = np.zeros(2), np.zeros(len(y)), True
    for k, of_number in enumerate((~is_plural, is_plural)):
        answers, right = y[of_number], float(y[of_number].mean())
        n = len(answers) / len(np.unique(seed))
        share = (right * n + 0.5) / (n + 1)
        z[k] = ndtri(share)
        density = float(np.exp(-0.5 * z[k] ** 2) / np.sqrt(2 * np.pi))
        varied &= 0 < right < 1
        pull[of_number] = (answers - right) / len(answers) / density
    if not varied:
        return Detection((z.sum(), np.nan, np.nan), ((z[0] - z[1]) / 2, np.nan, np.nan))
    both = _interval(z.sum(), pull, seed, cluster, confidence)
    sign = np.where(is_plural, -0.5, 0.5)
    return Detection(both, _interval((z[0] - z[1]) / 2, sign * pull, seed, cluster, confidence))


def _interval(
    value: float, pull: Floats, seed: Codes, cluster: Codes, confidence: float
) -> tuple[float, float, float]:
    half = float(crossed(pull, seed, cluster).half_width(confidence)[0])
    return float(value), float(value) - half, float(value) + half
