"""The statistics on runs simulated from a known truth; docs/statistics.md has the whole tables."""

import numpy as np
import pytest

from attractor.stats.comparison import detectable, differences
from attractor.stats.coverage import (
    ACCURACIES,
    accuracy_intervals,
    comparisons,
    curves,
)
from attractor.stats.simulation import Population, codes, simulate


def test_simulated_answers_have_the_accuracy_that_was_asked_for() -> None:
    shares = np.repeat([0.55, 0.9, 0.99], 40)
    right = simulate(shares, 2, 5, 400, Population(), np.random.default_rng(0))
    assert right.shape == (400, 2, 5, 120)
    means = right.reshape(-1, 3, 40).mean(axis=(0, 2))
    assert means == pytest.approx([0.55, 0.9, 0.99], abs=0.012)
    # Two models find the same items hard, and two seeds of one more so.
    centred = right - right.mean(axis=(0, 1, 2))
    of_models = (centred[:, 0, 0] * centred[:, 1, 0]).mean()
    of_seeds = (centred[:, 0, 0] * centred[:, 0, 1]).mean()
    assert 0.01 < of_models < of_seeds


@pytest.mark.slow
def test_intervals_cover_at_the_default_numbers_of_seeds_and_items() -> None:
    found = accuracy_intervals().set_index("accuracy")
    assert tuple(found.index) == ACCURACIES
    assert found["ours"].between(0.93, 0.97).all(), found
    assert (found["t over seeds"] < 0.9).all()  # it holds initialisation alone


@pytest.mark.slow
def test_equal_models_are_told_apart_at_most_once_in_twenty_experiments() -> None:
    found = comparisons((0.75, 0.95), n_models=3)
    assert found["coverage"].between(0.93, 0.97).all(), found
    assert (found["family"] <= 0.05).all(), found
    assert (found["single"] > 0.01).all()  # and yet not deaf


def test_a_detectable_difference_is_found_four_times_in_five() -> None:
    shares = np.array([0.81, 0.75])[:, None].repeat(1200, axis=1)
    found, detectables = [], []
    for key in range(8):
        right = simulate(shares, 2, 5, 25, Population(), np.random.default_rng(key)).astype(float)
        simulation, seed, item = codes(right[:, 0].shape)
        tested = differences(right[:, 0].ravel(), right[:, 1].ravel(), seed, item, simulation)
        found.append(tested.p < 0.05)
        detectables.append(detectable(tested.error, tested.freedom, 1))
    assert np.mean(found) == pytest.approx(0.8, abs=0.15)
    assert np.median(detectables) == pytest.approx(0.06, abs=0.02)


@pytest.mark.slow
def test_reach_is_unbiased_and_covered() -> None:
    found = curves((9.5,))
    assert found["bias"].abs().max() <= 0.05, found
    assert found["coverage"].between(0.93, 0.97).all(), found
    assert found["coverage of the slope"].between(0.93, 0.97).all(), found
