"""The masked word is never read, all others are, and every word of the text is asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from attractor.errors import UserError
from attractor.models.protocol import Network
from attractor.network import build_network
from attractor.scoring import mean_loss, scores
from attractor.tasks.cloze import Cloze
from attractor.vocab import BEGIN, END, Vocabulary
from minimal_pairs import (
    asked_after,
    pairs,
    read_by,
    state_after,
    targets_of,
    untrained,
    words_of,
)
from tiny import FLAGSHIP, job

TASK = Cloze()
OTHER = "keys laugh"
ITEMS = pairs((FLAGSHIP, 6), (OTHER, 1), (FLAGSHIP, 4))
VOCABULARY = words_of(TASK, ITEMS)
BOTH_ENDS = ["birnn", "bilstm"]


def of_trained_size(model: str) -> Network:
    """A random network of the size that the model's yaml asks for."""
    return build_network(job(f"model={model}").config.model, TASK, len(VOCABULARY), seed=1)


@torch.no_grad()
def outputs(net: Network, sentence: str) -> Tensor:
    """A score of every word at each word of the sentence (n, V)."""
    (batch,) = TASK.examples(pd.DataFrame({"sentence": [sentence]}), VOCABULARY, True).batches(1)
    assert batch.queries.tolist() == list(range(len(sentence.split())))
    found: Tensor = net(batch)
    return found


def changed(sentence: str, i: int) -> str:
    """The sentence with another word in place of word i."""
    words = sentence.split()
    words[i] = "keys"
    return " ".join(words)


@pytest.mark.parametrize("model", BOTH_ENDS)
def test_a_word_has_no_say_in_its_own_place_and_its_neighbours_have(model: str) -> None:
    net = of_trained_size(model)
    sentence = "the flights the airline was cancelling was full"
    before = outputs(net, sentence)
    n = 8
    assert before.shape == (n, len(VOCABULARY))
    for i in range(n):
        after = outputs(net, changed(sentence, i))
        assert torch.equal(after[i], before[i])  # the mask is real, at the first and last word too
        for neighbour in {i - 1, i + 1} & set(range(n)):
            assert (after[neighbour] - before[neighbour]).abs().max() > 1e-3


@pytest.mark.parametrize("model", BOTH_ENDS)
def test_every_other_word_has_a_say(model: str) -> None:
    net = of_trained_size(model).double()
    before = outputs(net, FLAGSHIP)
    for i in range(8):
        moved = (outputs(net, changed(FLAGSHIP, i)) != before).any(dim=1)
        assert moved.tolist() == [j != i for j in range(8)]


@pytest.mark.parametrize("cell", ["srn", "lstm"])
@torch.no_grad()
def test_features_are_the_states_on_either_side(cell: str) -> None:
    """h_f after `<s>` and the words before, h_b after `</s>` and those behind, each read alone."""
    net = untrained(TASK, VOCABULARY, cell, both_ends=True).double()
    (batch,) = TASK.examples(ITEMS, VOCABULARY, True).batches(9)
    features = net.encoder(batch)
    assert features.shape == (8 + 2, 12)
    expected = []
    for row in batch.tokens.tolist():
        text = [token for token in row if token]
        for i in range(1, len(text) - 1):
            left = state_after(net, text[:i], "forward")
            right = state_after(net, text[:i:-1], "backward")
            expected.append(torch.cat([left, right], dim=1))
    torch.testing.assert_close(features, torch.cat(expected), atol=1e-10, rtol=0)


def test_questions_are_at_the_verbs_and_hold_both_forms() -> None:
    examples = TASK.questions(ITEMS, VOCABULARY, True)
    assert read_by(examples, VOCABULARY) == [f"<s> {FLAGSHIP} </s>", f"<s> {OTHER} </s>"]
    assert asked_after(examples, VOCABULARY) == [
        "<s> the flights the airline was cancelling",
        "<s> keys",
        "<s> the flights the airline",
    ]
    forms = [[VOCABULARY.words[w] for w in pair] for pair in targets_of(examples).tolist()]
    assert forms == [["were", "was"], ["laugh", "laughs"], ["was", "were"]]
    (batch,) = examples.batches(2)
    down_to = batch.tokens[batch.rows, batch.backward_positions].tolist()
    behind = dict(zip(batch.queries.tolist(), down_to, strict=True))
    assert [VOCABULARY.words[behind[q]] for q in range(3)] == ["full", END, "cancelling"]


