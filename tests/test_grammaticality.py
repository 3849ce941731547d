"""Negatives are minimal, the two scores are two things, each readout is the state it names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from attractor.batching import Batch, Examples
from attractor.errors import UserError
from attractor.models.protocol import Network
from attractor.network import build_network, build_task
from attractor.scoring import correctness, mean_loss, predictions, scores
from attractor.tasks.grammaticality import Grammaticality
from attractor.tasks.protocol import Read
from attractor.vocab import UNKNOWN, Vocabulary
from minimal_pairs import (
    PLURAL,
    SINGULAR,
    Floats,
    answering,
    asked_after,
    pairs,
    read_by,
    state_after,
    targets_of,
    untrained,
    words_of,
)
from tiny import FLAGSHIP, job

TASK = Grammaticality()
OTHER = "the keys laugh"
ITEMS = pairs((FLAGSHIP, 6), (OTHER, 2), (FLAGSHIP, 4))
VOCABULARY = words_of(TASK, ITEMS)
FORMS = {*PLURAL, *SINGULAR}


def test_negatives_are_the_wrong_members_at_one_verb_a_sentence() -> None:
    examples = TASK.examples(ITEMS, VOCABULARY, reads_both_ends=False)
    texts, targets = read_by(examples, VOCABULARY), targets_of(examples).tolist()
    assert asked_after(examples, VOCABULARY) == texts  # the whole text, however it is padded
    assert targets == [1.0, 1.0, 0.0, 0.0]
    assert sorted(texts[:2]) == sorted([FLAGSHIP, OTHER])
    assert "the keys laughs" in texts[2:]
    wrong = {
        "the flights the airline was cancelling was full",
        "the flights the airline were cancelling were full",
    }
    assert len(wrong & set(texts[2:])) == 1  # at one of its two verbs, never at both


def test_as_many_wrong_texts_as_right_ones_and_at_any_verb(text: pd.DataFrame) -> None:
    train = text[text["split"] == "train"]
    vocabulary = words_of(TASK, train)
    examples = TASK.examples(train, vocabulary, reads_both_ends=False)
    texts, targets = read_by(examples, vocabulary), targets_of(examples).numpy()
    n = train["sentence"].nunique()
    assert targets.tolist() == [1.0] * n + [0.0] * n
    right, wrong = texts[:n], texts[n:]
    assert set(right) == set(train["sentence"])
    verbs = train.groupby("sentence")["verb_index"].agg(list)  # in the order of the items
    is_first = []
    for one, other in zip(right, wrong, strict=True):
        [(i, good, bad)] = [
            (i, a, b)
            for i, (a, b) in enumerate(zip(one.split(), other.split(), strict=True))
            if a != b
        ]
        assert good != bad
        assert i in verbs[one]
        if len(verbs[one]) == 2:
            is_first.append(i == verbs[one][0])
    assert len(is_first) > 100
    assert 0.4 < np.mean(is_first) < 0.6  # either of two, by chance
    assert not set(wrong) & set(right)


def test_every_word_that_training_reads_is_known() -> None:
    """A wrong form that no right sentence holds must not make `<unk>` a mark of wrong texts."""
    train = pairs((OTHER, 2), ("the key is here", 2), ("the keys are here", 2))
    vocabulary = TASK.vocabulary(train, Vocabulary.of(train["sentence"]))
    examples = TASK.examples(train, vocabulary, reads_both_ends=False)
    assert not (examples.tokens == UNKNOWN).any()
    assert examples.n_queries >= 4  # the last two and their negatives
    lonely = pairs(("the key is here", 2))
    with pytest.raises(UserError, match=r"data\.n_sentences"):
        TASK.examples(lonely, Vocabulary.of(lonely["sentence"]), reads_both_ends=False)


class Summed(nn.Module):
    """Log-odds of a text known beforehand: the sum of its words' numbers."""

    reads_both_ends = False
    feature_size = 1

    def __init__(self, numbers: dict[str, float]) -> None:
        super().__init__()
        weights = [[numbers.get(word, 0.0)] for word in VOCABULARY.words]
        self.weights = torch.tensor(weights)

    def forward(self, batch: Batch) -> Tensor:
        return self.weights[batch.tokens].sum(dim=1)[batch.rows]


