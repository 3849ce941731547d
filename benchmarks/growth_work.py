"""One point of benchmarks.growth, in a process of its own, for memory once taken stays taken.

`python -m benchmarks.growth_work hidden_size 128` prints a line of JSON: the size reached (x),
seconds of the processor, megabytes at most, and what of these (base_megabytes) was there before
the work began.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any

from attractor.threads import one_thread

if TYPE_CHECKING:
    from attractor.grammar import Grammar

TEXTS, BATCH, LENGTH, UNITS = 1024, 64, 20, 64
Work = Callable[[], int]  # does what is timed, and returns the size reached


def text(n: int) -> Work:
    """Running text of n sentences; the size is in items."""
    from attractor.text import draw_text

    grammar, _ = _language()
    return lambda: len(draw_text(grammar, n, 1, 1, 0))


def probes(n: int) -> Work:
    """n probes of one rare cell, that of `suite=deep`."""
    import pandas as pd

    from attractor.exposure import Exposure
    from attractor.suites.probes import draw_probes

    grammar, suites = _language("suite=deep")
    sets = suites["deep"]["sets"]
    # Of either number; a balanced set of four nouns between counterbalances 32 patterns.
    sets["deep"]["items_per_cell"] = -(-n // 64) * 32
    columns = ["sentence", "role", "distance", "n_intervening", "n_attractors"]
    unread = Exposure.of(pd.DataFrame(columns=columns))
    return lambda: len(draw_probes(grammar, unread, "deep", sets, 0)[0])


def _language(*overrides: str) -> tuple[Grammar, dict[str, Any]]:
    """The grammar, and the suites."""
    from hydra import compose, initialize_config_dir

    from attractor.cli import configuration
    from attractor.lexicon import read_lexicon
    from attractor.notation import read_grammar
    from attractor.resources import CONF, LEXICON

    with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        config = configuration(compose("config", overrides=list(overrides)))
    return read_grammar(config.grammar, read_lexicon(LEXICON), config.data.regime), config.suite


def training(units: int, length: int, n_texts: int, epochs: int = 1) -> Callable[[], None]:
    """Training of an LSTM on random texts of one length, half of them to be answered 1."""
    import numpy as np
    import torch

    from attractor.batching import prepare
    from attractor.config import TrainConfig
    from attractor.network import build_network, build_task
    from attractor.training import train

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    settings = TrainConfig(batch_size=BATCH, max_epochs=epochs, patience=epochs)
    model: dict[str, Any] = {"_target_": "attractor.models.recurrent.Recurrent", "name": "lstm"}
    model |= {"cell": "lstm", "both_ends": False, "embedding_size": 32, "parameters": 1}
    task = build_task({"_target_": "attractor.tasks.number_prediction.NumberPrediction"})

    def learn(units: int, length: int, n: int) -> None:
        texts = rng.integers(2, 500, (n, length)).tolist()
        ends = np.full(n, length - 1)
        examples = prepare(texts, np.arange(n), ends, rng.integers(0, 2, n).astype(np.float32))
        network = build_network({**model, "hidden_size": units}, task, 500, 0)
        few = prepare(texts[:1], np.arange(1), ends[:1], np.ones(1, np.float32))
        train(network, examples, few, task, settings, 0)

    learn(4, 4, 1)  # all that is imported once
    return lambda: learn(units, length, n_texts)


def hidden_size(n: int) -> Work:
    """An epoch of an LSTM of n units."""
    epoch = training(n, LENGTH, TEXTS)
    return lambda: epoch() or n


def length(n: int) -> Work:
    """An epoch on as many texts, of n tokens each."""
    epoch = training(UNITS, n, TEXTS // 4)
    return lambda: epoch() or n


def seeds(n: int) -> Work:
    """A sweep of n seeds in one worker, with text, probes, scores and report; cache cold."""

    def sweep() -> int:
        from attractor.cli import main

        with tempfile.TemporaryDirectory() as folder, redirect_stdout(StringIO()):
            sys.argv = ["attractor", "-m", f"seed=range({n})", f"output_dir={folder}"]
            sys.argv += ["name=growth", "data.n_sentences=2000", "train.max_epochs=4"]
            sys.argv += ["suite=[flagship]", "hydra.launcher.n_jobs=1"]
            main()
        return n

    return sweep


def job(n: int) -> Work:
    """One of n jobs at once: four epochs of an LSTM."""
    epochs = training(UNITS, LENGTH, 4 * TEXTS, epochs=4)
    return lambda: epochs() or n


KINDS = {f.__name__: f for f in (text, probes, hidden_size, length, seeds, job)}


def peak_megabytes() -> float:
    """The most memory that this process has held."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main() -> None:
    """Do one piece of work, and print what it took."""
    one_thread()
    work = KINDS[sys.argv[1]](int(sys.argv[2]))
    base = peak_megabytes()
    started = time.process_time()  # one thread's: what others do on the machine counts little
    x = work()
    seconds = time.process_time() - started
    found = {"x": x, "seconds": seconds, "megabytes": peak_megabytes(), "base_megabytes": base}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
