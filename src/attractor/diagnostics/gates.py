"""Gates of an LSTM: which parts of memory are kept, which are updated and by how much, which are
put out, at every word; and how much of the subject's number is left when the verb is due.

A mean over units says little where a few carry the number: beside the plain mean stands one
weighted with how much of the subject's number each unit carries (retention.Carriers).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from attractor.diagnostics.gates_tables import BY_ROLE, CONTRASTS, FLAGSHIP, GATES
from attractor.diagnostics.gates_units import UNITS, units
from attractor.diagnostics.over_seeds import over_seeds
from attractor.diagnostics.protocol import OF_RUN, Case, Diagnostic, Report, Tables
from attractor.diagnostics.reading import check_recurrent, distinct, headline
from attractor.diagnostics.retention import (
    CORRELATION,
    RETENTION,
    RETENTION_BY_DISTANCE,
    Carriers,
    Half,
    by_distance,
    correlations,
    read_halves,
    retention,
)
from attractor.diagnostics.roles import roles
from attractor.errors import UserError
from attractor.models.protocol import Network
from attractor.models.recurrent import Recurrent
from attractor.results import Table
from attractor.tasks.protocol import Task
from attractor.trained import Trained

SNAPSHOTS = ("initial", "best")
_BY = ["snapshot", "direction", "role", "quantity"]


@dataclass(frozen=True)
class Gates(Diagnostic):
    """Gates at every word of the headline probes and of the flagship sentence; retention."""

    n_items: int

    tables = (GATES, RETENTION, UNITS, FLAGSHIP)

    def __post_init__(self) -> None:
        if not isinstance(self.n_items, int) or self.n_items < 1:
            raise UserError(
                f"diagnostic.gates.n_items={self.n_items}: give a whole number of at least 1"
            )

    def check(self, network: Network, task: Task, model: str) -> None:
        """Refuse what is no LSTM, and a task without a margin at the verb."""
        encoder = network.encoder
        if isinstance(encoder, Recurrent):
            layers = filter(None, (encoder.forward_layer, encoder.backward_layer))
            if any(layer.mode != "LSTM" for layer in layers):
                raise UserError(
                    f"diagnostic=gates: {model} has no forget, input and output gates; "
                    "it fits model=lstm and bilstm"
                )
        check_recurrent("gates", network, task, model)

    def measure(self, case: Case) -> Tables:
        """Gates by role, retention by item and by unit, and the flagship sentence unit by unit."""
        probes = distinct(headline(case.items), self.n_items)
        if set(probes["subject_number"]) != {"singular", "plural"}:
            raise UserError(
                "diagnostic=gates: needs balanced probes of outer dependencies, of subjects of "
                "both numbers; take suite.probes as it is, and more of diagnostic.gates.n_items"
            )
        flagship = case.items[(case.items["suite"] == "flagship") & (case.items["role"] == "outer")]
        found: dict[str, list[pd.DataFrame]] = {table.name: [] for table in self.tables}
        for snapshot in SNAPSHOTS:
            for table, frame in measured(case.trained, snapshot, probes, flagship):
                found[table.name].append(frame.assign(snapshot=snapshot)[list(table.columns)])
        return {name: pd.concat(frames, ignore_index=True) for name, frames in found.items()}

    @classmethod
    def report(cls, found: Tables) -> Report:
        """Gates by role, retention against steps, and its correlation with being right."""
        from attractor.diagnostics import gates_figure as figure
        from attractor.diagnostics import gates_units_figure as units_figure

        gates = over_seeds(found[GATES.name], _BY, ["mean", "weighted", "n_tokens"])
        kept = by_distance(found[RETENTION.name])
        related = correlations(found[RETENTION.name])
        return Report(
            tables=[
                (BY_ROLE, gates[list(BY_ROLE.columns)]),
                (CONTRASTS, contrasts(found[GATES.name])),
                (RETENTION_BY_DISTANCE, kept),
                (CORRELATION, related),
            ],
            charts={
                "gates_by_role": figure.by_role(gates),
                "gates_retention": figure.retention(kept),
                "gates_units": units_figure.units(found[UNITS.name], found[RETENTION.name]),
                "gates_flagship": figure.flagship(found[FLAGSHIP.name]),
            },
            lines=_lines(gates, kept, related),
        )


def measured(
    trained: Trained, snapshot: str, probes: pd.DataFrame, flagship: pd.DataFrame
) -> list[tuple[Table, pd.DataFrame]]:
    """Rows of each table, for each direction of one network; without the column `snapshot`.

    flagship: the item whose verb is the sentence's last.
    """
    network = trained.network(snapshot).double()
    margin, halves = read_halves(network, trained.task, probes, trained.vocabulary)
    _, of_flagship = read_halves(network, trained.task, flagship, trained.vocabulary)
    plural = torch.tensor((probes["subject_number"] == "plural").to_numpy())
    words = _words(probes, trained.task.offset)
    found = []
    for half, sentence in zip(halves, of_flagship, strict=True):
        carriers = half.carriers(plural)
        kept = retention(half, probes, margin, carriers)
        rows = [
            (GATES, gates_by_role(half, words, carriers)),
            (RETENTION, kept),
            (UNITS, units(half, kept, carriers)),
            (FLAGSHIP, word_by_word(sentence, trained.vocabulary.words, carriers)),
        ]
        found += [(table, frame.assign(direction=half.direction)) for table, frame in rows]
    return found


def _words(items: pd.DataFrame, offset: int) -> pd.DataFrame:
    """Item (0, 1 …), role and place in the text of every word up to the verbs of items."""
    return pd.DataFrame(
        [
            (i, offset + t, role)
            for i, item in enumerate(items.itertuples())
            for t, role in enumerate(roles(item))
            if role != "after"
        ],
        columns=["item", "place", "role"],
    )


def gates_by_role(half: Half, words: pd.DataFrame, carriers: Carriers) -> pd.DataFrame:
    """GATES of one direction: means over the words of each role that it reads.

    words: as `_words` gives them. The forward half reads on to the verb; so its row of a task that
    ends before the verb is what the network would do on reading it.
    """
    item, place = torch.tensor(words["item"].to_numpy()), torch.tensor(words["place"].to_numpy())
    read = place < half.lengths[item]
    role = words["role"][read.numpy()].to_numpy()
    found = []
    for quantity, values in half.values.items():
        size = values[item[read], place[read]].abs()
        tokens = pd.DataFrame({"mean": size.mean(dim=1), "weighted": size @ carriers.weight})
        means = tokens.groupby(role, sort=False).agg(
            n_tokens=("mean", "size"), mean=("mean", "mean"), weighted=("weighted", "mean")
        )
        found.append(means.rename_axis("role").reset_index().assign(quantity=quantity))
    return pd.concat(found, ignore_index=True)


def word_by_word(half: Half, words: tuple[str, ...], carriers: Carriers) -> pd.DataFrame:
    """FLAGSHIP of one direction that has read one text; words: the vocabulary's."""
    T, H = half.values["forget"].shape[1:]
    return pd.DataFrame(
        {
            "token_index": np.repeat(np.arange(T), H),
            "token": np.repeat([words[token] for token in half.tokens[0].tolist()], H),
            "unit": np.tile(np.arange(H), T),
            "weight": carriers.weight.repeat(T),
            "slope": carriers.slope.repeat(T),
            **{name: values[0].flatten() for name, values in half.values.items()},
        }
    )


