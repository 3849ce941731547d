"""generate -> train -> evaluate -> diagnose: the only file that knows the order, and what of each
stage is published.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attractor import runs
from attractor.artifacts import ArtifactStore
from attractor.errors import UserError
from attractor.files import explain_write_errors, put_copy
from attractor.job_marks import keep_error
from attractor.plan import Plan
from attractor.stage_files import read_facts
from attractor.stages import baselines, diagnose, evaluate, suite, text, train


def run(job: Plan, choices: Mapping[str, Any], say: Callable[[str], None]) -> None:
    """Carry out the stages that the configuration asks for; nothing that stands is built again.

    choices: what was chosen for this job, for its manifest; say: is given a line when it is done,
    and one for each stage's output that is not as it was made. Raises what the stages raise.
    """
    with explain_write_errors(job.folder):
        job.folder.mkdir(parents=True, exist_ok=True)
        stages = job.config.stages
        store = ArtifactStore(Path(job.config.output_dir) / "artifacts", say)
        if is_done(job):
            if "generate" in stages and store.path(job.stages.text).is_dir():
                publish_items(store, job)
            say(f"{job.run_id}: done before")
            return
        if "train" in stages or "diagnose" in stages:
            _check_network(job)
        if "generate" in stages:
            publish_items(store, job)
        if "train" in stages:
            train(store, job)
        if "baselines" in stages or "evaluate" in stages:
            publish_baselines(store, job, choices)
        if "evaluate" in stages and not runs.is_published(job):
            publish_run(store, job, choices)
        if "diagnose" in stages:
            publish_diagnostics(store, job)
        say(_summary(store, job))


def is_done(job: Plan) -> bool:
    """Whether all that the job publishes stands in its experiment, as it was published."""
    return runs.has_baselines(job) and is_done_but_for_baselines(job)


def is_done_but_for_baselines(job: Plan) -> bool:
    """The same of what the job shares with no other."""
    return "evaluate" in job.config.stages and runs.is_published(job) and runs.is_diagnosed(job)


def _check_network(job: Plan) -> None:
    """Refuse settings that make no network, before anything is generated."""
    import torch

    from attractor.diagnose import check_diagnostics
    from attractor.network import build_network, build_task

    if job.config.train.device == "cuda" and not torch.cuda.is_available():
        raise UserError("train.device=cuda: torch finds no such device; give train.device=cpu")
    config, task = job.config, build_task(job.config.task)
    network = build_network(config.model, task, vocabulary_size=2, seed=0)
    check_diagnostics(config.diagnostic, network, task, config.model["name"])


def publish_diagnostics(store: ArtifactStore, job: Plan) -> None:
    """Publish what the diagnostics found of the run, each in a folder of the run's own."""
    wanted = [name for name in job.stages.diagnostics if not runs.has_diagnostic(job, name)]
    for name in wanted:
        runs.announce_diagnostic(job, name)
    for name in wanted:
        try:
            runs.publish_diagnostic(job, name, diagnose(store, job, name))
        except Exception as error:
            keep_error(job, error, name)
            raise


def publish_items(store: ArtifactStore, job: Plan) -> None:
    """Put the suites' items and tables and the text's items where a person finds them.

    Texts of different names (data.name) have files of their own. Where a sweep varies something
    else of the text, these are of the job that ran last, and each text's own items stand in the
    folder of its baselines.
    """
    made = {"text": text(store, job)} | {
        name: suite(store, job, name) for name in job.stages.suites
    }
    for name, folder in made.items():
        put_copy(folder / "items.csv", job.items_file(name))
        for table in sorted(folder.glob("*.csv")):
            if table.name != "items.csv":
                put_copy(table, job.items_file(f"{name}_{table.stem}"))


def publish_baselines(store: ArtifactStore, job: Plan, choices: Mapping[str, Any]) -> None:
    """Publish the baselines' predictions for the job's text, and the items they are for."""
    from attractor.results import PREDICTIONS

    def fill(folder: Path) -> None:
        shutil.copyfile(baselines(store, job) / PREDICTIONS.name, folder / PREDICTIONS.name)
        for name in job.stages.suites:  # the items of this very text, whatever else is swept
            shutil.copyfile(suite(store, job, name) / "items.csv", folder / f"{name}.csv")

    if not runs.has_baselines(job):
        runs.publish_baselines(job, choices, fill)


def publish_run(store: ArtifactStore, job: Plan, choices: Mapping[str, Any]) -> None:
    """Publish the run's predictions and history."""
    from attractor.results import HISTORY, PREDICTIONS, write_csv

    source, scored = train(store, job), evaluate(store, job)

    def fill(folder: Path) -> None:
        import pandas as pd

        shutil.copyfile(scored / PREDICTIONS.name, folder / PREDICTIONS.name)
        history = pd.read_csv(source / "history.csv").assign(run_id=job.run_id)
        write_csv(history, HISTORY, folder / HISTORY.name)

    split = read_facts(text(store, job) / "split.json")
    found = read_facts(source / "training.json") | read_facts(scored / "evaluation.json")
    runs.publish_run(job, {"split": split, **found}, choices, fill)


def _summary(store: ArtifactStore, job: Plan) -> str:
    if job.config.stages == ["baselines"]:
        return f"{job.baselines_id}: done"
    if not store.has(job.stages.train):
        return f"{job.run_id}: items generated"
    facts = read_facts(store.path(job.stages.train) / "training.json")
    return (
        f"{job.run_id}: {facts['epochs']} epochs (best {facts['best_epoch']}), "
        f"{facts['train_seconds']:.1f} s of training"
    )
