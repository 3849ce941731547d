"""`python word_language_model.py DATA.npz RESULT.json`: torch's classic example, one epoch.

Embedding, LSTM, Linear and CrossEntropyLoss over all words, batch 20, bptt 35, in the style of
pytorch/examples/word_language_model, with Adam. Imports nothing of the package. DATA holds train
and valid, the numbers of words in a row, and n_words; RESULT, tokens_per_second and perplexity.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

UNITS, BATCH, BPTT, CLIP = 200, 20, 35, 0.25
MEASURED_ROWS = 10
Hidden = tuple[Tensor, Tensor]


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


def main() -> None:
    """Train for an epoch, measure, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--rate", type=float, default=0.003, help="of learning")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with np.load(given.data) as data:
        train, valid, n_words = data["train"], data["valid"], int(data["n_words"])
    torch.set_num_threads(1)
    torch.manual_seed(given.seed)
    text, held_out = batchify(train, BATCH), batchify(valid, MEASURED_ROWS)
    model, criterion = Plain(n_words), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=given.rate)
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
    found = {
        "tokens_per_second": (len(text) - 1) * BATCH / seconds,
        "perplexity": math.exp(total / (len(held_out) - 1)),
    }
    given.result.write_text(json.dumps(found))


def zeros(rows: int) -> Hidden:
    """A state of zero for as many rows."""
    return torch.zeros(1, rows, UNITS), torch.zeros(1, rows, UNITS)


def batchify(ids: np.ndarray, rows: int) -> Tensor:
    """The text as columns (length, rows); what does not fill a row is left out."""
    length = len(ids) // rows
    return torch.from_numpy(ids)[: length * rows].view(rows, length).t().contiguous()


def get_batch(text: Tensor, i: int) -> tuple[Tensor, Tensor]:
    """BPTT rows from row i on, and the words that follow each."""
    length = min(BPTT, len(text) - 1 - i)
    return text[i : i + length], text[i + 1 : i + 1 + length].reshape(-1)


if __name__ == "__main__":
    main()
