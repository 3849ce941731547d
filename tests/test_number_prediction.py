"""The task reads what it should, asks where it should, and its loss is the cross-entropy."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import torch

from attractor.batching import Examples
from attractor.errors import UserError
from attractor.tasks.number_prediction import NumberPrediction
from attractor.vocab import Vocabulary
from tiny import FLAGSHIP, FLAGSHIP_ITEMS, items

OTHER = "the key to the cabinet is here"
TASK = NumberPrediction()
VOCABULARY = Vocabulary.of([FLAGSHIP, OTHER])


@pytest.fixture
def asked() -> pd.DataFrame:
    """Two items of one sentence, the later first, and an item of another between them."""
    outer, inner = FLAGSHIP_ITEMS
    return items(outer, (OTHER, 5, "singular"), inner)


def texts(examples: Examples) -> list[str]:
    return [
        " ".join(VOCABULARY.words[token] for token in tokens[:length])
        for tokens, length in zip(examples.tokens.tolist(), examples.lengths, strict=True)
    ]


def test_left_to_right_reads_each_sentence_once_up_to_its_last_verb(asked: pd.DataFrame) -> None:
    examples = TASK.examples(asked, VOCABULARY, reads_both_ends=False)
    assert texts(examples) == [
        "the flights the airline was cancelling",  # `were`, its last verb, is never read
        "the key to the cabinet",
    ]
    assert examples.n_queries == 3
    (batch,) = examples.batches(8)
    asked_after = batch.tokens[batch.rows, batch.positions].tolist()
    after = dict(zip(batch.queries.tolist(), asked_after, strict=True))
    words = [VOCABULARY.words[after[query]] for query in range(3)]
    assert words == ["cancelling", "cabinet", "airline"]


def test_both_ends_reads_each_prefix_by_itself(asked: pd.DataFrame) -> None:
    examples = TASK.examples(asked, VOCABULARY, reads_both_ends=True)
    assert texts(examples) == [
        "the flights the airline was cancelling",
        "the key to the cabinet",
        "the flights the airline",
    ]
    # Each question stands at its own text's end.
    ends = (examples.lengths - 1).tolist()
    assert examples.positions.tolist() == ends


def test_a_prefix_that_two_items_share_is_read_once() -> None:
    pair = items(("the keys are here", 2, "plural"), ("the keys vanish", 2, "plural"))
    examples = TASK.examples(pair, VOCABULARY, reads_both_ends=True)
    assert texts(examples) == ["the <unk>"]
    assert examples.n_queries == 2


@pytest.mark.parametrize("both_ends", [False, True])
def test_targets_are_one_for_plural_in_the_order_of_items(
    asked: pd.DataFrame, both_ends: bool
) -> None:
    examples = TASK.examples(asked, VOCABULARY, both_ends)
    by_query = torch.empty(3)
    by_query[examples.queries] = examples.targets
    assert by_query.tolist() == [1.0, 0.0, 0.0]


def test_index_of_the_frame_does_not_matter(asked: pd.DataFrame) -> None:
    plain = TASK.examples(asked, VOCABULARY, False)
    moved = TASK.examples(asked.set_index(pd.Index([7, 7, 2])), VOCABULARY, False)
    assert torch.equal(plain.tokens, moved.tokens)
    assert torch.equal(plain.targets, moved.targets)
    assert torch.equal(plain.queries, moved.queries)


def test_loss_is_the_mean_cross_entropy_in_nats() -> None:
    outputs = torch.tensor([[0.3], [-1.2], [2.0]])
    targets = torch.tensor([1.0, 0.0, 0.0])
    by_hand = [math.log(1 + math.exp(-0.3)), math.log(1 + math.exp(-1.2)), math.log1p(math.exp(2))]
    assert TASK.losses(outputs, targets).mean().item() == pytest.approx(np.mean(by_hand), abs=1e-6)
    assert TASK.losses(torch.zeros(2, 1), targets[:2]).tolist() == pytest.approx([math.log(2)] * 2)


def test_margin_is_the_log_odds_of_the_right_number() -> None:
    outputs = torch.tensor([[0.3], [-1.2], [2.0], [-0.5]])
    targets = torch.tensor([1.0, 0.0, 0.0, 1.0])
    assert TASK.margins(outputs, targets).tolist() == pytest.approx([0.3, 1.2, -2.0, -0.5])


def test_nouns_alone_are_read_in_order_and_asked_after_the_last(asked: pd.DataFrame) -> None:
    task = NumberPrediction(shows="nouns")
    asked = asked.assign(noun_indices=["1 3", "1 4", "1 3"])
    for reads_both_ends in (False, True):
        examples = task.examples(asked, VOCABULARY, reads_both_ends)
        assert examples.n_queries == 3
        (batch,) = examples.batches(8)
        read = {
            query: [VOCABULARY.words[t] for t in batch.tokens[row, : position + 1]]
            for query, row, position in zip(
                batch.queries.tolist(), batch.rows.tolist(), batch.positions.tolist(), strict=True
            )
        }
        assert read == {0: ["flights", "airline"], 1: ["key", "cabinet"], 2: ["flights", "airline"]}
        assert examples.targets[examples.queries.argsort()].tolist() == [1.0, 0.0, 0.0]
    assert task.asked(asked) == ["flights airline", "key cabinet", "flights airline"]
    assert not task.asks_at_verb  # an answer cannot be traced back to the words


def test_what_it_shows_is_words_or_nouns() -> None:
    with pytest.raises(UserError, match=r"task\.shows=verbs: choose words or nouns"):
        NumberPrediction(shows="verbs")
