"""`python -m benchmarks.language_model TEXT`: tokens a second of training a language model on text.

The package's own, with full and with adaptive softmax, beside torch's word_language_model example
(yardsticks/word_language_model.py), as it is and with its allocator told to keep its memory: same
text, sizes, optimiser, rate and clipping, in turns. Nine tenths of the lines are learnt from;
perplexity is of the rest, after one epoch, over the full vocabulary. A line is a sentence; empty
lines, and lines met before, are left out.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from attractor.config import TrainConfig
from attractor.network import build_network
from attractor.sources import read_lines
from attractor.tasks.language_model import LanguageModel
from attractor.training import train
from attractor.vocab import END, Vocabulary
from benchmarks.measuring import one_core, publish, rates, yardstick
from benchmarks.yardsticks.word_language_model import BATCH, BPTT, CLIP, UNITS

KEEP = {"MALLOC_TRIM_THRESHOLD_": "4000000000", "MALLOC_MMAP_THRESHOLD_": "4000000000"}
PLAIN = "word_language_model"
FILE = Path("outputs/bench_language_model.csv")
Measured = tuple[float, float]  # tokens a second, perplexity


def main() -> None:
    """Measure, print a table, and write it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.language_model")
    parser.add_argument("text", type=Path, help="a sentence a line, tokens separated by spaces")
    parser.add_argument("--rate", type=float, default=0.003, help="of learning")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, help="to learn from, less than all for a quick look")
    given = parser.parse_args()
    lines = [" ".join(line.split()) for line in read_lines(given.text) if line.strip()]
    measure(list(dict.fromkeys(lines)), given.rate, given.rounds, given.tokens, FILE)


def measure(lines: list[str], rate: float, rounds: int, tokens: int | None, file: Path) -> None:
    """Rates and perplexities of every model to `file`."""
    one_core()
    cut = len(lines) * 9 // 10
    training, validation = lines[:cut], lines[cut:]
    # In the order of frequency in training; the types of validation alone come after.
    known = Vocabulary.of(training)
    unseen = {word for line in validation for word in line.split(" ")} - known.index.keys()
    words = known.with_words(sorted(unseen))  # of all lines, however many are learnt from
    ends = np.cumsum([line.count(" ") + 2 for line in training])
    training = training[: int(np.searchsorted(ends, tokens or ends[-1])) + 1]
    data = running(training, validation, words)
    print(f"{len(data['train']):,} tokens to learn from, {len(words):,} types")

    def plain(env: dict[str, str]) -> Callable[[int], Measured]:
        def run(seed: int) -> Measured:
            arguments = ["--rate", str(rate), "--seed", str(seed)]
            found = yardstick(PLAIN, sys.executable, data, arguments, env)
            return found["tokens_per_second"], found["perplexity"]

        return run

    def ours(softmax: str) -> Callable[[int], Measured]:
        return lambda seed: package(softmax, training, validation, words, rate, seed)

    models = {
        PLAIN: plain({}),
        f"{PLAIN}, memory kept": plain(KEEP),
        "ours, full": ours("full"),
        "ours, adaptive": ours("adaptive"),
    }
    found: dict[str, list[Measured]] = {name: [] for name in models}
    for seed in range(rounds):
        for name, run in models.items():
            found[name].append(run(seed))
            print(f"  {name}, seed {seed}: {found[name][-1][0]:,.0f} tokens/s", flush=True)
    speeds, perplexities = (
        {name: median(one[i] for one in runs) for name, runs in found.items()} for i in (0, 1)
    )
    rows = rates("trained", "tokens/s", speeds, f"{PLAIN}, memory kept")
    rows += rates("validation perplexity", "", perplexities, f"{PLAIN}, memory kept")
    publish(rows, file)


def running(training: list[str], validation: list[str], words: Vocabulary) -> dict[str, Any]:
    """What the yardstick reads: the numbers of words and of the sentences' ends, in a row."""
    vocabulary = words.with_words([END])
    texts = {"train": training, "valid": validation}
    ids = {
        name: np.array(vocabulary.encode(f" {END} ".join([*lines, ""]).split()))
        for name, lines in texts.items()
    }
    return {**ids, "n_words": len(vocabulary)}


def package(
    softmax: str,
    training: list[str],
    validation: list[str],
    words: Vocabulary,
    rate: float,
    seed: int,
) -> tuple[float, float]:
    """Tokens a second of one epoch of the package's LSTM, and its perplexity in validation."""
    task = LanguageModel(softmax, context="stream", bptt=BPTT)
    texts = [pd.DataFrame({"sentence": lines}) for lines in (training, validation)]
    vocabulary = task.vocabulary(texts[0], words)
    model = {
        "_target_": "attractor.models.recurrent.Recurrent",
        "name": "lstm",
        "cell": "lstm",
        "both_ends": False,
        "embedding_size": UNITS,
        "hidden_size": UNITS,
        "parameters": 1,
        "embedding_scale": 0.1,  # as small as the plain model's
    }
    network = build_network(model, task, len(vocabulary), seed)
    examples, held_out = (task.examples(text, vocabulary, False) for text in texts)
    settings = TrainConfig(learning_rate=rate, clip=CLIP, batch_size=BATCH, max_epochs=1)
    (row,) = train(network, examples, held_out, task, settings, seed).history
    return row["tokens"] / row["seconds"], math.exp(row["valid_loss"])


if __name__ == "__main__":
    main()
