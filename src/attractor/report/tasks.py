"""What several tasks make of the same items in one figure; what they do not share, in several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import altair as alt
import pandas as pd

from attractor.report.collect import Collected
from attractor.report.configs import BASELINE, named, tasks_of
from attractor.report.style import interval_held, page, seeds_a_model, span
from attractor.report.training_text import noun_panels

_ORDER = ["number_prediction", "verb_inflection", "grammaticality", "language_model", "cloze"]


def accuracy_by_task(summary: pd.DataFrame, collected: Collected) -> alt.VConcatChart | None:
    """Accuracy on the headline probes by task: a panel by what the nouns say, a point a network.

    summary: contracts.SUMMARY with the swept choices. None where there was one task.
    """
    rows = summary[(summary["suite"] == "probes") & ~summary["model"].str.startswith(BASELINE)]
    tasks = set(rows["task"])
    if len(tasks) < 2:
        return None
    order = [task for task in _ORDER if task in tasks] + sorted(tasks - set(_ORDER))
    rows = rows.assign(label=named(rows, collected.swept))
    return page(
        noun_panels(rows, "task", "task", order),
        24,
        "Accuracy by task, on the same items",
        [
            f"balanced probes, outer items: {span(rows['n_items'])} in all, {seeds_a_model(rows)}; "
            "grey rule: chance; grammaticality: pairwise",
            f"bars: {interval_held(rows)}",
        ],
    )


def by_task(
    name: str,
    draw: Callable[[pd.DataFrame, Collected], alt.VConcatChart | None],
    frame: pd.DataFrame,
    collected: Collected,
) -> dict[str, alt.VConcatChart | None]:
    """The chart by its file's name; where there are several tasks, one for each: losses and
    accuracies of different questions share no axis.

    frame: rows with a `task`.
    """
    configs = collected.configs
    tasks = tasks_of(configs)
    if len(tasks) < 2:
        return {name: draw(frame, collected)}
    charts = {}
    for task in tasks:
        own = configs[configs["task"] == task]
        of_task = replace(collected, configs=own.assign(label=own["name"]))
        chart = charts[f"{name}_task_{task}"] = draw(frame[frame["task"] == task], of_task)
        if chart is not None:
            chart.title.text += f", task={task}"
    return charts
