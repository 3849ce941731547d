"""`python -m benchmarks.throughput`: what is generated, trained, scored and extracted in a second.

Every model at its default task, and the LSTM at every task, in words of text; states and gates as
the diagnostics extract them. On one core, as shares of the machine's matrix product in the same
run, and the median of five. A share counts six floating-point operations a recurrent parameter and
token: a multiply and an add for each, forwards once and backwards twice.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median

import pandas as pd
import torch
from hydra import compose, initialize_config_dir

from attractor.cli import configuration
from attractor.config import Config, DataConfig
from attractor.diagnostics.reading import ask, distinct, read
from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.lexicon import read_lexicon
from attractor.models.protocol import Network
from attractor.models.recurrent import Recurrent
from attractor.network import build_network, build_task
from attractor.notation import read_grammar
from attractor.progress import progress_bar
from attractor.resources import CONF, LEXICON
from attractor.scoring import scores
from attractor.suites.probes import draw_probes
from attractor.text import draw_text
from attractor.training import train
from attractor.vocab import Vocabulary
from benchmarks.measuring import Row, in_turns, matrix_product, one_core, publish, timed

MODELS = ("srn", "lstm", "gru", "birnn", "bilstm")
DEFAULT = "number_prediction"
JOBS = (
    *((model, DEFAULT) for model in MODELS),
    ("lstm", "verb_inflection"),
    ("lstm", "grammaticality"),
    ("lstm", "language_model"),
    ("bilstm", "cloze"),
)
N_SENTENCES = 5000
N_EXTRACTED = 512  # items, in one batch
ROUNDS = 5  # medians of as many, after one to warm up
FLOPS = 6
FILE = Path("outputs/bench_throughput.csv")


def main() -> None:
    """Measure, print a table, and write it."""
    one_core()
    with progress_bar("bench", 2 + len(JOBS), "step") as advance:
        peak = matrix_product()
        rows = [row("matrix product, 1024 x 1024", "", peak / 1e9, "GFLOP/s", 1.0)]
        config = configured("lstm", DEFAULT)
        grammar = read_grammar(config.grammar, read_lexicon(LEXICON), config.data.regime)
        text, text_row = generate_text(grammar, config)
        advance(1)
        probes, probes_row = generate_probes(grammar, config, text)
        rows += [text_row, probes_row]
        advance(1)
        for model, task in JOBS:
            rows += train_and_score(configured(model, task), text, probes, peak)
            advance(1)
    publish(rows, FILE)


def row(what: str, model: str, value: float, unit: str, share: float | None = None) -> Row:
    """One measurement; `share` of the peak where it is training's."""
    return {"what": what, "model": model, "value": value, "unit": unit, "share_of_peak": share}


def configured(model: str, task: str) -> Config:
    """The default configuration of a model and task, for one warm-up epoch and those timed."""
    epochs = 1 + ROUNDS
    overrides = [
        f"model={model}",
        f"task={task}",
        f"data.n_sentences={N_SENTENCES}",
        f"train.max_epochs={epochs}",
        f"train.patience={epochs}",
    ]
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        return configuration(compose("config", overrides=overrides))


def generate_text(grammar: Grammar, config: Config) -> tuple[pd.DataFrame, Row]:
    """The three splits of running text, and the items made into tables in a second."""
    data = config.data
    assert isinstance(data, DataConfig)
    text, seconds = timed(
        lambda: draw_text(grammar, data.n_sentences, data.n_valid, data.n_test, data.seed)
    )
    return text, row("text drawn by weight", "", len(text) / seconds, "items/s")


def generate_probes(
    grammar: Grammar, config: Config, text: pd.DataFrame
) -> tuple[pd.DataFrame, Row]:
    """The probes, and the items made in a second, counting of derivations included."""
    suite = config.suite["probes"]
    exposure = Exposure.of(text[text["split"] == "train"])
    (probes, _), seconds = timed(
        lambda: draw_probes(grammar, exposure, "probes", suite["sets"], suite["seed"])
    )
    return probes, row("probes drawn by cell", "", len(probes) / seconds, "items/s")


def train_and_score(
    config: Config, text: pd.DataFrame, probes: pd.DataFrame, peak: float
) -> list[Row]:
    """Tokens trained, items scored and, where the diagnostics can, items extracted in a second."""
    name, task = str(config.model["name"]), build_task(config.task)
    training, validation = (text[text["split"] == split] for split in ("train", "valid"))
    vocabulary = task.vocabulary(training, Vocabulary.of(training["sentence"]))
    network = build_network(config.model, task, len(vocabulary), config.seed)
    examples, held_out = (
        task.examples(part, vocabulary, network.reads_both_ends) for part in (training, validation)
    )
    history = train(network, examples, held_out, task, config.train, config.seed).history
    tokens = examples.n_tokens / median(epoch["seconds"] for epoch in history[1:])
    share = tokens * FLOPS * recurrent_parameters(network) / peak

    def score() -> None:
        scores(network, task, probes, vocabulary, config.train.device)

    n_scored, kind = len(probes), task.__class__.__name__
    rows = [
        row(f"trained, {kind}", name, tokens, "tokens/s", share),
        row(f"scored, {kind}", name, n_scored / usual(score), "items/s"),
    ]
    encoder = network.encoder
    if isinstance(encoder, Recurrent) and task.asks_at_verb and name != "gru":
        batch = ask(task, distinct(probes, N_EXTRACTED), vocabulary, network.reads_both_ends)

        def extract() -> None:
            with torch.no_grad():
                read(network, task, batch)

        what = f"states and gates extracted, {kind}"
        rows.append(row(what, name, len(batch.lengths) / usual(extract), "items/s"))
    return rows


def usual(action: Callable[[], None]) -> float:
    """The median of an action's seconds, after one round to warm up."""
    return in_turns({"": lambda: timed(action)[1]}, ROUNDS)[""]


def recurrent_parameters(network: Network) -> int:
    """Weights and biases of the encoder, less the embedding, which is looked up."""
    parts = network.encoder.named_parameters()
    return sum(weights.numel() for name, weights in parts if not name.startswith("embedding"))


if __name__ == "__main__":
    main()
