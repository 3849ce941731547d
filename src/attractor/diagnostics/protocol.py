"""What every diagnostic offers: it measures one trained network, and reports on many."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from attractor.diagnostics.over_seeds import WHAT
from attractor.lexicon import Lexicon
from attractor.models.protocol import Network
from attractor.results import CONFIG_ID, MODEL, RUN_ID, SEED, TASK, Table, text
from attractor.tasks.protocol import Task
from attractor.trained import Trained

if TYPE_CHECKING:
    import altair as alt

Tables = Mapping[str, pd.DataFrame]

# What a report adds to the rows of each run. label: the model and what was varied beside it.
OF_RUN = {
    "run_id": RUN_ID,
    "config_id": CONFIG_ID,
    "label": text("label: the model and what was varied beside it, as figures call it"),
    "model": MODEL,
    "task": TASK,
    "seed": SEED,
}
OF_CONFIG = {name: OF_RUN[name] for name in WHAT}


def merged(table: Table) -> Table:
    """The contract of all runs' rows of `table` together."""
    return replace(table, rows=f"{table.rows} × run", columns={**OF_RUN, **table.columns})


@dataclass(frozen=True)
class Case:
    """A trained network, the items of the suites that the diagnostic's yaml names, and the text.

    training: the training items; lexicon: the words that the grammar has; clip: the norm that
    training clips gradients to.
    """

    trained: Trained
    items: pd.DataFrame
    training: pd.DataFrame
    lexicon: Lexicon
    clip: float


@dataclass(frozen=True)
class Report:
    """What a diagnostic says of many runs: tables with their contracts, figures by file name
    without ending (None where there is nothing to draw), and lines for the terminal."""

    tables: list[tuple[Table, pd.DataFrame]]
    charts: Mapping[str, alt.VConcatChart | None] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


class Diagnostic(ABC):
    """Made from the options of its yaml. File names of tables and figures begin with its name."""

    tables: ClassVar[tuple[Table, ...]]  # what `measure` gives of one run

    @abstractmethod
    def check(self, network: Network, task: Task, model: str) -> None:
        """Raise UserError, in one line, for a network or task that it does not fit."""

    @abstractmethod
    def measure(self, case: Case) -> Tables:
        """The `tables` of one run, by the contract's file name. Reads no file and writes none."""

    @classmethod
    @abstractmethod
    def report(cls, found: Tables) -> Report:
        """What the runs say together. found: all runs' tables, with OF_RUN's columns before."""
