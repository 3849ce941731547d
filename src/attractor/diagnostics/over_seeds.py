"""From one value a seed to its mean with an interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from attractor.stats.intervals import t_interval

WHAT = ["config_id", "label", "model", "task"]  # one line of a figure each


def over_seeds(
    frame: pd.DataFrame,
    by: Sequence[str],
    values: Sequence[str],
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> pd.DataFrame:
    """Means over seeds: a row each WHAT and `by`, with n_seeds, and VALUE, VALUE_low, VALUE_high.

    frame: one row a run and cell, with the columns of protocol.OF_RUN. The 95 % t interval holds
    what differs between the seeds (stats.intervals.t_interval); it is empty for one seed.
    """
    groups = frame.groupby([*WHAT, *by], sort=False, observed=True, dropna=False)
    found = groups.agg(n_seeds=("run_id", "nunique")).reset_index()
    for value in values:
        mean, sd, n = (groups[value].agg(how).to_numpy() for how in ("mean", "std", "count"))
        low, high = t_interval(mean, sd, n, bounds)
        found[value], found[f"{value}_low"], found[f"{value}_high"] = mean, low, high
    return found
