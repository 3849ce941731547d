"""Comparisons and signal detection against hand-computed numbers and other libraries."""

import numpy as np
import pytest
from scipy.stats import norm, t
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

import anova
from attractor.stats.comparison import cohens_h, detectable, differences, exact_mcnemar, holm
from attractor.stats.detection import detection
from attractor.stats.simulation import Population, codes, simulate

ONE = np.int64(0)


def _pair(accuracies: tuple[float, float], items: int = 80, key: int = 0) -> np.ndarray:
    """[models, seeds, items]."""
    shares = np.array(accuracies)[:, None].repeat(items, axis=1)
    rng = np.random.default_rng(key)
    return simulate(shares, 2, 5, 1, Population(), rng)[0].astype(float)


def test_a_difference_has_the_variance_of_the_paired_layout() -> None:
    a, b = _pair((0.9, 0.7))
    seed, item = codes(a.shape)
    found = differences(a.ravel(), b.ravel(), seed, item, np.zeros(a.size, np.int64))
    variance, freedom = anova.variance(a - b)
    apart, discordant = (a - b).mean(), ((a - b) ** 2).mean()
    assert found.difference.shape == (1,)
    assert found.difference[0] == pytest.approx(apart)
    # Half an answer more each way, of as many independent answers as have that variance.
    n = (discordant - apart**2) / variance
    more, less = ((n * (discordant + s * apart) / 2 + 0.5) / (n + 1) for s in (1, -1))
    error = np.sqrt((more + less - (more - less) ** 2) / (n + 1))
    assert error == pytest.approx(np.sqrt(variance), rel=0.05)
    half = t.ppf(0.975, freedom) * error
    assert (found.low[0], found.high[0]) == (
        pytest.approx(apart - half),
        pytest.approx(apart + half),
    )
    # p has fewer degrees of freedom, never below one.
    ordinary = 2 * t.sf(apart / error, freedom)
    assert ordinary < found.p[0] < 2 * t.sf(apart / error, 1)
    assert found.error[0] == pytest.approx(error)
    # Ten tests: the first step of Holm looks at .005, two-sided.
    quantiles = t.ppf(0.9975, found.freedom[0]) + t.ppf(0.8, found.freedom[0])
    assert detectable(found.error, found.freedom, 10)[0] == pytest.approx(quantiles * error)


def test_cells_are_compared_apart() -> None:
    pairs = [_pair((0.9, 0.7), key=1), _pair((0.6, 0.8), key=2)]
    stacked = np.stack(pairs, axis=1)  # [models, cells, seeds, items]
    cell, seed, item = codes(stacked.shape[1:])
    found = differences(stacked[0].ravel(), stacked[1].ravel(), seed, item, cell)
    for k, (a, b) in enumerate(pairs):
        one = differences(a.ravel(), b.ravel(), *codes(a.shape), np.zeros(a.size, np.int64))
        for name in ("difference", "low", "high", "p", "error", "freedom"):
            assert getattr(found, name)[k] == pytest.approx(getattr(one, name)[0])
    assert found.difference[0] > 0 > found.difference[1]


def test_models_that_never_disagree_are_not_equal_for_sure() -> None:
    seed, item = codes((5, 40))
    same = np.ones(200)
    found = differences(same, same, seed, item, np.zeros(200, np.int64))
    assert found.difference[0] == 0
    assert -0.15 < found.low[0] < 0 < found.high[0] < 0.15
    assert found.p[0] == pytest.approx(1)


def test_one_seed_says_nothing_of_another() -> None:
    a, b = _pair((0.9, 0.6))[:, :1]
    found = differences(a.ravel(), b.ravel(), *codes(a.shape), np.zeros(a.size, np.int64))
    assert found.low[0] > 0  # of these two networks
    assert np.isnan(found.p[0])


def test_mcnemar_is_statsmodels() -> None:
    a, b = _pair((0.8, 0.7), items=60)
    seed, item = codes(a.shape)
    found = exact_mcnemar(a.ravel(), b.ravel(), item, seed)
    assert found.p.shape == (5,)
    for s in range(5):
        table = [[((a[s] == x) & (b[s] == y)).sum() for y in (1, 0)] for x in (1, 0)]
        assert found.only_a[s] == table[0][1]
        assert found.only_b[s] == table[1][0]
        assert found.p[s] == pytest.approx(mcnemar(table, exact=True).pvalue)


def test_a_template_counts_once_in_mcnemar() -> None:
    # Template 0: a ahead twice; 1: b ahead once and even once; 2: one each way.
    a = np.array([1, 1, 0, 1, 1, 0], float)
    b = np.array([0, 0, 1, 1, 0, 1], float)
    found = exact_mcnemar(a, b, np.array([0, 0, 1, 1, 2, 2]), np.zeros(6, np.int64))
    assert (found.only_a[0], found.only_b[0], found.p[0]) == (1, 1, 1.0)


def test_holm_is_statsmodels() -> None:
    p = np.random.default_rng(0).uniform(size=40) ** 3
    p[7] = p[11]
    assert holm(p).tolist() == multipletests(p, method="holm")[1].tolist()


def test_holm_by_hand() -> None:
    # .01·4, then .02·3, .03·2 (never below the one before), .5·1
    assert holm([0.03, 0.01, 0.5, 0.02]).tolist() == pytest.approx([0.06, 0.04, 0.5, 0.06])
    assert holm([]).shape == (0,)
    assert holm([np.nan, 0.01, 0.04]).tolist() == pytest.approx([np.nan, 0.02, 0.04], nan_ok=True)


def test_cohens_h() -> None:
    assert cohens_h(0.75, 0.5) == pytest.approx(np.pi / 6)  # 2·60° - 2·45° = 30°
    assert cohens_h(1.0, 0.0) == pytest.approx(np.pi)


def test_detection_by_hand() -> None:
    # Plural .9, singular .6 right of 1,000 each: d' = z(.9) + z(.6), c = (z(.6) - z(.9)) / 2.
    right = np.concatenate([np.arange(1000) < 900, np.arange(1000) < 600]).astype(float)
    plural = np.repeat([True, False], 1000)
    found = detection(right, plural, np.zeros(2000, np.int64), np.arange(2000))
    d, c = norm.ppf(0.9) + norm.ppf(0.6), (norm.ppf(0.6) - norm.ppf(0.9)) / 2
    assert found.sensitivity[0] == pytest.approx(d, abs=0.003)
    assert found.criterion[0] == pytest.approx(c, abs=0.003)  # below 0: plural is said too often
    # Gourevitch & Galanter (1967): the variances of both add p(1 - p) / (n φ(z)²) each.
    parts = [p * (1 - p) / 1000 / norm.pdf(norm.ppf(p)) ** 2 for p in (0.9, 0.6)]
    half = 1.96 * np.sqrt(sum(parts))
    assert found.sensitivity[2] - found.sensitivity[0] == pytest.approx(half, rel=0.01)
    assert found.criterion[2] - found.criterion[0] == pytest.approx(half / 2, rel=0.01)


def test_detection_is_finite_at_one_and_nan_without_one_number() -> None:
    plural = np.repeat([True, False], 50)
    found = detection(np.ones(100), plural, np.zeros(100, np.int64), np.arange(100))
    assert found.sensitivity[0] == pytest.approx(2 * norm.ppf(50.5 / 51))
    assert np.isnan([*found.sensitivity[1:], *found.criterion[1:]]).all()
    alone = detection(np.ones(50), plural[:50], np.zeros(50, np.int64), np.arange(50))
    assert np.isnan([*alone.sensitivity, *alone.criterion]).all()
