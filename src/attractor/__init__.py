"""attractor: how far a recurrent network's subject-verb agreement reaches, and why it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from attractor.loading import Results

__version__ = "0.1.0"


def load(folder: str | Path) -> Results:
    """The tables of an experiment's folder (outputs/distance), as pandas data frames.

    `load("outputs/distance").summary` is summary.csv: see docs/results.md for all of them. Raises
    UserError for a folder without a report.
    """
    from attractor.loading import Results  # and with it pandas, which takes a while

    return Results(folder)
