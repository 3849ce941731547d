"""Content-addressed stage outputs: built beside their place, published with one rename.

A stage's key is a digest of its name, its version, its own settings and its inputs' keys, so that
equal keys mean equal contents. Locks only save work: two builders of one key make the same thing,
and the second to finish throws its copy away.
"""

from __future__ import annotations

import filecmp
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from attractor.errors import UserError

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
    """A folder of stage outputs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / ".locks").mkdir(parents=True, exist_ok=True)

    def path(self, stage: Stage) -> Path:
        """Where a stage's output is, or will be."""
        return self.root / f"{stage.name}-{stage.key}"

    def has(self, stage: Stage) -> bool:
        """Whether the output stands there whole: a file that was cut short since counts as none."""
        try:
            done = json.loads((self.path(stage) / _DONE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return is_whole(self.path(stage), done)

    def scratch(self, stage: Stage) -> Path:
        """A folder that outlives a killed build of the stage, for its checkpoints."""
        return self.root / f".partial-{stage.name}-{stage.key}"

    def get(self, stage: Stage, build: Callable[[Path], None]) -> Path:
        """The folder of the stage's output, built into an empty folder by `build` if need be."""
        if self.has(stage):
            return self.path(stage)
        with FileLock(self.root / ".locks" / f"{stage.name}-{stage.key}.lock"):
            if not self.has(stage):
                self._build(stage, build)
        return self.path(stage)

    def _build(self, stage: Stage, build: Callable[[Path], None]) -> None:
        temporary = Path(tempfile.mkdtemp(prefix=".building-", dir=self.root))
        try:
            build(temporary)
            done = {**stage.parts, "files": file_sizes(temporary)}
            (temporary / _DONE).write_text(json.dumps(done, indent=1, sort_keys=True))
            if not self.has(stage):  # else another builder was faster, where locks do not hold
                publish(temporary, self.path(stage))
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(self.scratch(stage), ignore_errors=True)


def file_sizes(folder: Path) -> dict[str, int]:
    """The size in bytes of each file of a folder, to be kept beside them."""
    return {path.name: path.stat().st_size for path in sorted(folder.iterdir())}


def checksums(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file of a folder, in hexadecimal: an edit of the same size shows."""
    return {path.name: sha256(path) for path in sorted(folder.iterdir())}


def sha256(path: Path) -> str:
    """A file's SHA-256 in hexadecimal; about a second a gigabyte."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_whole(folder: Path, facts: Mapping[str, Any]) -> bool:
    """Whether the folder holds all of the files, in the sizes, that `facts` noted of it."""
    noted: dict[str, int] = facts.get("files", {})
    try:
        return all((folder / name).stat().st_size == size for name, size in noted.items())
    except OSError:
        return False


def publish(temporary: Path, final: Path) -> None:
    """Rename a finished folder to its place; one that stands there already gives way."""
    temporary.chmod(0o755)  # mkdtemp made it private
    try:
        temporary.rename(final)
    except OSError:
        if not final.exists():
            raise
        old = Path(tempfile.mkdtemp(prefix=".replaced-", dir=final.parent)) / "old"
        final.rename(old)
        temporary.rename(final)
        shutil.rmtree(old.parent, ignore_errors=True)


def put_copy(source: Path, target: Path) -> None:
    """Copy a file to its place with one rename, unless the same stands there already."""
    if target.exists() and filecmp.cmp(source, target):  # by size and time, then by content
        return
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    shutil.copy2(source, temporary)  # with its time, by which it is known again
    temporary.replace(target)


@contextmanager
def explain_write_errors(root: Path) -> Iterator[None]:
    """Turn an operating system's refusal to write below `root` into one line with its remedy."""
    try:
        yield
    except OSError as error:
        raise UserError(describe_write_error(error, root)) from error


def describe_write_error(error: OSError, place: Path) -> str:
    """One line on a refusal to write, at the error's own file or else at `place`."""
    reason = error.strerror or str(error)
    return (
        f"{error.filename or place}: cannot be written ({reason}); free or open it, "
        "or choose another folder with output_dir=FOLDER"
    )
