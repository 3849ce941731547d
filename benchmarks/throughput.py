"""`make bench`: what this machine generates, trains and scores in a second, on one thread.

Beside the machine's own matrix product, measured in the same run. Writes outputs/bench.csv.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TypeVar

import pandas as pd
import torch
from hydra import compose, initialize_config_dir

from attractor.cli import configuration
from attractor.config import Config, DataConfig
from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.lexicon import read_lexicon
from attractor.models.protocol import Network
from attractor.network import build_network, build_task
from attractor.notation import read_grammar
from attractor.progress import progress_bar
from attractor.provenance import provenance
from attractor.resources import CONF, LEXICON
from attractor.results import write_atomically
from attractor.scoring import answers
from attractor.suites.probes import draw_probes
from attractor.text import draw_text
from attractor.training import train
from attractor.vocab import Vocabulary

MODELS = ("srn", "lstm", "gru", "birnn", "bilstm")
N_SENTENCES = 5000
N_TIMED = 3  # medians of as many, after one to warm up
SIZE = 1024  # of the matrix product
# A multiply and an add for each recurrent weight and token: once forwards, twice backwards.
FLOPS = 6
SHARE = f"share_of_peak_at_{FLOPS}_flop_per_recurrent_parameter_and_token"
FILE = Path("outputs/bench.csv")

Row = dict[str, object]
Result = TypeVar("Result")


def main() -> None:
    """Measure, print a table, and write it."""
    torch.set_num_threads(1)
    with progress_bar("bench", 3 + len(MODELS), "step") as advance:

        def step(result: Result) -> Result:
            advance(1)
            return result

        peak = step(matrix_product())
        rows: list[Row] = [row("matrix_product_peak", "", peak / 1e9, "GFLOP/s")]
        config = configured("lstm")
        grammar = read_grammar(config.grammar, read_lexicon(LEXICON), config.data.regime)
        text, text_row = step(generate_text(grammar, config))
        probes, probes_row = step(generate_probes(grammar, config, text))
        rows += [text_row, probes_row]
        for model in MODELS:
            rows += step(train_and_score(configured(model), text, probes, peak))
    constant = {
        "threads": torch.get_num_threads(),
        "precision": config.train.precision,
        "torch": torch.__version__,
        "platform": provenance()["platform"],
    }
    table = pd.DataFrame(rows)
    write_atomically(FILE, table.assign(**constant).to_csv(index=False, lineterminator="\n"))
    print(shown(table))
    print(", ".join(f"{key} {value}" for key, value in constant.items()))
    print(f"{FILE}: the same as a table")


def row(what: str, model: str, value: float, unit: str, share: float | None = None) -> Row:
    """One measurement; `share` of the peak where it is training's."""
    return {"what": what, "model": model, "value": value, "unit": unit, SHARE: share}


def shown(table: pd.DataFrame) -> str:
    """The table for a terminal."""
    text = table.assign(
        value=[f"{value:,.4g}" if value < 1000 else f"{value:,.0f}" for value in table["value"]],
        share=["" if pd.isna(share) else f"{share:.1%}" for share in table[SHARE]],
    )
    lines = text.drop(columns=SHARE).rename(columns={"share": "share of peak*"})
    return (
        f"{lines.to_string(index=False)}\n"
        f"* counting {FLOPS} flop a recurrent parameter and token: a multiply and an add for each, "
        "forwards once and backwards twice"
    )


def timed(action: Callable[[], Result]) -> tuple[Result, float]:
    """What an action returns, and its seconds."""
    started = time.perf_counter()
    result = action()
    return result, time.perf_counter() - started


def matrix_product() -> float:
    """The most floating-point operations a second that a product of two matrices reaches."""
    a, b = torch.rand(SIZE, SIZE), torch.rand(SIZE, SIZE)
    out = torch.empty(SIZE, SIZE)
    seconds = [timed(lambda: torch.mm(a, b, out=out))[1] for _ in range(20)]
    return 2 * SIZE**3 / min(seconds)


def configured(model: str) -> Config:
    """The default configuration of a model, for one warm-up epoch and those timed."""
    epochs = 1 + N_TIMED
    overrides = [
        f"model={model}",
        f"data.n_sentences={N_SENTENCES}",
        f"train.max_epochs={epochs}",
        f"train.patience={epochs}",
    ]
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        return configuration(compose("config", overrides=overrides))


def generate_text(grammar: Grammar, config: Config) -> tuple[pd.DataFrame, Row]:
    """The three splits of running text, and the items generated in a second."""
    data = config.data
    assert isinstance(data, DataConfig)
    text, seconds = timed(
        lambda: draw_text(grammar, data.n_sentences, data.n_valid, data.n_test, data.seed)
    )
    return text, row("text_generated_by_weight", "", len(text) / seconds, "items/s")


def generate_probes(
    grammar: Grammar, config: Config, text: pd.DataFrame
) -> tuple[pd.DataFrame, Row]:
    """The probes, and the items generated in a second, counting of derivations included."""
    suite = config.suite["probes"]
    exposure = Exposure.of(text[text["split"] == "train"])
    (probes, _), seconds = timed(
        lambda: draw_probes(grammar, exposure, "probes", suite["sets"], suite["seed"])
    )
    return probes, row("probes_generated_by_cell", "", len(probes) / seconds, "items/s")


def train_and_score(
    config: Config, text: pd.DataFrame, probes: pd.DataFrame, peak: float
) -> list[Row]:
    """Tokens trained, seconds an epoch and items scored in a second, of one model."""
    model, task = str(config.model["name"]), build_task(config.task)
    training, validation = (text[text["split"] == split] for split in ("train", "valid"))
    vocabulary = Vocabulary.of(training["sentence"])
    network = build_network(config.model, task, len(vocabulary), config.seed)
    examples = task.examples(training, vocabulary, network.reads_both_ends)
    held_out = task.examples(validation, vocabulary, network.reads_both_ends)
    history = train(network, examples, held_out, task, config.train, config.seed).history
    seconds = median(epoch["seconds"] for epoch in history[1:])
    tokens_per_second = examples.n_tokens / seconds
    share = tokens_per_second * FLOPS * recurrent_parameters(network) / peak
    scored = task.examples(probes, vocabulary, network.reads_both_ends)
    times = [timed(lambda: answers(network, scored, task.margins))[1] for _ in range(1 + N_TIMED)]
    return [
        row("trained", model, tokens_per_second, "tokens/s", share),
        row("epoch", model, seconds, f"s/{N_SENTENCES} sentences"),
        row("scored", model, scored.n_queries / median(times[1:]), "items/s"),
    ]


def recurrent_parameters(network: Network) -> int:
    """Weights and biases of the encoder, less the embedding, which is looked up."""
    parts = network.encoder.named_parameters()
    return sum(weights.numel() for name, weights in parts if not name.startswith("embedding"))


if __name__ == "__main__":
    main()
