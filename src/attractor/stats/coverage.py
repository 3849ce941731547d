"""Do intervals cover, are tests right, is reach unbiased? python -m attractor.stats.coverage

Prints the tables of docs/statistics.md: minutes. Each function simulates runs from a known truth
and returns a frame; tests/test_coverage.py asks the same of the default numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit

from attractor.progress import progress_bar
from attractor.stats.comparison import differences
from attractor.stats.curves import reach, slopes
from attractor.stats.intervals import Floats, mean_intervals, t_interval
from attractor.stats.simulation import Population, codes, simulate

N_SEEDS, N_ITEMS, N_SIMULATIONS = 5, 240, 1000  # as the default experiment and its figure's points
ACCURACIES = (0.55, 0.65, 0.75, 0.85, 0.9, 0.95, 0.97, 0.99)
POPULATIONS = (Population(0.15, 2.0), Population(0.3, 3.0), Population(0.5, 4.0))
DISTANCES = np.arange(5, 13)
_RESAMPLES = 400
_AIMS = {
    "single": (0.0, 0.05),
    "family": (0.0, 0.05),
    "bias": (-0.05, 0.05),
    "median estimate": (-np.inf, np.inf),
}  # all others cover between .93 and .97
Held = NDArray[np.bool_]
_BLOCK = 50  # simulations held in memory at once


def accuracy_intervals(
    accuracies: Sequence[float] = ACCURACIES,
    population: Population = POPULATIONS[1],
    n_seeds: int = N_SEEDS,
    n_items: int = N_ITEMS,
    n_simulations: int = N_SIMULATIONS,
    bootstrap: bool = False,
) -> pd.DataFrame:
    """A row an accuracy: the share of 95 % intervals that hold it, ours and those in common use."""
    rows = []
    for accuracy in accuracies:
        held: dict[str, list[Held]] = {}
        for rng, n in _blocks(n_simulations, accuracy):
            right = simulate(np.full(n_items, accuracy), 1, n_seeds, n, population, rng)[:, 0]
            for name, (low, high) in _intervals(right.astype(float), rng, bootstrap).items():
                held.setdefault(name, []).append((low <= accuracy) & (accuracy <= high))
        rows.append({"accuracy": accuracy} | {k: _share(v) for k, v in held.items()})
    return pd.DataFrame(rows)


def _intervals(
    right: Floats, rng: np.random.Generator, bootstrap: bool
) -> dict[str, tuple[Floats, Floats]]:
    """By method, (low, high) of each simulation; right: [simulations, seeds, items]."""
    simulation, seed, item = codes(right.shape)
    ours = mean_intervals(right.ravel(), seed, seed, item, simulation)
    of_seeds = right.mean(axis=2)
    t = t_interval(of_seeds.mean(axis=1), of_seeds.std(axis=1, ddof=1), right.shape[1])
    found = {"ours": (ours.low, ours.high), "t over seeds": t}
    if bootstrap:
        found["percentile bootstrap"] = _percentiles(right, rng)
    return found


def _percentiles(right: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Seeds and items resampled, items once for all seeds: Owen (2007), Annals of Applied
    Statistics 1, 386-411."""
    _, S, I = right.shape  # noqa: E741
    seeds = rng.multinomial(S, np.full(S, 1 / S), _RESAMPLES) / S
    items = rng.multinomial(I, np.full(I, 1 / I), _RESAMPLES) / I
    means = np.einsum("rs,nsi,ri->nr", seeds, right, items, optimize=True)
    low, high = np.quantile(means, (0.025, 0.975), axis=1)
    return low, high


def comparisons(
    accuracies: Sequence[float] = ACCURACIES,
    population: Population = POPULATIONS[1],
    n_models: int = 4,
    n_cells: int = 5,
    n_simulations: int = N_SIMULATIONS,
) -> pd.DataFrame:
    """A row an accuracy, of equal models: coverage of differences, false positives of the family.

    family: the share of simulations in which any of all pairs and cells has p < .05 after Holm;
    single: the share of all tests with p < .05 before it.
    """
    rows = []
    for accuracy in accuracies:
        covered, single, family = [], [], []
        for rng, n in _blocks(n_simulations, accuracy):
            shares = np.full(n_cells * N_ITEMS, accuracy)
            right = simulate(shares, n_models, N_SEEDS, n, population, rng).astype(float)
            simulation, seed, item = codes(right[:, 0].shape)
            cell = simulation * n_cells + item // N_ITEMS
            p = []
            for a, b in combinations(range(n_models), 2):
                found = differences(right[:, a].ravel(), right[:, b].ravel(), seed, item, cell)
                covered.append((found.low <= 0) & (found.high >= 0))
                p.append(found.p.reshape(n, n_cells))
            tests = np.concatenate(p, axis=1)
            single.append(tests < 0.05)
            family.append(tests.min(axis=1) * tests.shape[1] < 0.05)  # Holm's first step
        rows.append(
            {"accuracy": accuracy, "coverage": _share(covered), "single": _share(single)}
            | {"family": _share(family)}
        )
    return pd.DataFrame(rows)


