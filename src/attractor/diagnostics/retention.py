"""One direction of an LSTM's reading: its gates at every word, and what it keeps of the subject.

With its gates taken as they are, C_t = f_t ⊙ C_{t-1} + i_t ⊙ C̃_t passes on of the memory at the
subject C_s the part ∏ f_t, unit by unit: the error carousel of Hochreiter & Schmidhuber (1997),
with the forget gate of Gers et al. (2000). B texts, T words, H units.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from attractor.batching import Batch
from attractor.diagnostics.over_seeds import over_seeds
from attractor.diagnostics.protocol import OF_CONFIG, OF_RUN
from attractor.diagnostics.reading import Reading, ask, read
from attractor.items import split_indices
from attractor.models.protocol import Network
from attractor.models.recurrent import Recurrent
from attractor.models.reference import Trace, reversed_order, trace
from attractor.results import Table, count, number, text, with_intervals
from attractor.tasks.protocol import Task
from attractor.vocab import PADDING, Vocabulary

FORWARD, BACKWARD = "forward", "backward"
# What the tables call a step's values, and what `reference.Trace` does.
_FIELDS = {
    "forget": "f",
    "input": "i",
    "candidate": "candidate",
    "output": "o",
    "cell": "C",
    "hidden": "h",
}
QUANTITIES = tuple(_FIELDS)

OF_HALF = {
    "snapshot": text("label: initial (before training) or best (the weights that are scored)"),
    "direction": text("label: forward or backward, the direction of reading"),
}
STEPS = count("count of words read after the subject, until the state that answers")
N_NOUNS = count("count of nouns among these words")
RETENTION = Table(
    "gates_retention.csv",
    "network half × item",
    {
        **OF_HALF,
        "item_id": text("name of the item, as in its suite's items.csv"),
        "subject_number": text("label: singular or plural"),
        "distance": count("tokens from subject to verb"),
        "n_attractors": count("count of nouns between of the other number"),
        "steps": STEPS,
        "n_nouns": N_NOUNS,
        "margin": number("log-odds (nats) of the correct number or form over the wrong one"),
        "correct": number("share: 1 right, 0 wrong, 1/2 a tie"),
        "retention_mean": number(
            "share of memory kept: product of the forget gate over the steps, mean over units"
        ),
        "retention_weighted": number(
            "share of memory kept, units weighted with how much of the number each carries"
        ),
    },
)
RETENTION_BY_DISTANCE = Table(
    "gates_retention_by_distance.csv",
    "configuration × network half × steps × nouns on the way",
    {
        **OF_CONFIG,
        **OF_HALF,
        "steps": STEPS,
        "n_nouns": N_NOUNS,
        "n_items": number("count of items of one seed: mean over seeds"),
        "n_seeds": count("count of runs that are averaged"),
        **with_intervals(
            retention_weighted="share of memory kept, units weighted with the number each carries: "
            "geometric mean over items and seeds",
            retention_mean="share of memory kept, mean over units: geometric mean over items and "
            "seeds",
            accuracy="share of these items right: mean over seeds",
        ),
    },
)
CORRELATION = Table(
    "gates_correlation.csv",
    "configuration × network half, of trained networks",
    {
        **OF_CONFIG,
        **OF_HALF,
        "n_items": number("count of items of one seed in cells with right and wrong ones: mean"),
        "n_seeds": count("count of runs that are averaged"),
        **with_intervals(
            with_right="correlation, -1 to 1, of the rank of retention_weighted with being right",
            with_margin="correlation, -1 to 1, of the ranks of retention_weighted and margin",
        ),
    },
)


@dataclass(frozen=True)
class Half:
    """One direction's reading of B texts, by the place of a word in its text rather than by step.

    tokens (B, T), lengths (B,): all that it reads; values: by QUANTITIES, its gates forget, input
    and output, its candidate C̃, its memory (cell) and its state (hidden), each (B, T, H). subject
    and answer (B,): where the subject stands, and the last word read by the state that answers.
    slope (B, H): ∂margin/∂C of that state's memory.
    """

    direction: str
    tokens: Tensor
    lengths: Tensor
    values: dict[str, Tensor]
    subject: Tensor
    answer: Tensor
    slope: Tensor

    def kept(self) -> Tensor:
        """Which words (B, T) are read after the subject, until the state that answers."""
        t = torch.arange(self.tokens.shape[1])
        subject, answer = self.subject[:, None], self.answer[:, None]
        if self.direction == FORWARD:
            return (subject < t) & (t <= answer)
        return (answer <= t) & (t < subject)

    def log_retention(self) -> Tensor:
        """Σ ln f_t (B, H) over the words of `kept`; 0 where there are none."""
        logs = self.values["forget"].log()
        return torch.where(self.kept()[..., None], logs, 0.0).sum(dim=1)

    def carriers(self, plural: Tensor) -> Carriers:
        """How each unit's memory carries the subject's number; plural (B,): whether it is."""
        memory = self.values["cell"][torch.arange(len(plural)), self.subject]
        difference = memory[plural].mean(dim=0) - memory[~plural].mean(dim=0)
        slope = (self.slope * torch.where(plural, 1.0, -1.0)[:, None]).mean(dim=0)
        carried = (slope * difference).abs()
        return Carriers(slope, difference, carried / carried.sum())


class Carriers(NamedTuple):
    """What memory carries of the subject's number, unit by unit, each (H,).

    slope: the readout's direction, the mean over texts of ∂(log-odds of plural)/∂C at the answer.
    difference: mean C where a plural subject has just been read, less that of a singular one.
    weight: |slope · difference|, made to sum to 1; so ∏ f_t weighted with it is the part of what
    was written of the number that the readout still finds. The slope alone would also count units
    that the readout heeds for another's sake (a bias, other nouns); the difference at the answer
    would leave out the units that forgot, and make retention look better than it is.
    """

    slope: Tensor
    difference: Tensor
    weight: Tensor


def read_halves(
    network: Network, task: Task, items: pd.DataFrame, vocabulary: Vocabulary
) -> tuple[Tensor, list[Half]]:
    """Margins (B,), and the directions whose memory has met the subject when it answers.

    network: in float64, its layers LSTMs; items: as `reading.ask` takes them. What stands after
    the question is read on by the forward half, whose answer does not depend on it: so the verb has
    gates too, where the task itself ends before it. The backward half of a cloze ends after the
    verb, never reads the subject, and is left out.
    """
    batch = ask(task, items, vocabulary, network.reads_both_ends)
    reading = read(network, task, batch)
    subject = torch.tensor(items["subject_index"].to_numpy()) + task.offset
    halves = []
    if reading.forward is not None:
        assert isinstance(network.encoder, Recurrent)
        answer = batch.positions
        slope = _slope(reading, reading.forward, answer)
        text = with_rest(batch, items["sentence"].tolist(), task.offset, vocabulary)
        layer = network.encoder.forward_layer
        assert layer is not None
        values = _values(trace(layer, network.encoder.embedding(text.tokens)))
        halves.append(Half(FORWARD, text.tokens, text.lengths, values, subject, answer, slope))
    if reading.backward is not None and bool((batch.backward_positions <= subject).all()):
        answer = batch.backward_positions
        slope = _slope(reading, reading.backward, batch.lengths - 1 - answer)
        order = reversed_order(batch.lengths, batch.tokens.shape[1])
        row = torch.arange(len(order))[:, None]
        values = {name: of[row, order] for name, of in _values(reading.backward).items()}
        halves.append(Half(BACKWARD, batch.tokens, batch.lengths, values, subject, answer, slope))
    return reading.margin.detach(), halves


def with_rest(batch: Batch, sentences: list[str], offset: int, vocabulary: Vocabulary) -> Batch:
    """The texts of a batch, each followed by the words of its sentence that it does not reach."""
    texts = [
        torch.tensor([*tokens[:length], *vocabulary.encode(sentence.split(" ")[length - offset :])])
        for tokens, length, sentence in zip(
            batch.tokens.tolist(), batch.lengths.tolist(), sentences, strict=True
        )
    ]
    lengths = torch.tensor([len(text) for text in texts])
    padded = torch.nn.utils.rnn.pad_sequence(texts, batch_first=True, padding_value=PADDING)
    return replace(batch, tokens=padded, lengths=lengths)


def _slope(reading: Reading, steps: Trace, answer: Tensor) -> Tensor:
    """∂margin/∂C (B, H) of the step `answer` (B,); no text's margin depends on another's."""
    gradients = torch.autograd.grad(
        reading.margin.sum(), steps.C, retain_graph=True, materialize_grads=True
    )
    return torch.stack(gradients, dim=1)[torch.arange(len(answer)), answer]


def _values(steps: Trace) -> dict[str, Tensor]:
    return {name: steps.stacked(field).detach() for name, field in _FIELDS.items()}


def retention(half: Half, items: pd.DataFrame, margin: Tensor, carriers: Carriers) -> pd.DataFrame:
    """RETENTION of one direction: a row an item, margin (B,)."""
    kept = half.log_retention().exp()
    nouns = items["n_intervening"]
    if half.direction == BACKWARD:
        before = zip(items["noun_indices"], items["subject_index"], strict=True)
        nouns = pd.Series([sum(i < s for i in split_indices(all_)) for all_, s in before])
    factors = ["item_id", "subject_number", "distance", "n_attractors"]
    return items[factors].assign(
        steps=half.kept().sum(dim=1).numpy(),
        n_nouns=nouns.to_numpy(),
        margin=margin.numpy(),
        correct=(1 + torch.sign(margin)).numpy() / 2,
        retention_mean=kept.mean(dim=1).numpy(),
        retention_weighted=(kept @ carriers.weight).numpy(),
    )


def by_distance(found: pd.DataFrame) -> pd.DataFrame:
    """RETENTION_BY_DISTANCE from all runs' RETENTION, with the nouns on the way held fixed.

    Geometric means, over items and then over seeds: what is kept is a product over steps that
    spans orders of magnitude, and a mean of its logarithm is not ruled by the few that keep most.
    """
    kept = ["retention_weighted", "retention_mean"]
    cell = [*OF_HALF, "steps", "n_nouns"]
    logs = found.assign(**{name: np.log(found[name]) for name in kept})
    runs = logs.groupby([*OF_RUN, *cell], sort=True, as_index=False).agg(
        n_items=("item_id", "size"),
        accuracy=("correct", "mean"),
        **{name: (name, "mean") for name in kept},
    )
    means = over_seeds(runs, cell, kept, (-np.inf, 0.0))
    others = over_seeds(runs, cell, ["accuracy", "n_items"], (0.0, 1.0))
    ends = [f"{name}{end}" for name in kept for end in ("", "_low", "_high")]
    means[ends] = np.exp(means[ends])
    return means.merge(others)[list(RETENTION_BY_DISTANCE.columns)]


def correlations(found: pd.DataFrame) -> pd.DataFrame:
    """CORRELATION from all runs' RETENTION: do items of which more is kept fare better?

    Of retention_weighted in trained networks, by rank within cells of equal steps, nouns on the
    way, attractors and number of the subject, so that none of these does it alone: with the rank of
    the margin (Spearman's, pooled within cells) and with being right (point-biserial). Cells in
    which all are right or all wrong cannot tell, and are left out.
    """
    trained = found[found["snapshot"] == "best"]
    run = [*OF_RUN, *OF_HALF]
    cell = [*run, "steps", "n_nouns", "n_attractors", "subject_number"]
    mixed = trained[trained.groupby(cell)["correct"].transform("nunique") > 1]
    by = mixed.groupby(cell)
    centred = mixed[run].assign(
        kept=by["retention_weighted"].rank(pct=True),
        margin=by["margin"].rank(pct=True),
        right=mixed["correct"],
    )
    values = ["kept", "margin", "right"]
    centred[values] -= centred.groupby([mixed[name] for name in cell])[values].transform("mean")
    rows = [
        (*key, len(of), of["kept"].corr(of["right"]), of["kept"].corr(of["margin"]))
        for key, of in centred.groupby(run)
    ]
    runs = pd.DataFrame(rows, columns=[*run, "n_items", "with_right", "with_margin"])
    names = ["with_right", "with_margin"]
    found = over_seeds(runs.dropna(), list(OF_HALF), [*names, "n_items"], (-1.0, 1.0))
    return found[list(CORRELATION.columns)]
