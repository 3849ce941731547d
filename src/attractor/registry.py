"""Every table's contract, found where it stands: no list to keep, and none to forget one in."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType

from attractor.results import ITEMS, PREDICTIONS, Table


def of_runs() -> list[Table]:
    """Of the items that are asked, and of a run's folder."""
    return [ITEMS, PREDICTIONS]


def of_report() -> list[Table]:
    """Of what a report merges from all runs: those in report/contracts*.py."""
    from attractor import report

    return _tables(m for m in _modules(report) if m.rpartition(".")[2].startswith("contracts"))


def of_diagnostics() -> list[Table]:
    """Of what a report merges from all runs' diagnostics, by diagnostic. Imports torch."""
    from attractor import diagnostics
    from attractor.diagnostics.protocol import Diagnostic, merged

    modules = _modules(diagnostics)
    classes = [value for m in modules for value in vars(_imported(m)).values()]
    measured = {
        table.name
        for found in classes
        if isinstance(found, type) and issubclass(found, Diagnostic) and found is not Diagnostic
        for table in found.tables
    }
    found = _tables(modules)
    of_each = sorted((merged(t) for t in found if t.name in measured), key=_name)
    of_all = sorted((t for t in found if t.name not in measured), key=_name)
    return sorted([*of_each, *of_all], key=diagnostic_of)


def diagnostic_of(table: Table) -> str:
    """The name of a diagnostic, which that of each of its tables begins with."""
    return _name(table).partition("_")[0]


def _name(table: Table) -> str:
    return table.name.removesuffix(".csv")


def contract_of(file: str) -> Table | None:
    """The contract of a file of an experiment's folder, or None if the program has none."""
    for tables in (of_report, of_diagnostics):
        for table in tables():
            if table.name == file:
                return table
    return None


def _modules(package: ModuleType) -> list[str]:
    return [f"{package.__name__}.{found.name}" for found in pkgutil.iter_modules(package.__path__)]


def _imported(module: str) -> ModuleType:
    return importlib.import_module(module)


def _tables(modules: Iterable[str]) -> list[Table]:
    """The tables of modules, each once, in the order in which they stand."""
    values = (value for module in modules for value in vars(_imported(module)).values())
    return list({value.name: value for value in values if isinstance(value, Table)}.values())
