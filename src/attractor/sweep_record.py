"""sweep.json: which jobs the sweeps of an experiment were to run, and the commands that say so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from attractor.errors import UserError
from attractor.files import locked, replacing

RECORD = "sweep.json"


@dataclass(frozen=True)
class Recorded:
    """A job of a sweep: its run's name when the sweep began ("": refused), and its overrides."""

    run_id: str
    overrides: list[str]


@dataclass(frozen=True)
class Sweep:
    """A command, and its jobs in this experiment."""

    command: str
    jobs: list[Recorded]


def record(folder: Path, sweep: Sweep) -> None:
    """Note a sweep in its experiment's folder; the same command counts once, as it is now."""
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / f".{RECORD}.lock"):
        kept = [other for other in recorded(folder) if other.command != sweep.command]
        with replacing(folder / RECORD) as temporary:
            sweeps = [asdict(one) for one in [*kept, sweep]]
            temporary.write_text(json.dumps({"sweeps": sweeps}, indent=1), encoding="utf-8")


def recorded(folder: Path) -> list[Sweep]:
    """The sweeps of an experiment, oldest first. Raises UserError for a record that was edited."""
    path = folder / RECORD
    try:
        sweeps = json.loads(path.read_text(encoding="utf-8"))["sweeps"]
        found = [Sweep(str(s["command"]), [_job(**job) for job in s["jobs"]]) for s in sweeps]
        if not all(sweep.jobs for sweep in found):
            raise ValueError("a sweep without jobs")
        return found
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}: cannot be read ({error}); delete it and sweep again") from error


def names(jobs: Sequence[Sequence[str]]) -> list[str]:
    """For each job of a sweep, given by its overrides, what tells it from the others."""
    common = set.intersection(*map(set, jobs)) if len(jobs) > 1 else set()
    return [" ".join(o for o in overrides if o not in common) for overrides in jobs]


def _job(run_id: str, overrides: Sequence[str]) -> Recorded:
    return Recorded(str(run_id), list(map(str, overrides)))
