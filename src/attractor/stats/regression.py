"""Penalised binomial regression, and what each answer contributes to an effect that it gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr
from scipy.special import expit

from attractor.stats.intervals import Codes, Floats


@dataclass(frozen=True)
class BinomialFit:
    """A fitted logit(P(correct)) = design @ coefficients.

    coefficients: [k], in log-odds; NaN for a column that the columns before it determine (it moves
    with them: its effect is not known). design: [M, k], one row a combination of factors; row: [N],
    which of them each answer has; residual: [N], answer less fitted probability.
    """

    coefficients: Floats
    inverse_information: Floats
    design: Floats
    row: NDArray[np.integer]
    residual: Floats

    def probabilities(self, design: Floats) -> Floats:
        """P(correct) [M'] at rows of a design [M', k]."""
        return np.asarray(expit(design @ np.nan_to_num(self.coefficients)), float)

    def contributions(self, gradient: Floats) -> Floats:
        """[N]: how far each answer pulls the effect whose gradient in the coefficients is [k].

        They sum to about 0; their sums by seed and by item give the variance of the effect
        (intervals.crossed). The linearisation behind sandwich variances: Binder (1983),
        International Statistical Review 51, 279-292.
        """
        pull = self.design @ (self.inverse_information @ gradient)
        return np.asarray(pull[self.row] * self.residual, float)


def fit_binomial(design: Floats, row: NDArray[np.integer], correct: Floats) -> BinomialFit:
    """Logistic regression of `correct` [N] (1, 0, a tie 1/2) on the factors design[row] [N, k].

    Firth's penalty (Jeffreys' prior) keeps it finite where accuracies of 1 separate the answers,
    and has no strength to choose. Fisher scoring. Firth (1993), Biometrika 80, 27-38; Heinze &
    Schemper (2002), Statistics in Medicine 21, 2409-2419.
    """
    trials = np.bincount(row, minlength=len(design)).astype(float)
    successes = np.bincount(row, correct, minlength=len(design))
    seen = trials > 0
    # Columns scaled, so that one step length suits all.
    scale = np.maximum(np.abs(design[seen]).max(axis=0, initial=0.0), 1e-12)
    kept = _independent(design[seen] / scale)
    X, y, n = design[np.ix_(seen, kept)] / scale[kept], successes[seen], trials[seen]
    beta = np.zeros(len(kept))
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
    coefficients = np.full(design.shape[1], np.nan)
    coefficients[kept] = beta / scale[kept]
    inverse = np.zeros((design.shape[1], design.shape[1]))
    inverse[np.ix_(kept, kept)] = covariance / np.outer(scale[kept], scale[kept])
    residual = correct - expit(design @ np.nan_to_num(coefficients))[row]
    return BinomialFit(coefficients, inverse, design, row, residual)


def _independent(X: Floats) -> Codes:
    """Indices of columns that no columns before them determine."""
    kept: list[int] = []
    for k in range(X.shape[1]):
        r = np.abs(np.diag(qr(X[:, [*kept, k]], mode="r")[0]))
        if len(r) > len(kept) and r[len(kept)] > 1e-9 * max(len(X), 1) ** 0.5:
            kept.append(k)
    return np.array(kept, np.int64)
