"""Data from outside, of suites and corpora: found, told apart by content, read in lines."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from glob import glob
from pathlib import Path

from attractor.artifacts import digest
from attractor.errors import UserError

LONGEST = 1_000_000  # bytes of a line: longer than any paragraph


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
    except OSError as error:
        raise _unreadable(root, error) from error
    return digest(
        {
            name: contents_of(file)
            for name, file in files.items()
            if file.is_file() and not name.startswith(".")
        }
    )


def contents_of(file: Path) -> str:
    """A digest of a file's contents. Raises UserError for one that cannot be read."""
    try:
        facts = file.stat()
        return _contents(file, facts.st_size, facts.st_mtime_ns)
    except OSError as error:
        raise _unreadable(file, error) from error


@cache
def _contents(file: Path, size: int, modified: int) -> str:
    """Read once a process, unless the file changes: a worker of a sweep plans many jobs."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def files_of(place: str, patterns: Sequence[str]) -> list[Path]:
    """The files that paths and patterns (`texts/*.txt.gz`) name, each once, in order.

    Raises UserError for one that names no file.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        named = Path(pattern)  # perhaps with brackets of its own
        found_here = [pattern] if named.is_file() else glob(pattern, recursive=True)  # noqa: PTH207
        files = sorted(Path(match) for match in found_here if Path(match).is_file())
        if not files:
            raise UserError(f"{place}: {pattern} names no file; correct the path or the pattern")
        found |= dict.fromkeys(files)
    if not found:
        raise UserError(f"{place}=[...] is needed: give the places of its files")
    return list(found)


def read_lines(file: Path) -> list[str]:
    """All lines of a text, as `stream_lines` gives them."""
    return list(stream_lines(file))


def stream_lines(file: Path, windows: bool = False) -> Iterator[str]:
    """The lines of a UTF-8 text, without their ends; a name in .gz is unpacked.

    windows: whether Windows line ends will do too; a suite is to be read as it was published.
    Raises UserError naming file, line and remedy for anything else, for an empty file and for a
    line of more than LONGEST bytes.
    """
    number = 0
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            for number, raw in enumerate(iter(lambda: stream.readline(LONGEST + 1), b""), start=1):
                yield _line(raw, f"{file} line {number}", number, windows)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(
            f"{file} line {number + 1}: the packed file is cut short or broken; fetch it again"
        ) from error
    except OSError as error:
        raise _unreadable(file, error) from error
    if not number:
        raise UserError(f"{file} line 1: the file is empty; fetch it again")


def _line(raw: bytes, place: str, number: int, windows: bool) -> str:
    if len(raw) > LONGEST:
        raise UserError(
            f"{place}: more than {LONGEST:,} bytes without a line end; "
            "break the text into lines of a sentence or a paragraph"
        )
    if number == 1 and raw.startswith(codecs.BOM_UTF8):
        raise UserError(f"{place}: a byte-order mark; save the file as UTF-8 without one")
    if windows and raw.endswith(b"\r\n"):
        raw = raw[:-2]
    if b"\r" in raw:
        raise UserError(f"{place}: a Windows line end; save the file with Unix line ends")
    try:
        return raw.decode().removesuffix("\n")
    except UnicodeDecodeError as error:
        raise UserError(f"{place}: this is no UTF-8; save the file as UTF-8") from error


def _unreadable(file: Path, error: OSError) -> UserError:
    return UserError(f"{file}: cannot be read ({error.strerror or error}); open it to yourself")
