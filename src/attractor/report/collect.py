"""Merges the tables of finished runs, and turns predictions into accuracies with intervals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from attractor.errors import UserError
from attractor.report.runs import Found, Run
from attractor.results import HISTORY, PREDICTIONS, RESULTS, read_csv
from attractor.stats import t_interval, variance_held, wilson

FLAGSHIP_SENTENCE = "the flights the airline was cancelling were full"
CONFIG = ["config_id", "task", "model"]  # never pooled with another
BASELINE = "baseline:"

_RUN = ["run_id", "config_id", "model", "task", "seed"]
_CELL = ["suite", "probe_set", "construction", "role", "distance", "n_intervening"]
_READ = [  # what is kept of each prediction
    *("run_id", "model", "task", "seed", "item_id", *_CELL, "n_attractors", "subject_index"),
    *("subject_number", "condition", "preceding", "prefix_id", "train_frequency"),
    *("margin", "correct", "in_vocabulary"),
]


@dataclass(frozen=True)
class Collected:
    """What the runs of one experiment say together.

    predictions: a row an item and run, with config_id and the flags headline and disagree.
    history: a row an epoch and run, with config_id and model.
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
    predictions = pd.concat([_predictions(run) for run in found.finished], ignore_index=True)
    _check_complete(predictions, found.finished)
    pairs = predictions[["preceding", "condition"]]
    known = {pair: _disagree("".join(pair)) for pair in set(zip(*pairs.to_numpy().T, strict=True))}
    predictions["disagree"] = [known[p] for p in zip(*pairs.to_numpy().T, strict=True)]
    predictions["headline"] = (predictions["suite"] != "probes") | (
        (predictions["probe_set"] == "balanced") & (predictions["role"] == "outer")
    )
    # Codes instead of strings: counting distinct prefixes is most of the work.
    predictions["prefix_id"] = predictions["prefix_id"].factorize()[0]
    for column in ("run_id", "config_id", "model", "task", *_CELL[:4], "subject_number"):
        predictions[column] = predictions[column].astype("category")
    swept = _swept(found.finished)
    histories = [frame for run in found.finished if len(frame := _history(run))]
    history = pd.concat(histories, ignore_index=True) if histories else pd.DataFrame()
    configs = _configs(predictions, found.finished, swept)
    return Collected(predictions, history, configs, swept, found.finished)


def results(collected: Collected) -> pd.DataFrame:
    """results.RESULTS: a row a cell and run, in an order that only the content decides."""
    keys = [*_RUN, *_CELL, "n_attractors", "subject_number"]
    frame = collected.predictions.assign(
        n_out_of_vocabulary=1 - collected.predictions["in_vocabulary"]
    )
    cells = frame.groupby(keys, observed=True).agg(
        n_items=("correct", "size"),
        n_prefixes=("prefix_id", "nunique"),
        n_out_of_vocabulary=("n_out_of_vocabulary", "sum"),
        accuracy=("correct", "mean"),
        mean_margin=("margin", "mean"),
    )
    return in_order(cells.reset_index(), keys)[list(RESULTS.columns)]


def accuracy_by(collected: Collected, factors: Sequence[str]) -> pd.DataFrame:
    """Accuracy by config × suite × probe_set × role × `factors` × n_attractors, and `all` of them.

    A row's accuracy is the mean of its seeds' means over items; the interval is a t interval over
    the seeds, or Wilson's on distinct prefixes where one run stands alone. Swept choices follow.
    """
    place = [*CONFIG, "suite", "probe_set", "role", *factors]
    frame = collected.predictions
    parts = []
    for each in ([*place, "n_attractors"], place):
        cells = frame.groupby(["run_id", *each], observed=True).agg(
            n_items=("correct", "size"),
            n_prefixes=("prefix_id", "nunique"),
            accuracy=("correct", "mean"),
            train_frequency=("train_frequency", "mean"),
        )
        part = cells.groupby(each, observed=True).agg(
            n_items=("n_items", "max"),
            n_prefixes=("n_prefixes", "max"),
            n_seeds=("accuracy", "size"),
            sd=("accuracy", "std"),
            accuracy=("accuracy", "mean"),
            train_frequency=("train_frequency", "mean"),
        )
        parts.append(part.reset_index())
    parts[0]["n_attractors"] = parts[0]["n_attractors"].astype(str)
    parts[1]["n_attractors"] = "all"
    return with_choices(_with_interval(pd.concat(parts, ignore_index=True), collected), collected)


def flagship(collected: Collected) -> pd.DataFrame:
    """p(plural) at both verbs of the flagship sentence: a row a run (and baseline) and verb."""
    rows = collected.predictions[collected.predictions["suite"] == "flagship"]
    sign = np.where(rows["subject_number"] == "plural", 1.0, -1.0)
    rows = rows[_RUN].assign(
        verb=np.where(rows["role"] == "inner", "was", "were"),
        p_plural=expit(sign * rows["margin"].to_numpy()),
    )
    return in_order(rows, [*CONFIG, "run_id", "verb"])


def with_choices(frame: pd.DataFrame, collected: Collected) -> pd.DataFrame:
    """`frame` with the swept choices of each config as columns at its end, in order."""
    choices = collected.configs[[*CONFIG, *collected.swept]]
    frame = frame.astype(dict.fromkeys(CONFIG, "str")).merge(choices, on=CONFIG, how="left")
    return in_order(frame, list(frame.columns[: list(frame.columns).index("n_items")]))


