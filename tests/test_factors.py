"""Cramér's V on tables whose value is known, and the probes' own table."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from attractor.factors import FACTORS, associations, cramers_v


def test_one_factor_that_decides_another_gives_one() -> None:
    one = pd.Series([1, 2, 3] * 40)
    assert cramers_v(one, one * 10) == pytest.approx(1.0, abs=1e-9)


def test_crossed_factors_give_zero() -> None:
    rows = pd.DataFrame(list(product([1, 2, 3], "ab")) * 20, columns=["one", "other"])
    assert cramers_v(rows["one"], rows["other"]) == 0.0


def test_a_factor_that_does_not_vary_gives_zero() -> None:
    assert cramers_v(pd.Series([1] * 9), pd.Series(list("abc") * 3)) == 0.0


def test_a_value_computed_by_hand() -> None:
    # [[30, 10], [10, 30]]: chi² = 20, phi² = 1/4, less 1/79; both sides shrink to 2 - 1/79.
    one = pd.Series([0] * 40 + [1] * 40)
    other = pd.Series([0] * 30 + [1] * 10 + [0] * 10 + [1] * 30)
    expected = np.sqrt((0.25 - 1 / 79) / (1 - 1 / 79))
    assert cramers_v(one, other) == pytest.approx(expected)


def test_every_pair_of_factors_has_a_row() -> None:
    items = pd.DataFrame({factor: [0, 1] * 8 for factor in FACTORS})
    items["n_intervening"] = [0] * 8 + [1] * 8
    items["n_attractors"] = 0
    table = associations(items).set_index(["factor", "other"])
    assert len(table) == len(FACTORS) * (len(FACTORS) - 1) // 2
    assert table.loc[("distance", "structure"), "within_panels"] == 1.0
    assert np.isnan(table.loc[("distance", "n_intervening"), "within_panels"])
    assert table.loc[("distance", "n_intervening"), "overall"] == 0.0