@pytest.mark.parametrize(
    ("good", "bad", "absolute"),
    [
        (2.0, -1.0, 1.0),
        (3.0, 2.5, 0.5),  # the pair is told apart, the bad text is not told to be bad
        (-1.0, -2.0, 0.5),
        (-1.0, 2.0, 0.0),
        (0.5, 1.0, 0.5),  # one text is right and the pair is wrong
        (1.0, 1.0, 0.5),
        (0.0, -1.0, 0.75),  # log-odds of 0 are half an answer
        (1.0, 0.0, 0.75),
        (0.0, 1.0, 0.25),
        (-1.0, 0.0, 0.25),
        (0.0, 0.0, 0.5),
    ],
)
def test_absolute_and_pairwise_scores_are_two_things(
    good: float, bad: float, absolute: float
) -> None:
    head = TASK.head(1, len(VOCABULARY))
    assert isinstance(head, nn.Linear)
    nn.init.ones_(head.weight)
    nn.init.zeros_(head.bias)
    net = Network(Summed({"laugh": good, "laughs": bad}), head)
    item = ITEMS.iloc[[1]].assign(item_id="i").reset_index(drop=True)
    found = scores(net, TASK, item, VOCABULARY)
    assert {name: column.tolist() for name, column in found.items()} == {
        "margin": [good - bad],
        "absolute": [absolute],
    }
    item = item.assign(noun_indices="1", verb_indices="")
    row = predictions(item, found, np.array([True])).iloc[0]
    assert row["correct"] == correctness(np.array([good - bad]))[0]
    assert row["absolute"] == absolute
    assert np.isnan(row["sentence_margin"])


def test_both_scores_read_whole_texts() -> None:
    net = untrained(TASK, VOCABULARY, "lstm", both_ends=True)
    found = scores(net, TASK, ITEMS, VOCABULARY)
    assert {name: column.shape for name, column in found.items()} == {
        "margin": (3,),
        "absolute": (3,),
    }
    longer = pairs((f"{FLAGSHIP} the", 6), (f"{OTHER} the", 2), (f"{FLAGSHIP} the", 4))
    after = scores(net, TASK, longer, VOCABULARY)
    assert (abs(after["margin"] - found["margin"]) > 1e-6).all()
    assert TASK.asked(ITEMS) == [f"{FLAGSHIP} was", f"{OTHER} laughs", f"{FLAGSHIP} were"]


@pytest.mark.parametrize("cell", ["srn", "lstm"])
@pytest.mark.parametrize("readout", ["forward_last", "backward_first", "both", None])
@torch.no_grad()
def test_readouts_are_the_states_they_name(cell: str, readout: str | None) -> None:
    task = Grammaticality(readout)
    net = untrained(task, VOCABULARY, cell, both_ends=True).double()
    examples = task.questions(ITEMS, VOCABULARY, net.reads_both_ends)
    (batch,) = examples.batches(9)
    features = net.encoder(batch)
    assert features.shape == (3, 6 if readout in ("forward_last", "backward_first") else 12)
    expected = []
    for row in batch.rows.tolist():
        text = [token for token in batch.tokens[row].tolist() if token]
        states = []
        if readout != "backward_first":
            states.append(state_after(net, text, "forward"))
        if readout != "forward_last":
            states.append(state_after(net, text[::-1], "backward"))
        expected.append(torch.cat(states, dim=1))
    torch.testing.assert_close(features, torch.cat(expected), atol=1e-10, rtol=0)


def test_test_loss_is_that_of_right_and_wrong_texts() -> None:
    net = untrained(TASK, VOCABULARY)
    item = ITEMS.iloc[[1]].assign(suite="test")
    found = mean_loss(net, TASK, item, VOCABULARY)

    def log_odds(sentence: str) -> float:
        (batch,) = TASK.questions(pairs((sentence, 2)), VOCABULARY, False).batches(1)
        return float(net(batch)[0, 0].detach())

    losses = [np.log1p(np.exp(-log_odds(OTHER))), np.log1p(np.exp(log_odds("the keys laughs")))]
    assert found == {"test_loss": pytest.approx(np.mean(losses), abs=1e-6)}  # and no perplexity


def test_texts_that_are_read_alike_are_a_tie() -> None:
    """Both forms unknown: one and the same text to the network, so that rounding cannot decide."""
    unheard = pairs(("the keys cry", 2), (FLAGSHIP, 6))
    rng = np.random.default_rng(0)
    exact = answering(untrained(TASK, VOCABULARY))

    def rounded(examples: Examples, read: Read) -> Floats:
        found = exact(examples, read)
        return found + 1e-8 * rng.random(found.shape)

    found = TASK.scores(rounded, unheard, VOCABULARY, False)
    assert abs(found["margin"][1]) > 1e-4
    assert correctness(found["margin"])[0] == 0.5


@pytest.mark.parametrize("model", ["srn", "lstm", "gru"])
@pytest.mark.parametrize("readout", ["backward_first", "both"])
def test_a_readout_that_the_network_lacks_is_refused(model: str, readout: str) -> None:
    config = job("task=grammaticality", f"model={model}", f"task.readout={readout}").config
    with pytest.raises(UserError) as error:
        build_network(config.model, build_task(config.task), 9, seed=0)
    assert str(error.value).startswith(f"task.readout={readout}: this {model} reads left to right")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("readout", ["last", "", "forward"])
def test_a_readout_that_is_none_is_refused(readout: str) -> None:
    with pytest.raises(UserError) as error:
        Grammaticality(readout)
    choices = "choose from forward_last, backward_first, both or null"
    assert str(error.value) == f"task.readout={readout}: {choices}"
