"""All that is computed of an experiment's finished runs, before any of it is written or drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from attractor.report import accuracy, constructions, contracts, errors, readouts, suites, summary
from attractor.report.collect import IN_DISTRIBUTION, REVEALED, Collected
from attractor.report.comparisons import compare
from attractor.report.diagnostics import diagnosed
from attractor.report.effects import effects
from attractor.results import HISTORY, Table

if TYPE_CHECKING:
    from attractor.diagnostics.protocol import Report


@dataclass(frozen=True)
class Analysis:
    """The frames of a report: each of the contract of its name, by_suite as `constructions` says.

    A frame without columns is of something that the runs do not have.
    """

    collected: Collected
    results: pd.DataFrame
    by_distance: pd.DataFrame
    by_attractors: pd.DataFrame
    by_position: pd.DataFrame
    by_construction: pd.DataFrame
    by_error_position: pd.DataFrame
    natural_errors: pd.DataFrame
    suites: pd.DataFrame
    flagship: pd.DataFrame
    summary: pd.DataFrame
    comparisons: pd.DataFrame
    mcnemar: pd.DataFrame
    effects: pd.DataFrame
    by_suite: dict[str, pd.DataFrame]
    diagnostics: dict[str, Report]

    @property
    def tables(self) -> list[tuple[Table, pd.DataFrame]]:
        """What is written: the contracts and their frames."""
        found = [
            (contracts.RESULTS, self.results),
            (contracts.ACCURACY_BY_DISTANCE, self.by_distance),
            (contracts.ACCURACY_BY_ATTRACTORS, self.by_attractors),
            (contracts.ACCURACY_BY_SUBJECT_POSITION, self.by_position),
            (contracts.ACCURACY_BY_CONSTRUCTION, self.by_construction),
            (contracts.ACCURACY_BY_ERROR_POSITION, self.by_error_position),
            (contracts.ERRORS, self.natural_errors),
            (contracts.SUITES, self.suites),
            (contracts.FLAGSHIP, self.flagship),
            (contracts.SUMMARY, self.summary),
            (contracts.COMPARISONS, self.comparisons),
            (contracts.MCNEMAR, self.mcnemar),
            (contracts.EFFECTS, self.effects),
            (HISTORY, self.collected.history),
            *(pair for report in self.diagnostics.values() for pair in report.tables),
        ]
        return [(table, frame) for table, frame in found if len(frame.columns)]


def analyse(collected: Collected) -> Analysis:
    """Compute every table of the report."""
    by_suite = constructions.constructions(collected)
    by_suite.pop(f"{IN_DISTRIBUTION}{REVEALED}", None)  # no more of a suite than the rest of them
    compared = compare(collected)
    return Analysis(
        collected=collected,
        results=accuracy.results(collected),
        by_distance=accuracy.accuracy_by(collected, ["distance", "n_intervening"]),
        by_attractors=accuracy.accuracy_by(collected, ["n_intervening"]),
        by_position=accuracy.accuracy_by(collected, ["subject_index", "n_intervening"]),
        by_construction=constructions.accuracy_by_construction(collected),
        by_error_position=readouts.accuracy_by_error_position(collected),
        natural_errors=errors.errors(collected),
        suites=suites.suites(collected),
        flagship=accuracy.flagship(collected),
        summary=summary.summary(collected),
        comparisons=compared.differences,
        mcnemar=compared.mcnemar,
        effects=effects(collected),
        by_suite=by_suite,
        diagnostics=diagnosed(collected),
    )
