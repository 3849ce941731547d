"""Locality: how much of the answer at a verb comes from the word before it, and the one before.

Each word's effect on the answer (word_effects), against how far it stands before the verb.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from attractor.diagnostics.over_seeds import WHAT, over_seeds, with_intervals
from attractor.diagnostics.protocol import Case, Diagnostic, Report, Tables
from attractor.diagnostics.reading import check_recurrent, distinct, headline
from attractor.diagnostics.word_effects import effects, other_number
from attractor.errors import UserError
from attractor.models.protocol import Network
from attractor.results import Table
from attractor.scoring import words_known
from attractor.tasks.protocol import Task

SNAPSHOTS = ("initial", "best")
ALL = "all"
_VALUES = ["share", "size", "effect"]
_NAMED = ("flights", "airline", "was", "cancelling")  # in the lines for the terminal
_BOUNDS = {"share": (0, 1), "size": (0, None), "p_plural": (0, 1)}

_WORD = {"snapshot": "str", "method": "str"}  # method: unknown, other_number, gradient_x_input
LOCALITY = Table(
    "locality.csv",
    {
        **_WORD,
        "lag": "int64",  # words back from the last one before the verb, which is 0
        "role": "str",  # of the word: roles.ROLES
        "n_intervening": "int64",  # nouns between subject and verb
        "n_items": "int64",  # with such a word, which the method can replace
        "effect": "float64",  # log-odds that the word adds to the right answer, mean over items
        "size": "float64",  # the same without its sign
        "share": "float64",  # its part of the sizes of all words before the verb
    },
)
FLAGSHIP = Table(
    "locality_flagship.csv",
    {
        **_WORD,
        "verb": "str",  # was, were
        "token": "str",
        "token_index": "int64",
        "lag": "int64",
        "role": "str",
        "effect": "float64",
        "share": "float64",
        "margin": "float64",  # of the whole sentence, at the verb
        "p_plural": "float64",  # of the two numbers, or of the verb's two forms
    },
)
_OF_CONFIG = {**dict.fromkeys(WHAT, "str"), "snapshot": "str", "method": "str"}
BY_LAG = Table(
    "locality_by_lag.csv",
    {
        **_OF_CONFIG,
        "lag": "int64",
        "role": "str",  # or all
        "n_intervening": "str",  # or all
        "n_items": "float64",  # of one seed
        "n_seeds": "int64",
        **with_intervals(*_VALUES),
    },
)
FLAGSHIP_SHARES = Table(
    "locality_flagship_shares.csv",
    {
        **_OF_CONFIG,
        "verb": "str",
        "token_index": "int64",
        "token": "str",
        "lag": "int64",
        "role": "str",
        "n_seeds": "int64",
        **with_intervals("share", "effect", "margin", "p_plural"),
    },
)


@dataclass(frozen=True)
class Locality(Diagnostic):
    """The effect of every word on the answer at the verb, against its lag."""

    n_items: int

    tables = (LOCALITY, FLAGSHIP)

    def __post_init__(self) -> None:
        if not isinstance(self.n_items, int) or self.n_items < 1:
            raise UserError(f"diagnostic.locality.n_items={self.n_items}: give a number from 1 on")

    def check(self, network: Network, task: Task, model: str) -> None:
        """Refuse what has no step-by-step reference or no margin at the verb."""
        check_recurrent("locality", network, task, model)

    def measure(self, case: Case) -> Tables:
        """Effects by lag over the headline probes, and word by word in the flagship sentence."""
        trained = case.trained
        other = other_number(case.lexicon, trained.vocabulary)
        probes = headline(case.items)
        known = words_known(trained.task.asked(probes), trained.vocabulary)
        if not known.any():
            raise UserError(
                "diagnostic=locality: the network knows all words of no headline probe; give more "
                "text, or leave it out"
            )
        probes = distinct(probes[known], self.n_items)
        flagship = case.items[case.items["suite"] == "flagship"]
        # Each by itself: its two items share a sentence, and so a text.
        asked = [probes, *(flagship.iloc[[i]] for i in range(len(flagship)))]
        curves, sentences = [], []
        for snapshot in SNAPSHOTS:
            network = trained.network(snapshot)
            found = [effects(network, trained.task, i, trained.vocabulary, other) for i in asked]
            curves.append(_by_lag(found[0]).assign(snapshot=snapshot))
            sentences += [rows.assign(snapshot=snapshot) for rows in found[1:]]
        return {
            LOCALITY.name: pd.concat(curves, ignore_index=True)[list(LOCALITY.columns)],
            FLAGSHIP.name: pd.concat(sentences, ignore_index=True)[list(FLAGSHIP.columns)],
        }

    @classmethod
    def report(cls, found: Tables) -> Report:
        """Curves over lag, and the shares of the flagship sentence's words, over seeds."""
        from attractor.diagnostics import locality_figure as figure

        curves = by_lag_over_seeds(found[LOCALITY.name])
        words = _over_seeds(
            found[FLAGSHIP.name],
            ["snapshot", "method", "verb", "token_index", "token", "lag", "role"],
            ["share", "effect", "margin", "p_plural"],
        )
        return Report(
            tables=[(BY_LAG, curves), (FLAGSHIP_SHARES, words)],
            charts=figure.figures(curves, words),
            lines=_lines(words),
        )


