"""Data from outside that a suite's `path` leads to: found, told apart by content, read in lines."""

from __future__ import annotations

import codecs
import hashlib
from functools import cache
from pathlib import Path

from attractor.artifacts import digest
from attractor.errors import UserError


def locate(place: str, path: object) -> Path:
    """The file or folder that the option `path` of `place` names.

    Raises UserError if none is named or if it is not there.
    """
    if path is None or not str(path).strip():
        raise UserError(f"{place}.path=... is needed: give the place of its files")
    found = Path(str(path))
    if not found.exists():
        raise UserError(f"{place}.path={path}: there is no such file or folder; correct the path")
    return found


def fingerprint(place: str, path: object) -> str:
    """A digest of what lies at `path`, wherever that is: a file, or the files of a folder by name.

    Of a folder, only the files directly in it count, hidden ones apart: an importer reads no
    others. Raises UserError as `locate`, and for a file that cannot be read.
    """
    root = locate(place, path)
    try:
        files = {p.name: p for p in root.iterdir()} if root.is_dir() else {"": root}
        return digest(
            {
                name: _contents(file, file.stat().st_size, file.stat().st_mtime_ns)
                for name, file in files.items()
                if file.is_file() and not name.startswith(".")
            }
        )
    except OSError as error:
        raise _unreadable(Path(error.filename or root), error) from error


@cache
def _contents(file: Path, size: int, modified: int) -> str:
    """Read once a process, unless the file changes: a worker of a sweep plans many jobs."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_lines(file: Path) -> list[str]:
    """The lines of a UTF-8 text with Unix line ends, the first at index 0.

    Raises UserError naming file, line and remedy for anything else, and for an empty file.
    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise _unreadable(file, error) from error
    if not raw:
        raise UserError(f"{file} line 1: the file is empty; fetch it again")
    if raw.startswith(codecs.BOM_UTF8):
        raise UserError(f"{file} line 1: a byte-order mark; save the file as UTF-8 without one")
    if (end := raw.find(b"\r")) >= 0:
        raise UserError(
            f"{file} line {_line(raw, end)}: a Windows line end; save the file with Unix line ends"
        )
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise UserError(
            f"{file} line {_line(raw, error.start)}: this is no UTF-8; save the file as UTF-8"
        ) from error
    return text.removesuffix("\n").split("\n")


def _line(raw: bytes, position: int) -> int:
    return raw.count(b"\n", 0, position) + 1


def _unreadable(file: Path, error: OSError) -> UserError:
    return UserError(f"{file}: cannot be read ({error.strerror or error}); open it to yourself")
