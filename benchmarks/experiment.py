"""`python -m benchmarks.experiment`: `make experiment` with nothing built, and once more.

Four models times five seeds with their report, set up already: seconds by the clock and of the
processor, and the seconds of training among them. Two minutes a round; one round unless told
otherwise: `python -m benchmarks.experiment 5`.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.measuring import Row, publish
from benchmarks.sweep import seconds_of

FILE = Path("outputs/bench_experiment.csv")
EXPERIMENT = "distance"


def main() -> None:
    """Measure, print a table, and write it."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for what, seconds in once(Path(folder)).items():
                found.setdefault(what, []).append(seconds)
    rows: list[Row] = [
        {"what": f"{what}, experiment={EXPERIMENT}", "value": round(median(values), 1), "unit": "s"}
        for what, values in found.items()
    ]
    publish(rows, FILE)


def once(folder: Path) -> dict[str, float]:
    """Seconds of the experiment in an empty folder, of its training, and of running it again."""
    started = processor()
    cold = run(folder)
    spent = processor() - started
    manifests = [json.loads(p.read_text()) for p in folder.glob(f"{EXPERIMENT}/*/manifest.json")]
    return {
        "nothing built": cold,
        "the same, of the processor": spent,
        "training among them": sum(m.get("train_seconds", 0.0) for m in manifests),
        "all built": run(folder),
    }


def run(folder: Path) -> float:
    """Seconds that the experiment takes. Raises CalledProcessError."""
    program = Path(sys.executable).with_name("attractor")
    command = [str(program), f"experiment={EXPERIMENT}", f"output_dir={folder}"]
    return seconds_of(command)


def processor() -> float:
    """Seconds of the processor that all ended children took."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