def contrasts(found: pd.DataFrame) -> pd.DataFrame:
    """CONTRASTS from all runs' GATES: each role against fillers, and the subject against each.

    The difference is taken within each run, so that its interval holds no more than the seeds'.
    """
    cell = [*OF_RUN, "snapshot", "direction", "quantity"]
    pairs = found.merge(found, on=cell, suffixes=("", "_than"))
    pairs = pairs.rename(columns={"role_than": "than"})
    pairs = pairs[(pairs["than"] == "filler") | (pairs["role"] == "subject")]
    pairs = pairs[pairs["role"] != pairs["than"]]
    differences = pairs.assign(
        mean=pairs["mean"] - pairs["mean_than"],
        weighted=pairs["weighted"] - pairs["weighted_than"],
    )
    return over_seeds(differences, [*_BY, "than"], ["mean", "weighted"])[list(CONTRASTS.columns)]


def half_names(frame: pd.DataFrame) -> pd.Series:
    """Each row's `label`, and its direction where the label has two."""
    both = frame.groupby("label")["direction"].transform("nunique") > 1
    return frame["label"].where(~both, frame["label"] + ", " + frame["direction"] + " half")


def _lines(gates: pd.DataFrame, kept: pd.DataFrame, related: pd.DataFrame) -> list[str]:
    """Of each network's half: where its gates open, what is kept, and whether that helps."""
    lines = [
        "Gates, units weighted with how much of the subject's number each carries; ∏ f: what the "
        "forget gates leave of the subject in memory; r: how it goes with being right, among items "
        "of equal length and nouns"
    ]
    trained = (frame[frame["snapshot"] == "best"] for frame in (gates, kept, related))
    of_gates, of_kept, of_related = (frame.assign(name=half_names(frame)) for frame in trained)
    for name, rows in of_gates.groupby("name"):
        at = rows.set_index(["quantity", "role"])["weighted"]
        said = [
            f"{gate} gate {at[gate, 'subject']:.2f} at the subject, "
            f"{at[gate, other]:.2f} at {other}s"
            for gate, other in (("input", "attractor"), ("forget", "filler"))
            if (gate, other) in at
        ]
        far = of_kept[of_kept["name"] == name].sort_values("steps").iloc[-1]
        said.append(
            f"∏ f = {far['retention_weighted']:.2g} over {far['steps']} words "
            f"({far['accuracy']:.0%} right)"
        )
        for tie in of_related[of_related["name"] == name].itertuples():
            low, high = tie.with_right_low, tie.with_right_high
            interval = f" [{low:+.2f}, {high:+.2f}]" if tie.n_seeds != 1 else ""
            said.append(f"r = {tie.with_right:+.2f}{interval}")
        lines.append(f"{name}: {'; '.join(said)}")
    return lines
