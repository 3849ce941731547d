"""Merges the tables of finished runs; what was trained once and met in several runs counts once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from attractor.errors import UserError
from attractor.report.configs import configurations, swept_choices
from attractor.report.runs import Found, Run
from attractor.results import HISTORY, PREDICTIONS, read_csv

IN_DISTRIBUTION = "test"  # the suite of the text's own test items
REVEALED = ", revealed"  # ends the name of a suite of items that the right context betrays
SEE_RIGHT_CONTEXT = ("cloze", "grammaticality")  # tasks
PLACE = ["suite", "probe_set", "construction", "coordination", "role", "within"]

_KEPT = [  # of each prediction, beside what is _CODED
    *("seed", "distance", "n_intervening", "n_attractors", "subject_index", "train_frequency"),
    *(
        "n_following",
        "margin",
        "correct",
        "in_vocabulary",
        "sentence_margin",
        "absolute",
        "formula",
    ),
]
# Codes instead of strings, run by run: less memory, and fast to group and to count.
_CODED = ["run_id", "model", "task", *PLACE, "subject_number", "prefix_id"]


@dataclass(frozen=True)
class Collected:
    """What the runs of one experiment say together.

    predictions: a row an item and training, with config_id and the flags headline, disagree,
        first_noun_wrong and most_recent_noun_wrong. Items whose number the right context reveals
        to a task that reads it are a suite of their own, `REVEALED`.
    history: a row an epoch and training, with config_id and model.
    configs: a row a configuration and model: config_id, model, task, label, n_datasets, swept.
    swept: dotted keys of the choices that differ between configurations, model apart.
    """

    predictions: pd.DataFrame
    history: pd.DataFrame
    configs: pd.DataFrame
    swept: list[str]
    runs: tuple[Run, ...]

    @property
    def datasets(self) -> dict[str, int]:
        """How many datasets each config's runs had: more than one, and its intervals hold data."""
        columns = (self.configs[name].tolist() for name in ("config_id", "n_datasets"))
        return dict(zip(*columns, strict=True))


def collect(found: Found) -> Collected:
    """Read, check and merge the tables of all finished runs. Raises UserError on a broken one."""
    predictions = _merged([_predictions(run) for run in found.finished])
    _check_complete(predictions, found.finished)
    predictions = _without_repeats(predictions)
    nouns = predictions["nouns"].cat
    flags = np.array([noun_flags(*pattern.split(" ")) for pattern in nouns.categories])
    predictions[["disagree", "first_noun_wrong", "most_recent_noun_wrong"]] = flags[nouns.codes]
    predictions["headline"] = (predictions["suite"] != "probes") | (
        (predictions["probe_set"] == "balanced") & (predictions["role"] == "outer")
    )
    predictions["prefix_id"] = predictions["prefix_id"].cat.codes
    predictions = predictions.drop(columns=["nouns", "trained", "data_seed"])
    swept = swept_choices(found.finished)
    configs = configurations(predictions, found.finished, swept)
    return Collected(predictions, _histories(found), configs, swept, found.finished)


def _predictions(run: Run) -> pd.DataFrame:
    path = run.folder / "predictions.csv"
    _check_whole(run, "predictions.csv")
    frame = read_csv(path, PREDICTIONS)
    wrong = set(frame["run_id"].unique()) - {run.run_id}
    if not run.is_baselines:
        wrong |= set(frame["model"].unique()) - {str(run.manifest["model"])}
    if wrong or not len(frame):
        raise UserError(
            f"{path}: {'names ' + ', '.join(sorted(wrong)) if wrong else 'no rows'}, "
            f"its manifest says {run.run_id}; delete {run.folder.name} and run again"
        )
    frame["suite"] += np.where(_revealed(frame), REVEALED, "")
    # Sums of floats depend on their order: this one is the items' own. By all keys at once, pandas
    # is three times as slow.
    frame = frame[[*_KEPT, *_CODED, "item_id", "preceding", "condition"]]
    frame = frame.sort_values("item_id", kind="stable")
    frame = frame.sort_values(["model", "suite"], kind="stable", ignore_index=True)
    codes = {name: _categories(frame[name]) for name in _CODED}
    codes["nouns"] = _categories(frame["preceding"] + " " + frame["condition"])
    data_seed = str(run.manifest["data_seed"])
    whose = {"config_id": run.config_id, "trained": run.trained, "data_seed": data_seed}
    codes |= {n: _categories(pd.Series([v])).repeat(len(frame)) for n, v in whose.items()}
    return frame[_KEPT].assign(**codes)


