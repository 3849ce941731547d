"""One thread a process, for jobs and reports: a job a core, and the same sums each time."""

from __future__ import annotations

import os


def one_thread() -> None:
    """Ask for one thread of numerical libraries, here and in workers; before numpy is loaded."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
