"""Finds run folders and tells finished, failed and interrupted ones apart, without pandas."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from attractor.config import OF_BASELINES
from attractor.errors import UserError
from attractor.runs import read_manifest

_NEEDED = (
    *("run_id", "config_id", "model", "task", "seed", "choices", "data_seed", "fingerprint"),
    *("trained", "suites", "suite_config_ids"),
)
_OF_DIAGNOSTIC = ("_target_", "fingerprint", "form", "files")
_LEFT_BEHIND = ("error.txt", "config.yaml", "predictions.csv")  # by a run that is not finished
FORM: Final = "suite_form"  # suite_form.probes: a choice that nobody made, but files changed
OF_TEXT: Final = (*OF_BASELINES, FORM)  # heads of choices that matter to a baseline


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run: its folder, what its manifest.json says, and what it is pooled by."""

    folder: Path
    manifest: dict[str, Any]
    config_id: str  # the manifest's, told apart from runs that met a suite in another form
    forms: dict[str, str] = field(default_factory=dict)  # of suites that others met in other forms
    diagnostics: dict[str, dict[str, Any]] = field(default_factory=dict)  # by name, their manifests

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

    @property
    def met(self) -> dict[str, str]:
        """The form of each suite."""
        return {suite: str(form) for suite, form in self.manifest["suite_config_ids"].items()}

    @property
    def asked(self) -> str:
        """The very items of each suite: a job's network and its baselines have the same."""
        return json.dumps(self.manifest["suites"], sort_keys=True)

    @property
    def choices(self) -> dict[str, str]:
        """What was chosen for the run, and the forms that its suites had."""
        made = {key: str(value) for key, value in self.manifest["choices"].items()}
        return made | {f"{FORM}.{suite}": form for suite, form in self.forms.items()}


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
            + [[name, m["fingerprint"], m["files"]] for name, m in run.diagnostics.items()]
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
            diagnostics = _diagnostics(path, failed)
            run = Run(path, manifest, str(manifest["config_id"]), diagnostics=diagnostics)
            if run.run_id in finished:
                raise UserError(
                    f"{path}: run_id {run.run_id} is also in {finished[run.run_id].folder}; "
                    "delete one of the two"
                )
            finished[run.run_id] = run
        elif any((path / name).is_file() for name in _LEFT_BEHIND):
            failed[path.name] = _why_failed(path)
    if not finished:
        reasons = "".join(f"; {name}: {error}" for name, error in list(failed.items())[:1])
        raise UserError(f"{folder}: no finished run{reasons}; run the experiment (again)")
    return Found(_told_apart([finished[run_id] for run_id in sorted(finished)]), failed)


def _told_apart(runs: Sequence[Run]) -> tuple[Run, ...]:
    """The runs, with ids apart where a configuration met a suite in several forms, and with forms.

    A suite's form is its hash. That of the text's own test items stands for the whole text. A run
    has the forms that do not follow from its choices: the suite's or the grammar's yaml, or the
    program, changed between two sweeps.
    """
    pooled: defaultdict[tuple[object, ...], set[str]] = defaultdict(set)
    compared: defaultdict[tuple[object, ...], set[str]] = defaultdict(set)
    for run in runs:
        for suite, form in run.met.items():
            pooled[suite, run.config_id].add(form)
            compared[_alike(run, suite)].add(form)

    def told_apart(run: Run) -> Run:
        forms = {s: form for s, form in run.met.items() if len(compared[_alike(run, s)]) > 1}
        several = {s: form for s, form in run.met.items() if len(pooled[s, run.config_id]) > 1}
        if not forms and not several:
            return run
        apart = json.dumps(sorted((forms | several).items()))
        suffix = hashlib.sha256(apart.encode()).hexdigest()[:4]
        return replace(run, config_id=f"{run.config_id}-{suffix}", forms=forms)

    return tuple(map(told_apart, runs))


def _alike(run: Run, suite: str) -> tuple[object, ...]:
    """The same for all runs that should have met `suite` in one form, by what was chosen."""
    of_text = suite == "test"
    heads, text = (("data", "grammar"), "") if of_text else (("suite",), run.met.get("test"))
    chosen = [item for item in run.choices.items() if item[0].partition(".")[0] in heads]
    return (suite, run.is_baselines, text, *sorted(chosen))


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        missing = [key for key in _NEEDED if key not in manifest]
    except (ValueError, TypeError) as error:
        raise UserError(f"{path}: not JSON ({error}); delete the folder and run again") from error
    if missing:
        raise UserError(f"{path}: no {', '.join(missing)}; delete the folder and run again")
    return dict(manifest)


def _diagnostics(folder: Path, failed: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The manifests of a run's diagnostics, by name; adds to `failed` those that have none."""
    found = {}
    for path in sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")):
        if not (path / "manifest.json").is_file():
            failed[f"{folder.name}/{path.name}"] = _why_failed(path)
            continue
        manifest = read_manifest(path)
        if missing := [key for key in _OF_DIAGNOSTIC if key not in manifest]:
            raise UserError(
                f"{path / 'manifest.json'}: no {', '.join(missing)}; delete {path} and run again"
            )
        found[path.name] = manifest
    return found


def _why_failed(folder: Path) -> str:
    """The last line of the error that a folder holds, or that it was not finished."""
    if not (folder / "error.txt").is_file():
        return "not finished: run the experiment again, it resumes"
    lines = (folder / "error.txt").read_text(encoding="utf-8", errors="replace").split("\n")
    return next((x.strip() for x in lines[::-1] if x.strip()), "failed")


def _tables(folder: Path) -> tuple[Path, Path]:
    return folder / "predictions.csv", folder / "history.csv"


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
