"""Locality: how much of the answer at a verb comes from the word before it, and the one before.

Each word's effect on the answer (word_effects), against how far it stands before the verb.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from attractor.diagnostics.over_seeds import WHAT, over_seeds
from attractor.diagnostics.protocol import OF_CONFIG, Case, Diagnostic, Report, Tables
from attractor.diagnostics.reading import check_recurrent, distinct, headline
from attractor.diagnostics.word_effects import effects, other_number
from attractor.errors import UserError
from attractor.models.protocol import Network
from attractor.results import Table, count, number, text, with_intervals
from attractor.scoring import words_known
from attractor.tasks.protocol import Task

SNAPSHOTS = ("initial", "best")
ALL = "all"
_VALUES = ["share", "size", "effect"]
_NAMED = ("flights", "airline", "was", "cancelling")  # in the lines for the terminal
_BOUNDS = {"share": (0, 1), "size": (0, None), "p_plural": (0, 1)}

_WORD = {
    "snapshot": text("label: initial (before training) or best (the weights that are scored)"),
    "method": text("label: unknown or other_number (what replaced the word), gradient_x_input"),
}
_LAG = count("tokens from the word to the last one before the verb, which is 0")
_ROLE = text("label: what the word is to the dependency: subject, attractor, filler …")
LOCALITY = Table(
    "locality.csv",
    "method × lag × role of word × nouns between",
    {
        **_WORD,
        "lag": _LAG,
        "role": _ROLE,
        "n_intervening": count("count of nouns between subject and verb"),
        "n_items": count("count of items with such a word, if the method can replace it"),
        "effect": number("log-odds that the word adds to the right answer: mean over items"),
        "size": number("log-odds, the effect without its sign: mean over items"),
        "share": number("share of the word's size in the sizes of all words before the verb"),
    },
)
_SENTENCE = {
    "token_index": count("tokens before this one in the sentence"),
    "token": text("token as it stands in the sentence"),
}
_VERB = text("token: was (inner verb) or were (outer)")
FLAGSHIP = Table(
    "locality_flagship.csv",
    "method × word of the flagship sentence × verb",
    {
        **_WORD,
        "verb": _VERB,
        "token": _SENTENCE["token"],
        "token_index": _SENTENCE["token_index"],
        "lag": _LAG,
        "role": _ROLE,
        "effect": number("log-odds that the word adds to the right answer"),
        "share": number("share of the word's size in the sizes of all words before the verb"),
        "margin": number("log-odds (nats) of the right answer at the verb, no word replaced"),
        "p_plural": number("share: probability of the plural, of two numbers or forms"),
    },
)
BY_LAG = Table(
    "locality_by_lag.csv",
    "configuration × method × lag × role of word × nouns between",
    {
        **OF_CONFIG,
        **_WORD,
        "lag": _LAG,
        "role": text("label: what the word is to the dependency: subject, attractor …; or all"),
        "n_intervening": text("count of nouns between subject and verb, or all"),
        "n_items": number("count of items of one seed: mean over seeds"),
        "n_seeds": count("count of runs that are averaged"),
        **with_intervals(
            share="share of the word's size in the sizes of all words before the verb: mean",
            size="log-odds, the effect without its sign: mean over items and seeds",
            effect="log-odds that the word adds to the right answer: mean over items and seeds",
        ),
    },
)
FLAGSHIP_SHARES = Table(
    "locality_flagship_shares.csv",
    "configuration × method × word of the flagship sentence × verb",
    {
        **OF_CONFIG,
        **_WORD,
        "verb": _VERB,
        **_SENTENCE,
        "lag": _LAG,
        "role": _ROLE,
        "n_seeds": count("count of runs that are averaged"),
        **with_intervals(
            share="share of the word's size in the sizes of all words before the verb: mean",
            effect="log-odds that the word adds to the right answer: mean over seeds",
            margin="log-odds (nats) of the right answer at the verb: mean over seeds",
            p_plural="share: probability of the plural, mean over seeds",
        ),
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