def test_the_loss_runs_over_every_word_of_every_sentence() -> None:
    examples = TASK.examples(ITEMS, VOCABULARY, True)
    assert examples.n_queries == 8 + 2
    words = [VOCABULARY.words[target] for target in targets_of(examples).tolist()]
    assert words == [*FLAGSHIP.split(), *OTHER.split()]
    net = untrained(TASK, VOCABULARY, both_ends=True)
    found = mean_loss(net, TASK, ITEMS.assign(suite="test"), VOCABULARY)
    expected = []
    for sentence in (FLAGSHIP, OTHER):
        log_p = torch.log(torch.softmax(outputs(net, sentence).double(), dim=1))
        expected += [-log_p[i, VOCABULARY.index[w]].item() for i, w in enumerate(sentence.split())]
    assert found["test_loss"] == pytest.approx(np.mean(expected), abs=1e-6)
    assert found["perplexity"] == pytest.approx(np.exp(np.mean(expected)), abs=1e-5)


@pytest.mark.parametrize("cell", ["srn", "lstm"])
def test_margin_is_the_log_odds_of_the_forms_where_the_verb_is_masked(cell: str) -> None:
    net = untrained(TASK, VOCABULARY, cell, both_ends=True)
    found = scores(net, TASK, ITEMS, VOCABULARY)
    assert list(found) == ["margin"]
    log_p = torch.log_softmax(outputs(net, FLAGSHIP).double(), dim=1)
    were, was = (log_p[:, VOCABULARY.index[form]] for form in ("were", "was"))
    expected = [(were - was)[6].item(), (was - were)[4].item()]
    np.testing.assert_allclose(found["margin"][[0, 2]], expected, atol=1e-6)


def test_vocabulary_is_that_of_the_text_and_the_ends() -> None:
    words = Vocabulary.of([OTHER])
    assert TASK.vocabulary(ITEMS, words).words == (*words.words, BEGIN, END)
    assert TASK.asked(ITEMS) == [f"{FLAGSHIP} was", f"{OTHER} laughs", f"{FLAGSHIP} were"]


@pytest.mark.parametrize("model", ["srn", "lstm", "gru"])
def test_a_network_without_right_context_is_refused(model: str) -> None:
    options = job(f"model={model}").config.model
    with pytest.raises(UserError) as error:
        build_network(options, TASK, 9, seed=0)
    assert str(error.value).startswith(f"task=cloze: {model} does not read from both ends")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("options", [{"softmax": "adaptive"}, {"tied": True}])
def test_either_softmax_scores_all_words_in_any_batch(options: dict[str, object]) -> None:
    task = Cloze(**options)  # type: ignore[arg-type]
    sizes = ["model.embedding_size=8", "model.hidden_size=4"]
    model = job("model=bilstm", *sizes).config.model
    net = build_network(model, task, len(VOCABULARY), seed=1).eval()
    log_p = torch.log_softmax(outputs(net, FLAGSHIP).double(), dim=1)
    if "softmax" in options:
        torch.testing.assert_close(log_p.float(), outputs(net, FLAGSHIP), atol=1e-5, rtol=0)
    were, was = (log_p[:, VOCABULARY.index[form]] for form in ("were", "was"))
    found = scores(net, task, ITEMS, VOCABULARY)["margin"]
    np.testing.assert_allclose(found[[0, 2]], [(were - was)[6], (was - were)[4]], atol=1e-6)


def test_tied_weights_of_two_sizes_are_refused() -> None:
    options = job("model=bilstm", "model.embedding_size=7").config.model
    with pytest.raises(UserError) as error:
        build_network(options, Cloze(tied=True), 9, seed=0)
    assert str(error.value).startswith("task.tied=true: bilstm has embeddings of 7 numbers and")
    assert str(error.value).endswith("give model.embedding_size=6 model.hidden_size=3")
