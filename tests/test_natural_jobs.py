"""Jobs on natural sentences, from trees to report: what is read, asked, learnt and told."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from attractor import pipeline
from attractor.artifacts import ArtifactStore
from attractor.plan import Plan
from attractor.report import cli
from attractor.stage_files import read_items, read_learnt, read_sentences
from attractor.stages import suite, text
from attractor.tasks.language_model import LanguageModel
from attractor.tasks.number_prediction import NumberPrediction
from jobs import tiny_natural_job

TREES = Path(__file__).parent / "fixtures" / "treebank" / "three_splits.conllu"
TREEBANK = ("suite=[conllu]", f"suite.conllu.path={TREES}")


def run(folder: Path, *overrides: str) -> Plan:
    """A small job carried out."""
    job = tiny_natural_job(folder, TREES, "name=natural", *overrides)
    pipeline.run(job, {"model": job.config.model["name"]}, lambda line: None)
    return job


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network shown words, and its report; language models and their epochs beside it."""
    found = tmp_path_factory.mktemp("natural")
    run(found, *TREEBANK, "diagnostic=[learning]", "diagnostic.learning.suites=[conllu]")
    assert cli.main([str(found / "natural")]) == 0
    return found


def test_the_report_tells_errors_and_learning(folder: Path) -> None:
    errors = pd.read_csv(folder / "natural" / "errors.csv")
    assert set(errors["suite"]) == {"test", "conllu"}
    learning = pd.read_csv(folder / "natural" / "learning_by_tokens.csv")
    whole = learning[learning["probe_set"] == "all"].set_index("epoch")
    assert list(whole.index) == [0, 1, 2, 3]
    assert whole["tokens"].is_monotonic_increasing
    assert whole["tokens"].iloc[0] == 0
    assert set(whole["n_items"]) == {400}
    for name in ("errors_conllu", "learning"):
        assert (folder / "natural" / "figures" / f"{name}.svg").exists()
    told = (folder / "natural" / "table.txt").read_text("utf-8")
    assert "conllu: 400 pairs, 400 items" in told


def test_accuracy_by_epoch_ends_at_that_of_predictions(folder: Path) -> None:
    learning = pd.read_csv(folder / "natural" / "learning_by_tokens.csv")
    (found,) = (folder / "natural").glob("lstm-*")
    history = pd.read_csv(found / "history.csv")
    best = 1 + int(history["valid_loss"].idxmin())
    predictions = pd.read_csv(found / "predictions.csv")
    right = predictions.loc[predictions["suite"] == "conllu", "correct"].mean()
    whole = learning[(learning["probe_set"] == "all") & (learning["epoch"] == best)]
    assert whole["accuracy"].item() == pytest.approx(right)


def test_a_language_model_learns_from_all_sentences_and_others_from_items(tmp_path: Path) -> None:
    job = tiny_natural_job(tmp_path, TREES)
    source = text(ArtifactStore(tmp_path / "artifacts"), job)
    items = read_items(source, "train")
    assert len(read_learnt(source, "train", NumberPrediction())) == len(items)
    sentences = read_learnt(source, "train", LanguageModel())
    assert sentences["sentence"].tolist() == read_sentences(source, "train")["sentence"].tolist()
    counts = [len(read_sentences(source, split)) for split in ("train", "valid", "test")]
    assert sum(counts) == 400


def test_a_grammar_that_changes_draws_new_probes_for_natural_text(tmp_path: Path) -> None:
    asked = ("suite=[flagship]", "grammar.start=Clause")
    one, other = (tiny_natural_job(tmp_path, TREES, *o) for o in (("suite=[flagship]",), asked))
    assert one.stages.text.key == other.stages.text.key
    assert one.stages.suites["flagship"].key != other.stages.suites["flagship"].key


def test_suites_are_spelt_as_the_text_is(tmp_path: Path) -> None:
    job = tiny_natural_job(tmp_path, TREES, *TREEBANK, "data.case=lower", "data.final=strip")
    items = read_items(suite(ArtifactStore(tmp_path / "artifacts"), job, "conllu"))
    assert all(sentence == sentence.lower() for sentence in items["sentence"])
    assert not any(sentence.endswith(".") for sentence in items["sentence"])
    verbs = zip(items["sentence"], items["verb_index"], items["correct_form"], strict=True)
    assert all(sentence.split(" ")[verb] == form for sentence, verb, form in verbs)


@pytest.mark.parametrize(
    "asked",
    [
        ("task=language_model", "task.softmax=full"),
        ("task=language_model", "task.context=stream", "task.bptt=8"),
        ("task=cloze", "model=bilstm"),
        ("task=verb_inflection",),
        ("task=grammaticality",),
        ("task.shows=nouns",),
    ],
    ids=lambda asked: " ".join(asked),
)
def test_every_task_reads_natural_sentences(asked: tuple[str, ...], tmp_path: Path) -> None:
    job = run(tmp_path, *TREEBANK, "train.max_epochs=1", *asked)
    predictions = pd.read_csv(job.folder / job.run_id / "predictions.csv")
    assert set(predictions["suite"]) == {"test", "conllu"}
    assert predictions["margin"].notna().all()
    assert predictions["correct"].between(0, 1).all()
