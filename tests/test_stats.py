"""Intervals and fits against numbers computed by hand or by another library."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from attractor import stats


def test_wilson_against_published_numbers() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3: 81/263, 15/148, 0/20, 1/29.
    low, high = stats.wilson([81, 15, 0, 1], [263, 148, 20, 29])
    assert low == pytest.approx([0.2553, 0.0624, 0.0000, 0.0061], abs=5e-5)
    assert high == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718], abs=5e-5)


def test_wilson_takes_half_successes_and_nothing_at_all() -> None:
    low, high = stats.wilson(0.5, 1)
    assert low == pytest.approx(1 - high)  # symmetric about one half
    assert stats.wilson(0, 0) == (0.0, 1.0)


@given(n=st.integers(1, 10**6), share=st.floats(0, 1))
def test_wilson_holds_the_proportion_and_stays_within_bounds(n: int, share: float) -> None:
    low, high = stats.wilson(share * n, n)
    assert 0 <= low <= share * (1 + 1e-12)
    assert share * (1 - 1e-12) <= high <= 1
    assert low < high


def test_interval_over_seeds_by_hand() -> None:
    # mean .8, sd sqrt(.00025) = .0158114, t(4, .975) = 2.776445
    half = 2.776445105 * np.sqrt(0.00025) / np.sqrt(5)
    low, high = stats.interval_over_seeds([0.78, 0.79, 0.80, 0.81, 0.82])
    assert (low, high) == pytest.approx((0.8 - half, 0.8 + half))


def test_interval_is_clipped_only_where_it_is_bounded() -> None:
    assert stats.interval_over_seeds([0.9, 1.0])[1] == 1.0
    assert stats.interval_over_seeds([0.9, 1.0], bounds=(-np.inf, np.inf))[1] > 1.5


def test_one_seed_falls_back_on_prefixes_or_on_nothing() -> None:
    assert stats.interval_over_seeds([0.3], n_prefixes=20) == pytest.approx(
        tuple(map(float, stats.wilson(6, 20)))
    )
    assert np.isnan(stats.interval_over_seeds([0.3])).all()
    assert np.isnan(stats.interval_over_seeds([])).all()


@pytest.mark.parametrize(
    ("n_runs", "n_datasets", "trained", "held"),
    [
        (5, 1, True, "initialisation"),
        (5, 5, True, "initialisation and data"),
        (1, 1, True, "items"),
        (1, 1, False, "items"),
        (5, 5, False, "data"),
    ],
)
def test_variance_held(n_runs: int, n_datasets: int, trained: bool, held: str) -> None:
    assert stats.variance_held(n_runs, n_datasets, trained) == held


def cells(
    intercept: float, token: float, attractor: float, longest: int = 12
) -> stats.AccuracyCurve:
    """A fit to the exact expectations of a known curve."""
    d, k = (a.ravel() for a in np.meshgrid(np.arange(1, longest + 1), [0, 1]))
    p = expit(intercept + token * d + attractor * k)
    return stats.fit_accuracy_curve(d, k, p * 1e5, np.full(len(d), 1e5))


def test_fit_recovers_the_curve_it_came_from() -> None:
    curve = cells(3.0, -0.25, -0.8)
    assert (curve.intercept, curve.per_token, curve.per_attractor) == pytest.approx(
        (3.0, -0.25, -0.8), abs=1e-3
    )
    assert curve.shares == {0: 0.5, 1: 0.5}


def test_fit_agrees_with_items_one_by_one_and_ties_count_half() -> None:
    rng = np.random.default_rng(0)
    d, k = rng.integers(1, 10, 500), rng.integers(0, 3, 500)
    correct = rng.choice([0.0, 0.5, 1.0], 500)
    twice = stats.fit_accuracy_curve(
        np.tile(d, 2), np.tile(k, 2), np.r_[np.ceil(correct), np.floor(correct)], 1
    )
    doubled = stats.fit_accuracy_curve(d, k, 2 * correct, 2)
    assert twice.per_token == pytest.approx(doubled.per_token)
    assert twice.per_attractor == pytest.approx(doubled.per_attractor)


def test_firth_on_one_cell_is_known_in_closed_form() -> None:
    # With an intercept only, Jeffreys' prior adds half a success and half a failure.
    curve = stats.fit_accuracy_curve([3, 3, 3, 3], [0, 0, 0, 0], [1, 1, 1, 1])
    assert expit(curve.intercept) == pytest.approx(4.5 / 5)
    assert np.isnan([curve.per_token, curve.per_attractor]).all()


def test_separated_data_have_a_finite_fit() -> None:
    d = np.repeat(np.arange(1, 11), 50)
    curve = stats.fit_accuracy_curve(d, np.zeros_like(d), (d <= 5).astype(float))
    assert np.isfinite([curve.intercept, curve.per_token]).all()
    assert stats.reach(curve) == pytest.approx(5.5, abs=0.5)


def test_factors_that_move_together_have_no_slopes() -> None:
    curve = stats.fit_accuracy_curve([1, 3, 5] * 9, [0, 1, 2] * 9, [1, 1, 0] * 9)
    assert np.isnan([curve.per_token, curve.per_attractor]).all()


@given(
    st.lists(
        st.tuples(st.integers(1, 30), st.integers(0, 4), st.sampled_from([0.0, 0.5, 1.0])),
        min_size=1,
        max_size=60,
    )
)
def test_every_fit_is_finite_and_its_accuracies_are_probabilities(rows: list[tuple]) -> None:
    d, k, correct = map(np.array, zip(*rows, strict=True))
    curve = stats.fit_accuracy_curve(d, k, correct)
    assert np.isfinite(curve.intercept)
    assert 0 <= curve.accuracy(d.min()) <= 1
    reach = stats.reach(curve)
    assert not np.isfinite(reach) or d.min() <= reach <= d.max()


def test_reach_of_a_known_crossing() -> None:
    # logit(.75) = ln 3, so 3 - d/4 falls to it at d = 4 (3 - ln 3) = 7.6056
    curve = cells(3.0, -0.25, 0.0)
    assert stats.reach(curve) == pytest.approx(4 * (3 - np.log(3)), abs=0.02)
    assert curve.accuracy(stats.reach(curve)) == pytest.approx(0.75, abs=1e-4)


@pytest.mark.parametrize(
    ("intercept", "token", "note"),
    [
        (3.0, 0.0, stats.BEYOND),  # flat and high
        (3.0, -0.1, stats.BEYOND),  # falls, but not to 75 %
        (0.5, -0.1, stats.BELOW),
        (-1.0, 0.5, stats.RISES),
    ],
)
def test_nothing_is_extrapolated(intercept: float, token: float, note: str) -> None:
    reach = stats.reach_over_seeds([cells(intercept, token, 0.0)] * 5)
    assert reach.note == note
    assert np.isnan([reach.value, reach.low, reach.high]).all()


def test_reach_over_seeds_is_the_median_with_a_t_interval() -> None:
    curves = [cells(intercept, -0.25, 0.0) for intercept in (2.5, 2.75, 3.0)]
    reach = stats.reach_over_seeds(curves)
    values = [stats.reach(curve) for curve in curves]
    assert reach.value == values[1]
    assert (reach.low, reach.high) == pytest.approx(
        stats.interval_over_seeds(values, bounds=(1.0, 12.0))
    )
    assert reach.note == ""


def test_a_seed_beyond_the_probes_opens_the_interval() -> None:
    curves = [cells(intercept, -0.25, 0.0) for intercept in (2.5, 2.75, 5.0)]
    reach = stats.reach_over_seeds(curves)
    assert reach.note == "1 of 3 seeds beyond the longest probe"
    assert reach.value == stats.reach(curves[1])
    assert reach.low == stats.reach(curves[0])
    assert np.isnan(reach.high)
    two_of_four = stats.reach_over_seeds([*curves, curves[2]])
    assert np.isnan(two_of_four.value)  # half-way to infinity is no distance


def test_one_seed_has_a_reach_without_an_interval() -> None:
    reach = stats.reach_over_seeds([cells(3.0, -0.25, 0.0)])
    assert reach.value == pytest.approx(7.6056, abs=0.02)
    assert np.isnan([reach.low, reach.high]).all()
