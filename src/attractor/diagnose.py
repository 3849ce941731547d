"""The stage that runs a diagnostic on a trained network: its tables, as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attractor.errors import UserError
from attractor.plugins import call_target

if TYPE_CHECKING:
    from attractor.diagnostics.protocol import Case, Diagnostic
    from attractor.models.protocol import Network
    from attractor.tasks.protocol import Task

OF_STAGE = ("version", "suites")  # keys of a diagnostic's yaml that it does not read itself


def build_diagnostic(name: str, spec: Mapping[str, Any]) -> Diagnostic:
    """The diagnostic that a yaml of conf/diagnostic names."""
    options = {key: value for key, value in spec.items() if key not in OF_STAGE}
    diagnostic: Diagnostic = call_target(f"diagnostic.{name}", options)
    return diagnostic


def suites_of(name: str, spec: Mapping[str, Any], known: Mapping[str, Any]) -> list[str]:
    """The suites whose items a diagnostic is given. UserError for one that the job lacks."""
    wanted = [str(suite) for suite in spec.get("suites", [])]
    if absent := [suite for suite in wanted if suite not in known]:
        raise UserError(
            f"diagnostic.{name}.suites: this job has no suite {absent[0]}; "
            f"add it: suite=[{','.join([*known, absent[0]])}]"
        )
    return wanted


def check_diagnostics(specs: Mapping[str, Any], network: Network, task: Task, model: str) -> None:
    """Refuse, before anything is generated, a diagnostic that does not fit network or task."""
    for name, spec in specs.items():
        build_diagnostic(name, spec).check(network, task, model)


def write_tables(name: str, spec: Mapping[str, Any], case: Case, folder: Path) -> None:
    """Measure, and write each table by its contract."""
    from attractor.results import write_csv

    diagnostic = build_diagnostic(name, spec)
    found = diagnostic.measure(case)
    for table in diagnostic.tables:
        write_csv(found[table.name], table, folder / table.name)