def _revealed(frame: pd.DataFrame) -> pd.Series:
    """Whether a later verb of the same subject could be read, and shows the number.

    At a masked verb it is a cue as good as the subject, and so it is to a reader of the whole text:
    two verbs that differ tell an ungrammatical text from a grammatical one, whatever the subject.
    Other tasks end before the verb, or at it: nothing is revealed to them.
    """
    return frame["task"].isin(SEE_RIGHT_CONTEXT) & (frame["right_context_reveals"] == 1)


def _categories(strings: pd.Series) -> pd.Categorical:
    codes, values = strings.factorize()
    return pd.Categorical.from_codes(codes, pd.Index(values))


def _merged(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all frames, one frame after the other; categories are in order."""
    merged: dict[str, pd.Categorical | np.ndarray] = {}
    for name in map(str, frames[0]):
        parts = [frame[name] for frame in frames]
        if name in _KEPT:
            merged[name] = np.concatenate(parts)
        else:
            merged[name] = union_categoricals(parts, sort_categories=True)
    return pd.DataFrame(merged)


def _histories(found: Found) -> pd.DataFrame:
    """One history a training, that of its first run."""
    trainings: dict[str, Run] = {}
    for run in sorted(found.finished, key=lambda run: (run.config_id, run.run_id)):
        if not run.is_baselines:
            trainings.setdefault(run.trained, run)
    histories = list(map(_history, sorted(trainings.values(), key=lambda run: run.run_id)))
    return pd.concat(histories, ignore_index=True) if histories else pd.DataFrame()


def _history(run: Run) -> pd.DataFrame:
    _check_whole(run, "history.csv")
    frame = read_csv(run.folder / "history.csv", HISTORY).sort_values("epoch", kind="stable")
    labels = {"config_id": run.config_id, "model": str(run.manifest["model"])}
    return frame.assign(**labels, task=str(run.manifest["task"]))


def _check_whole(run: Run, name: str) -> None:
    """A table of the contract ends with a newline; one cut short mostly does not."""
    path = run.folder / name
    try:
        with path.open("rb") as file:
            file.seek(-1, 2)
            whole = file.read() == b"\n"
    except OSError as error:
        raise UserError(
            f"{path}: absent or empty; delete {run.folder.name} and run again"
        ) from error
    if not whole:
        raise UserError(f"{path}: cut short; delete {run.folder.name} and run again")


def _check_complete(predictions: pd.DataFrame, runs: Sequence[Run]) -> None:
    """Runs of one config and dataset answer the same items; fewer rows are a file cut short."""
    keys = ["config_id", "data_seed", "suite"]
    sizes = predictions.groupby([*keys, "run_id", "model"], observed=True).size()
    most = sizes.groupby(level=keys, observed=True).transform("max")
    short = sizes[sizes < most]
    if len(short):
        run_id = short.index[0][3]
        folder = next(run.folder for run in runs if run.run_id == run_id)
        raise UserError(
            f"{folder / 'predictions.csv'}: {short.iloc[0]} items of suite {short.index[0][2]} "
            f"where other runs have {most[short.index[0]]}; delete {folder.name} and run again"
        )


def _without_repeats(predictions: pd.DataFrame) -> pd.DataFrame:
    """Without the answers on a suite that another run of the same training gave already."""
    answers = predictions[["config_id", "trained", "suite", "run_id"]].drop_duplicates()
    first = ~answers.duplicated(["config_id", "trained", "suite"])  # runs come by run_id
    if first.all():
        return predictions
    return predictions.merge(answers[first], on=list(answers), how="inner")


def noun_flags(preceding: str, condition: str) -> tuple[bool, bool, bool]:
    """Do first noun, most recent noun and majority differ; is the first wrong, is the last?

    preceding, condition: S/P letters of the nouns before the subject, and from the subject on. A
    tied majority differs.
    """
    nouns, subject = preceding + condition, condition[0]
    agree = nouns[0] == nouns[-1] and 2 * nouns.count(nouns[0]) > len(nouns)
    return not agree, nouns[0] != subject, nouns[-1] != subject
