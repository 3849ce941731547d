"""Jobs of a sweep by one worker and by one a core: `python -m benchmarks.sweep 40`.

A job trains for eight epochs at most on the default text, of models and seeds in turn. What the
jobs share, text and baselines, is built first and timed apart, as is the report at the end. Prints
the ratio of throughputs, and what a job costs beside its training: workers x seconds - seconds of
training, a job; planning and starting the workers is in it, and so is validation.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from attractor.cli import cores

_MODELS = ("srn", "lstm", "birnn", "bilstm")


def seconds_of(command: list[str]) -> float:
    """How long a command takes; what it prints is dropped. Raises CalledProcessError."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def sweep(folder: Path, n_jobs: int, n_workers: int) -> dict[str, float]:
    """Run the jobs with so many workers: seconds of what, and seconds of training of all jobs."""
    program = Path(sys.executable)
    attractor, place = str(program.with_name("attractor")), ["name=bench", f"output_dir={folder}"]
    seeds = -(-n_jobs // len(_MODELS))
    jobs = ["-m", f"model={','.join(_MODELS)}", f"seed=range({seeds})", "train.max_epochs=8"]
    workers = f"hydra.launcher.n_jobs={n_workers}"
    shared_seconds = seconds_of([attractor, "stages=[generate,baselines]", *place])
    seconds = seconds_of([attractor, *jobs, workers, *place])
    report = [str(program.with_name("attractor-report")), "--force", str(folder / "bench")]
    report_seconds = seconds_of(report)
    manifests = [json.loads(path.read_text()) for path in folder.glob("bench/*/manifest.json")]
    trained = [m["train_seconds"] for m in manifests if "train_seconds" in m]
    return {
        "jobs": len(trained),
        "datasets": len(list(folder.glob("artifacts/text-*"))),
        "shared_seconds": shared_seconds,
        "seconds": seconds - report_seconds,
        "report_seconds": report_seconds,
        "train_seconds": sum(trained),
    }


def main() -> None:
    """Print a line for each number of workers, and the ratio."""
    n_jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    rates = {}
    for n_workers in (cores(), 1):
        with tempfile.TemporaryDirectory() as folder:
            found = sweep(Path(folder), n_jobs, n_workers)
        n_jobs = int(found["jobs"])
        rates[n_workers] = n_jobs / found["seconds"]
        overhead = (n_workers * found["seconds"] - found["train_seconds"]) / n_jobs
        numbers = ", ".join(f"{name} {value:.1f}" for name, value in found.items())
        line = f"workers {n_workers}: {numbers}; a job beside its training {overhead:.2f} s"
        print(re.sub(r"(jobs|datasets) (\d+)\.0", r"\1 \2", line), flush=True)
    print(f"throughput: {rates[cores()] / rates[1]:.2f} times that of one worker")


if __name__ == "__main__":
    main()
