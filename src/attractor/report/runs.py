"""Finds run folders and tells finished ones from failed, unfinished and broken, without pandas."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from attractor.config import OF_BASELINES
from attractor.errors import UserError
from attractor.report import faults
from attractor.runs import MANIFEST
from attractor.sweep_record import RECORD, recorded

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
        return faults.is_of_baselines(self.manifest)

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
    """What an experiment's folder holds: runs that look finished, and why others are not.

    failed: by the folder's name (a diagnostic's: run/name) one line with the remedy. Who reads the
        tables adds what is found out then, and leaves that run, or that diagnostic of it, out.
    state: a hash of sizes and times of all files that the report is made from, and of what failed
        at sight: while it stays, so do the verdicts.
    """

    finished: tuple[Run, ...]
    failed: dict[str, str]
    state: str

    @property
    def digest(self) -> dict[str, Any]:
        """What a report notes of what it was made from, and of what was set aside."""
        return {"state": self.state, "failed": self.failed}


def find_runs(folder: Path) -> Found:
    """The runs in `folder`, looked at from outside. Raises UserError if absent or without any."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; run an experiment first, e.g. make experiment")
    finished: list[Run] = []
    failed: dict[str, str] = {}
    for path in _folders_in(folder):
        if (path / MANIFEST).is_file():
            try:
                finished.append(_run(path, failed))
            except UserError as error:
                failed[path.name] = str(error)
        elif any((path / name).is_file() for name in faults.LEFT_BEHIND):
            failed[path.name] = faults.why_unfinished(path)
    if not finished:
        raise nothing_left(folder, failed)
    failed |= _unfinished(folder, {*failed, *(run.run_id for run in finished)})
    finished.sort(key=lambda run: (run.run_id, run.folder.name))
    state = json.dumps([list(map(_state, finished)), failed], sort_keys=True)
    found = told_apart(finished)
    return Found(found, failed, hashlib.sha256(state.encode()).hexdigest())


def _unfinished(folder: Path, seen: set[str]) -> dict[str, str]:
    """How many jobs of the experiment's sweeps nothing was seen of, if any."""
    of_sweeps = [job for sweep in recorded(folder) for job in sweep.jobs]
    jobs = {job.run_id for job in of_sweeps if job.run_id}  # others were refused, and told so
    left = jobs - seen
    if not left:
        return {}
    line = (
        f"{len(left)} of {len(jobs)} jobs are not finished; attractor-report --status {folder} "
        f"says which, and what finishes them; delete {folder / RECORD} to forget them"
    )
    return {RECORD: line}


def nothing_left(folder: Path, failed: Mapping[str, str]) -> UserError:
    """One line for an experiment none of whose runs can be used."""
    first = "".join(f"; {name}: {reason}" for name, reason in list(failed.items())[:1])
    others = f"; and {len(failed) - 1} more" if len(failed) > 1 else ""
    return UserError(f"{folder}: no finished run{first}{others}; run the experiment (again)")


def _folders_in(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def _run(folder: Path, failed: dict[str, str]) -> Run:
    """A run and its sound diagnostics; adds to `failed` the others. Raises UserError."""
    manifest = faults.manifest_of(folder, faults.OF_RUN)
    faults.check_at_sight(folder, manifest, faults.tables_of(manifest))
    diagnostics = {}
    for path in _folders_in(folder):
        name = f"{folder.name}/{path.name}"
        if not (path / MANIFEST).is_file():
            failed[name] = faults.why_unfinished(path)
            continue
        try:
            found = faults.manifest_of(path, faults.OF_DIAGNOSTIC)
            faults.check_at_sight(path, found, [])
            diagnostics[path.name] = found
        except UserError as error:
            failed[name] = str(error)
    return Run(folder, manifest, str(manifest["config_id"]), diagnostics=diagnostics)


def _state(run: Run) -> list[Any]:
    """Names, sizes and times of what the report reads of a run."""
    tables = [*faults.tables_of(run.manifest), *run.manifest.get("files", {}), MANIFEST]
    for name, manifest in run.diagnostics.items():
        tables += [f"{name}/{table}" for table in [*manifest["files"], MANIFEST]]
    found = [(run.folder / table).stat() for table in tables]
    sizes = [(x.st_size, x.st_mtime_ns) for x in found]
    return [run.folder.name, *zip(tables, sizes, strict=True)]


def told_apart(runs: Sequence[Run]) -> tuple[Run, ...]:
    """The runs, with ids apart where a configuration met a suite in several forms, and with forms.

    By what the manifests say, not by an earlier telling apart: some of the runs may be gone since.
    A suite's form is its hash. That of the text's own test items stands for the whole text. A run
    has the forms that do not follow from its choices: the suite's or the grammar's yaml, or the
    program, changed between two sweeps.
    """
    pooled: defaultdict[tuple[object, ...], set[str]] = defaultdict(set)
    compared: defaultdict[tuple[object, ...], set[str]] = defaultdict(set)
    for run in runs:
        for suite, form in run.met.items():
            pooled[suite, run.manifest["config_id"]].add(form)
            compared[_alike(run, suite)].add(form)

    def named(run: Run) -> Run:
        own_id = str(run.manifest["config_id"])
        forms = {s: form for s, form in run.met.items() if len(compared[_alike(run, s)]) > 1}
        several = {s: form for s, form in run.met.items() if len(pooled[s, own_id]) > 1}
        if not forms and not several:
            return replace(run, config_id=own_id, forms={})
        apart = json.dumps(sorted((forms | several).items()))
        suffix = hashlib.sha256(apart.encode()).hexdigest()[:4]
        return replace(run, config_id=f"{own_id}-{suffix}", forms=forms)

    return tuple(map(named, runs))


def _alike(run: Run, suite: str) -> tuple[object, ...]:
    """The same for all runs that should have met `suite` in one form, by what was chosen."""
    of_text = suite == "test"
    heads, text = (("data", "grammar"), "") if of_text else (("suite",), run.met.get("test"))
    chosen = [item for item in run.choices.items() if item[0].partition(".")[0] in heads]
    return (suite, run.is_baselines, text, *sorted(chosen))
