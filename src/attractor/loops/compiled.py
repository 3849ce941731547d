"""Compiles loops over numbers when they are first called (numba), and keeps them on disk.

numba compiles a function anew when its own file has changed, and not when one has that it calls. So
what is kept here belongs to the contents of this whole folder.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., object])

_FOLDER = Path(__file__).parent
# Sums may be taken in another order, as every library of linear algebra does; numbers that are none
# stay so, for a diverging run is told by them.
_FREEDOMS = {"contract", "reassoc", "nsz", "arcp"}


def compiled(function: Function) -> Function:
    """A function of arrays and numbers as machine code for this processor.

    As in C, an index beyond an array is not noticed.
    """
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(_KEPT)
    try:
        made: Function = numba.njit(
            function, cache=_KEPT is not None, fastmath=_FREEDOMS, error_model="numpy"
        )
    finally:
        numba.config.CACHE_DIR = before
    return made


def _contents() -> str:
    """A digest of the folder's files."""
    digest = hashlib.blake2b(digest_size=8)
    for file in sorted(_FOLDER.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _writable(folders: Iterable[Path]) -> Path | None:
    """The first of these folders, made where it is missing, in which files can be put; None where
    there is none, and every process compiles for itself.
    """
    for folder in folders:
        try:
            folder = folder.expanduser()
            folder.mkdir(parents=True, exist_ok=True)
        except (OSError, RuntimeError):  # who has no home cannot be told where it is
            continue
        if os.access(folder, os.W_OK):
            return folder
    return None


_KEPT = _writable(
    Path(place, _contents())
    for place in (
        *([Path(numba.config.CACHE_DIR, "attractor")] if numba.config.CACHE_DIR else []),
        _FOLDER / "__pycache__",
        Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "attractor"),
    )
)
