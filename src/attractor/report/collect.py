"""Merges the tables of finished runs; what was trained once and met in several runs counts once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from attractor.errors import UserError
from attractor.report.configs import configurations, swept_choices
from attractor.report.faults import AGAIN
from attractor.report.runs import Found, Run, nothing_left, told_apart
from attractor.report.set_aside import checked
from attractor.results import HISTORY, PREDICTIONS, read_csv

IN_DISTRIBUTION = "test"  # the suite of the text's own test items
REVEALED = ", revealed"  # ends the name of a suite of items that the right context betrays
SEE_RIGHT_CONTEXT = ("cloze", "grammaticality")  # tasks
NOUN_FLAGS = ["disagree", "first_noun_wrong", "most_recent_noun_wrong", "heuristics_wrong"]
PLACE = ["suite", "probe_set", "construction", "coordination", "role", "within"]

_KEPT = [  # of each prediction, beside what is _CODED
    *("seed", "distance", "n_intervening", "n_attractors", "subject_index", "train_frequency"),
    "n_preceding_opposite",
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
_CODED = [
    *("run_id", "model", "task", *PLACE, "subject_number"),
    *("prefix_id", "template_id", "item_id"),
]


@dataclass(frozen=True)
class Collected:
    """What the runs of one experiment say together.

    predictions: a row an item and training, with config_id, and the flags headline and
        NOUN_FLAGS. Items whose number the right context reveals
        to a task that reads it are a suite of their own, `REVEALED`.
    history: a row an epoch and training, with config_id and model.
    configs: a row a configuration and model: config_id, model, task, label, n_datasets, swept.
    swept: dotted keys of the choices that differ between configurations, model apart.
    failed: by folder, why a run or a diagnostic is not among them: the very dict of `Found`, to
        which who reads on may add, though both dataclasses are frozen.
    """

    predictions: pd.DataFrame
    history: pd.DataFrame
    configs: pd.DataFrame
    swept: list[str]
    runs: tuple[Run, ...]
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def datasets(self) -> dict[str, int]:
        """How many datasets each config's runs had: more than one, and its intervals hold data."""
        columns = (self.configs[name].tolist() for name in ("config_id", "n_datasets"))
        return dict(zip(*columns, strict=True))


@dataclass(frozen=True)
class _Answers:
    """The tables of one run, as read."""

    run: Run
    predictions: pd.DataFrame
    history: pd.DataFrame | None  # baselines have none


def collect(found: Found) -> Collected:
    """Read, check and merge the tables of finished runs.

    Runs that are broken are set aside, and added to `found.failed`. Raises UserError if none is
    left.
    """
    answers = _complete(_read(found), found.failed)
    if not answers:
        raise nothing_left(found.finished[0].folder.parent, found.failed)
    runs = told_apart([one.run for one in answers])
    predictions = _merged(
        [_whose(one.predictions, run) for one, run in zip(answers, runs, strict=True)]
    )
    predictions = _without_repeats(predictions)
    nouns = predictions["nouns"].cat
    flags = np.array([noun_flags(*pattern.split(" ")) for pattern in nouns.categories])
    predictions[NOUN_FLAGS] = flags[nouns.codes]
    predictions["headline"] = (predictions["suite"] != "probes") | (
        (predictions["probe_set"] == "balanced") & (predictions["role"] == "outer")
    )
    for name in ("prefix_id", "template_id"):
        predictions[name] = predictions[name].cat.codes
    predictions = predictions.drop(columns=["nouns", "trained"])
    swept = swept_choices(runs)
    configs = configurations(predictions, runs, swept)
    history = _histories(
        {
            run: one.history
            for run, one in zip(runs, answers, strict=True)
            if one.history is not None
        }
    )
    return Collected(predictions, history, configs, swept, runs, found.failed)


def _read(found: Found) -> list[_Answers]:
    """The tables of all sound runs."""
    answers = []
    for run in checked(found):
        try:
            history = None if run.is_baselines else _history(run)
            answers.append(_Answers(run, _predictions(run), history))
        except UserError as error:
            found.failed[run.folder.name] = str(error).removeprefix(f"{run.folder}/")
    return answers


