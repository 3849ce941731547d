"""The configurations of an experiment: which choices tell them apart, and how each is called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pandas as pd

from attractor.report.runs import FORM, OF_TEXT, Run

CONFIG = ["config_id", "task", "model"]  # never pooled with another
BASELINE = "baseline:"


def choices_made(runs: Sequence[Run]) -> dict[str, dict[str, set[str]]]:
    """By config_id, the values that its runs wrote out for each choice.

    A default is a default, written out or not: one configuration. The baselines of several jobs
    stand once, with the choices of one: theirs are those of all networks that were asked the same.
    """
    networks: defaultdict[str, list[Run]] = defaultdict(list)
    for run in runs:
        if not run.is_baselines:
            networks[run.asked].append(run)
    made: dict[str, dict[str, set[str]]] = {run.config_id: {} for run in runs}
    for run in runs:
        beside = networks[run.asked] if run.is_baselines else []
        for source in beside or [run]:
            for key, value in source.choices.items():
                if is_of_text(key) or not run.is_baselines:
                    made[run.config_id].setdefault(key, set()).add(value)
    return made


def is_of_text(choice: str) -> bool:
    """Whether a choice decides what is read or asked: it matters to a baseline too."""
    return choice.partition(".")[0] in OF_TEXT


def swept_choices(runs: Sequence[Run]) -> list[str]:
    """Choices with more than one value among configurations; what seeds vary is not a choice.

    A choice that no run of a configuration wrote out is a value of its own, the empty one.
    """
    made = choices_made(runs)
    networks = [made[config] for config in {run.config_id for run in runs if not run.is_baselines}]
    values = {
        key: [choices.get(key, {""}) for choices in networks]
        for key in {key for choices in networks for key in choices} - {"model", "task", "seed"}
    }
    return sorted(
        key
        for key, of_configs in values.items()
        if len(set().union(*of_configs)) > 1 and all(len(seen) == 1 for seen in of_configs)
    )


def configurations(
    predictions: pd.DataFrame, runs: Sequence[Run], swept: list[str]
) -> pd.DataFrame:
    """A row a configuration and model: CONFIG, the swept choices, n_datasets and its names.

    label: model, task and choices, one row's only; name: the same without the task, one row's of
    its task; variant: the choices that tell rows of one model apart; asked: those of them that
    matter to a baseline too; forms: those that nobody made.
    """
    made = choices_made(runs)
    datasets = defaultdict(set)
    for run in runs:
        datasets[run.config_id].add(run.manifest["data_seed"])
    configs = predictions[CONFIG].drop_duplicates().astype("str").sort_values(CONFIG)
    configs = configs.reset_index(drop=True)
    for key in swept:
        seen = [made[config].get(key, set()) for config in configs["config_id"]]
        # Baselines that stand beside several forms have none of their own.
        configs[key] = ["".join(values) if len(values) == 1 else "" for values in seen]
    configs["n_datasets"] = [len(datasets[c]) for c in configs["config_id"]]
    several_tasks = ["task"] * (len(tasks_of(configs)) > 1)
    of_forms = [key for key in swept if key.startswith(FORM)]
    of_text = [key for key in swept if is_of_text(key) and key not in of_forms]
    configs["asked"] = variants(configs, of_text)
    configs["forms"] = variants(configs, of_forms)
    # A baseline answers for every task.
    shown = configs.assign(task=configs["task"].mask(_of_baseline(configs), ""))
    configs["variant"] = variants(shown, [*several_tasks, *swept])
    configs["label"] = _told_apart(shown, [*several_tasks, *swept])
    of_tasks = [_told_apart(rows, swept) for _, rows in shown.groupby("task")]
    return configs.join(pd.concat(of_tasks).rename("name"))


def tasks_of(configs: pd.DataFrame) -> list[str]:
    """The tasks of the networks among rows with a task and a model, in order."""
    return sorted(set(configs.loc[~_of_baseline(configs), "task"]))


def _told_apart(configs: pd.DataFrame, keys: Sequence[str]) -> pd.Series:
    """`named`, with the config_id where several rows would have one name."""
    names = named(configs, keys)
    return names.mask(names.duplicated(keep=False), names + " " + configs["config_id"])


def _of_baseline(configs: pd.DataFrame) -> pd.Series:
    return configs["model"].str.startswith(BASELINE)


def named(configs: pd.DataFrame, keys: Sequence[str]) -> pd.Series:
    """Each row's model with its `variants`."""
    return (model_names(configs["model"]) + " " + variants(configs, keys)).str.rstrip()


def variants(configs: pd.DataFrame, keys: Sequence[str]) -> pd.Series:
    """Each row's values of those choices `keys` that tell rows apart, in words.

    A choice that follows from the model (its matched hidden size) is no part of its name; a task,
    text or suite is, though each model had its own.
    """
    several = [
        key
        for key in keys
        if key == "task" or is_of_text(key) or configs.groupby("model")[key].nunique().max() > 1
    ]
    rows = configs[several].to_dict("records")
    words = [" ".join(f"{str(k).split('.')[-1]}={v}" for k, v in r.items() if v) for r in rows]
    return pd.Series(words, index=configs.index, dtype="str")


def drawn_names(configs: pd.DataFrame) -> pd.DataFrame:
    """CONFIG with the `label` and the `variant` under which each is drawn and printed.

    variant: the task, where there are several, and what was varied beside the model, where each
    model of the task was varied alike: one panel or figure each; what it does not say, the label
    does. Baselines stand beside all variants that share their text, and the form of its suites
    where they have one.
    """
    of_baseline, tasks = _of_baseline(configs), tasks_of(configs)
    if len(tasks) <= 1:
        return _drawn(configs[~of_baseline], configs[of_baseline], "")
    of_tasks = []
    for task in tasks:
        networks = configs[~of_baseline & (configs["task"] == task)]
        baselines = configs[of_baseline & configs["asked"].isin(networks["asked"])]
        of_tasks.append(_drawn(networks, baselines, f"task={task}"))
    return pd.concat(of_tasks, ignore_index=True)


def _drawn(networks: pd.DataFrame, baselines: pd.DataFrame, variant: str) -> pd.DataFrame:
    """`drawn_names` of one task; variant: what it is called where models were not varied alike."""
    models = [sorted(rows["model"]) for _, rows in networks.groupby("variant")]
    crossed = len(models) > 1 and all(len(set(m)) > 1 and m == models[0] for m in models)
    if not crossed or networks.duplicated(["variant", "model"]).any():
        rows = pd.concat([networks, baselines])
        return rows[CONFIG].assign(label=rows["name"], variant=variant)
    texts = networks[["asked", "variant", "forms"]].drop_duplicates()
    beside = baselines.drop(columns="variant").merge(texts, on="asked", suffixes=("", "_met"))
    beside = beside[(beside["forms"] == "") | (beside["forms"] == beside["forms_met"])]
    named = pd.concat([networks, beside], ignore_index=True)
    return named[[*CONFIG, "variant"]].assign(label=model_names(named["model"]))


def model_names(models: pd.Series) -> pd.Series:
    """Models as figures and tables call them: `first noun` for baseline:first_noun."""
    return models.str.removeprefix(BASELINE).str.replace("_", " ")
