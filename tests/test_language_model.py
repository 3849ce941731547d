"""A sentence is read once and asked at every word; margins and losses are those of the softmax."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from attractor.errors import UserError
from attractor.models.protocol import Network
from attractor.network import build_network
from attractor.scoring import correctness, mean_loss, scores
from attractor.tasks.language_model import LanguageModel
from attractor.vocab import BEGIN, END, UNKNOWN, Vocabulary
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

TASK = LanguageModel()
OTHER = "the keys laugh"
ITEMS = pairs((FLAGSHIP, 6), (OTHER, 2), (FLAGSHIP, 4))
VOCABULARY = words_of(TASK, ITEMS)


@torch.no_grad()
def log_probabilities(net: Network, words: list[str]) -> dict[str, float]:
    """log p of every word after `<s>` and words, from the equations of network and softmax."""
    h = state_after(net, VOCABULARY.encode([BEGIN, *words]), "forward")[0].tolist()
    assert isinstance(net.head, nn.Linear)
    rows = zip(net.head.weight.tolist(), net.head.bias.tolist(), strict=True)
    outputs = [b + sum(w * x for w, x in zip(row, h, strict=True)) for row, b in rows]
    total = math.log(sum(math.exp(output) for output in outputs))
    return {word: o - total for word, o in zip(VOCABULARY.words, outputs, strict=True)}


def log_p(net: Network, sentence: str) -> float:
    """log p of a sentence and its end, a word at a time."""
    words = [*sentence.split(), END]
    return sum(log_probabilities(net, words[:i])[word] for i, word in enumerate(words))


def test_a_question_at_every_word_and_at_the_end() -> None:
    examples = TASK.examples(ITEMS, VOCABULARY, reads_both_ends=False)
    assert read_by(examples, VOCABULARY) == [f"<s> {FLAGSHIP}", f"<s> {OTHER}"]  # each once
    assert examples.n_queries == 9 + 4
    after = asked_after(examples, VOCABULARY)
    assert after[9:] == ["<s>", "<s> the", "<s> the keys", "<s> the keys laugh"]
    assert after[:9] == [" ".join(["<s>", *FLAGSHIP.split()[:i]]) for i in range(9)]
    words = [VOCABULARY.words[target] for target in targets_of(examples).tolist()]
    assert words == [*FLAGSHIP.split(), END, *OTHER.split(), END]


def test_an_item_is_asked_before_its_verb_for_both_of_its_forms() -> None:
    examples = TASK.questions(ITEMS, VOCABULARY, reads_both_ends=False)
    assert len(examples.lengths) == 2  # the first and the last item share a reading
    assert asked_after(examples, VOCABULARY) == [
        "<s> the flights the airline was cancelling",
        "<s> the keys",
        "<s> the flights the airline",
    ]
    forms = [[VOCABULARY.words[w] for w in pair] for pair in targets_of(examples).tolist()]
    assert forms == [["were", "was"], ["laugh", "laughs"], ["was", "were"]]


def test_vocabulary_is_that_of_the_text_and_the_ends() -> None:
    words = Vocabulary.of([OTHER])
    assert TASK.vocabulary(ITEMS, words).words == (*words.words, BEGIN, END)
    assert TASK.asked(ITEMS) == [
        "the flights the airline was cancelling were was",
        "the keys laugh laughs",
        "the flights the airline was were",
    ]


@pytest.mark.parametrize("cell", ["srn", "lstm"])
def test_scores_are_those_of_an_explicit_softmax(cell: str) -> None:
    net = untrained(TASK, VOCABULARY, cell).double()
    found = scores(net, TASK, ITEMS, VOCABULARY)
    assert {name: column.shape for name, column in found.items()} == {
        "margin": (3,),
        "sentence_margin": (3,),
    }
    at_verb, whole = [], []
    pair = {"were": "was", "was": "were", "laugh": "laughs"}
    for sentence, verb in ((FLAGSHIP, 6), (OTHER, 2), (FLAGSHIP, 4)):
        words = sentence.split()
        log_ps = log_probabilities(net, words[:verb])
        at_verb.append(log_ps[words[verb]] - log_ps[pair[words[verb]]])
        wrong = [*words[:verb], pair[words[verb]], *words[verb + 1 :]]
        whole.append(log_p(net, sentence) - log_p(net, " ".join(wrong)))
    np.testing.assert_allclose(found["margin"], at_verb, atol=1e-5)
    np.testing.assert_allclose(found["sentence_margin"], whole, atol=1e-5)
    # What follows the verb has its say: the two columns are different measurements.
    assert (abs(found["margin"] - found["sentence_margin"]) > 1e-4).all()


@pytest.mark.parametrize("cell", ["srn", "lstm"])
def test_words_after_the_verb_count_for_the_whole_sentence_only(cell: str) -> None:
    net = untrained(TASK, VOCABULARY, cell)
    prefix = "the flights the airline was cancelling were"
    found = scores(net, TASK, pairs((f"{prefix} full", 6), (f"{prefix} keys", 6)), VOCABULARY)
    assert found["margin"][0] == found["margin"][1]
    assert found["sentence_margin"][0] != found["sentence_margin"][1]
    longer = scores(net, TASK, pairs((f"{prefix} the airline was full", 6)), VOCABULARY)
    np.testing.assert_allclose(longer["margin"], found["margin"][:1], atol=1e-6)
    prefix = prefix.replace("flights", "keys")
    other = scores(net, TASK, pairs((f"{prefix} full", 6)), VOCABULARY)
    assert abs(other["margin"][0] - found["margin"][0]) > 1e-5  # the control


def test_perplexity_is_that_of_all_words_of_the_test_sentences() -> None:
    net = untrained(TASK, VOCABULARY).double()
    items = ITEMS.assign(suite=["test", "probes", "test"])
    found = mean_loss(net, TASK, items, VOCABULARY)
    expected = -log_p(net, FLAGSHIP) / 9  # one sentence, read once; the probe has no part in it
    assert found.pop("unknown_words") == 0
    assert found == {
        "test_loss": pytest.approx(expected, abs=1e-6),
        "perplexity": pytest.approx(math.exp(expected), abs=1e-5),
    }
    assert 5 < found["perplexity"] < len(VOCABULARY) + 5  # untrained: about one of all words


def test_loss_and_accuracy_by_hand() -> None:
    outputs = torch.tensor([[0.0, math.log(3.0), 0.0], [1.0, 1.0, 3.0]])
    targets = torch.tensor([1, 0])
    by_hand = [-math.log(3 / 5), math.log(2 + math.exp(2))]
    assert TASK.losses(outputs, targets).tolist() == pytest.approx(by_hand, abs=1e-6)
    assert TASK.correct(outputs, targets).tolist() == [1.0, 0.0]
    both = torch.tensor([[1, 0], [0, 2]])
    assert TASK.margins(outputs, both).tolist() == pytest.approx([math.log(3.0), -2.0])


def test_two_unknown_forms_are_a_tie() -> None:
    net = untrained(TASK, VOCABULARY)
    unheard = pairs(("the keys cry the", 2), (OTHER, 2))
    questions = TASK.questions(unheard, VOCABULARY, reads_both_ends=False)
    assert targets_of(questions)[0].tolist() == [UNKNOWN, UNKNOWN]
    found = scores(net, TASK, unheard, VOCABULARY)
    assert correctness(found["margin"]).tolist()[0] == 0.5
    assert correctness(found["margin"]).tolist()[1] in (0, 1)
    assert found["sentence_margin"][0] == 0


@pytest.mark.parametrize("model", ["birnn", "bilstm"])
def test_a_network_that_would_see_the_next_word_is_refused(model: str) -> None:
    options = job(f"model={model}").config.model
    with pytest.raises(UserError) as error:
        build_network(options, TASK, 9, seed=0)
    assert str(error.value).startswith(f"task=language_model: {model} reads from both ends")
    assert "\n" not in str(error.value)


def test_index_of_the_frame_does_not_matter() -> None:
    moved: pd.DataFrame = ITEMS.set_index(pd.Index([7, 7, 2]))
    net = untrained(TASK, VOCABULARY)
    plain, other = (scores(net, TASK, items, VOCABULARY) for items in (ITEMS, moved))
    assert all(plain[name].tolist() == other[name].tolist() for name in plain)