def curves(
    reaches: Sequence[float] = (6.0, 7.5, 9.0, 10.5),
    per_token: float = -0.2,
    population: Population = POPULATIONS[1],
    n_simulations: int = N_SIMULATIONS,
) -> pd.DataFrame:
    """A row a true reach: the median estimate, its bias, and coverage of reach and of the slope.

    Log-odds of the accuracy fall by `per_token`, through 75 % at the true reach. Estimates beyond
    the probed distances count as such in the median; an open end of an interval covers.
    """
    rows = []
    for true in reaches:
        shares = np.repeat(
            1 / (1 + np.exp(-(logit(0.75) + per_token * (DISTANCES - true)))), N_ITEMS
        )
        distance = np.tile(np.repeat(DISTANCES, N_ITEMS), N_SEEDS)
        one = np.ones(len(distance), np.int64)
        estimates, covered, slope_covered = [], [], []
        for rng, n in _blocks(n_simulations, true):
            right = simulate(shares, 1, N_SEEDS, n, population, rng)[:, 0].astype(float)
            seed, item = codes(right.shape[1:])
            for answers in right:
                found = reach(distance, answers.ravel(), seed, item)
                outside = np.inf if "beyond" in found.note.partition(";")[0] else -np.inf
                estimates.append(found.value if np.isfinite(found.value) else outside)
                low = found.low if np.isfinite(found.low) else -np.inf
                high = found.high if np.isfinite(found.high) else np.inf
                covered.append(np.array([low <= true <= high]))
                slope, _ = slopes(distance, one, one, answers.ravel(), seed, item)
                slope_covered.append(np.array([slope.low <= per_token <= slope.high]))
        median = float(np.median(estimates))
        rows.append(
            {"reach": true, "median estimate": median, "bias": median / true - 1}
            | {"coverage": _share(covered), "coverage of the slope": _share(slope_covered)}
        )
    return pd.DataFrame(rows)


def _blocks(n_simulations: int, key: float) -> list[tuple[np.random.Generator, int]]:
    """A generator and a number of simulations, block by block; the key makes them its own."""
    sizes = [min(_BLOCK, n_simulations - start) for start in range(0, n_simulations, _BLOCK)]
    return [(np.random.default_rng([round(1e4 * key), k]), n) for k, n in enumerate(sizes)]


def _share(held: Sequence[Held]) -> float:
    return float(np.mean(np.concatenate([block.ravel() for block in held])))


def main() -> None:
    """Print every table as Markdown; what misses its aim is bold."""
    sizes = [(N_SEEDS, N_ITEMS), (N_SEEDS, 64), (3, N_ITEMS), (10, N_ITEMS)]
    parts: dict[str, dict[str, pd.DataFrame]] = {}
    with progress_bar("coverage", (len(sizes) + 2) * len(POPULATIONS), "table") as advance:
        for population in POPULATIONS:
            told = f"{population.seed_sd}/{population.item_sd:.0f}"
            for n_seeds, n_items in sizes:
                parts.setdefault(f"accuracy: {n_seeds} seeds, {n_items} items", {})[told] = (
                    accuracy_intervals(ACCURACIES, population, n_seeds, n_items, bootstrap=True)
                )
                advance(1)
            parts.setdefault("differences of equal models", {})[told] = comparisons(
                population=population
            )
            advance(1)
            parts.setdefault("curves", {})[told] = curves(population=population)
            advance(1)
    for name, of_populations in parts.items():
        print(f"\n**{name}**\n\n{markdown(of_populations)}")


def markdown(of_populations: dict[str, pd.DataFrame]) -> str:
    """Tables side by side, a group of columns a measure; the populations head the columns."""
    tables = list(of_populations.values())
    key, *measures = tables[0].columns
    heads = [str(key), *(f"{m} {told}" for m in measures for told in of_populations)]
    lines = ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
    for row in range(len(tables[0])):
        cells = [f"{tables[0][key].iloc[row]:g}"]
        cells += [_cell(str(m), float(t[m].iloc[row])) for m in measures for t in tables]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(measure: str, value: float) -> str:
    """A number, bold where it is not within the limits of its measure."""
    text = f"{value:.2f}" if measure == "median estimate" else f"{value:.3f}"
    low, high = _AIMS.get(measure, (0.93, 0.97))
    return text if low <= value <= high else f"**{text}**"


if __name__ == "__main__":
    main()
