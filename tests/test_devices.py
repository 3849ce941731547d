"""Networks compute where they are put: in part told anywhere, in full where there is a GPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from attractor.batching import Examples, prepare
from attractor.models.protocol import Network
from attractor.models.recurrent import Recurrent
from attractor.network import build_network, build_task
from attractor.pipeline import run
from attractor.scoring import answers
from attractor.tasks.language_model import LanguageModel
from attractor.tasks.number_prediction import NumberPrediction
from attractor.tasks.protocol import Task
from attractor.training import train
from attractor.vocab import Vocabulary
from jobs import tiny_job
from tiny import first_word_rule, job, network, settings

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU")

READS = [
    *((model, "number_prediction") for model in ("srn", "lstm", "gru", "birnn", "bilstm")),
    *(("lstm", task) for task in ("verb_inflection", "grammaticality", "language_model")),
    ("bilstm", "grammaticality"),
    ("bilstm", "cloze"),
]


@pytest.mark.parametrize(("model", "task"), READS)
def test_nothing_of_a_step_stays_on_the_processor(model: str, task: str) -> None:
    """`meta` is a device that keeps no numbers; like any, it refuses to compute with another's."""
    config = job(f"model={model}", f"task={task}").config
    asker = build_task(config.task)
    targets = np.array([3, 0, 5, 1, 7]) if asker.predicts_words else np.ones(5, np.float32)
    texts = [[2, 3, 4], [5, 6, 7, 8], [9, 9]]
    rows, positions = np.array([0, 0, 1, 1, 2]), np.array([1, 2, 1, 3, 1])
    (batch,) = prepare(texts, rows, positions, targets).batches(8)
    net = build_network(config.model, asker, 20, seed=0).to("meta")
    batch = batch.to("meta")
    loss = asker.loss(net.head, net.encoder(batch), batch.targets)
    loss.backward()  # type: ignore[no-untyped-call]
    losses, correct = (f(net(batch), batch.targets) for f in (asker.losses, asker.correct))
    assert (loss.shape, losses.shape, correct.shape) == ((), (5,), (5,))
    assert {x.device.type for x in (loss, losses, correct)} == {"meta"}
    assert {p.grad.device.type for p in net.parameters() if p.grad is not None} == {"meta"}


def words(softmax: str, context: str) -> tuple[Network, Examples, Task]:
    """A small language model, and what it learns."""
    task = LanguageModel(softmax, context=context, bptt=3)
    text = pd.DataFrame({"sentence": ["the keys laugh", "a key laughs", "the key was the keys"]})
    vocabulary = task.vocabulary(text, Vocabulary.of(text["sentence"]))
    torch.manual_seed(0)
    encoder = Recurrent(len(vocabulary), "", "lstm", False, 8, 8, 1)
    net = Network(encoder, task.head(8, len(vocabulary)))
    return net, task.examples(text, vocabulary, False), task


def numbers() -> tuple[Network, Examples, Task]:
    return network("gru", both_ends=True), first_word_rule(40, seed=1), NumberPrediction()


@needs_gpu
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize(
    "made",
    [
        numbers,
        *(
            lambda softmax=softmax, context=context: words(softmax, context)
            for softmax in ("full", "adaptive")
            for context in ("sentence", "stream")
        ),
    ],
)
def test_a_gpu_learns_what_the_processor_does(made: object, precision: str) -> None:
    assert callable(made)
    histories = []
    for device in ("cpu", "cuda"):
        net, examples, task = made()
        given = settings(max_epochs=2, device=device, precision=precision)
        histories.append(train(net, examples, examples, task, given, 0).history)
        here = answers(net, examples, task.losses, device)
        there = answers(net.cpu(), examples, task.losses)
        np.testing.assert_allclose(here, there, atol=1e-4)
    for row, other in zip(*histories, strict=True):
        assert row["valid_loss"] == pytest.approx(other["valid_loss"], abs=0.02)


@needs_gpu
def test_a_whole_run_on_a_gpu(tmp_path: Path) -> None:
    given = tiny_job(tmp_path, "model=lstm", "train.device=cuda", "diagnostic=[gates]")
    run(given, {}, lambda line: None)
    assert (given.folder / given.run_id / "predictions.csv").exists()
    assert (given.folder / given.run_id / "gates" / "gates.csv").exists()
