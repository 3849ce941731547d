"""What diagnostics found of an experiment's runs, merged and handed to each for its own report."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from attractor.errors import UserError
from attractor.report.collect import Collected
from attractor.report.configs import CONFIG
from attractor.report.runs import Run
from attractor.results import Table, read_csv

if TYPE_CHECKING:
    from attractor.diagnostics.protocol import Diagnostic, Report


def diagnosed(collected: Collected) -> dict[str, Report]:
    """The report of each diagnostic that was run, by its name; the merged tables come first."""
    found: dict[str, dict[Run, Mapping[str, Any]]] = {}
    for run in collected.runs:
        for name, manifest in run.diagnostics.items():
            found.setdefault(name, {})[run] = manifest
    return {name: _report(name, runs, collected) for name, runs in sorted(found.items())}


def _report(name: str, runs: Mapping[Run, Mapping[str, Any]], collected: Collected) -> Report:
    from attractor.diagnostics.protocol import OF_RUN, Report

    _check_alike(name, runs)
    target = str(next(iter(runs.values()))["_target_"])
    diagnostic = _class(target)
    labels = collected.configs.set_index(CONFIG)["label"]
    once = {(run.config_id, run.trained): run for run in sorted(runs, key=lambda run: run.run_id)}
    merged, tables = {}, []
    for table in diagnostic.tables:
        frames = [_of_run(run, name, table, labels) for run in once.values()]
        merged[table.name] = pd.concat(frames, ignore_index=True)
        tables.append((Table(table.name, {**OF_RUN, **table.columns}), merged[table.name]))
    own = diagnostic.report(merged)
    return Report([*tables, *own.tables], own.charts, own.lines)


def _of_run(run: Run, name: str, table: Table, labels: pd.Series) -> pd.DataFrame:
    frame = read_csv(run.folder / name / table.name, table)
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


def _check_alike(name: str, runs: Mapping[Run, Mapping[str, Any]]) -> None:
    """Runs are compared by one ruler: the diagnostic's options and its suites are the same."""
    forms: dict[str, Path] = {}
    for run, manifest in runs.items():
        forms.setdefault(str(manifest["form"]), run.folder / name)
    if len(forms) > 1:
        one, other = list(forms.values())[:2]
        raise UserError(
            f"{one}: measured by other options, items or an other version than {other}; "
            "run the experiment again, or delete the older of the two"
        )


def _class(target: str) -> type[Diagnostic]:
    module, _, name = target.rpartition(".")
    try:
        found: type[Diagnostic] = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(f"diagnostic {target}: cannot be imported ({error})") from error
    return found
