"""`python -m benchmarks.large_lstm`: an LSTM of 650 units in training, as a share of the peak.

The peak is that of a matrix product of 1,024 x 1,024 at the same precision, measured in the same
run. Random text of a small vocabulary, asked at its end, so that the time is the recurrent layer's;
6 floating-point operations a recurrent parameter and token. Then where an epoch's time goes.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from attractor.batching import Examples, prepare
from attractor.config import TrainConfig
from attractor.network import build_network
from attractor.tasks.number_prediction import NumberPrediction
from attractor.training import train
from benchmarks.measuring import Row, matrix_product, one_core, publish

WORDS, FLOPS = 1000, 6
# The first part whose words a kernel's name holds.
PARTS = {
    "recurrent layer": ("rnn_layer", "lstm", "Recurrence"),
    "matrix products": ("mm", "linear"),
    "optimiser and clipping": ("adam", "Optimizer", "norm"),
}
FILE = Path("outputs/bench_large_lstm.csv")


def main() -> None:
    """Measure, print tables, and write the first."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_lstm")
    parser.add_argument("--units", type=int, default=650)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--length", type=int, default=35)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    one_core()
    measure(given.units, given.batch, given.length, given.rounds, FILE)


def measure(units: int, batch: int, length: int, rounds: int, file: Path) -> None:
    """The share of the peak, by precision, to `file`; an epoch is two batches."""
    texts = np.random.default_rng(0).integers(2, WORDS, (2 * batch, length))
    rows, last = np.arange(2 * batch), np.full(2 * batch, length - 1)
    examples = prepare(texts.tolist(), rows, last, (texts[:, 0] % 2).astype(np.float32))
    table: list[Row] = []
    for precision, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        peak = matrix_product(dtype)
        found = epochs(examples, units, batch, 1 + rounds, precision)
        speed = examples.n_tokens / median(row["seconds"] for row in found[1:])
        flops = speed * FLOPS * 4 * units * (2 * units + 2)
        table += [
            {"what": "matrix product", "model": precision, "value": peak / 1e9, "unit": "GFLOP/s"},
            {
                "what": f"trained, {units} units, batch {batch}",
                "model": precision,
                "value": speed,
                "unit": "tokens/s",
                "share_of_peak": flops / peak,
            },
        ]
        with profile(activities=[ProfilerActivity.CPU]) as profiled:
            epochs(examples, units, batch, 1, precision)
        spent: Counter[str] = Counter()
        for event in profiled.key_averages():
            spent[part_of(event.key)] += event.self_cpu_time_total
        shares = [f"{part} {t / spent.total():.0%}" for part, t in spent.most_common()]
        print(f"{precision}: {', '.join(shares)}")
    publish(table, file, "fp32, bf16")


def epochs(
    examples: Examples, units: int, batch: int, n: int, precision: str
) -> list[dict[str, float]]:
    """A row of history an epoch."""
    model = {
        "_target_": "attractor.models.recurrent.Recurrent",
        "name": "lstm",
        "cell": "lstm",
        "both_ends": False,
        "embedding_size": units,
        "hidden_size": units,
        "parameters": 1,
    }
    task = NumberPrediction()
    network = build_network(model, task, WORDS, 0)
    settings = TrainConfig(batch_size=batch, max_epochs=n, patience=n, precision=precision)
    return train(network, examples, examples, task, settings, 0).history


def part_of(kernel: str) -> str:
    """The part of training that a kernel belongs to."""
    for part, names in PARTS.items():
        if any(name in kernel for name in names):
            return part
    return "elementwise, copies and data"


if __name__ == "__main__":
    main()
