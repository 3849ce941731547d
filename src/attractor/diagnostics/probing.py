"""Probing: can a logistic regression read the subject's number from a network's states, word by
word after the subject? On nouns that it has not met, and beside a control task (probe.py)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from attractor.diagnostics.over_seeds import WHAT, over_seeds
from attractor.diagnostics.probe import ALL, Design, Floats, Ints, Strings, probe
from attractor.diagnostics.protocol import OF_CONFIG, Case, Diagnostic, Report, Tables
from attractor.diagnostics.reading import ask, check_recurrent, distinct, headline, read
from attractor.errors import UserError
from attractor.items import split_indices
from attractor.lexicon import Lexicon
from attractor.models.protocol import Network
from attractor.results import Table, count, number, text, with_intervals
from attractor.tasks.protocol import Task
from attractor.vocab import Vocabulary

SNAPSHOTS = ("initial", "best")
FEWEST = 100  # items: fewer teach no probe anything

_CELL = {
    "snapshot": text("label: initial (before training) or best (the weights that are scored)"),
    "direction": text("label: forward or backward, the direction of reading"),
    "state": text("label: h (state) or C (memory), whichever is probed"),
    "steps": count("count of words read since the subject; -1: the subject is the next word"),
    "last_noun": text(
        "label: the last noun read since, beside the subject: none, same number, other number; or "
        "all: whatever it is"
    ),
}
_ACCURACIES = {
    "accuracy": "share right of the subject's number, on nouns that the probe has not met",
    "control": "share right of random labels in its place, on the same items",
    "accuracy_same_nouns": "share right on held-out items of nouns that the probe has met; empty "
    "if there are none",
    "control_same_nouns": "share right of random labels on these; empty if there are none",
}
_SELECTIVITIES = {
    "selectivity": "share: accuracy - control, -1 to 1",
    "selectivity_same_nouns": "share: accuracy_same_nouns - control_same_nouns, -1 to 1; empty if "
    "there are none",
}
_N_TEST = {
    "n_test": "count of items of other nouns than the probe has learnt from",
    "n_test_same_nouns": "count of held-out items of the nouns it has learnt from",
}
PROBING = Table(
    "probing.csv",
    "snapshot × direction × state × steps × last noun",
    {
        **_CELL,
        "n_train": count("count of items the probe has learnt from, whatever their last noun"),
        "n_nouns": count("count of these items' subjects, as lemmas"),
        **{name: count(meaning) for name, meaning in _N_TEST.items()},
        "n_test_nouns": count("count of the subjects of the n_test items, as lemmas"),
        "majority": number("share of the more frequent number among the n_test items"),
        **{name: number(said) for name, said in (_ACCURACIES | _SELECTIVITIES).items()},
    },
)
BY_STEP = Table(
    "probing_by_step.csv",
    "configuration × snapshot × direction × state × steps × last noun",
    {
        **OF_CONFIG,
        **_CELL,
        "n_seeds": count("count of runs that are averaged"),
        **{name: number(f"{meaning}: mean over seeds") for name, meaning in _N_TEST.items()},
        **with_intervals(**_ACCURACIES, **_SELECTIVITIES),
    },
)


def last_noun(items: pd.DataFrame, steps: Ints, direction: str) -> Strings:
    """The number of the last noun read by `steps` (T,) words after the subject, in the direction of
    reading, beside the subject's: `same number`, `other number`, or `none` since it; (N, T)."""
    towards = 1 if direction == "forward" else -1
    found = np.full((len(items), len(steps)), "none", dtype="<U12")
    columns = ["noun_indices", "preceding", "condition", "subject_index"]
    for row, values in zip(found, zip(*(items[c] for c in columns), strict=True), strict=True):
        indices, preceding, condition, subject = values
        nouns = zip(split_indices(indices), preceding + condition, strict=True)
        for step, letter in sorted(((i - subject) * towards, letter) for i, letter in nouns):
            if step > 0:
                row[steps >= step] = f"{'same' if letter == condition[0] else 'other'} number"
    return found


@torch.no_grad()
def states_since_subject(
    network: Network, task: Task, items: pd.DataFrame, vocabulary: Vocabulary, longest: int
) -> Iterator[tuple[str, str, Ints, Floats]]:
    """Of each direction of reading and kind of state: both names, steps (T,), states (N, T, H).

    The last step is `longest` words after the subject or, in a backward reading, the first word of
    the text whose subject stands foremost. A backward reading that the answer takes after the verb
    (cloze) has not come to the subject by then, and is left out.
    """
    reading = read(network, task, ask(task, items, vocabulary, network.reads_both_ends))
    batch, before = reading.batch, int(items["subject_index"].min())
    subject = torch.from_numpy(items["subject_index"].to_numpy() + task.offset)
    comes_to_it = bool((batch.backward_positions <= subject).all())
    row = torch.arange(len(items))[:, None]
    for direction, trace, start, first, last in (
        ("forward", reading.forward, subject, -min(1, before), longest),
        ("backward", reading.backward, batch.lengths - 1 - subject, -1, min(longest, before)),
    ):
        if trace is None or (direction == "backward" and not comes_to_it):
            continue
        steps = np.arange(first, last + 1)
        at = start[:, None] + torch.from_numpy(steps)
        for state in ("h", "C") if trace.has_memory else ("h",):
            yield direction, state, steps, trace.stacked(state)[row, at].numpy()


