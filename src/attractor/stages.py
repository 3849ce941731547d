"""What each stage builds of a job, from the stages before it.

torch and pandas are imported by the stage that needs them: a job that is done needs neither.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attractor.artifacts import ArtifactStore
from attractor.config import CorpusConfig, DataConfig
from attractor.plan import THREADS, Plan
from attractor.stage_files import read_exposure, read_items, read_learnt, read_vocabulary

if TYPE_CHECKING:
    import pandas as pd

    from attractor.trained import Trained


def text(store: ArtifactStore, job: Plan) -> Path:
    """The stage that makes training, validation and test items.

    Beside items.csv: vocabulary.json, and split.json with what the text was found to hold. Of a
    corpus also the sentences of each split, with items or not (train.txt …), and excluded.csv.
    """

    def build(folder: Path) -> None:
        from attractor.results import ITEMS, write_csv
        from attractor.vocab import Vocabulary

        data = job.config.data
        if isinstance(data, CorpusConfig):
            items, training, facts = _natural_text(store, data, folder)
        else:
            items, training, facts = _generated_text(job, data)
        write_csv(items, ITEMS, folder / ITEMS.name)
        (folder / "split.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
        words = Vocabulary.of(training).words
        (folder / "vocabulary.json").write_text(json.dumps(words, indent=0), encoding="utf-8")

    return store.get(job.stages.text, build)


def _generated_text(job: Plan, data: DataConfig) -> tuple[pd.DataFrame, pd.Series, dict[str, Any]]:
    """Items that the grammar draws, the sentences to learn from, and what was found of them."""
    from attractor.notation import read_grammar
    from attractor.split_checks import check_split
    from attractor.splits import simpler
    from attractor.text import draw_text

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
    facts = check_split(items, data, grammar, job.lexicon)
    return items, items.loc[items["split"] == "train", "sentence"], facts


def _natural_text(
    store: ArtifactStore, data: CorpusConfig, folder: Path
) -> tuple[pd.DataFrame, pd.Series, dict[str, Any]]:
    """The same of natural sentences; all sentences and what was excluded go to `folder`."""
    from attractor.corpus.sources import source_of
    from attractor.corpus.text import SPLITS, natural_text

    source, facts = source_of(store, data)
    found = natural_text(source, data)
    of_split = found.sentences.groupby("split")["sentence"]
    for split in SPLITS:
        lines = "\n".join(of_split.get_group(split))
        (folder / f"{split}.txt").write_text(lines + "\n", encoding="utf-8")
    found.excluded.to_csv(folder / "excluded.csv", index=False)
    return found.items, of_split.get_group("train"), {**facts, **found.facts}


def suite(store: ArtifactStore, job: Plan, name: str) -> Path:
    """The stage that makes one suite's items: items.csv and whatever tables the suite adds."""

    def build(folder: Path) -> None:
        from attractor.notation import read_grammar
        from attractor.plugins import call_target
        from attractor.results import ITEMS, write_csv

        exposure = read_exposure(text(store, job))
        grammar = read_grammar(job.config.grammar, job.lexicon, job.config.data.regime)
        spec = job.config.suite[name]
        options = {k: v for k, v in spec.items() if k not in ("version", "citation", "licence")}
        items, tables = call_target(f"suite.{name}", options, grammar=grammar, exposure=exposure)
        if isinstance(job.config.data, CorpusConfig):
            from attractor.corpus.spelling import respelt

            known = read_vocabulary(text(store, job)).index
            items = exposure.mark(respelt(items, job.config.data, known))
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
        from attractor.trained import KEPT
        from attractor.training import train as fit

        torch.set_num_threads(THREADS)
        config = job.config
        source, task = text(store, job), build_task(config.task)
        of_split = {split: read_learnt(source, split, task) for split in ("train", "valid")}
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
        kept = state.snapshots()
        if config.train.keep_epochs:
            kept |= {KEPT.format(epoch): weights for epoch, weights in enumerate(state.epochs)}
        for name, weights in kept.items():
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


def trained(store: ArtifactStore, job: Plan) -> Trained:
    """The job's trained network."""
    from attractor.trained import Trained

    return Trained.of(job.config.model, job.config.task, train(store, job))


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
        test = read_learnt(text(store, job), "test", found.task)
        facts = mean_loss(network, found.task, test, found.vocabulary, config.train.device)
        (folder / "evaluation.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")

    return store.get(job.stages.evaluate, build)


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


def diagnose(store: ArtifactStore, job: Plan, name: str) -> Path:
    """The stage that runs a diagnostic on the trained network: its tables."""

    def build(folder: Path) -> None:
        import pandas as pd
        import torch

        from attractor.diagnose import suites_of, write_tables
        from attractor.diagnostics.protocol import Case

        torch.set_num_threads(THREADS)
        spec = job.config.diagnostic[name]
        asked = suites_of(name, spec, job.stages.suites)
        items = pd.concat([read_items(suite(store, job, s)) for s in asked], ignore_index=True)
        training = read_items(text(store, job), "train")
        clip = job.config.train.clip
        case = Case(trained(store, job), items, training, job.lexicon, clip)
        write_tables(name, spec, case, folder)

    return store.get(job.stages.diagnostics[name], build)


def scored_items(store: ArtifactStore, job: Plan) -> pd.DataFrame:
    """All items that a run is scored on: the suites' and the in-distribution test's."""
    import pandas as pd

    frames = [read_items(text(store, job), "test")]
    frames += [read_items(suite(store, job, name)) for name in job.stages.suites]
    return pd.concat(frames, ignore_index=True)
