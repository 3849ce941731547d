"""Time and memory as the work grows: `python -m benchmarks.growth`, or `… hidden_size seeds`.

Each point is the median of fresh processes (growth_work); an axis ends early where a point takes
longer than LIMIT. Writes outputs/growth.csv, one row a process, and draws it (growth_figure).
"""

from __future__ import annotations

# Nothing large is imported before all is measured: a process counts the memory of the one that
# started it as its own.
import csv
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

REPEATS = 3
LIMIT = 30.0  # seconds
FILE = Path("outputs/growth.csv")
_ITEMS = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
AXES = {
    "text": _ITEMS,
    "probes": _ITEMS,
    "hidden_size": (16, 32, 64, 128, 256, 512, 1024),
    "length": (5, 10, 20, 40, 80, 160, 320, 640, 1280),
    "seeds": (1, 4, 16),
    "jobs": (1, 2, 4, 8),
}
Row = dict[str, float]


def point(axis: str, n: int) -> Row:
    """One measurement; of jobs, the time by the clock until all that began together are over, start
    and all, and the sum of their memory.
    """
    kind, copies = ("job", n) if axis == "jobs" else (axis, 1)
    command = [sys.executable, "-m", "benchmarks.growth_work", kind, str(n)]
    started = time.perf_counter()
    jobs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(copies)]
    found = [json.loads(job.communicate()[0]) for job in jobs]
    if axis != "jobs":
        (only,) = found
        return dict(only)
    row = {key: sum(one[key] for one in found) for key in ("megabytes", "base_megabytes")}
    return {"x": n, "seconds": time.perf_counter() - started, **row}


def measured(axis: str) -> Iterator[dict[str, object]]:
    """The rows of an axis, from small to large."""
    for n in AXES[axis]:
        rows = [point(axis, n) for _ in range(REPEATS)]
        seconds, megabytes = (median(row[key] for row in rows) for key in ("seconds", "megabytes"))
        print(f"{axis} {rows[0]['x']:,}: {seconds:.3g} s, {megabytes:,.0f} MB", flush=True)
        yield from ({"axis": axis, "repeat": i, **row} for i, row in enumerate(rows))
        if seconds > LIMIT:
            return


def main() -> None:
    """Measure the axes named, or all, and draw those and what was measured of others before."""
    axes = sys.argv[1:] or list(AXES)
    kept = []
    if FILE.exists():
        with FILE.open(encoding="utf-8") as file:
            kept = [row for row in csv.DictReader(file) if row["axis"] not in axes]
    rows = [row for axis in axes for row in measured(axis)]

    from benchmarks.growth_figure import write

    write([*kept, *rows], FILE)


if __name__ == "__main__":
    main()
