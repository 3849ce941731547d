"""Fits, slopes and reach against exact expectations, hand-computed numbers and statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit

from attractor.stats.curves import (
    BEGINS_BELOW,
    BELOW,
    BEYOND,
    ENDS_BEYOND,
    RISES,
    Reach,
    reach,
    slopes,
)
from attractor.stats.regression import fit_binomial
from attractor.stats.simulation import Population, codes, simulate

DISTANCES = np.arange(1, 13)


def _reach(intercept: float, per_token: float, items: int = 100, seeds: int = 5) -> Reach:
    """Of answers that hold the curve's accuracy exactly at each distance: all seeds alike."""
    right = np.round(items * expit(intercept + per_token * DISTANCES)).astype(int)
    answers = (np.arange(items) < right[:, None]).astype(float).ravel()
    seed, item = codes((seeds, len(answers)))
    distance = np.tile(np.repeat(DISTANCES, items), seeds)
    return reach(distance, np.tile(answers, seeds), seed, item)


def test_fit_is_statsmodels_where_nothing_separates() -> None:
    rng = np.random.default_rng(0)
    design = np.column_stack([np.ones(60), rng.integers(1, 12, 60), rng.integers(0, 3, 60)])
    row = np.repeat(np.arange(60), 500)
    truth = expit(design @ [1.5, -0.1, -0.6])
    correct = (rng.random(30000) < truth[row]).astype(float)
    found = fit_binomial(design.astype(float), row, correct)
    theirs = sm.GLM(correct, design[row], family=sm.families.Binomial()).fit()
    assert found.coefficients.shape == (3,)
    assert found.coefficients == pytest.approx(theirs.params, abs=2e-3)  # the penalty's share
    assert np.sqrt(np.diag(found.inverse_information)) == pytest.approx(theirs.bse, rel=2e-3)
    # Errors clustered by item, as statsmodels has them (its small-sample factor taken off).
    cluster = np.arange(30000) // 5
    robust = theirs.model.fit(
        cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False}
    )
    pulls = np.stack([found.contributions(column) for column in np.eye(3)])
    sums = np.stack([np.bincount(cluster, pull) for pull in pulls])
    assert np.sqrt((sums**2).sum(axis=1)) == pytest.approx(robust.bse, rel=5e-3)


def test_firth_keeps_a_separated_fit_finite() -> None:
    # One cell, all n right: the penalised estimate is that of (n + 1/2) / (n + 1).
    found = fit_binomial(np.ones((1, 1)), np.zeros(20, np.int64), np.ones(20))
    assert found.coefficients[0] == pytest.approx(logit(20.5 / 21), abs=1e-6)
    d = np.repeat(np.arange(1.0, 11.0), 20)
    rows, row = np.unique(d, return_inverse=True)
    split = fit_binomial(np.column_stack([np.ones(10), rows]), row, (d <= 5).astype(float))
    assert np.isfinite(split.coefficients).all()
    assert -split.coefficients[0] / split.coefficients[1] == pytest.approx(5.5, abs=0.01)


def test_a_column_that_others_determine_has_no_coefficient() -> None:
    x = np.arange(6.0)
    design = np.column_stack([np.ones(6), x, 2 * x - 1])
    found = fit_binomial(design, np.repeat(np.arange(6), 10), np.tile([1.0, 0.0], 30))
    assert np.isnan(found.coefficients).tolist() == [False, False, True]
    assert found.probabilities(design) == pytest.approx(np.full(6, 0.5), abs=0.01)


def test_reach_is_where_the_curve_crosses() -> None:
    found = _reach(4.0, -0.4)  # ln 3 at (4 - ln 3) / .4 = 7.25
    assert found.value == pytest.approx((4 - np.log(3)) / 0.4, abs=0.15)
    assert found.note == ""
    assert found.low < found.value < found.high
    assert found.high - found.low < 1.5
    narrow = _reach(4.0, -0.4, items=10_000, seeds=2)  # between two steps of the band
    assert narrow.low < narrow.value < narrow.high < narrow.low + 0.25
    wider = _reach(4.0, -0.4, items=25)
    assert wider.high - wider.low > 1.5 * (found.high - found.low)


@pytest.mark.parametrize(
    ("intercept", "per_token", "note"),
    [
        (3.0, 0.0, BEYOND),  # flat and high
        (3.0, -0.1, BEYOND),  # falls, but not to 75 %
        (0.0, -0.1, BELOW),
        (-1.0, 0.5, f"{RISES}"),
    ],
)
def test_reach_is_not_extrapolated(intercept: float, per_token: float, note: str) -> None:
    found = _reach(intercept, per_token, items=400)
    assert np.isnan(found.value)
    assert found.note.split("; ")[0] == note


def test_a_flat_curve_at_the_threshold_has_an_open_interval() -> None:
    found = _reach(float(logit(0.8)), 0.0, items=20)
    assert found.note == f"{BEYOND}; {BEGINS_BELOW}; {ENDS_BEYOND}"
    assert np.isnan([found.value, found.low, found.high]).all()


def test_an_end_beyond_the_probes_is_open() -> None:
    found = _reach(float(logit(0.75)) + 0.1 * 11.5, -0.1, items=30)
    assert 10 < found.value < 12
    assert found.low < found.value
    assert np.isnan(found.high)
    assert found.note == ENDS_BEYOND


def test_slopes_hold_the_nouns_between_fixed() -> None:
    """Distance rises with the nouns between, which cost 2: a single fit would add that."""
    between = np.repeat([0, 1], [6, 6]).repeat(400)
    distance = np.concatenate([np.arange(1, 7), np.arange(5, 11)]).repeat(400)
    rng = np.random.default_rng(2)
    attractors = between * rng.integers(0, 2, len(between))
    truth = 3.0 - 0.1 * distance - 2.0 * between - 0.7 * attractors
    shares = expit(truth)
    answers = np.concatenate([rng.random(len(truth)) < shares for _ in range(5)]).astype(float)
    seed, item = codes((5, len(truth)))
    tiled = (np.tile(x, 5) for x in (distance, attractors, between))
    token, attractor = slopes(*tiled, answers, seed, item)
    assert token.low < -0.1 < token.high
    assert token.value == pytest.approx(-0.1, abs=0.04)
    assert token.high - token.low < 0.15
    assert attractor.value == pytest.approx(-0.7, abs=0.15)
    assert attractor.low < -0.7 < attractor.high


def test_a_slope_that_nothing_tells_is_nan() -> None:
    correct = simulate(np.full(40, 0.8), 1, 2, 1, Population(), np.random.default_rng(0))
    seed, item = codes((2, 40))
    token, attractor = slopes(
        np.full(80, 3), np.zeros(80), np.zeros(80), correct.ravel(), seed, item
    )
    assert np.isnan([token.value, token.low, attractor.value, attractor.high]).all()
    together = np.tile(np.arange(40) % 3, 2)
    token, _ = slopes(together, together, np.zeros(80), correct.ravel(), seed, item)
    assert np.isnan(token.value)
