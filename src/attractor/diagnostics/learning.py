"""Learning: accuracy on every suite against the tokens seen, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from attractor.diagnostics.over_seeds import over_seeds
from attractor.diagnostics.protocol import OF_CONFIG, Case, Diagnostic, Report
from attractor.models.protocol import Network
from attractor.results import Table, count, number, text, with_intervals
from attractor.scoring import Asked, Floats, correctness
from attractor.tasks.protocol import Task
from attractor.trained import KEPT
from attractor.vocab import Vocabulary

_CELL = {
    "epoch": count("count of passes over the training text; 0: before training"),
    "tokens": count("tokens read in training by the end of the epoch"),
    "suite": text("label of the set of items: probes, or an imported suite"),
    "probe_set": text("part of the suite: a set of cells, a file; `all` is the whole suite"),
}
LEARNING = Table(
    "learning.csv",
    "epoch × suite × part of it",
    {
        **_CELL,
        "n_items": count("count of items that were asked"),
        "accuracy": number("share of items right at the verb, a tie counting 1/2"),
    },
)
BY_TOKENS = Table(
    "learning_by_tokens.csv",
    "configuration × epoch × suite × part of it",
    {
        **OF_CONFIG,
        **_CELL,
        "n_items": count("count of items that each seed was asked"),
        "n_seeds": count("count of runs that are averaged"),
        **with_intervals(accuracy="share of items right at the verb: mean over seeds"),
    },
)


@dataclass(frozen=True)
class Learning(Diagnostic):
    """Scores the items at the verb with the weights of every epoch that training kept."""

    tables = (LEARNING,)

    def check(self, network: Network, task: Task, model: str) -> None:
        """Fits every network and task."""

    def measure(self, case: Case) -> Mapping[str, pd.DataFrame]:
        """LEARNING of one run. Raises UserError where training did not keep its epochs."""
        trained = case.trained
        items = case.items.reset_index(drop=True)
        frames = []
        for epoch, tokens in trained.epochs():
            network = trained.network(KEPT.format(epoch))
            margin = _margins(network, trained.task, items, trained.vocabulary)
            scored = items[["suite", "probe_set"]].assign(correct=correctness(margin))
            parts = scored.groupby(["suite", "probe_set"])["correct"].agg(["size", "mean"])
            whole = scored.assign(probe_set="all").groupby(["suite", "probe_set"])["correct"]
            cells = pd.concat([parts, whole.agg(["size", "mean"])]).reset_index()
            frames.append(cells.assign(epoch=epoch, tokens=tokens))
        found = pd.concat(frames, ignore_index=True).drop_duplicates(list(_CELL))
        found = found.rename(columns={"size": "n_items", "mean": "accuracy"})
        return {LEARNING.name: found[list(LEARNING.columns)]}

    @classmethod
    def report(cls, found: Mapping[str, pd.DataFrame]) -> Report:
        """BY_TOKENS and its figure."""
        from attractor.diagnostics.learning_figure import learning

        cells = over_seeds(found[LEARNING.name], [*_CELL, "n_items"], ["accuracy"], (0.0, 1.0))
        cells = cells[list(BY_TOKENS.columns)]
        return Report([(BY_TOKENS, cells)], {"learning": learning(cells)})


def _margins(network: Network, task: Task, items: pd.DataFrame, vocabulary: Vocabulary) -> Floats:
    """The margins (n_items,); of words those at the verb alone, not the whole sentence's too."""
    asked, both_ends = Asked(network), network.reads_both_ends
    if task.predicts_words:
        return asked.log_odds(task.questions(items, vocabulary, both_ends))
    return task.scores(asked, items, vocabulary, both_ends)["margin"]
