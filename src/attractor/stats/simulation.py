"""Answers simulated from known accuracies, with seeds and items that vary, to test statistics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from attractor.stats.intervals import Codes, Floats

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(80)


@dataclass(frozen=True)
class Population:
    """How much networks and items vary, as standard deviations in log-odds.

    Measured on the headline probes: seeds .1 to .5; items 2 to 4 (the share of an answer's variance
    that an item keeps over seeds is .25 to .6). shared: correlation of an item's difficulty for two
    models.
    """

    seed_sd: float = 0.3
    item_sd: float = 3.0
    shared: float = 0.5


def simulate(
    accuracy: Floats,
    n_models: int,
    n_seeds: int,
    n_simulations: int,
    population: Population,
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Right answers: [n_simulations, n_models, n_seeds, items].

    accuracy: [items], or [n_models, items]: the share right over all seeds and items of its kind,
    exactly: logit P = m + a + b, where m gives that share under normal seeds a and items b. Each
    simulation draws seeds and items anew. Logistic-normal answers as in Jaeger (2008), J. Memory
    and Language 59, 434-446.
    """
    shares = np.broadcast_to(accuracy, (n_models, np.shape(accuracy)[-1]))
    spread = float(np.hypot(population.seed_sd, population.item_sd))
    logits = np.array([[_location(share, spread) for share in row] for row in shares.tolist()])
    I = shares.shape[1]  # noqa: E741
    common = rng.normal(size=(n_simulations, 1, 1, I))
    own = rng.normal(size=(n_simulations, n_models, 1, I))
    items = np.sqrt(population.shared) * common + np.sqrt(1 - population.shared) * own
    seeds = rng.normal(size=(n_simulations, n_models, n_seeds, 1))
    eta = logits[:, None, :] + population.seed_sd * seeds + population.item_sd * items
    return np.asarray(rng.random(eta.shape) < expit(eta))


@cache
def _location(share: float, spread: float) -> float:
    """The mean of normal log-odds, `spread` their deviation, whose mean probability is `share`."""

    def excess(location: float) -> float:
        return float(_WEIGHTS @ expit(location + spread * _NODES) / _WEIGHTS.sum()) - share

    return float(brentq(excess, -80, 80))


def codes(shape: Sequence[int]) -> tuple[Codes, ...]:
    """For an array of `shape`, flattened: the index along each of its axes."""
    return tuple(axis.ravel() for axis in np.indices(tuple(shape)))
