"""What diagnostics found of an experiment's runs, merged and handed to each for its own report."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from attractor.artifacts import is_whole
from attractor.errors import UserError
from attractor.report.collect import Collected
from attractor.report.configs import CONFIG
from attractor.report.runs import Run
from attractor.results import Table, read_csv

if TYPE_CHECKING:
    from attractor.diagnostics.protocol import Diagnostic, Report


def diagnosed(collected: Collected) -> dict[str, Report]:
    """The report of each diagnostic that was run, by its name; the merged tables come first."""
    found: dict[str, list[Run]] = {}
    for run in collected.runs:
        for name in run.diagnostics:
            found.setdefault(name, []).append(run)
    return {name: _report(name, runs, collected) for name, runs in sorted(found.items())}


def _report(name: str, runs: Sequence[Run], collected: Collected) -> Report:
    from attractor.diagnostics.protocol import OF_RUN, Report

    alike, others = _by_one_ruler(name, runs)
    diagnostic = _class(str(alike[0].diagnostics[name]["_target_"]))
    labels = collected.configs.set_index(CONFIG)["label"]
    once = {(run.config_id, run.trained): run for run in sorted(alike, key=lambda r: r.run_id)}
    merged, tables = {}, []
    for table in diagnostic.tables:
        frames = [_of_run(run, name, table, labels) for run in once.values()]
        merged[table.name] = pd.concat(frames, ignore_index=True)
        tables.append((Table(table.name, {**OF_RUN, **table.columns}), merged[table.name]))
    own = diagnostic.report(merged)
    lines = [*own.lines, *(f"{name} of {run.run_id}: left out, {_OTHER}" for run in others)]
    return Report([*tables, *own.tables], own.charts, lines)


_OTHER = "measured by other options, items or version; run the experiment again"


def _by_one_ruler(name: str, runs: Sequence[Run]) -> tuple[list[Run], list[Run]]:
    """The runs that most have measured by the same options and suites, and the others."""
    forms = Counter(run.diagnostics[name]["form"] for run in runs)
    usual = max(forms, key=lambda form: (forms[form], form))
    alike = [run for run in runs if run.diagnostics[name]["form"] == usual]
    return alike, [run for run in runs if run not in alike]


def _of_run(run: Run, name: str, table: Table, labels: pd.Series) -> pd.DataFrame:
    folder = run.folder / name
    if not is_whole(folder, run.diagnostics[name]):
        raise UserError(f"{folder}: a table was cut short or edited; delete it and run again")
    frame = read_csv(folder / table.name, table)
    model, task = str(run.manifest["model"]), str(run.manifest["task"])
    whose: dict[str, Any] = {
        "run_id": run.run_id,
        "config_id": run.config_id,
        "label": str(labels[run.config_id, task, model]),
        "model": model,
        "task": task,
        "seed": int(run.manifest["seed"]),
    }
    for column, value in reversed(whose.items()):
        frame.insert(0, column, value)
    return frame


def _class(target: str) -> type[Diagnostic]:
    module, _, name = target.rpartition(".")
    try:
        found: type[Diagnostic] = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(f"diagnostic {target}: cannot be imported ({error})") from error
    return found
