"""`python -m benchmarks.pair_scoring X.text`, or a folder of CLAMS: pairs scored in a second.

A language model of as many words as text has, an LSTM of 200 units with a full softmax, its weights
drawn and not learnt: speed does not depend on them. One pair at a time, as published programs do
it, beside the package: the margin at the verb, and that of the whole sentence. Ends with the
largest difference between the margins of both.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from attractor.models.protocol import Network
from attractor.network import build_network
from attractor.scoring import Asked, Floats, scores
from attractor.tasks.language_model import LanguageModel
from attractor.tasks.minimal_pairs import with_wrong_form
from attractor.vocab import BEGIN, END, Vocabulary
from benchmarks.measuring import in_turns, one_core, publish, rates, timed
from benchmarks.sentences import read_pairs, read_sentences

UNITS, WORDS, ROUNDS = 200, 13_800, 5
# Pairs that one measurement scores, drawn from all; the package scores all at the verb.
ALONE, ALONE_PREFIX, WHOLE = 60, 300, 1000
LOUDER = 20  # times torch's weights of the softmax: margins as large as a trained network's
FILE = Path("outputs/bench_pair_scoring.csv")


def main() -> None:
    """Measure, print a table, and write it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pair_scoring")
    parser.add_argument(
        "text", type=Path, help="sentences, X.gold beside it says where verbs are; or a folder"
    )
    path = parser.parse_args().text
    if path.is_dir():
        measure(read_pairs(sorted(path.glob("*.txt"))), FILE.with_stem("bench_pairs_of_templates"))
    else:
        measure(read_sentences(path), FILE)


def measure(items: pd.DataFrame, file: Path) -> float:
    """Rates to `file`; returns the largest difference of margins."""
    one_core()
    task = LanguageModel()
    known = list(Vocabulary.of(items["sentence"]).words[:WORDS])
    known += [f"unread-{i}" for i in range(WORDS - len(known))]
    vocabulary = task.vocabulary(items, Vocabulary.read(known))
    network = network_of(task, len(vocabulary))
    asked, one = Asked(network), OneAtATime(network, vocabulary)

    def ours(some: pd.DataFrame) -> Floats:
        return asked.log_odds(task.questions(some, vocabulary, False))

    def ours_whole(some: pd.DataFrame) -> Floats:
        return scores(network, task, some, vocabulary)["sentence_margin"]

    mixed = items.sample(frac=1, random_state=0, ignore_index=True)
    samples = {
        "one at a time": (one.whole, mixed[:ALONE]),
        "one at a time, prefix once, two logits": (one.prefix, mixed[:ALONE_PREFIX]),
        "ours, verb": (ours, mixed),
        "ours, whole sentence": (ours_whole, mixed[:WHOLE]),
    }
    pairs = in_turns(
        {name: partial(speed, score, some) for name, (score, some) in samples.items()},
        ROUNDS,
    )
    few = mixed[:ALONE_PREFIX]
    at_verb, whole = one.prefix(few) - ours(few), one.whole(few) - ours_whole(few)
    apart = float(max(abs(at_verb).max(), abs(whole).max()))
    first, second = list(pairs)[:2]
    rows = rates("scored", "pairs/s", pairs, first)
    rows += rates("scored", "pairs/s", {k: pairs[k] for k in (second, "ours, verb")}, second)
    print(
        f"{len(items):,} pairs, {len(vocabulary):,} words; margins of {abs(ours(few)).mean():.2g}"
    )
    print(f"margins differ by {apart:.1e} at most")
    publish(rows, file)
    return apart


def speed(score: Callable[[pd.DataFrame], Floats], some: pd.DataFrame) -> float:
    """Pairs scored in a second."""
    return len(some) / timed(lambda: score(some))[1]


def network_of(task: LanguageModel, n_words: int) -> Network:
    """The LSTM, drawn."""
    model = {
        "_target_": "attractor.models.recurrent.Recurrent",
        "name": "lstm",
        "cell": "lstm",
        "both_ends": False,
        "embedding_size": UNITS,
        "hidden_size": UNITS,
        "parameters": 1,
    }
    network = build_network(model, task, n_words, 0)
    assert isinstance(network.head, nn.Linear)
    with torch.no_grad():
        network.head.weight.mul_(LOUDER)
    return network.eval()


class OneAtATime:
    """The yardsticks, torch's layers with a network's weights."""

    def __init__(self, network: Network, vocabulary: Vocabulary) -> None:
        encoder: Any = network.encoder
        head: Any = network.head
        self.embedding, self.head = encoder.embedding, head
        self.lstm = nn.LSTM(UNITS, UNITS, batch_first=True)
        self.lstm.load_state_dict(encoder.forward_layer.state_dict())
        self.vocabulary = vocabulary

    @torch.no_grad()
    def whole(self, items: pd.DataFrame) -> Floats:
        """Margins of whole sentences: two passes a pair, a softmax of all words after each word."""
        texts = zip(items["sentence"], with_wrong_form(items), strict=True)
        return np.array([(self.log_p(good) - self.log_p(bad)).item() for good, bad in texts])

    def log_p(self, sentence: str) -> Tensor:
        """log p () of a sentence and its end."""
        words = torch.tensor(self.vocabulary.encode([BEGIN, *sentence.split(" "), END]))
        states, _ = self.lstm(self.embedding(words[None, :-1]))
        log_p = torch.log_softmax(self.head(states[0]), dim=1)
        return log_p.gather(1, words[1:, None]).sum()

    @torch.no_grad()
    def prefix(self, items: pd.DataFrame) -> Floats:
        """Margins at the verb: the prefix read once, two words of all scored."""
        margins = []
        columns = ("sentence", "verb_index", "correct_form", "wrong_form")
        for sentence, verb, good, bad in zip(*(items[name] for name in columns), strict=True):
            words = self.vocabulary.encode([BEGIN, *sentence.split(" ")[:verb]])
            forms = self.vocabulary.encode([good, bad])
            states, _ = self.lstm(self.embedding(torch.tensor([words])))
            right, wrong = self.head.weight[forms] @ states[0, -1] + self.head.bias[forms]
            margins.append((right - wrong).item())
        return np.array(margins)


if __name__ == "__main__":
    main()
