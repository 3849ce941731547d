"""`python -m benchmarks.generation`: items that are generated in a second, on one core.

Running text of two regimes as whole numbers (words, and every factor of every item); what putting
it into words and into CSV adds; and template products in pure Python, in turns. Then the cost of
ten thousand to ten million items, each in a process of its own for its memory, with the exponent.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from hydra import compose, initialize_config_dir

from attractor.cli import configuration
from attractor.drawn_items import annotate, items
from attractor.grammar import Grammar
from attractor.lexicon import read_lexicon
from attractor.notation import read_grammar
from attractor.progress import progress_bar
from attractor.realise import texts
from attractor.resources import CONF, LEXICON
from attractor.text import Source
from benchmarks.measuring import Row, in_turns, one_core, publish, rates, timed
from benchmarks.yardsticks import template_products

FILE = Path("outputs/bench_generation.csv")
ROUNDS = 5
N_SENTENCES = 2**20
N_PRINTED = 20_000
SIZES = (10**4, 10**5, 10**6, 10**7)


def main() -> None:
    """Measure, print a table, and write it; with `--items N`, draw so many and say what it took."""
    one_core()
    if sys.argv[1:2] == ["--items"]:
        print(json.dumps(draw_many(int(sys.argv[2]))))
        return
    sizes = growth()  # first: a process begins with the peak of the one that started it
    publish([*in_a_second(N_SENTENCES, N_PRINTED), *sizes], FILE)


def in_a_second(n: int, n_printed: int) -> list[Row]:
    """Items a second of `n` sentences as whole numbers, of `n_printed` in words, and of as many
    template products."""
    grammars = {regime: english(regime) for regime in ("natural", "balanced")}
    actions = {
        "whole numbers, natural regime": lambda: numbers(grammars["natural"], n),
        "whole numbers, balanced regime": lambda: numbers(grammars["balanced"], n),
        "in words": lambda: words(grammars["natural"], n_printed, csv=False),
        "in words, written as CSV": lambda: words(grammars["natural"], n_printed, csv=True),
        "template products in Python": lambda: products(n),
    }
    found = in_turns(actions, ROUNDS)
    return rates("generated", "items/s", found, yardstick="template products in Python")


def english(regime: str) -> Grammar:
    """The bundled grammar."""
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        config = configuration(compose("config"))
    return read_grammar(config.grammar, read_lexicon(LEXICON), regime)


def numbers(grammar: Grammar, n: int) -> float:
    """Items a second, as whole numbers."""
    rng = np.random.default_rng(0)
    blocks, seconds = timed(
        lambda: [annotate(block) for block in Source(grammar).sentences(n, rng)]
    )
    return float(sum(len(block.sentence) for block in blocks) / seconds)


def words(grammar: Grammar, n: int, csv: bool) -> float:
    """Items a second, as the item table; with `csv`, as its text."""

    def make() -> int:
        (block,) = Source(grammar).sentences(n, np.random.default_rng(0))
        table = items(block, texts(block))
        if csv:
            table.to_csv(index=False)
        return len(table)

    n_items, seconds = timed(make)
    return float(n_items / seconds)


def products(n: int) -> float:
    """Items a second of template products."""
    lexicon = read_lexicon(LEXICON)
    nouns = [(row["singular"], row["plural"]) for row in lexicon.tables["nouns"]]
    verbs = [(row["third_singular"], row["plural"]) for row in lexicon.tables["verbs"]]
    prepositions = [row["preposition"] for row in lexicon.tables["prepositions"]]
    made, seconds = timed(lambda: template_products.make(nouns, prepositions, verbs, n))
    return float(len(made) / seconds)


def draw_many(n: int) -> dict[str, Any]:
    """Draw about `n` items and keep them all as narrow columns: seconds, items, peak memory."""
    grammar, kept, n_items = english("natural"), [], 0
    started = time.perf_counter()
    for block in Source(grammar).sentences(int(n / ITEMS_A_SENTENCE), np.random.default_rng(0)):
        found = annotate(block)
        kept.append(
            [block.word.astype(np.int16), np.diff(block.slot_start).astype(np.int8)]
            + [column.astype(np.int16) for column in vars(found.dependency).values()]
            + [
                getattr(found, name).astype(np.int8)
                for name in ("plural", "condition", "preceding", "n_attractors")
            ]
            + [found.n_preceding_opposite.astype(np.int8), found.sentence.astype(np.int32)]
        )
        n_items += len(found.sentence)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"items": n_items, "seconds": seconds, "peak_bytes": peak}


ITEMS_A_SENTENCE = 1.178  # of the natural regime


def growth() -> list[Row]:
    """A row a size, and the exponents of seconds between them."""
    found = []
    with progress_bar("items", len(SIZES), "size") as advance:
        for n in SIZES:
            command = [sys.executable, "-m", "benchmarks.generation", "--items", str(n)]
            found.append(
                json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            )
            advance(1)
    rows: list[Row] = []
    for one in found:
        model = f"{one['items']:,} items"
        rows.append({"what": "seconds", "model": model, "value": one["seconds"], "unit": "s"})
        peak = one["peak_bytes"] / 2**30
        rows.append({"what": "peak memory", "model": model, "value": peak, "unit": "GiB"})
    for one, other in pairwise(found):
        exponent = np.log(other["seconds"] / one["seconds"]) / np.log(other["items"] / one["items"])
        model = f"{one['items']:,} to {other['items']:,} items"
        rows.append({"what": "exponent of seconds", "model": model, "value": exponent, "unit": ""})
    return rows


if __name__ == "__main__":
    main()
