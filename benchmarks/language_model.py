"""`python -m benchmarks.language_model TEXT`: tokens a second of training a language model on text.

The package's own, with full and with adaptive softmax, beside the plainest one in torch, in the
style of its word_language_model example: same text, sizes, optimiser, rate, clipping and threads,
in turns. Nine tenths of the lines are learnt from; perplexity is of the rest, after one epoch, over
the full vocabulary. A line is a sentence; empty lines, and lines met before, are left out.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor, nn

from attractor.config import TrainConfig
from attractor.network import build_network
from attractor.sources import read_lines
from attractor.tasks.language_model import LanguageModel
from attractor.training import train
from attractor.vocab import END, Vocabulary

UNITS, BATCH, BPTT, CLIP = 200, 20, 35, 0.25
MEASURED_ROWS = 10
ROUNDS = 2


def main() -> None:
    """Measure, and print a row for each model and rate."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.language_model")
    parser.add_argument("text", type=Path, help="a sentence a line, tokens separated by spaces")
    parser.add_argument("--rates", type=float, nargs="+", default=[0.003], help="of learning")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    lines = [" ".join(line.split()) for line in read_lines(given.text) if line.strip()]
    lines = list(dict.fromkeys(lines))
    cut = len(lines) * 9 // 10
    training, validation = lines[:cut], lines[cut:]
    # In the order of frequency in training; the types of validation alone come after.
    known = Vocabulary.of(training)
    unseen = {word for line in validation for word in line.split(" ")} - known.index.keys()
    words = known.with_words(sorted(unseen))
    n_tokens = sum(len(line.split(" ")) + 1 for line in training)
    print(f"{n_tokens:,} tokens, {len(words):,} types, {given.threads} thread(s)")

    def ours(softmax: str) -> Callable[[float, int], tuple[float, float]]:
        return lambda rate, seed: package(softmax, training, validation, words, rate, seed)

    models = {
        "plain torch": lambda rate, seed: plain(training, validation, words, rate, seed),
        "full": ours("full"),
        "adaptive": ours("adaptive"),
    }
    rows = []
    for rate in given.rates:
        for seed in range(ROUNDS):
            for model, measure in models.items():
                speed, perplexity = measure(rate, seed)
                rows.append((model, rate, seed, speed, perplexity))
                print(f"  {model}, rate {rate:g}, seed {seed}: {speed:,.0f} tokens/s", flush=True)
    table = pd.DataFrame(rows, columns=["model", "rate", "seed", "tokens/s", "perplexity"])
    print(shown(table))


def shown(table: pd.DataFrame) -> str:
    """Means over rounds for a terminal; `times plain`: speed beside plain torch's at that rate."""
    means = table.drop(columns="seed").groupby(["rate", "model"], sort=False).mean().reset_index()
    plain_speed = means[means["model"] == "plain torch"].set_index("rate")["tokens/s"]
    means["times plain"] = means["tokens/s"] / means["rate"].map(plain_speed)
    return means.to_string(index=False, float_format="{:,.4g}".format)


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


class Plain(nn.Module):
    """Embedding, LSTM and linear layer, initialised as in torch's example."""

    def __init__(self, n_words: int) -> None:
        super().__init__()
        self.encoder = nn.Embedding(n_words, UNITS)
        self.lstm = nn.LSTM(UNITS, UNITS)
        self.decoder = nn.Linear(UNITS, n_words)
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)
        nn.init.uniform_(self.decoder.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)

    def forward(self, text: Tensor, hidden: Hidden) -> tuple[Tensor, Hidden]:
        output, hidden = self.lstm(self.encoder(text), hidden)
        return self.decoder(output).view(-1, self.decoder.out_features), hidden


Hidden = tuple[Tensor, Tensor]


def plain(
    training: list[str], validation: list[str], words: Vocabulary, rate: float, seed: int
) -> tuple[float, float]:
    """The same of the plainest model in torch."""
    torch.manual_seed(seed)
    vocabulary = words.with_words([END])
    text, held_out = (
        batchify(lines, vocabulary, rows)
        for lines, rows in ((training, BATCH), (validation, MEASURED_ROWS))
    )
    model, criterion = Plain(len(vocabulary)), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    started = time.perf_counter()
    hidden = zeros(BATCH)
    for i in range(0, len(text) - 1, BPTT):
        data, targets = get_batch(text, i)
        optimizer.zero_grad()
        hidden = (hidden[0].detach(), hidden[1].detach())
        output, hidden = model(data, hidden)
        loss = criterion(output, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
    seconds = time.perf_counter() - started
    total = 0.0
    with torch.no_grad():
        hidden = zeros(MEASURED_ROWS)
        for i in range(0, len(held_out) - 1, BPTT):
            data, targets = get_batch(held_out, i)
            output, hidden = model(data, hidden)
            total += len(data) * criterion(output, targets).item()
    n_tokens = (len(text) - 1) * BATCH
    return n_tokens / seconds, math.exp(total / (len(held_out) - 1))


def zeros(rows: int) -> Hidden:
    """A state of zero for as many rows."""
    return torch.zeros(1, rows, UNITS), torch.zeros(1, rows, UNITS)


def batchify(lines: list[str], vocabulary: Vocabulary, rows: int) -> Tensor:
    """The text as columns (length, rows); what does not fill a row is left out."""
    ids = torch.tensor(vocabulary.encode(f" {END} ".join([*lines, ""]).split()))
    length = len(ids) // rows
    return ids[: length * rows].view(rows, length).t().contiguous()


def get_batch(text: Tensor, i: int) -> tuple[Tensor, Tensor]:
    """BPTT rows from row i on, and the words that follow each."""
    length = min(BPTT, len(text) - 1 - i)
    return text[i : i + length], text[i + 1 : i + 1 + length].reshape(-1)


if __name__ == "__main__":
    main()
