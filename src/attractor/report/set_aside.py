"""Sets aside runs whose files are not what was published, and runs that stand there twice."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from attractor.errors import UserError
from attractor.files import sha256
from attractor.report import faults
from attractor.report.runs import Found, Run


def checked(found: Found) -> list[Run]:
    """The runs whose files are as they were published, each once; reads all of their files.

    Adds to `found.failed` the others, and the diagnostics that are left out of a run.
    """
    sound = []
    for run in found.finished:
        try:
            faults.check_contents(run.folder, run.manifest, faults.tables_of(run.manifest))
        except UserError as error:
            found.failed[run.folder.name] = str(error)
        else:
            sound.append(_with_sound_diagnostics(run, found.failed))
    return _without_duplicates(sound, found.failed)


def _with_sound_diagnostics(run: Run, failed: dict[str, str]) -> Run:
    sound = {}
    for name, manifest in run.diagnostics.items():
        try:
            faults.check_contents(run.folder / name, manifest, list(manifest["files"]))
            sound[name] = manifest
        except UserError as error:
            failed[f"{run.folder.name}/{name}"] = str(error)
    return replace(run, diagnostics=sound)


def _without_duplicates(runs: Sequence[Run], failed: dict[str, str]) -> list[Run]:
    """Of runs with one run_id the one to be trusted, if there is one."""
    twins: defaultdict[str, list[Run]] = defaultdict(list)
    for run in runs:
        twins[run.run_id].append(run)
    kept = []
    for run_id, same_id in twins.items():
        best = same_id[0] if len(same_id) == 1 else _best(run_id, same_id)
        kept += [best] if best else []
        for run in same_id:
            if run is not best:
                others = [twin for twin in same_id if twin is not run]
                failed[run.folder.name] = _why_left_out(run, best, others)
    return kept


def _best(run_id: str, twins: Sequence[Run]) -> Run | None:
    """The run in the folder of its own name, if its checksums vouch for it or all are the same."""
    at_home = [run for run in twins if run.folder.name == run_id]
    if len(set(map(_contents, twins))) == 1:
        return [*at_home, *twins][0]
    return next((run for run in at_home if "sha256" in run.manifest), None)


def _contents(run: Run) -> str:
    tables = [sha256(run.folder / name) for name in faults.tables_of(run.manifest)]
    return json.dumps([run.manifest, tables], sort_keys=True)


def _why_left_out(run: Run, best: Run | None, others: Sequence[Run]) -> str:
    if best is None:
        names = ", ".join(other.folder.name for other in others)
        return f"run_id {run.run_id} is also in {names}, with other contents; delete the wrong one"
    if _contents(run) == _contents(best):
        return f"duplicate of {best.folder.name}, left out; delete one of the two"
    return f"run_id {run.run_id} is that of {best.folder.name}, with other contents; {faults.AGAIN}"
