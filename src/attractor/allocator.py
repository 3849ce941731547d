"""Memory that is freed and soon asked for again stays with the process.

By default glibc gives blocks of some megabytes back to the system and takes new ones, page by page,
at every batch: a tenth of training's time or more, and none of its numbers (mallopt(3)).
"""

from __future__ import annotations

import ctypes
import os

_MMAP, _TRIM = -3, -1  # M_MMAP_THRESHOLD and M_TRIM_THRESHOLD of malloc.h
_BLOCK, _KEPT = 2**26, 2**28  # bytes: larger blocks go back at once; so much free memory is kept


def keep_memory() -> None:
    """Ask for it, here and in workers to come; does nothing where malloc is not glibc's."""
    os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(_BLOCK))
    os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", str(_KEPT))
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_MMAP, _BLOCK)
    mallopt(_TRIM, _KEPT)
