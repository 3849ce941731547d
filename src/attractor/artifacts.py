"""Content-addressed stage outputs: built beside their place, published with one rename.

A stage's key is a digest of its name, its version, its own settings and its inputs' keys, so that
equal keys mean equal contents. Locks only save work: two builders of one key make the same thing,
and the second to finish throws its copy away. What is read has the checksums that were noted when
it was made, or it is made again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attractor.files import clear_leftovers, fault_of, locked, noted, published

_DONE = "stage.json"


def digest(parts: Mapping[str, Any]) -> str:
    """A hexadecimal digest (16 characters) of plain data, whatever the order of its keys."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Stage:
    """A stage to be had: what decides its contents. `key` names its folder."""

    name: str
    parts: Mapping[str, Any]

    @property
    def key(self) -> str:
        return digest({"stage": self.name, **self.parts})


class ArtifactStore:
    """A folder of stage outputs. warn: is told of an output that is not as it was made."""

    def __init__(self, root: Path, warn: Callable[[str], None] = print) -> None:
        self.root = root
        self._warn = warn
        self._whole: dict[Path, list[tuple[str, int, int]]] = {}  # as they were when last checked
        (root / ".locks").mkdir(parents=True, exist_ok=True)

    def path(self, stage: Stage) -> Path:
        """Where a stage's output is, or will be."""
        return self.root / f"{stage.name}-{stage.key}"

    def has(self, stage: Stage) -> bool:
        """Whether the output stands there, each file as it was made: reads all of them, once."""
        return self.path(stage).is_dir() and not self._fault(stage)

    def scratch(self, stage: Stage) -> Path:
        """A folder that outlives a killed build of the stage, for its checkpoints."""
        return self.root / f".partial-{stage.name}-{stage.key}"

    def get(self, stage: Stage, build: Callable[[Path], None]) -> Path:
        """The folder of the stage's output, built into an empty folder by `build` if need be."""
        folder = self.path(stage)
        if not self.has(stage):
            with locked(self.root / ".locks" / f"{folder.name}.lock") as alone:
                if not self.has(stage):
                    self._build(stage, build, alone)
        return folder

    def _build(self, stage: Stage, build: Callable[[Path], None], alone: bool) -> None:
        folder = self.path(stage)
        if folder.is_dir():
            self._warn(f"{self._fault(stage)}; building it again")
        if alone:
            clear_leftovers(folder)
        # Where locks do not hold, another builder may have been faster.
        with published(folder, needless=lambda: self.has(stage)) as temporary:
            build(temporary)
            done = json.dumps({**stage.parts, **noted(temporary)}, indent=1, sort_keys=True)
            (temporary / _DONE).write_text(done, encoding="utf-8")
        shutil.rmtree(self.scratch(stage), ignore_errors=True)

    def _fault(self, stage: Stage) -> str:
        """What is wrong with an output; empty if nothing. Looks into files only if they changed."""
        folder = self.path(stage)
        try:
            state = _state(folder)
            if self._whole.get(folder) == state:
                return ""
            done = json.loads((folder / _DONE).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            return f"{folder / _DONE}: cannot be read ({error})"
        made = {key: done[key] for key in done if key not in ("files", "sha256")}
        if made != json.loads(json.dumps(stage.parts)):
            return f"{folder / _DONE}: altered since it was written"
        fault = fault_of(folder, done)
        if not fault:
            self._whole[folder] = state
        return fault


def _state(folder: Path) -> list[tuple[str, int, int]]:
    """Names, sizes and times of a folder's files."""
    found = ((path.name, path.stat()) for path in sorted(folder.iterdir()))
    return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in found]
