"""Intervals and fits: small, honest, each with its reference and the variance that it holds.

Seeds are the unit of replication. Items are not: one network answers all of them, and items that
share a prefix are one cluster. So an interval over seeds is a t interval on the seeds' means, and
where there is one answer only (a deterministic baseline, a single seed) a Wilson interval counts
distinct prefixes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, ndtri, stdtrit

THRESHOLD = 0.75  # half-way between chance and perfect, as in two-choice psychophysics

BEYOND = "beyond the longest probe"
BELOW = "below the shortest probe"
RISES = "rises with distance"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AccuracyCurve:
    """A fitted logit(accuracy) = intercept + per_token·distance + per_attractor·n_attractors.

    Slopes are in log-odds; one is NaN where the items do not vary in its factor, or vary in both
    factors together. `shares` maps n_attractors to its share of the items.
    """

    intercept: float
    per_token: float
    per_attractor: float
    shares: dict[int, float]
    shortest: int
    longest: int

    def accuracy(self, distance: float) -> float:
        """Fitted accuracy at `distance` (tokens), standardised over the items' own n_attractors.

        Marginal standardisation: Lane & Nelder (1982), Biometrics 38, 613-621.
        """
        slopes = np.nan_to_num([self.per_token, self.per_attractor])
        logits = [self.intercept + slopes[0] * distance + slopes[1] * k for k in self.shares]
        return float(np.dot(list(self.shares.values()), expit(logits)))


@dataclass(frozen=True)
class Reach:
    """The distance (tokens) where accuracy falls to 75 %, its interval, and what is to be said.

    `value`, `low`, `high` are NaN where they would have to be extrapolated; `note` says so.
    """

    value: float
    low: float
    high: float
    note: str


def wilson(successes: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson score interval of a proportion: (low, high), each shaped as the inputs.

    Successes may be fractional (a tie is one half). n = 0 gives (0, 1).
    Holds the variance of drawing items, if they are independent: pass distinct prefixes as `n`.
    Wilson (1927), JASA 22, 209-212; Brown, Cai & DasGupta (2001), Statistical Science 16, 101-133.
    """
    k, n = np.asarray(successes, float), np.asarray(n, float)
    z2 = ndtri((1 + confidence) / 2) ** 2
    safe = np.where(n > 0, n, 1.0)
    p = k / safe
    centre = (p + z2 / (2 * safe)) / (1 + z2 / safe)
    half = np.sqrt(z2 * (p * (1 - p) / safe + z2 / (4 * safe**2))) / (1 + z2 / safe)
    # Rounding must not push an end past the proportion or below 0: both happen near 0 and 1.
    low = np.where(n > 0, np.clip(centre - half, 0.0, p), 0.0)
    high = np.where(n > 0, np.clip(centre + half, p, 1.0), 1.0)
    return low, high


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


