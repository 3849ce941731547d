"""The configurations of an experiment: which choices tell them apart, and how each is called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pandas as pd

from attractor.report.runs import Run

CONFIG = ["config_id", "task", "model"]  # never pooled with another
BASELINE = "baseline:"
OF_BASELINES = ("data", "grammar", "suite")  # choices that matter to a baseline too


def swept_choices(runs: Sequence[Run]) -> list[str]:
    """Choices with more than one value among configurations; what seeds vary is not a choice.

    A choice that was not made is a value of its own, the empty one.
    """
    values: defaultdict[str, set[str]] = defaultdict(set)
    within: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for key in {key for run in runs for key in run.manifest["choices"]}:
        for run in runs:
            value = str(run.manifest["choices"].get(key, ""))
            within[key, run.config_id].add(value)
            if not run.is_baselines:
                values[key].add(value)
    replicates = {key for (key, _), seen in within.items() if len(seen) > 1}
    columns = {"model", "task", "seed"} | replicates
    return sorted(key for key, seen in values.items() if len(seen) > 1 and key not in columns)


def configurations(
    predictions: pd.DataFrame, runs: Sequence[Run], swept: list[str]
) -> pd.DataFrame:
    """A row a configuration and model: CONFIG, the swept choices, n_datasets and its names.

    label: model and choices, one row's only; variant: the choices that tell rows of one model
    apart; asked: those of them that matter to a baseline too.
    """
    choices = {run.config_id: run.manifest["choices"] for run in runs}
    datasets = defaultdict(set)
    for run in runs:
        datasets[run.config_id].add(run.manifest["data_seed"])
    configs = predictions[CONFIG].drop_duplicates().astype("str").sort_values(CONFIG)
    configs = configs.reset_index(drop=True)
    for key in swept:
        configs[key] = [str(choices[c].get(key, "")) for c in configs["config_id"]]
    configs["n_datasets"] = [len(datasets[c]) for c in configs["config_id"]]
    several_tasks = ["task"] * (len(set(configs["task"])) > 1)
    configs["variant"] = variants(configs, [*several_tasks, *swept])
    configs["asked"] = variants(configs, [k for k in swept if k.partition(".")[0] in OF_BASELINES])
    labels = (model_names(configs["model"]) + " " + configs["variant"]).str.rstrip()
    twice = labels.duplicated(keep=False)
    configs["label"] = labels.mask(twice, labels + " " + configs["config_id"])
    return configs


def variants(configs: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    """Each row's values of those choices `keys` that tell rows of one model apart, in words."""
    # A choice that follows from the model (its matched hidden size) is no part of its name.
    several = [
        key for key in keys if key == "task" or configs.groupby("model")[key].nunique().max() > 1
    ]
    rows = configs[several].to_dict("records")
    return [" ".join(f"{str(k).split('.')[-1]}={v}" for k, v in row.items() if v) for row in rows]


def drawn_names(configs: pd.DataFrame) -> pd.DataFrame:
    """CONFIG with the `label` and the `variant` under which each is drawn and printed.

    variant: what was varied beside the model, where each model was varied alike: one panel or
    figure each; otherwise it is empty and the label says it all. Baselines stand beside all
    variants that share their text.
    """
    of_baseline = configs["model"].str.startswith(BASELINE)
    networks, baselines = configs[~of_baseline], configs[of_baseline]
    models = [sorted(rows["model"]) for _, rows in networks.groupby("variant")]
    crossed = len(models) > 1 and all(len(set(m)) > 1 and m == models[0] for m in models)
    if not crossed or networks.duplicated(["variant", "model"]).any():
        return configs[[*CONFIG, "label"]].assign(variant="")
    texts = networks[["asked", "variant"]].drop_duplicates()
    beside = baselines.drop(columns="variant").merge(texts, on="asked")
    named = pd.concat([networks, beside], ignore_index=True)
    return named[[*CONFIG, "variant"]].assign(label=model_names(named["model"]))


def model_names(models: pd.Series) -> pd.Series:
    """Models as figures and tables call them: `first noun` for baseline:first_noun."""
    return models.str.removeprefix(BASELINE).str.replace("_", " ")
