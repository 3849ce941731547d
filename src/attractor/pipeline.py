"""generate -> train -> evaluate: the only file that knows the order, and what each stage keeps.

torch and pandas are imported by the stage that needs them: a job that is done needs neither.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attractor import runs
from attractor.artifacts import ArtifactStore, explain_write_errors, put_copy
from attractor.errors import UserError
from attractor.plan import THREADS, Plan
from attractor.stage_files import read_facts, read_items, read_vocabulary

if TYPE_CHECKING:
    import pandas as pd

    from attractor.trained import Trained


def run(job: Plan, choices: Mapping[str, Any], say: Callable[[str], None]) -> None:
    """Carry out the stages that the configuration asks for; nothing that stands is built again.

    choices: what was chosen for this job, for its manifest; say: is given a line when it is done.
    Raises what the stages raise, after leaving the traceback in the run's folder.
    """
    with explain_write_errors(job.folder):
        job.folder.mkdir(parents=True, exist_ok=True)
        stages = job.config.stages
        store = ArtifactStore(Path(job.config.output_dir) / "artifacts")
        if "evaluate" in stages and runs.is_published(job):
            if "generate" in stages and store.has(job.stages.text):
                publish_items(store, job)
            say(f"{job.run_id}: done before")
            return
        try:
            if "train" in stages and not store.has(job.stages.train):
                _check_network(job)
            if "generate" in stages:
                publish_items(store, job)
            if "train" in stages:
                train(store, job)
            if "evaluate" in stages:
                publish(store, job, choices)
            say(f"{job.run_id}: {_summary(store, job)}")
        except UserError:
            raise  # nothing failed: the job was never a sound one
        except Exception:
            runs.keep_traceback(job)
            raise


def _check_network(job: Plan) -> None:
    """Refuse settings that make no network, before anything is generated."""
    import torch

    from attractor.network import build_network, build_task

    if job.config.train.device == "cuda" and not torch.cuda.is_available():
        raise UserError("train.device=cuda: torch finds no such device; give train.device=cpu")
    build_network(job.config.model, build_task(job.config.task), vocabulary_size=2, seed=0)


def text(store: ArtifactStore, job: Plan) -> Path:
    """The stage that draws training, validation and test items.

    Beside items.csv: vocabulary.json, and split.json with what the text was found to hold.
    """

    def build(folder: Path) -> None:
        from attractor.notation import read_grammar
        from attractor.results import ITEMS, write_csv
        from attractor.split_checks import check_split
        from attractor.splits import simpler
        from attractor.text import draw_text
        from attractor.vocab import Vocabulary

        data = job.config.data
        grammar = read_grammar(job.config.grammar, job.lexicon, data.regime)
        items = draw_text(
            simpler(grammar, data.held_out, data.max_depth),
            data.n_sentences,
            data.n_valid,
            data.n_test,
            data.seed,
            lexical=data.split == "lexical",
            rule=data.rule,
            min_attractors=data.min_attractors,
        )
        write_csv(items, ITEMS, folder / ITEMS.name)
        facts = check_split(items, data, grammar, job.lexicon)
        (folder / "split.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
        training = items.loc[items["split"] == "train", "sentence"]
        words = Vocabulary.of(training).words
        (folder / "vocabulary.json").write_text(json.dumps(words, indent=0), encoding="utf-8")

    return store.get(job.stages.text, build)


def suite(store: ArtifactStore, job: Plan, name: str) -> Path:
    """The stage that makes one suite's items: items.csv and whatever tables the suite adds."""

    def build(folder: Path) -> None:
        from attractor.exposure import Exposure
        from attractor.notation import read_grammar
        from attractor.plugins import call_target
        from attractor.results import ITEMS, write_csv

        exposure = Exposure.of(read_items(text(store, job), "train"))
        grammar = read_grammar(job.config.grammar, job.lexicon, job.config.data.regime)
        spec = job.config.suite[name]
        options = {k: v for k, v in spec.items() if k not in ("version", "citation", "licence")}
        items, tables = call_target(f"suite.{name}", options, grammar=grammar, exposure=exposure)
        write_csv(items, ITEMS, folder / ITEMS.name)
        for file, table in tables.items():
            table.to_csv(folder / file, index=False)

    return store.get(job.stages.suites[name], build)