def _complete(answers: Sequence[_Answers], failed: dict[str, str]) -> list[_Answers]:
    """The runs that answer as many items as others of their config; adds to `failed` the others."""
    found = [(one, suite, n) for one in answers for suite, n in _sizes(one.predictions)]
    most: dict[tuple[object, ...], int] = {}
    for one, suite, n in found:
        key = _same_items(one.run, suite)
        most[key] = max(n, most.get(key, 0))
    short = {}
    for one, suite, n in found:
        if n < (usual := most[_same_items(one.run, suite)]):
            fewer = f"{n} items of suite {suite} where other runs have {usual}"
            short[one.run.folder.name] = f"predictions.csv has {fewer}; {AGAIN}"
    failed |= short
    return [one for one in answers if one.run.folder.name not in short]


def _sizes(predictions: pd.DataFrame) -> list[tuple[str, int]]:
    """Suites and how many of its items a model answers, model by model."""
    sizes = predictions.groupby(["model", "suite"], observed=True).size()
    return list(zip(sizes.index.get_level_values("suite").astype(str), sizes, strict=True))


def _same_items(run: Run, suite: str) -> tuple[object, ...]:
    """The same for runs of one config and dataset; the config knows the forms of the suites."""
    return (run.config_id, run.manifest["data_seed"], suite)


def _predictions(run: Run) -> pd.DataFrame:
    path = run.folder / "predictions.csv"
    frame = read_csv(path, PREDICTIONS)
    wrong = set(frame["run_id"].unique()) - {run.run_id}
    if not run.is_baselines:
        wrong |= set(frame["model"].unique()) - {str(run.manifest["model"])}
    if wrong or not len(frame):
        raise UserError(
            f"{path} {'names ' + ', '.join(sorted(wrong)) if wrong else 'has no rows'}, "
            f"its manifest says {run.run_id}; {AGAIN}"
        )
    if (revealed := _revealed(frame)).any():
        frame["suite"] += np.where(revealed, REVEALED, "")
    # Sums of floats depend on their order: this one is the items' own. By all keys at once, pandas
    # is three times as slow.
    frame = frame[[*_KEPT, *_CODED, "preceding", "condition"]]
    frame = frame.sort_values("item_id", kind="stable")
    frame = frame.sort_values(["model", "suite"], kind="stable", ignore_index=True)
    codes = {name: _categories(frame[name]) for name in _CODED}
    codes["nouns"] = _categories(frame["preceding"] + " " + frame["condition"])
    return frame[_KEPT].assign(**codes)


def _whose(frame: pd.DataFrame, run: Run) -> pd.DataFrame:
    """A run's answers with its config_id and with what it trained."""
    whose = {"config_id": run.config_id, "trained": run.trained}
    codes = {n: _categories(pd.Series([v])).repeat(len(frame)) for n, v in whose.items()}
    return frame.assign(**codes)


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


def _histories(read: Mapping[Run, pd.DataFrame]) -> pd.DataFrame:
    """One history a training, that of its first run, with config_id, model and task."""
    trainings: dict[str, Run] = {}
    for run in sorted(read, key=lambda run: (run.config_id, run.run_id)):
        trainings.setdefault(run.trained, run)
    histories = []
    for run in sorted(trainings.values(), key=lambda run: run.run_id):
        labels = {"config_id": run.config_id, "model": str(run.manifest["model"])}
        histories.append(read[run].assign(**labels, task=str(run.manifest["task"])))
    return pd.concat(histories, ignore_index=True) if histories else pd.DataFrame()


def _history(run: Run) -> pd.DataFrame:
    return read_csv(run.folder / "history.csv", HISTORY).sort_values("epoch", kind="stable")


def _without_repeats(predictions: pd.DataFrame) -> pd.DataFrame:
    """Without the answers on a suite that another run of the same training gave already."""
    answers = predictions[["config_id", "trained", "suite", "run_id"]].drop_duplicates()
    first = ~answers.duplicated(["config_id", "trained", "suite"])  # runs come by run_id
    if first.all():
        return predictions
    return predictions.merge(answers[first], on=list(answers), how="inner")


def noun_flags(preceding: str, condition: str) -> tuple[bool, bool, bool, bool]:
    """Do first noun, most recent noun and majority differ; is the first wrong, the last, are all?

    preceding, condition: S/P letters of the nouns before the subject, and from the subject on. A
    tied majority differs, and is not wrong.
    """
    nouns, subject = preceding + condition, condition[0]
    first_wrong, last_wrong = nouns[0] != subject, nouns[-1] != subject
    agree = nouns[0] == nouns[-1] and 2 * nouns.count(nouns[0]) > len(nouns)
    majority_wrong = 2 * nouns.count(subject) < len(nouns)
    return not agree, first_wrong, last_wrong, first_wrong and last_wrong and majority_wrong
