"""What importers of minimal pairs share: the differing verb, what is left out, counts.

A pair makes an item where its members differ in one token, the two forms of one verb in one tense,
and where the verb's noun is found and shows the number that the pair says. Any other is left out
with the first reason that holds, and listed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from attractor.blocks import read_block
from attractor.corpus import agreement
from attractor.corpus.agreement import PAST
from attractor.corpus.natural import VERB_CLASSES
from attractor.corpus.words import counterpart
from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.sources import locate
from attractor.suites.readings import Tokens, mapping

REASONS = {
    "identical": "the two members are the same",
    "several_tokens": "they differ in more than one token",
    "differs_before_verb": "they differ in the subject, and share the verb",
    "tense": "is and were: they differ in tense too",
    "forms": "what differs is not the two forms of a verb",
    "formula": "no comparison of a verb's two forms in one condition",
    "template": "the words before the verb follow none of the suite's templates",
    "no_head_noun": "no noun is found that the verb agrees with",
    "number": "the noun that is found shows another number than the verb",
}
_ORDER = [*REASONS, *agreement.REASONS]
_PLURAL = ("people", "men", "women", "children")
_EXCLUDED = ["item_id", "probe_set", "place", "reason", "detail", "good", "bad"]


class Pair(NamedTuple):
    """A right and a wrong sentence; place: their file and line, for messages."""

    item_id: str
    probe_set: str
    place: str
    good: Tokens
    bad: Tokens


class Verb(NamedTuple):
    """The token in which a pair differs, and the number that its right form shows."""

    token: int
    number: str


class File(NamedTuple):
    """What a file holds: its lines, or the entries of one without lines; and its pairs."""

    probe_set: str
    lines: int
    pairs: int


@dataclass(frozen=True)
class Findings:
    """What becomes of the pairs of a suite: rows of the item table, or of excluded.csv."""

    suite: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    excluded: list[dict[str, Any]] = field(default_factory=list)

    def keep(self, pair: Pair, verb: Verb, read: Mapping[str, Any], **more: Any) -> None:
        """Make an item of a pair. read: the factors; more: columns beside the contract's."""
        self.rows.append(
            {
                "item_id": pair.item_id,
                "probe_set": pair.probe_set,
                "sentence": " ".join(pair.good),
                "correct_form": pair.good[verb.token],
                "wrong_form": pair.bad[verb.token],
                **read,
                **more,
            }
        )

    def leave_out(self, pair: Pair, reason: str, detail: str = "") -> None:
        """List a pair that makes no item. reason: one of REASONS; detail: what says more."""
        good, bad = " ".join(pair.good), " ".join(pair.bad)
        row = (pair.item_id, pair.probe_set, pair.place, reason, detail, good, bad)
        self.excluded.append(dict(zip(_EXCLUDED, row, strict=True)))

    def tables(
        self, files: Sequence[File], expected: Mapping[str, int] | None, exposure: Exposure
    ) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
        """The items, and excluded.csv and counts.csv.

        expected: pairs by file, where they are known; files that are not there are counted as
        empty. counts.csv, a row a file: file, lines, pairs, expected_pairs, items, a column a
        reason, duplicates (items that repeat an earlier one), attractors_disagree where the suite
        gives attractors of its own, as_expected (yes, no). Raises UserError if no pair makes an
        item.
        """
        if not self.rows:
            raise UserError(
                f"suite.{self.suite}.path: none of its {len(self.excluded)} pairs makes an item; "
                "is this the suite's folder?"
            )
        items = pd.DataFrame(self.rows).assign(suite=self.suite, split="probe")
        excluded = pd.DataFrame(self.excluded, columns=_EXCLUDED)
        counts = _counts(items, excluded, files, expected)
        return exposure.mark(items), {"counts.csv": counts, "excluded.csv": excluded}


def verb_of(pair: Pair) -> Verb | str:
    """The one token in which a pair differs, or the reason why it makes no item."""
    if pair.good == pair.bad:
        return "identical"
    differing = [i for i, (a, b) in enumerate(zip(pair.good, pair.bad, strict=False)) if a != b]
    if len(pair.good) != len(pair.bad) or len(differing) != 1:
        return "several_tokens"
    form, other = pair.good[differing[0]], pair.bad[differing[0]]
    if (form.lower() in PAST) != (other.lower() in PAST):
        return "tense"
    number = number_of(form, other)
    return Verb(differing[0], number) if number else "forms"


def number_of(form: str, other: str) -> str:
    """The number that a verb's form shows beside its other form; "" if they are no such two."""
    if form.lower() in PAST:
        return PAST[form.lower()] if counterpart(form, "be", "VBD") == other else ""
    if counterpart(form, form.lower(), "VBP") == other:
        return "plural"
    return "singular" if counterpart(other, other.lower(), "VBP") == form else ""


def noun_number(noun: str) -> str:
    """The number of a noun by its ending, for suites whose plurals are regular or in -men."""
    plural = noun in _PLURAL or (noun.endswith("s") and not noun.endswith("ss"))
    return "plural" if plural else "singular"


def verb_class(form: str) -> str:
    """be, have, do or lexical."""
    return VERB_CLASSES.get(form.lower(), "lexical")


def _any(name: str) -> bool:
    return True


def files_of(
    place: str, path: str, suffix: str, wanted: Callable[[str], bool] = _any
) -> list[Path]:
    """The file at `path`, or those of the folder with this suffix, by name.

    place: the suite, for messages; wanted: whether a file of a name, without suffix, is to be read.
    Raises UserError if there is none.
    """
    root = locate(place, path)
    if root.is_file():
        return [root]
    files = sorted(root.glob(f"[!.]*{suffix}"))
    files = [file for file in files if file.is_file() and wanted(file.stem)]
    if not files:
        raise UserError(
            f"{place}.path={path}: the folder holds no {suffix} file that is to be read"
        )
    return files


def expected_pairs(given: str | Mapping[str, int], place: str) -> Mapping[str, int]:
    """Pairs by file, as the option `pairs` gives them. Raises UserError for anything else."""
    return mapping(read_block(given, f"{place}.pairs"), f"{place}.pairs", "whole number")


def _counts(
    items: pd.DataFrame,
    excluded: pd.DataFrame,
    files: Sequence[File],
    expected: Mapping[str, int] | None,
) -> pd.DataFrame:
    """What each file holds, in items and in what is left out, beside what it should hold."""
    absent = [
        File(name, 0, 0) for name in expected or () if name not in {f.probe_set for f in files}
    ]
    table = pd.DataFrame([*files, *absent]).set_index("probe_set")
    if expected is not None:
        table["expected_pairs"] = pd.Series(expected)
    table["items"] = items.groupby("probe_set").size()
    reasons = pd.crosstab(excluded["probe_set"], excluded["reason"])
    table = table.join(reasons[[reason for reason in _ORDER if reason in reasons]])
    repeats = items.duplicated(["probe_set", "sentence", "verb_index", "wrong_form"])
    table["duplicates"] = repeats.groupby(items["probe_set"]).sum()
    if "attractors_given" in items:
        disagree = items["attractors_given"] != items["n_attractors"]
        table["attractors_disagree"] = disagree.groupby(items["probe_set"]).sum()
    table = table.fillna(0).astype("int64")
    if expected is not None:
        same = table["pairs"].eq(table["expected_pairs"])
        table["as_expected"] = same.map({True: "yes", False: "no"})
    return table.reset_index().rename(columns={"probe_set": "file"})