def train(store: ArtifactStore, job: Plan) -> Path:
    """The stage that trains the network: three sets of weights, the words that it knows
    (vocabulary.json), history.csv and training.json.
    """

    def build(folder: Path) -> None:
        import pandas as pd
        import torch

        from attractor import checkpoints
        from attractor.network import build_network, build_task
        from attractor.progress import progress_bar
        from attractor.training import train as fit

        torch.set_num_threads(THREADS)
        config = job.config
        source = text(store, job)
        items, task = read_items(source), build_task(config.task)
        of_split = {split: items[items["split"] == split] for split in ("train", "valid")}
        vocabulary = task.vocabulary(of_split["train"], read_vocabulary(source))
        network = build_network(config.model, task, len(vocabulary), config.seed)
        training, validation = (
            task.examples(some, vocabulary, network.reads_both_ends) for some in of_split.values()
        )
        checkpoint = store.scratch(job.stages.train) / "state.safetensors"
        total = training.n_tokens * config.train.max_epochs
        with progress_bar(job.run_id, total, "token") as advance:
            state = fit(
                network,
                training,
                validation,
                task,
                config.train,
                config.seed,
                state=checkpoints.load_state(checkpoint),
                after_epoch=lambda state: checkpoints.save_state(state, checkpoint),
                after_batch=advance,
            )
        for name, weights in state.snapshots().items():
            checkpoints.save_weights(weights, folder / f"{name}.safetensors")
        history = pd.DataFrame(state.history)
        history.to_csv(folder / "history.csv", index=False)
        seconds = float(history["seconds"].sum())
        facts = {
            "parameters": sum(p.numel() for p in network.parameters()),
            "epochs": state.epoch,
            "best_epoch": state.best,
            "train_seconds": seconds,
            "tokens_per_second": float(history["tokens"].sum()) / seconds,
        }
        (folder / "training.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
        words = json.dumps(vocabulary.words, indent=0)
        (folder / "vocabulary.json").write_text(words, encoding="utf-8")

    return store.get(job.stages.train, build)


def evaluate(store: ArtifactStore, job: Plan) -> Path:
    """The stage that scores every item with the best weights: predictions.csv, evaluation.json."""

    def build(folder: Path) -> None:
        import torch

        from attractor.results import PREDICTIONS, write_csv
        from attractor.scoring import mean_loss, predictions, scores, words_known

        torch.set_num_threads(THREADS)
        config = job.config
        items, found = scored_items(store, job), trained(store, job)
        network = found.network().to(config.train.device)
        asked = network, found.task, items, found.vocabulary, config.train.device
        known = words_known(found.task.asked(items), found.vocabulary)
        frame = predictions(items, scores(*asked), known).assign(
            run_id=job.run_id, model=found.name, task=job.task_name, seed=config.seed
        )
        write_csv(frame, PREDICTIONS, folder / PREDICTIONS.name)
        facts = json.dumps(mean_loss(*asked), indent=1)
        (folder / "evaluation.json").write_text(facts, encoding="utf-8")

    return store.get(job.stages.evaluate, build)


def trained(store: ArtifactStore, job: Plan) -> Trained:
    """The job's trained network."""
    from attractor.trained import Trained

    return Trained.of(job.config.model, job.config.task, train(store, job))


def baselines(store: ArtifactStore, job: Plan) -> Path:
    """The stage that scores every item with every baseline: predictions.csv."""

    def build(folder: Path) -> None:
        import pandas as pd

        from attractor.baselines import TASK, all_baselines
        from attractor.exposure import prefixes
        from attractor.results import PREDICTIONS, write_csv
        from attractor.scoring import predictions, words_known

        source = text(store, job)
        items = scored_items(store, job)
        known = words_known(prefixes(items), read_vocabulary(source))
        frames = [
            predictions(items, {"margin": margin}, known).assign(
                run_id=job.baselines_id, model=name, task=TASK, seed=0
            )
            for name, margin in all_baselines(read_items(source, "train"), items).items()
        ]
        write_csv(pd.concat(frames, ignore_index=True), PREDICTIONS, folder / PREDICTIONS.name)

    return store.get(job.stages.baselines, build)


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


def publish(store: ArtifactStore, job: Plan, choices: Mapping[str, Any]) -> None:
    """Publish the run's predictions and history, and the baselines' predictions."""
    from attractor.results import HISTORY, PREDICTIONS, write_csv

    source, scored, rules = train(store, job), evaluate(store, job), baselines(store, job)

    def fill(folder: Path) -> None:
        import pandas as pd

        shutil.copyfile(scored / PREDICTIONS.name, folder / PREDICTIONS.name)
        history = pd.read_csv(source / "history.csv").assign(run_id=job.run_id)
        write_csv(history, HISTORY, folder / HISTORY.name)

    def fill_baselines(folder: Path) -> None:
        shutil.copyfile(rules / PREDICTIONS.name, folder / PREDICTIONS.name)
        for name in job.stages.suites:  # the items of this very text, whatever else is swept
            shutil.copyfile(suite(store, job, name) / "items.csv", folder / f"{name}.csv")

    split = read_facts(text(store, job) / "split.json")
    runs.publish_baselines(job, {"split": split}, choices, fill_baselines)
    found = read_facts(source / "training.json") | read_facts(scored / "evaluation.json")
    runs.publish_run(job, {"split": split, **found}, choices, fill)


def scored_items(store: ArtifactStore, job: Plan) -> pd.DataFrame:
    """All items that a run is scored on: the suites' and the in-distribution test's."""
    import pandas as pd

    frames = [read_items(text(store, job), "test")]
    frames += [read_items(suite(store, job, name)) for name in job.stages.suites]
    return pd.concat(frames, ignore_index=True)


def _summary(store: ArtifactStore, job: Plan) -> str:
    if not store.has(job.stages.train):
        return "items generated"
    facts = read_facts(store.path(job.stages.train) / "training.json")
    return (
        f"{facts['epochs']} epochs (best {facts['best_epoch']}), "
        f"{facts['train_seconds']:.1f} s of training"
    )