@dataclass(frozen=True)
class Probing(Diagnostic):
    """How well the subject's number is read from states, step by step from the subject on."""

    n_items: int
    longest: int

    tables = (PROBING,)

    def __post_init__(self) -> None:
        for name, least in (("n_items", FEWEST), ("longest", 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise UserError(
                    f"diagnostic.probing.{name}={value}: give a whole number of at least {least}"
                )

    def check(self, network: Network, task: Task, model: str) -> None:
        """Refuse what has no step-by-step reference or no margin at the verb."""
        check_recurrent("probing", network, task, model)

    def measure(self, case: Case) -> Tables:
        """Probe h, and C where there is one, before training and after.

        Only headline probes with more than `longest` words up to the verb, so that every step of a
        curve is of the same items.
        """
        probes = headline(case.items)
        items = distinct(probes[probes["distance"] > self.longest], self.n_items)
        if len(items) < FEWEST:
            raise UserError(
                f"diagnostic.probing.longest={self.longest}: {len(items)} headline probes have so "
                f"many words up to the verb, fewer than {FEWEST}; give less"
            )
        labels = (items["subject_number"] == "plural").to_numpy().astype(np.int64)
        design = Design.of(labels, noun_of(items["subject"], case.lexicon))
        found = []
        for snapshot in SNAPSHOTS:
            network = case.trained.network(snapshot).double()
            for direction, state, steps, states in states_since_subject(
                network, case.trained.task, items, case.trained.vocabulary, self.longest
            ):
                rows = probe(states, design, last_noun(items, steps, direction))
                rows["steps"] = steps[rows.pop("step")]
                rows = rows.rename(columns={"group": "last_noun"})
                found.append(rows.assign(snapshot=snapshot, direction=direction, state=state))
        return {PROBING.name: pd.concat(found, ignore_index=True)[list(PROBING.columns)]}

    @classmethod
    def report(cls, found: Tables) -> Report:
        """Accuracy, control and selectivity against steps, over seeds."""
        from attractor.diagnostics import probing_figure as figure

        steps = by_step(found[PROBING.name])
        return Report(
            tables=[(BY_STEP, steps)],
            charts={"probing": figure.probing(steps)},
            lines=_lines(steps),
        )


def noun_of(subjects: pd.Series, lexicon: Lexicon) -> Ints:
    """The noun of each form of `subjects` (N,), by its row in the lexicon."""
    rows = enumerate(lexicon.tables["nouns"])
    nouns = {row[number]: i for i, row in rows for number in ("singular", "plural")}
    return np.array([nouns[form] for form in subjects], dtype=np.int64)


def by_step(probes: pd.DataFrame) -> pd.DataFrame:
    """BY_STEP from all runs' PROBING."""
    accuracies = over_seeds(probes, list(_CELL), list(_ACCURACIES), bounds=(0, 1))
    others = over_seeds(probes, list(_CELL), [*_N_TEST, *_SELECTIVITIES], bounds=(-1, 1))
    return accuracies.merge(others, on=[*WHAT, *_CELL, "n_seeds"])[list(BY_STEP.columns)]


def _lines(steps: pd.DataFrame) -> list[str]:
    """How well the number is read from the trained networks' h, as far on as all were probed."""
    lines = ["Subject's number in h by logistic regression, on nouns new to it (chance 0.5):"]
    trained = steps[(steps["snapshot"] == "best") & (steps["state"] == "h")]
    for direction, half in trained.groupby("direction", sort=False):
        last = half.groupby("label")["steps"].max().min()
        for noun, where in ((ALL, ""), ("other number", ", last noun of the other number")):
            rows = half[(half["steps"] == last) & (half["last_noun"] == noun)]
            if len(rows):
                listed = ", ".join(_accuracy(row) for row in rows.itertuples())
                lines.append(f"  {direction}, {last} words after the subject{where}: {listed}")
    return lines


def _accuracy(row: Any) -> str:
    """`lstm 0.89 [0.83, 0.94]`; without interval for one seed."""
    interval = f" [{row.accuracy_low:.2f}, {row.accuracy_high:.2f}]" if row.n_seeds > 1 else ""
    return f"{row.label} {row.accuracy:.2f}{interval}"
