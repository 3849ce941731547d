"""Finds run folders and tells finished, failed and interrupted ones apart, without pandas."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from attractor.errors import UserError

_NEEDED = (
    *("run_id", "config_id", "model", "task", "seed", "choices", "data_seed", "fingerprint"),
    *("trained", "suite_config_ids"),
)


@dataclass(frozen=True)
class Run:
    """A finished run: its folder, what its manifest.json says, and what it is pooled by."""

    folder: Path
    manifest: dict[str, Any]
    config_id: str  # the manifest's, told apart from runs that met a suite in another form

    @property
    def run_id(self) -> str:
        return str(self.manifest["run_id"])

    @property
    def trained(self) -> str:
        """What was trained, the same for all runs that share it: weights, or a baseline's text."""
        return str(self.manifest["trained"])

    @property
    def is_baselines(self) -> bool:
        return str(self.manifest["model"]).startswith("baseline")


@dataclass(frozen=True)
class Found:
    """What an experiment's folder holds: finished runs by run_id, and why others are not."""

    finished: tuple[Run, ...]
    failed: dict[str, str]  # folder name -> last line of its error, or what else is wrong

    @cached_property
    def digest(self) -> str:
        """A hash of all that the report is made from, blind to folder order and wall time."""
        made_from = [
            [run.run_id, run.manifest["fingerprint"], *map(_size, _tables(run.folder))]
            for run in self.finished
        ]
        text = json.dumps([made_from, self.failed], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def find_runs(folder: Path) -> Found:
    """The runs in `folder`. Raises UserError if it is absent, holds none or a broken manifest."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; run an experiment first, e.g. make experiment")
    finished: dict[str, Run] = {}
    failed: dict[str, str] = {}
    for path in sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")):
        if (path / "manifest.json").is_file():
            manifest = _manifest(path / "manifest.json")
            run = Run(path, manifest, str(manifest["config_id"]))
            if run.run_id in finished:
                raise UserError(
                    f"{path}: run_id {run.run_id} is also in {finished[run.run_id].folder}; "
                    "delete one of the two"
                )
            finished[run.run_id] = run
        elif (path / "error.txt").is_file():
            lines = (path / "error.txt").read_text(encoding="utf-8", errors="replace").split("\n")
            failed[path.name] = next((x.strip() for x in lines[::-1] if x.strip()), "failed")
        elif (path / "config.yaml").is_file() or (path / "predictions.csv").is_file():
            failed[path.name] = "not finished: run the experiment again, it resumes"
    if not finished:
        reasons = "".join(f"; {name}: {error}" for name, error in list(failed.items())[:1])
        raise UserError(f"{folder}: no finished run{reasons}; run the experiment (again)")
    return Found(_told_apart([finished[run_id] for run_id in sorted(finished)]), failed)


def _told_apart(runs: Sequence[Run]) -> tuple[Run, ...]:
    """The runs; those of one configuration that met a suite in different forms get ids apart."""
    forms: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for run in runs:
        for suite, form in run.manifest["suite_config_ids"].items():
            forms[run.config_id, suite].add(form)

    def told_apart(run: Run) -> Run:
        own = sorted(
            item
            for item in run.manifest["suite_config_ids"].items()
            if len(forms[run.config_id, item[0]]) > 1
        )
        if not own:
            return run
        suffix = hashlib.sha256(json.dumps(own).encode()).hexdigest()[:4]
        return replace(run, config_id=f"{run.config_id}-{suffix}")

    return tuple(map(told_apart, runs))


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        missing = [key for key in _NEEDED if key not in manifest]
    except (ValueError, TypeError) as error:
        raise UserError(f"{path}: not JSON ({error}); delete the folder and run again") from error
    if missing:
        raise UserError(f"{path}: no {', '.join(missing)}; delete the folder and run again")
    return dict(manifest)


def _tables(folder: Path) -> tuple[Path, Path]:
    return folder / "predictions.csv", folder / "history.csv"


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1