def _by_lag(words: pd.DataFrame) -> pd.DataFrame:
    """Means over items of what `effects` gives."""
    sized = words.assign(size=words["effect"].abs())
    cells = sized.groupby(["method", "lag", "role", "n_intervening"])
    means = cells[_VALUES].mean()
    return means.assign(n_items=cells.size()).reset_index()


def by_lag_over_seeds(curves: pd.DataFrame) -> pd.DataFrame:
    """BY_LAG from all runs' LOCALITY: by role and nouns between, by role alone, of all words."""
    by = ["snapshot", "method", "lag", "role", "n_intervening"]
    each = curves.astype({"n_intervening": "str"})
    by_role = each.assign(n_intervening=ALL)
    found = []
    for cells in (each, by_role, by_role.assign(role=ALL)):
        weighted = cells.assign(**{value: cells[value] * cells["n_items"] for value in _VALUES})
        sums = weighted.groupby(["run_id", *WHAT, *by], sort=False)[["n_items", *_VALUES]].sum()
        means = sums.assign(**{value: sums[value] / sums["n_items"] for value in _VALUES})
        n_items = means.groupby([*WHAT, *by], sort=False)["n_items"].mean()
        found.append(_over_seeds(means.reset_index(), by, _VALUES).join(n_items, on=[*WHAT, *by]))
    return pd.concat(found, ignore_index=True)[list(BY_LAG.columns)]


def _over_seeds(frame: pd.DataFrame, by: list[str], values: list[str]) -> pd.DataFrame:
    """`over_seeds`, with no end of an interval where no value can be."""
    found = over_seeds(frame, by, values)
    for value in set(values) & set(_BOUNDS):
        ends = [f"{value}_low", f"{value}_high"]
        found[ends] = found[ends].clip(*_BOUNDS[value])
    return found


def _lines(words: pd.DataFrame) -> list[str]:
    """What the words of the flagship sentence add to the decision at *were*, a line a label."""
    rows = words[(words["snapshot"] == "best") & (words["method"] == "unknown")]
    rows = rows[(rows["verb"] == "were") & rows["token"].isin(_NAMED)]
    return ["share of each word in the decision at were, by an unknown word in its place:"] + [
        f"{label}: " + ", ".join(_share(word) for word in shares.itertuples())
        for label, shares in rows.sort_values(["label", "token_index"]).groupby("label")
    ]


def _share(word: Any) -> str:
    interval = "" if pd.isna(word.share_low) else f" [{word.share_low:.2f}, {word.share_high:.2f}]"
    return f"{word.token} {word.share:.2f}{interval}"