def in_order(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """`frame` sorted by `keys` as plain values, whatever the order of files and categories."""
    plain = {c: "str" for c in frame if isinstance(frame[c].dtype, pd.CategoricalDtype)}
    return frame.astype(plain).sort_values(list(keys), kind="stable", ignore_index=True)


def _with_interval(frame: pd.DataFrame, collected: Collected) -> pd.DataFrame:
    n, accuracy = frame["n_seeds"].to_numpy(), frame["accuracy"].to_numpy()
    over_seeds = t_interval(accuracy, frame["sd"].fillna(0.0), n)
    prefixes = frame["n_prefixes"].to_numpy()
    over_items = wilson(accuracy * prefixes, prefixes)
    datasets = collected.datasets
    return frame.drop(columns="sd").assign(
        ci_low=np.where(n > 1, over_seeds[0], over_items[0]),
        ci_high=np.where(n > 1, over_seeds[1], over_items[1]),
        interval=[
            variance_held(seeds, datasets[config], not model.startswith(BASELINE))
            for config, model, seeds in zip(frame["config_id"], frame["model"], n, strict=True)
        ],
    )


def _predictions(run: Run) -> pd.DataFrame:
    path = run.folder / "predictions.csv"
    _check_whole(run, "predictions.csv")
    frame = read_csv(path, PREDICTIONS)[_READ]
    wrong = set(frame["run_id"].unique()) - {run.run_id}
    if not run.is_baselines:
        wrong |= set(frame["model"].unique()) - {str(run.manifest["model"])}
    if wrong or not len(frame):
        raise UserError(
            f"{path}: {'names ' + ', '.join(sorted(wrong)) if wrong else 'no rows'}, "
            f"its manifest says {run.run_id}; delete {run.folder.name} and run again"
        )
    # Sums of floats depend on their order: this one is the items' own.
    frame = frame.sort_values(["model", "suite", "item_id"], kind="stable", ignore_index=True)
    return frame.assign(config_id=run.config_id, data_seed=str(run.manifest["data_seed"]))


def _history(run: Run) -> pd.DataFrame:
    if run.is_baselines:
        return pd.DataFrame()
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
    sizes = predictions.groupby(["config_id", "data_seed", "suite", "run_id", "model"]).size()
    most = sizes.groupby(level=["config_id", "data_seed", "suite"]).transform("max")
    short = sizes[sizes < most]
    if len(short):
        run_id = short.index[0][3]
        folder = next(run.folder for run in runs if run.run_id == run_id)
        raise UserError(
            f"{folder / 'predictions.csv'}: {short.iloc[0]} items of suite {short.index[0][2]} "
            f"where other runs have {most[short.index[0]]}; delete {folder.name} and run again"
        )


def _disagree(nouns: str) -> bool:
    """Do first noun, most recent noun and majority of S/P letters differ? A tied majority does."""
    tally = Counter(nouns)
    return not (nouns[:1] == nouns[-1:] and 2 * tally[nouns[:1]] > len(nouns))


def _swept(runs: Sequence[Run]) -> list[str]:
    """Choices with more than one value among configurations; what seeds vary is not a choice."""
    values: defaultdict[str, set[str]] = defaultdict(set)
    within: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for run in runs:
        for key, value in run.manifest["choices"].items():
            within[key, run.config_id].add(str(value))
            if not run.is_baselines:
                values[key].add(str(value))
    replicates = {key for (key, _), seen in within.items() if len(seen) > 1}
    columns = {"model", "task", "seed"} | replicates
    return sorted(key for key, seen in values.items() if len(seen) > 1 and key not in columns)


def _configs(predictions: pd.DataFrame, runs: Sequence[Run], swept: list[str]) -> pd.DataFrame:
    choices = {run.config_id: run.manifest["choices"] for run in runs}
    datasets = defaultdict(set)
    for run in runs:
        datasets[run.config_id].add(run.manifest["data_seed"])
    configs = predictions[CONFIG].drop_duplicates().astype("str").sort_values(CONFIG)
    configs = configs.reset_index(drop=True)
    for key in swept:
        configs[key] = [str(choices[c].get(key, "")) for c in configs["config_id"]]
    configs["n_datasets"] = [len(datasets[c]) for c in configs["config_id"]]
    # A choice that follows from the model (its matched hidden size) is no part of its name.
    shown = [
        key for key in swept if configs.groupby("model")[key].agg(lambda v: len(set(v)) > 1).any()
    ]
    labels = [model.removeprefix(BASELINE).replace("_", " ") for model in configs["model"]]
    if len(set(configs["task"])) > 1:
        shown = ["task", *shown]
    for key in shown:
        values = [f" {key.split('.')[-1]}={v}" if v else "" for v in configs[key]]
        labels = [label + value for label, value in zip(labels, values, strict=True)]
    twice = {label for label, count in Counter(labels).items() if count > 1}
    configs["label"] = [
        f"{label} {config[:6]}" if label in twice else label
        for label, config in zip(labels, configs["config_id"], strict=True)
    ]
    return configs
