"""Intervals against numbers computed by hand, published, or by another library."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t
from statsmodels.stats.proportion import proportion_confint

import anova
from attractor.stats.intervals import (
    crossed,
    mean_intervals,
    t_interval,
    variance_held,
    wilson,
)
from attractor.stats.simulation import codes


def _answers(seeds: int, items: int, seed: int = 0) -> np.ndarray:
    """[seeds, items] of 0 and 1 that vary by seed and by item."""
    rng = np.random.default_rng(seed)
    share = 0.7 + 0.2 * rng.random((seeds, 1)) - 0.4 * rng.random((1, items))
    return (rng.random((seeds, items)) < share).astype(float)


def test_wilson_against_published_numbers_and_statsmodels() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3: 81/263, 15/148, 0/20, 1/29.
    counts, n = np.array([81, 15, 0, 1]), np.array([263, 148, 20, 29])
    low, high = wilson(counts, n)
    assert low == pytest.approx([0.2553, 0.0624, 0.0000, 0.0061], abs=5e-5)
    assert high == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718], abs=5e-5)
    theirs = proportion_confint(counts, n, method="wilson")
    assert (low, high) == (pytest.approx(theirs[0]), pytest.approx(theirs[1]))


def test_wilson_takes_half_successes_and_nothing_at_all() -> None:
    low, high = wilson(0.5, 1)
    assert low == pytest.approx(1 - high)  # symmetric about one half
    assert wilson(0, 0) == (0.0, 1.0)


@given(n=st.integers(1, 10**6), share=st.floats(0, 1))
def test_wilson_holds_the_proportion_and_stays_within_bounds(n: int, share: float) -> None:
    low, high = wilson(share * n, n)
    assert 0 <= low <= share * (1 + 1e-12)
    assert share * (1 - 1e-12) <= high <= 1
    assert low < high


def test_t_interval_by_hand() -> None:
    # mean .8, sd sqrt(.00025) = .0158114, t(4, .975) = 2.776445
    low, high = t_interval(0.8, np.sqrt(0.00025), 5)
    half = 2.776445105 * np.sqrt(0.00025) / np.sqrt(5)
    assert (low, high) == (pytest.approx(0.8 - half), pytest.approx(0.8 + half))
    assert t_interval(0.99, 0.1, 5)[1] == 1.0
    assert t_interval(0.99, 0.1, 5, bounds=(-np.inf, np.inf))[1] > 1.1
    assert np.isnan(t_interval(0.99, 0.1, 1)).all()


@pytest.mark.parametrize("shape", [(5, 40), (2, 7), (10, 3)])
def test_crossed_variance_is_that_of_the_two_way_layout(shape: tuple[int, int]) -> None:
    answers = _answers(*shape)
    seed, item = codes(shape)
    found = crossed((answers - answers.mean()).ravel() / answers.size, seed, item)
    expected, freedom = anova.variance(answers)
    assert found.variance.shape == (1,)
    assert found.variance[0] == pytest.approx(expected)
    assert found.freedom[0] == pytest.approx(freedom)
    assert 1 <= found.cautious_freedom[0] <= found.freedom[0]
    assert (found.n_clusters[0], found.n_answers[0]) == (shape[1], shape[0] * shape[1])


def test_by_hand() -> None:
    # Seeds .75, .25; items 1, .5, .5, 0. Mean squares: seeds 4·.125 = .5, items 2·(.5/3) = 1/3,
    # rest (.5² · 8 − …) = (2 − .5 − 1)/3 = 1/6: variance (.5 + 1/3 − 1/6)/8 = 1/12.
    answers = np.array([[1, 1, 1, 0], [1, 0, 0, 0]], float)
    seed, item = codes(answers.shape)
    found = crossed((answers - 0.5).ravel() / 8, seed, item)
    assert found.variance[0] == pytest.approx(1 / 12)
    # Satterthwaite: (2/3)² / (.25/1 + (1/9)/3 + (1/36)/3)
    assert found.freedom[0] == pytest.approx((4 / 9) / (0.25 + 1 / 27 + 1 / 108))
    ours = mean_intervals(answers.ravel(), seed, seed, item)
    n, q = 0.25 * 12, t.ppf(0.975, found.freedom[0])
    half = q * np.sqrt(0.25 / n + q**2 / (4 * n**2)) / (1 + q**2 / n)
    assert (ours.low[0], ours.high[0]) == (pytest.approx(0.5 - half), pytest.approx(0.5 + half))


def test_cells_do_not_touch_each_other() -> None:
    parts = [_answers(5, 30, k) for k in range(3)]
    answers = np.stack(parts)
    cell, seed, item = codes(answers.shape)
    order = np.random.default_rng(1).permutation(answers.size)
    arrays = (a[order] for a in (answers.ravel(), seed, seed, item, cell))
    found = mean_intervals(*arrays)
    assert found.mean.shape == found.low.shape == found.high.shape == (3,)
    assert found.mean == pytest.approx(answers.mean(axis=(1, 2)))
    expected = [anova.score_interval(part) for part in parts]
    assert np.stack([found.low, found.high], axis=1) == pytest.approx(np.array(expected))


def test_items_of_one_template_are_one_answer() -> None:
    answers = _answers(5, 30)
    seed, item = codes(answers.shape)
    once = mean_intervals(answers.ravel(), seed, seed, item)
    four = mean_intervals(np.tile(answers.ravel(), 4), *(np.tile(c, 4) for c in (seed, seed, item)))
    assert (four.low[0], four.high[0]) == (pytest.approx(once.low[0]), pytest.approx(once.high[0]))


def test_seeds_with_data_of_their_own_hold_both_variances() -> None:
    answers = _answers(5, 30)
    seed, item = codes(answers.shape)
    found = crossed((answers - answers.mean()).ravel() / 150, seed, seed * 30 + item)
    assert found.variance[0] == pytest.approx(answers.mean(axis=1).var(ddof=1) / 5)
    assert found.freedom[0] == pytest.approx(4)


def test_several_runs_of_a_dataset_are_one_draw_of_it() -> None:
    answers = _answers(6, 30)
    run, item = codes(answers.shape)
    dataset = run // 2
    found = mean_intervals(answers.ravel(), run, dataset, item)
    of_datasets = answers.reshape(3, 2, 30).mean(axis=1)
    assert found.mean[0] == pytest.approx(answers.mean())
    expected, freedom = anova.variance(of_datasets)
    spread = answers.mean() * (1 - answers.mean())
    n, q2 = min(spread / expected, 90), t.ppf(0.975, freedom) ** 2  # 90 pairs of dataset and item
    ends = np.roots([1 + q2 / n, -(2 * answers.mean() + q2 / n), answers.mean() ** 2])
    assert (found.low[0], found.high[0]) == (pytest.approx(ends.min()), pytest.approx(ends.max()))


def test_one_run_has_the_interval_of_its_items() -> None:
    answers = _answers(1, 50)[0]
    zero, item = np.zeros(50, np.int64), np.arange(50)
    found = mean_intervals(answers, zero, zero, item)
    low, high = wilson(49 * answers.mean(), 49)  # n - 1: the variance is estimated
    assert found.mean[0] == answers.mean()
    assert (found.low[0], found.high[0]) == (
        pytest.approx(float(low), abs=0.005),
        pytest.approx(float(high), abs=0.005),
    )


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_where_all_answers_are_alike_each_cluster_counts_once(value: float) -> None:
    seed, item = codes((5, 40))
    found = mean_intervals(np.full(200, value), seed, seed, item)
    q2 = t.ppf(0.975, 39) ** 2
    wide = found.high[0] - found.low[0]
    assert found.mean[0] == value
    assert wide == pytest.approx(q2 / (40 + q2))
    assert (found.low[0] == 0.0) == (value == 0.0)


@given(
    seeds=st.integers(1, 6),
    items=st.integers(1, 12),
    clusters=st.integers(1, 12),
    key=st.integers(0, 2**32 - 1),
)
def test_intervals_hold_the_mean_and_stay_within_bounds(
    seeds: int, items: int, clusters: int, key: int
) -> None:
    rng = np.random.default_rng(key)
    seed, item = codes((seeds, items))
    correct = rng.integers(0, 3, seeds * items) / 2
    found = mean_intervals(correct, seed, seed, rng.integers(0, clusters, items)[item])
    assert 0 <= found.low[0] <= found.mean[0] <= found.high[0] <= 1
    assert found.low[0] < found.high[0]


@pytest.mark.parametrize(
    ("n_runs", "n_datasets", "trained", "held"),
    [
        (5, 1, True, "initialisation and items"),
        (5, 5, True, "initialisation, data and items"),
        (1, 1, True, "items"),
        (1, 1, False, "items"),
        (5, 5, False, "data and items"),
    ],
)
def test_variance_held(n_runs: int, n_datasets: int, trained: bool, held: str) -> None:
    assert variance_held(n_runs, n_datasets, trained) == held
