"""Accuracy against distance: a fitted curve that may stay flat, its slopes, and its reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logit

from attractor.stats.intervals import Codes, Floats, crossed
from attractor.stats.regression import BinomialFit, fit_binomial

THRESHOLD = 0.75  # half-way between chance and perfect, as in two-choice psychophysics

BEYOND = "beyond the longest probe"
BELOW = "below the shortest probe"
RISES = "rises with distance"
BEGINS_BELOW = f"interval from {BELOW}"
ENDS_BEYOND = f"interval to {BEYOND}"
_STEPS = 33  # of the probed distances, where the band of the curve is computed


@dataclass(frozen=True)
class Reach:
    """The distance (tokens) where accuracy falls to 75 %, its interval, and what is to be said.

    `value`, `low` and `high` are NaN where they would have to be extrapolated; `note` says on which
    side. Without a note on the interval, all of it lies where `value` does.
    """

    value: float
    low: float
    high: float
    note: str


@dataclass(frozen=True)
class Slope:
    """A slope in log-odds a unit, with its interval."""

    value: float
    low: float
    high: float


def reach(
    distance: ArrayLike,
    correct: ArrayLike,
    seed: Codes,
    cluster: Codes,
    threshold: float = THRESHOLD,
    confidence: float = 0.95,
) -> Reach:
    """Where the accuracy fitted to all seeds' answers falls to `threshold`.

    All arrays: [N]. The curve is logistic in distance, of any slope. The interval holds the
    distances at which the curve's band (seeds and items crossed) holds the threshold: Fieller's
    set, which is open where the data do not say on which side of the probed distances it ends.
    Nothing is extrapolated. Wichmann & Hill (2001), Perception & Psychophysics 63, 1293-1313
    (thresholds of fitted curves); Fieller (1954), J. Royal Statistical Society B 16, 175-185.
    """
    d = np.asarray(distance, float)
    fit = _fit([d], np.asarray(correct, float))
    probed = np.linspace(d.min(), d.max(), _STEPS if d.max() > d.min() else 1)
    level, low, high = _band(fit, probed, seed, cluster, confidence)
    at = float(logit(threshold))
    first, last = level[0] >= at, level[-1] >= at
    value, notes = np.nan, []
    if first and not last:
        value = float((at - fit.coefficients[0]) / fit.coefficients[1])
    else:
        notes = [(BEYOND if last else BELOW) if first == last else RISES]
    ends = np.sort(np.concatenate([_crossings(probed, band - at) for band in (low, high)]))
    begins_below, ends_beyond = (bool(low[k] <= at <= high[k]) for k in (0, -1))
    notes += [BEGINS_BELOW] * begins_below + [ENDS_BEYOND] * ends_beyond
    begin = np.nan if begins_below or not len(ends) else float(ends[0])
    end = np.nan if ends_beyond or not len(ends) else float(ends[-1])
    return Reach(value, begin, end, "; ".join(notes))


def _crossings(distance: Floats, above: Floats) -> Floats:
    """The distances where `above` changes its sign, by linear interpolation."""
    before = np.flatnonzero(above[:-1] * above[1:] < 0)
    share = above[before] / (above[before] - above[before + 1])
    return distance[before] + share * (distance[before + 1] - distance[before])


def slopes(
    distance: ArrayLike,
    n_attractors: ArrayLike,
    n_intervening: ArrayLike,
    correct: ArrayLike,
    seed: Codes,
    cluster: Codes,
    confidence: float = 0.95,
) -> tuple[Slope, Slope]:
    """Log-odds a token, and an attractor, at fixed numbers of nouns between; all arrays: [N].

    Distance grows with the number of nouns between, so each number has a fit of its own; a slope is
    their mean, weighted by items. NaN where no fit tells it.
    """
    factors = [np.asarray(distance, float), np.asarray(n_attractors, float)]
    y, between = np.asarray(correct, float), np.asarray(n_intervening)
    parts = [np.flatnonzero(between == n) for n in np.unique(between)]
    fits = [_fit([factor[part] for factor in factors], y[part]) for part in parts]
    found = []
    for k in (1, 2):
        known = [(f, part) for f, part in zip(fits, parts, strict=True) if _known(f, k)]
        if not known:
            found.append(Slope(np.nan, np.nan, np.nan))
            continue
        total = sum(len(part) for _, part in known)
        value, pull = 0.0, np.zeros(len(y))
        for fit, part in known:
            share = len(part) / total
            value += share * float(fit.coefficients[k])
            pull[part] = share * fit.contributions(np.eye(3)[k])
        half = float(crossed(pull, seed, cluster).half_width(confidence)[0])
        found.append(Slope(value, value - half, value + half))
    return found[0], found[1]


def _known(fit: BinomialFit, column: int) -> bool:
    return bool(np.isfinite(fit.coefficients[column]))


def _fit(factors: list[Floats], correct: Floats) -> BinomialFit:
    """A fit with an intercept and these factors; those that move together have no slope."""
    rows, row = np.unique(np.stack(factors, axis=1), axis=0, return_inverse=True)
    centred = rows - rows.mean(axis=0)
    if np.linalg.matrix_rank(centred) < centred.any(axis=0).sum():
        rows[:] = 0.0
    return fit_binomial(np.column_stack([np.ones(len(rows)), rows]), row.ravel(), correct)


def _band(
    fit: BinomialFit, distance: Floats, seed: Codes, cluster: Codes, confidence: float
) -> tuple[Floats, Floats, Floats]:
    """Fitted log-odds at each distance, and its interval there; all [distances]."""
    columns = np.column_stack([np.ones(len(distance)), distance])
    level = columns @ np.nan_to_num(fit.coefficients)
    half = np.array(
        [
            crossed(fit.contributions(column), seed, cluster).half_width(confidence)[0]
            for column in columns
        ]
    )
    return level, level - half, level + half
