"""Margins stand in the order of the items; a tie counts one half; unknown words are told."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from attractor import batching
from attractor.scoring import answers, correctness, predictions, words_known
from attractor.tasks.number_prediction import NumberPrediction
from attractor.vocab import Vocabulary
from tiny import FLAGSHIP, FLAGSHIP_ITEMS, examples, items, network

TASK = NumberPrediction()
TEXTS = list(enumerate([[2, 3], [4, 5, 6], [7], [8, 9], [3]]))


def test_correctness_counts_a_tie_as_one_half() -> None:
    margin = np.array([2.0, -1e-300, 0.0, -0.0, 1e-300, np.inf, -np.inf])
    assert correctness(margin).tolist() == [1, 0, 0.5, 0.5, 1, 1, 0]


@pytest.mark.parametrize("both_ends", [False, True])
def test_margins_follow_the_order_of_items_at_any_batch_size(both_ends: bool) -> None:
    net = network("lstm", both_ends, vocabulary_size=14)
    vocabulary = Vocabulary.of([FLAGSHIP])
    rows = [FLAGSHIP_ITEMS[0], ("the flights were full", 2, "plural"), FLAGSHIP_ITEMS[1]]
    one_by_one = [
        answers(net, TASK.examples(items(row), vocabulary, both_ends), TASK.margins)[0]
        for row in rows
    ]
    assert len({round(m, 6) for m in one_by_one}) == 3  # an order could be told
    for size in (1, 2, 9):
        asked = TASK.examples(items(*rows), vocabulary, both_ends)
        np.testing.assert_allclose(
            answers(net, asked, TASK.margins, batch_size=size), one_by_one, atol=1e-6
        )


def test_margin_is_the_logit_with_the_sign_of_the_right_number() -> None:
    net = network()
    texts = [[2, 3], [4, 5, 6]]
    with torch.no_grad():
        (batch,) = examples(texts).batches(2)
        logits = dict(zip(batch.queries.tolist(), net(batch)[:, 0].tolist(), strict=True))
    plural = answers(net, examples(texts, [1, 1]), TASK.margins)
    singular = answers(net, examples(texts, [0, 0]), TASK.margins)
    np.testing.assert_allclose(plural, [logits[0], logits[1]], atol=1e-6)
    assert singular.tolist() == (-plural).tolist()
    assert plural.dtype == np.float64


def test_scoring_does_not_train() -> None:
    net = network()
    net.train()
    answers(net, examples([[2, 3]]), TASK.margins)
    assert not net.training
    assert all(p.grad is None for p in net.parameters())


def test_predictions_tell_items_whose_prefix_training_never_held() -> None:
    vocabulary = Vocabulary.of(["the key is here"])
    frame = items(
        ("the key is here", 2, "singular"),
        ("the cabinet is here", 2, "singular"),
        ("the key rusts there", 2, "singular"),  # the verb and what follows are never read
    ).assign(subject="", correct_form="", wrong_form="", distance=[1, 2, 3])
    frame = frame.assign(noun_indices="1", verb_indices="")
    known = words_known(TASK.asked(frame), vocabulary)
    found = predictions(frame, {"margin": np.array([0.5, -0.25, 0.0])}, known)
    assert found["in_vocabulary"].tolist() == [True, False, True]
    assert found["correct"].tolist() == [1.0, 0.0, 0.5]
    assert found["margin"].tolist() == [0.5, -0.25, 0.0]
    assert found["distance"].tolist() == [1, 2, 3]
    assert not {"sentence", "subject", "correct_form", "wrong_form"} & set(found.columns)
    assert "margin" not in frame  # the caller's frame is left alone
    assert found["template_id"].nunique() == 2  # the key, the cabinet


@pytest.mark.parametrize("questions_a_slice", [1, 2, 3, 100])
def test_outputs_exist_for_a_slice_of_questions_at_a_time(
    questions_a_slice: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read once, answered in slices: the encoder is called once a batch, the head often."""
    words = 9
    monkeypatch.setattr(batching, "MOST_OUTPUTS", questions_a_slice * words + words // 2)
    net = network()
    torch.manual_seed(0)
    net.head = torch.nn.Linear(6, words)
    asked = examples([text for _, text in TEXTS], [i for i, _ in TEXTS])
    read, answered = [], []
    net.encoder.register_forward_hook(lambda *call: read.append(len(call[2])))
    net.head.register_forward_hook(lambda *call: answered.append(len(call[2])))

    def first(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        assert len(outputs) == len(targets)
        return outputs[torch.arange(len(targets)), targets.long()]

    found = answers(net, asked, first)
    assert read == [5]
    assert max(answered) <= max(1, questions_a_slice)
    monkeypatch.undo()
    np.testing.assert_allclose(found, answers(net, asked, first), atol=1e-6)
    with torch.no_grad():
        alone = [net(examples([text]).batch(np.array([0])))[0, i].item() for i, text in TEXTS]
    np.testing.assert_allclose(found, alone, atol=1e-6)
