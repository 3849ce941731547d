"""What all benchmarks share: one core, turns, medians, this machine's peak, and a table."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import torch

from attractor.allocator import keep_memory
from attractor.provenance import provenance
from attractor.results import write_atomically

Result = TypeVar("Result")
Row = dict[str, object]
COLUMNS = ("what", "model", "value", "unit", "ratio", "ratio_to", "share_of_peak")


def one_core() -> None:
    """One core and one thread, here and in processes started from here; memory kept, as in jobs.

    A library that ignores how many threads it is asked for has no more than the others.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)
    keep_memory()
    for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"):
        os.environ.pop(name)  # yardsticks run as they would elsewhere


def timed(action: Callable[[], Result]) -> tuple[Result, float]:
    """What an action returns, and its seconds."""
    started = time.perf_counter()
    result = action()
    return result, time.perf_counter() - started


def in_turns(actions: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of what each action returns over rounds, after one round to warm up."""
    found: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(1 + rounds):
        for name, action in actions.items():
            found[name].append(action())
    return {name: median(values[1:]) for name, values in found.items()}


def matrix_product(dtype: torch.dtype = torch.float32, size: int = 1024) -> float:
    """The most floating-point operations a second that a product of two matrices reaches.

    By torch.mm and by oneDNN, which torch.mm does not call in float32: on AMD's processors MKL uses
    half of a vector unit.
    """
    a, b = (torch.rand(size, size).to(dtype) for _ in range(2))
    out = torch.empty(size, size, dtype=dtype)
    products = [lambda: torch.mm(a, b, out=out)]
    if torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        linear = torch.ops.mkldnn._linear_pointwise
        products.append(lambda: linear(a, b, None, "none", [], ""))
    seconds = [timed(product)[1] for product in products for _ in range(20)]
    return 2 * size**3 / min(seconds)


def rates(
    what: str, unit: str, found: Mapping[str, float], yardstick: str, decimals: int = 0
) -> list[Row]:
    """A row a model; `ratio`: its value beside that of `yardstick`, one of the models."""
    return [
        {
            "what": what,
            "model": model,
            "value": round(value, decimals),
            "unit": unit,
            "ratio": value / found[yardstick],
            "ratio_to": yardstick,
        }
        for model, value in found.items()
    ]


def publish(rows: list[Row], file: Path, precision: str = "fp32") -> None:
    """Print the rows, and write them with platform, threads, precision and torch's version."""
    constant = {
        "threads": torch.get_num_threads(),
        "precision": precision,
        "torch": torch.__version__,
        "platform": provenance()["platform"],
    }
    table = pd.DataFrame(rows).reindex(columns=list(COLUMNS))
    write_atomically(file, table.assign(**constant).to_csv(index=False, lineterminator="\n"))
    print(
        table.dropna(axis="columns", how="all").to_string(
            index=False, float_format="{:,.4g}".format
        )
    )
    print(", ".join(f"{key} {value}" for key, value in constant.items()))
    print(f"{file}: the same as a table")


def yardstick(
    name: str, python: str, data: Mapping[str, Any], arguments: list[str], env: Mapping[str, str]
) -> Any:
    """What yardsticks/NAME.py, run by itself on data, writes as JSON.

    Raises CalledProcessError with what it said where it fails.
    """
    script = Path(__file__).parent / "yardsticks" / f"{name}.py"
    with tempfile.TemporaryDirectory() as folder:
        given, result = Path(folder, "data.npz"), Path(folder, "result.json")
        np.savez(given, **data)
        command = [python, str(script), str(given), str(result), *arguments]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, **env})
        return json.loads(result.read_text())
