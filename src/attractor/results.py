"""The CSV contracts: columns, types, meanings, and the one way to read and to write a table.

Columns are only ever appended. A frame is checked when it is written and when it is read; a file
is written beside its place and renamed, so that a reader sees all of it or none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from attractor.errors import UserError
from attractor.files import replacing


class Column(NamedTuple):
    """A column: its pandas type, and what it holds, in which unit, and when it is empty."""

    dtype: str
    meaning: str


@dataclass(frozen=True)
class Table:
    """A CSV contract: its name, what one row is, and its columns in order."""

    name: str
    rows: str
    columns: Mapping[str, Column]


def text(meaning: str) -> Column:
    """A column of strings: a label."""
    return Column("str", meaning)


def count(meaning: str) -> Column:
    """A column of whole numbers, none empty."""
    return Column("int64", meaning)


def number(meaning: str) -> Column:
    """A column of numbers; an empty one is NaN."""
    return Column("float64", meaning)


def with_intervals(**meanings: str) -> dict[str, Column]:
    """For each value its column, and one for either end of its 95 % interval."""
    found: dict[str, Column] = {}
    for name, meaning in meanings.items():
        ends = {
            f"{name}_{end}": number(
                f"{side} end of the 95 % interval of {name}, in its unit; empty if there is none"
            )
            for end, side in (("low", "lower"), ("high", "upper"))
        }
        found |= {name: number(meaning), **ends}
    return found


# Columns of many tables.
RUN_ID = text("name of the run, which is also its folder's")
CONFIG_ID = text("hash of all that matters to the result but the seed: never pooled with another")
MODEL = text("label: srn, lstm …; a baseline is called baseline:first_noun …")
TASK = text("label: number_prediction, verb_inflection, grammaticality …")
SEED = count("seed number of the run")

_FACTORS = {
    "suite": text("label of the set of items: text, test, probes, flagship or an imported suite"),
    "construction": text("label: outermost modifier between subject and verb; simple: none"),
    "structure": text("label: bracketing of all that stands between subject and verb"),
    "role": text("label: outer (across the modifier) or inner (within it)"),
    "subject_index": count("tokens before the subject in the sentence"),
    "verb_index": count("tokens before the verb in the sentence"),
    "subject_number": text("label: singular or plural"),
    "condition": text("letters S or P: number of the subject, then of each noun between"),
    "distance": count("tokens from subject to verb: verb_index - subject_index"),
    "n_intervening": count("count of nouns between subject and verb"),
    "n_attractors": count("count of nouns between that have the other number"),
    "n_preceding_opposite": count("count of nouns of the other number before the subject"),
    "last_cue_distance": count("tokens from the last noun or number-marking verb to the verb"),
    "depth": count("count of modifiers nested in each other between subject and verb"),
    "tense": text("label, the verb's: present or past"),
    "verb_class": text("label, the verb's: be, have, do, transitive, intransitive or lexical"),
    "split": text("label: train, valid or test of the text; probe of a suite"),
    "prefix_seen": count("1 if all up to the verb opens a training sentence, else 0"),
    "train_frequency": count("count of training items of equal role, distance, nouns, attractors"),
    "preceding": text("letters S or P: number of each noun before the subject; may be empty"),
    "inner_verb_marked": count("1 if an earlier verb of the sentence shows number, else 0"),
    "determiner_marked": count("1 if a determiner before the verb shows number, else 0"),
    "opening": text("label: what opens the sentence before the subject's clause; or none"),
    "probe_set": text("part of the suite: a set of cells, a file; empty where it has none"),
    "prefix_id": text("hash of all words up to the verb: items that share it are one cluster"),
    "coordination": text("label: the conjunct between subject and verb; or none"),
    "within": text("label: innermost construction that the verb itself stands in; none if outer"),
}
_FOLLOWING = {
    "n_following": count("tokens after the verb in the sentence"),
    "right_context_reveals": count("1 if a later verb shows the subject's number, else 0"),
}
ITEMS = Table(
    "items.csv",
    "item: one verb and the noun that controls its number, in one sentence",
    {
        "item_id": text("name of the item, one row's only within its file"),
        "sentence": text("label: all tokens of the sentence, with a space between each two"),
        "subject": text("token: the noun that controls the verb's number, as it stands"),
        "correct_form": text("token: the verb as it stands, in the subject's number"),
        "wrong_form": text("token: the same verb in the other number"),
        **_FACTORS,
        **_FOLLOWING,
        "noun_indices": text("token indices, from 0, of all nouns before the verb: `1 3`"),
        "verb_indices": text("token indices of all earlier verbs, marked for number or not"),
        "relativizer": text(
            "word that opens the relative clause between: that, who …; none if the clause has "
            "no such word; empty without a clause"
        ),
    },
)
PREDICTIONS = Table(
    "predictions.csv",
    "item × run: what one trained network, or one baseline, answers",
    {
        "run_id": RUN_ID,
        "model": MODEL,
        "task": TASK,
        "seed": SEED,
        "item_id": text("name of the item, as in its suite's items.csv"),
        **_FACTORS,
        "margin": number("log-odds (nats) of the correct number or form over the wrong one"),
        "correct": number("share: 1 if margin > 0 (right), 0 if below, 1/2 for a tie"),
        "in_vocabulary": count("1 if the model knows every word that margin depends on, else 0"),
        **_FOLLOWING,
        "sentence_margin": number(
            "nats: log p of the correct sentence less that of the wrong one; empty unless the "
            "task is language_model"
        ),
        "absolute": number(
            "share of the pair's two texts classified right: 0, 1/4 … 1; empty unless the task "
            "is grammaticality"
        ),
        "formula": number(
            "share: 1 if all comparisons of the suite's item are right, 0 if not, 1/2 if one is "
            "a tie; empty in suites without formulas"
        ),
        "template_id": text(
            "hash of the prefix whose nouns and verbs have lost their number: one cluster of items"
        ),
    },
)
HISTORY = Table(
    "history.csv",
    "epoch × run: how training went",
    {
        "run_id": RUN_ID,
        "epoch": count("count of passes over the training text, from 1"),
        "train_loss": number("nats a question: mean over the epoch, while the weights change"),
        "valid_loss": number("nats a question: mean over the validation text, after the epoch"),
        "valid_accuracy": number("share of validation questions answered right, after the epoch"),
        "grad_norm": number("norm of the gradient of the loss: mean over steps, before clipping"),
        "grad_norm_max": number("norm of the gradient: largest of all steps, before clipping"),
        "tokens": count("tokens read in the epoch"),
        "seconds": number("seconds that the epoch's training took, without validation"),
    },
)


def check(frame: pd.DataFrame, table: Table, where: str) -> pd.DataFrame:
    """Return `frame` with the contract's columns first, typed; extra columns keep their place.

    Raises UserError naming `where` and the column if one is missing or holds a wrong value.
    """
    missing = [column for column in table.columns if column not in frame]
    if missing:
        raise UserError(
            f"{where}: no column {', '.join(missing)}; a {table.name} needs it: "
            "was the file cut short or written by another version? Delete it and run again"
        )
    extra = [column for column in frame if column not in table.columns]
    frame = frame[[*table.columns, *extra]].copy()
    for column, (dtype, _) in table.columns.items():
        typed = frame[column].dtype == dtype
        if typed and dtype != "str":
            continue  # whole numbers are never empty, and others may be
        if dtype != "float64" and (empty := frame[column].isna()).any():
            raise UserError(
                f"{where}: row {_row(frame.index[empty][0])}, column {column} is empty; "
                "the file was cut short or edited: delete it and run again"
            )
        if typed:
            continue
        try:
            frame[column] = frame[column].astype(dtype)  # type: ignore[call-overload]
        except (ValueError, TypeError) as error:
            raise UserError(
                f"{where}: column {column} is not {dtype} ({error}); "
                "the file was edited: delete it and run again"
            ) from error
    return frame


def _row(index: object) -> int:
    return int(str(index)) + 2  # one for the header, one because people count from 1


def write_csv(frame: pd.DataFrame, table: Table, path: Path) -> None:
    """Check `frame` against `table` and put it at `path` with one rename."""
    checked = check(frame, table, str(path))
    write_atomically(path, checked.to_csv(index=False, lineterminator="\n"))


def read_csv(path: Path, table: Table) -> pd.DataFrame:
    """Read and check a table. Raises UserError naming file and column."""
    dtypes = {column: dtype for column, (dtype, _) in table.columns.items() if dtype == "str"}
    try:
        frame = pd.read_csv(
            path,
            dtype=dtypes,
            keep_default_na=False,
            na_values={name: [""] for name in table.columns if name not in dtypes},
        )
    except (ValueError, OSError) as error:  # pandas' parser errors are ValueErrors
        raise UserError(
            f"{path}: cannot be read as a table: {error}; delete it and run again"
        ) from error
    return check(frame, table, str(path))


def write_atomically(path: Path, text: str) -> None:
    """Write UTF-8 text beside `path`, then rename it there: readers never see half of it."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")