def interval_over_seeds(
    values: Sequence[float],
    n_prefixes: int | None = None,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> tuple[float, float]:
    """Interval of the mean of one value a seed: (low, high).

    Two seeds or more: t interval on the seed means (holds what differs between the seeds, see
    `variance_held`). One value: Wilson on `n_prefixes` distinct prefixes (holds items), or NaN
    if `n_prefixes` is None. Colas, Sigaud & Oudeyer (2018), arXiv:1806.08295; Wilson (1927).
    """
    x = np.asarray(values, float)
    if len(x) >= 2:
        low, high = t_interval(x.mean(), x.std(ddof=1), len(x), bounds)
    elif len(x) == 1 and n_prefixes is not None:
        low, high = wilson(x[0] * n_prefixes, n_prefixes)
    else:
        return np.nan, np.nan
    return float(low), float(high)


def variance_held(n_runs: int, n_datasets: int, trained: bool = True) -> str:
    """What the interval over `n_runs` runs of one configuration holds, in words.

    `trained` is False for a baseline, which has no initialisation to vary.
    Bouthillier et al. (2021), Accounting for variance in machine learning benchmarks, MLSys.
    """
    if n_runs < 2:
        return "items"
    sources = ["initialisation"] if trained else []
    return " and ".join(sources + (["data"] if n_datasets > 1 else [])) or "items"


def fit_accuracy_curve(
    distance: ArrayLike, n_attractors: ArrayLike, correct: ArrayLike, trials: ArrayLike = 1
) -> AccuracyCurve:
    """Binomial fit of `correct` (items, or successes out of `trials` a cell) by Fisher scoring.

    All arguments: shape [N]. A tie counts half a success. Firth's penalty (Jeffreys prior) keeps
    the fit finite where accuracies of 1 separate it, and has no strength to choose.
    Holds one seed: fit each by itself and put the interval over the seeds.
    Firth (1993), Biometrika 80, 27-38; Heinze & Schemper (2002), Statistics in Medicine 21,
    2409-2419.
    """
    d, k = np.asarray(distance, float), np.asarray(n_attractors, int)
    y = np.asarray(correct, float)
    trials = np.broadcast_to(np.asarray(trials, float), y.shape)
    cells, inverse = np.unique(np.stack([d, k], axis=1), axis=0, return_inverse=True)
    n = np.bincount(inverse.ravel(), trials).astype(float)
    y = np.bincount(inverse.ravel(), y).astype(float)
    # Columns centred and scaled, so that one step length suits both.
    centre, scale = cells.mean(axis=0), cells.std(axis=0)
    used = scale > 0
    if used.all() and np.linalg.matrix_rank(np.column_stack([np.ones(len(n)), cells])) < 3:
        used = np.array([False, False])  # two factors that move together: neither slope is known
    X = np.column_stack([np.ones(len(n)), (cells[:, used] - centre[used]) / scale[used]])
    beta = _firth(X, y, n)
    slopes = np.full(2, np.nan)
    slopes[used] = beta[1:] / scale[used]
    counts = np.bincount(cells[:, 1].astype(int), n)
    return AccuracyCurve(
        intercept=float(beta[0] - np.nansum(slopes * centre)),
        per_token=float(slopes[0]),
        per_attractor=float(slopes[1]),
        shares={int(a): float(counts[a] / counts.sum()) for a in np.flatnonzero(counts)},
        shortest=int(d.min()),
        longest=int(d.max()),
    )


def _firth(X: Floats, y: Floats, n: Floats) -> Floats:
    """Penalised maximum likelihood. X: [cells, k], y and n: [cells] -> coefficients [k]."""
    beta = np.zeros(X.shape[1])
    for _ in range(200):
        p = expit(X @ beta)
        w = n * p * (1 - p)
        covariance = np.linalg.inv(X.T @ (X * w[:, None]))
        leverage = w * np.einsum("ij,jk,ik->i", X, covariance, X)
        step = covariance @ (X.T @ (y - n * p + leverage * (0.5 - p)))
        step *= min(1.0, 1.0 / max(np.abs(step).max(), 1e-12))  # far steps overshoot
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            break
    return np.asarray(beta, float)


def reach(curve: AccuracyCurve, threshold: float = THRESHOLD) -> float:
    """Distance (tokens) at which the fitted accuracy falls to `threshold`, by bisection.

    +inf: not within the probed distances; -inf: below it from the shortest probe on; NaN: it
    rises through it. Linzen, Dupoux & Goldberg (2016), TACL 4, 521-535, for accuracy against
    distance; Wichmann & Hill (2001), Perception & Psychophysics 63, 1293-1313, for thresholds of
    fitted curves.
    """
    low, high = float(curve.shortest), float(curve.longest)
    first, last = curve.accuracy(low), curve.accuracy(high)
    if first < threshold:
        return np.nan if last >= threshold else -np.inf
    if last >= threshold:
        return np.inf
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if curve.accuracy(middle) >= threshold else (low, middle)
    return (low + high) / 2


def reach_over_seeds(curves: Sequence[AccuracyCurve], threshold: float = THRESHOLD) -> Reach:
    """Median reach over seeds, with a t interval within the probed distances.

    Nothing is extrapolated: if some seeds do not cross within the probed distances, the interval
    is the range of the seeds (order statistics: 94 % for the median of five), open (NaN) where a
    seed lies outside, and `note` counts them; if the median does not cross, only the note stands.
    Holds what differs between the seeds. David & Nagaraja (2003), Order Statistics, 7.1.
    """
    values = np.array([reach(curve, threshold) for curve in curves])
    n = len(values)
    outside = {BEYOND: values == np.inf, BELOW: values == -np.inf, RISES: np.isnan(values)}
    note = "; ".join(
        text if mask.all() else f"{mask.sum()} of {n} seeds {text}"
        for text, mask in outside.items()
        if mask.any()
    )
    if np.isnan(values).any():  # no order among curves that fall and curves that rise
        return Reach(np.nan, np.nan, np.nan, note)
    # The middle one or two: a distance is never averaged with infinity.
    middle = np.sort(values)[[(n - 1) // 2, n // 2]]
    median = float(middle.mean()) if np.isfinite(middle).all() else np.nan
    if not note:
        probed = float(curves[0].shortest), float(curves[0].longest)
        low, high = interval_over_seeds(list(values), bounds=probed)
        return Reach(median, low, high, "")
    low, high = (float(x) if np.isfinite(x) else np.nan for x in (values.min(), values.max()))
    return Reach(median, low, high, note)
