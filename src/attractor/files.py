"""Files and folders that are put in place with one rename, and known again by their checksums."""

from __future__ import annotations

import errno
import filecmp
import glob
import hashlib
import platform
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from attractor.errors import UserError

# Folders that a killed process of this machine may leave behind.
_NEW, _REPLACED = (f".{kind}-{platform.node()}-" for kind in ("new", "replaced"))
_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file to write beside `path`, which takes its place with one rename; gone on an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def put_copy(source: Path, target: Path) -> None:
    """Copy a file to its place with one rename, unless the same stands there already."""
    if target.exists() and filecmp.cmp(source, target, shallow=False):
        return
    with replacing(target) as temporary:
        shutil.copyfile(source, temporary)


@contextmanager
def published(final: Path, needless: Callable[[], bool] = lambda: False) -> Iterator[Path]:
    """An empty folder to fill, which takes the place of `final` with one rename; gone on an error.

    needless: whether, by the time that it is filled, nothing should be replaced any more.
    """
    temporary = Path(tempfile.mkdtemp(prefix=f"{_NEW}{final.name}-", dir=final.parent))
    try:
        yield temporary
        if not needless():
            publish(temporary, final)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def publish(temporary: Path, final: Path) -> None:
    """Rename a finished folder to its place; one that stands there already gives way."""
    temporary.chmod(0o755)  # mkdtemp made it private
    while True:
        try:
            temporary.rename(final)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        old = Path(tempfile.mkdtemp(prefix=f"{_REPLACED}{final.name}-", dir=final.parent))
        with suppress(FileNotFoundError):  # another publisher moved it just now
            final.rename(old / "old")
        shutil.rmtree(old, ignore_errors=True)


def clear_leftovers(final: Path) -> None:
    """Remove what killed processes left of their work on `final`; for who holds its lock.

    Of this machine alone: there are file systems whose locks do not hold between machines.
    """
    for prefix in (_NEW, _REPLACED):
        for path in final.parent.glob(f"{prefix}{glob.escape(final.name)}-*"):
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[bool]:
    """Hold the lock of a file; yields whether it is held. A killed process's lock is free again.

    Not held: where the file system has no locks, and, without waiting, where another process has
    it. Locks save work and tell who runs; nothing that is published depends on them.
    """
    lock = FileLock(path, blocking=wait, fallback_to_soft=False)
    held = False
    try:
        lock.acquire()
        held = True
    except Timeout:
        pass
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    try:
        yield held
    finally:
        lock.release()


def noted(folder: Path) -> dict[str, dict[str, Any]]:
    """What to note of a folder's files, so that `fault_of` knows them again: sizes, SHA-256."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return {
        "files": {path.name: path.stat().st_size for path in files},
        "sha256": {path.name: sha256(path) for path in files},
    }


def fault_of(folder: Path, facts: Mapping[str, Any]) -> str:
    """How the folder's files differ from what was `noted`, naming one; empty if they do not.

    Reads all of them, where checksums were noted: older releases noted sizes alone, or nothing.
    """
    sizes: Mapping[str, int] = facts.get("files", {})
    checksums: Mapping[str, str] = facts.get("sha256", {})
    if checksums and set(checksums) != set(sizes):
        return f"{folder}: what was noted of its files was altered"
    for name, size in sizes.items():
        path = folder / name
        try:
            if path.stat().st_size != size:
                return f"{path}: {path.stat().st_size} bytes where {size} were written"
            if name in checksums and sha256(path) != checksums[name]:
                return f"{path}: altered since it was written (its checksum is another)"
        except OSError as error:
            return f"{path}: cannot be read ({error.strerror})"
    return ""


def sha256(path: Path) -> str:
    """A file's SHA-256 in hexadecimal; about a second a gigabyte."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
