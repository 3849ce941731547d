"""The CSV contracts: columns, types, and the one way to read and to write a table.

Columns are only ever appended. A frame is checked when it is written and when it is read; a file
is written beside its place and renamed, so that a reader sees all of it or none.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from attractor.errors import UserError

_FACTORS = {
    "suite": "str",  # probes, test, flagship, or an imported suite
    "construction": "str",  # outermost modifier between subject and verb
    "structure": "str",  # the whole bracketing of what stands between
    "role": "str",  # outer, inner
    "subject_index": "int64",
    "verb_index": "int64",
    "subject_number": "str",  # singular, plural
    "condition": "str",  # S/P: the subject, then each intervening noun
    "distance": "int64",  # verb_index - subject_index, in tokens
    "n_intervening": "int64",
    "n_attractors": "int64",
    "n_preceding_opposite": "int64",  # nouns of the other number before the subject
    "last_cue_distance": "int64",  # tokens back to the last word that shows number
    "depth": "int64",  # nested modifiers between subject and verb
    "tense": "str",
    "verb_class": "str",
    "split": "str",  # train, valid, test, probe
    "prefix_seen": "int64",  # 1 if the whole prefix opens a training sentence
    "train_frequency": "int64",  # training items of the same role x distance x nouns x attractors
    "preceding": "str",  # S/P: each noun before the subject
    "inner_verb_marked": "int64",  # 1 if a verb in the prefix shows number
    "determiner_marked": "int64",  # 1 if a determiner in the prefix shows number
    "opening": "str",  # what opens the sentence before the subject's clause: matrix_clause …
    "probe_set": "str",  # which part of its suite it is of: a set of cells, a file; or ""
    "prefix_id": "str",  # items of one prefix are one cluster, not many samples
    "coordination": "str",  # the conjunct between subject and verb: short_vp_coordination …, none
    "within": "str",  # the innermost construction that the verb stands in; none if outer
}
_FOLLOWING = {
    "n_following": "int64",  # tokens after the verb
    "right_context_reveals": "int64",  # 1 if a later verb shows the subject's number
}


@dataclass(frozen=True)
class Table:
    """A CSV contract: its name and its columns with their pandas types, in order."""

    name: str
    columns: dict[str, str]


ITEMS = Table(
    "items.csv",
    {
        "item_id": "str",
        "sentence": "str",
        "subject": "str",
        "correct_form": "str",
        "wrong_form": "str",
        **_FACTORS,
        **_FOLLOWING,
        "noun_indices": "str",  # tokens of the nouns before the verb: `1 3`
        "verb_indices": "str",  # and of the verbs, whether or not they show number
        "relativizer": "str",  # that, who … of a relative clause between them, none, or ""
    },
)
PREDICTIONS = Table(
    "predictions.csv",
    {
        "run_id": "str",
        "model": "str",
        "task": "str",
        "seed": "int64",
        "item_id": "str",
        **_FACTORS,
        "margin": "float64",  # log-odds of the right number over the wrong one
        "correct": "float64",  # 1 right, 0 wrong, 1/2 a tie
        "in_vocabulary": "int64",  # 1 if the model knows every word that the margin depends on
        **_FOLLOWING,
        "sentence_margin": "float64",  # language_model: log p of the whole pair, right over wrong
        "absolute": "float64",  # grammaticality: share of the two texts classified right
        "formula": "float64",  # 1 if the formula of the pair's item holds
    },
)
HISTORY = Table(
    "history.csv",
    {
        "run_id": "str",
        "epoch": "int64",
        "train_loss": "float64",
        "valid_loss": "float64",
        "valid_accuracy": "float64",
        "grad_norm": "float64",  # mean over steps, before clipping
        "grad_norm_max": "float64",
        "tokens": "int64",
        "seconds": "float64",
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
    for column, dtype in table.columns.items():
        empty = frame.index[frame[column].isna()]
        if dtype != "float64" and len(empty):
            raise UserError(
                f"{where}: row {_row(empty[0])}, column {column} is empty; "
                "the file was cut short or edited: delete it and run again"
            )
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
    dtypes = {column: dtype for column, dtype in table.columns.items() if dtype == "str"}
    try:
        frame = pd.read_csv(
            path,
            dtype=dtypes,
            keep_default_na=False,
            na_values={column: [""] for column, dtype in table.columns.items() if dtype != "str"},
        )
    except (ValueError, OSError) as error:  # pandas' parser errors are ValueErrors
        raise UserError(
            f"{path}: cannot be read as a table: {error}; delete it and run again"
        ) from error
    return check(frame, table, str(path))


def write_atomically(path: Path, text: str) -> None:
    """Write UTF-8 text beside `path`, then rename it there: readers never see half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8", newline="")
    temporary.replace(path)
