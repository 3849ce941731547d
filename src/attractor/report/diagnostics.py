"""What diagnostics found of an experiment's runs, merged and handed to each for its own report."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Sequence
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
    """The report of each diagnostic that was run, by its name; the merged tables come first.

    What cannot be read of a run is left out and added to `collected.failed`.
    """
    names = sorted({name for run in collected.runs for name in run.diagnostics})
    reports = {}
    for name in names:
        runs = [run for run in collected.runs if name in run.diagnostics]
        if report := _report(name, runs, collected):
            reports[name] = report
    return reports


def _report(name: str, runs: Sequence[Run], collected: Collected) -> Report | None:
    """What `name` found of `runs`, or of those that can be read; None where none can."""
    from attractor.diagnostics import protocol

    if not runs:
        return None
    alike, others = _by_one_ruler(name, runs)
    diagnostic = _class(str(alike[0].diagnostics[name]["_target_"]))
    labels = collected.configs.set_index(CONFIG)["label"]
    once = {(run.config_id, run.trained): run for run in sorted(alike, key=lambda r: r.run_id)}
    merged, tables = {}, []
    for table in diagnostic.tables:
        frames = []
        for run in once.values():
            try:
                frames.append(_of_run(run, name, table, labels))
            except UserError as error:
                reason = str(error).removeprefix(f"{run.folder / name}/")
                collected.failed[f"{run.folder.name}/{name}"] = reason
                return _report(name, [one for one in runs if one is not run], collected)
        merged[table.name] = pd.concat(frames, ignore_index=True)
        tables.append((protocol.merged(table), merged[table.name]))
    own = diagnostic.report(merged)
    lines = [*own.lines, *(f"{name} of {run.run_id}: left out, {_OTHER}" for run in others)]
    return protocol.Report([*tables, *own.tables], own.charts, lines)


_OTHER = "measured by other options, items or version; run the experiment again"


def _by_one_ruler(name: str, runs: Sequence[Run]) -> tuple[list[Run], list[Run]]:
    """The runs that most have measured by the same options and suites, and the others."""
    forms = Counter(run.diagnostics[name]["form"] for run in runs)
    usual = max(forms, key=lambda form: (forms[form], form))
    alike = [run for run in runs if run.diagnostics[name]["form"] == usual]
    return alike, [run for run in runs if run not in alike]


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


def _class(target: str) -> type[Diagnostic]:
    module, _, name = target.rpartition(".")
    try:
        found: type[Diagnostic] = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(f"diagnostic {target}: cannot be imported ({error})") from error
    return found
