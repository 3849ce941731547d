"""A sentence is read once and asked at every word; margins and losses are those of the softmax."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from attractor import checkpoints
from attractor.batching import Examples
from attractor.errors import UserError
from attractor.models.protocol import Network
from attractor.models.recurrent import Recurrent
from attractor.network import build_network
from attractor.scoring import answers, correctness, mean_loss, scores
from attractor.tasks.language_model import LanguageModel
from attractor.tasks.stream import Stream
from attractor.training import train
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
from tiny import FLAGSHIP, job, settings

TASK = LanguageModel()
OTHER = "the keys laugh"
ITEMS = pairs((FLAGSHIP, 6), (OTHER, 2), (FLAGSHIP, 4))
VOCABULARY = words_of(TASK, ITEMS)


@torch.no_grad()
def log_probabilities(net: Network, words: list[str], before: str = BEGIN) -> dict[str, float]:
    """log p of every word after `<s>` and words, from the equations of network and softmax."""
    h = state_after(net, VOCABULARY.encode([before, *words]), "forward")[0].tolist()
    assert isinstance(net.head, nn.Linear)
    rows = zip(net.head.weight.tolist(), net.head.bias.tolist(), strict=True)
    outputs = [b + sum(w * x for w, x in zip(row, h, strict=True)) for row, b in rows]
    total = math.log(sum(math.exp(output) for output in outputs))
    return {word: o - total for word, o in zip(VOCABULARY.words, outputs, strict=True)}


def log_p(net: Network, sentence: str, before: str = BEGIN) -> float:
    """log p of a sentence and its end, a word at a time."""
    words = [*sentence.split(), END]
    return sum(log_probabilities(net, words[:i], before)[word] for i, word in enumerate(words))


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


def test_what_opens_another_prefix_is_read_with_it() -> None:
    sentences = ["a b c d", "a b x", "a b c y", "a bc d", "a b c d"]
    verbs = [3, 2, 3, 1, 2]
    items = pd.DataFrame({"sentence": sentences, "verb_index": verbs})
    items = items.assign(correct_form="a", wrong_form="b")
    task = LanguageModel()
    vocabulary = task.vocabulary(items, Vocabulary.of(items["sentence"]))
    asked = task.questions(items, vocabulary, False)
    read = [
        vocabulary.words[i] for row in asked.tokens.tolist() for i in row if i
    ]  # one text serves all five
    assert read == [BEGIN, "a", "b", "c"]
    assert asked.positions[asked.queries.argsort()].tolist() == verbs


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
    found = mean_loss(net, TASK, ITEMS.iloc[[0, 2]], VOCABULARY)
    expected = -log_p(net, FLAGSHIP) / 9  # one sentence, read once
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


STREAM = LanguageModel(context="stream", bptt=4)
TEXT = pd.DataFrame({"sentence": [FLAGSHIP, OTHER, "was the keys", "laughs the airline the were"]})
# The text as it is read, 8 + 3 + 3 + 5 words and the ends of four sentences, after one more end.
WORDS = " ".join([END, *(f"{sentence} {END}" for sentence in TEXT["sentence"])]).split()


def stream(bptt: int = 4) -> Examples:
    return LanguageModel(context="stream", bptt=bptt).examples(TEXT, VOCABULARY, False)


def shown(tokens: torch.Tensor) -> list[str]:
    return [" ".join(VOCABULARY.words[token] for token in row) for row in tokens.tolist()]


def test_a_stream_is_the_sentences_in_their_order_between_their_ends() -> None:
    """Read in three rows of eight, the last of seven; `examples` asks for no other column."""
    examples = stream()
    assert isinstance(examples, Stream)
    assert examples.n_tokens == examples.n_queries == len(WORDS) - 1 == 23
    rng = np.random.default_rng(0)
    first, second = examples.batches(3, rng)
    assert shown(first.tokens) == [
        "</s> the flights the",
        "full </s> the keys",
        "keys </s> laughs the",
    ]
    assert shown(second.tokens) == [
        "airline was cancelling were",
        "laugh </s> was the",
        "airline the were <pad>",
    ]
    assert (first.lengths.tolist(), second.lengths.tolist()) == ([4, 4, 4], [4, 4, 3])
    assert second.rows.tolist() == [0] * 4 + [1] * 4 + [2] * 3
    assert second.positions.tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2]
    assert shown(second.targets[None]) == [
        "was cancelling were full </s> was the keys the were </s>"
    ]
    assert first.memory is second.memory is not None
    assert next(iter(examples.batches(3, rng))).memory is not first.memory  # an epoch starts anew


@pytest.mark.parametrize("size", [1, 2, 5, 22, 23, 500])
@pytest.mark.parametrize("bptt", [1, 4, 100])
def test_every_word_of_a_stream_is_asked_for_once(size: int, bptt: int) -> None:
    for rng in (None, np.random.default_rng(0)):
        asked: dict[int, str] = {}
        for batch in stream(bptt).batches(size, rng):
            assert len(batch.tokens) <= (size if rng else min(size, 10))
            assert batch.tokens.shape[1] <= bptt
            after = batch.tokens[batch.rows, batch.positions]
            for q, one, next_one in zip(batch.queries, after, batch.targets, strict=True):
                assert VOCABULARY.words[one] == WORDS[q]
                assert int(q) not in asked
                asked[int(q)] = VOCABULARY.words[next_one]
        assert [asked[q] for q in range(23)] == WORDS[1:]


@pytest.mark.parametrize("cell", ["srn", "lstm", "gru"])
@torch.no_grad()
def test_the_state_is_carried_from_piece_to_piece(cell: str) -> None:
    """However long the pieces are, features are those of the rows read whole."""
    net = untrained(STREAM, VOCABULARY, cell).double()

    def features(bptt: int, size: int) -> torch.Tensor:
        found = torch.zeros(23, 6, dtype=torch.float64)
        for batch in stream(bptt).batches(size, np.random.default_rng(0)):
            found[batch.queries] = net.encoder(batch)
        return found

    for size in (1, 3):
        torch.testing.assert_close(features(3, size), features(100, size), atol=1e-12, rtol=0)
    assert (features(100, 3) - features(100, 1))[:8].abs().max() < 1e-12
    assert (features(100, 3) - features(100, 1))[8:].abs().max() > 1e-3  # rows start at zero


def test_gradients_end_where_a_piece_begins() -> None:
    net = untrained(STREAM, VOCABULARY)
    encoder = net.encoder
    assert isinstance(encoder, Recurrent)
    first, second = stream().batches(3, np.random.default_rng(0))
    encoder(first)
    net.zero_grad()
    encoder(second).sum().backward()
    assert encoder.embedding.weight.grad is not None
    moved = encoder.embedding.weight.grad.abs().sum(dim=1).nonzero()[:, 0].tolist()
    assert set(moved) == set(second.tokens[second.tokens != 0].tolist())


def test_validation_runs_over_the_stream() -> None:
    """23 words to ask for in eight rows of three, the last of two, from a state of zero each."""
    net = untrained(STREAM, VOCABULARY).double()
    losses = []
    for first in range(0, 23, 3):
        row = WORDS[first : first + 4]
        for i in range(1, len(row)):
            losses.append(-log_probabilities(net, row[1:i], before=row[0])[row[i]])
    assert len(losses) == 23
    np.testing.assert_allclose(answers(net, stream(2), STREAM.losses), losses, atol=1e-6)
    found = mean_loss(net, STREAM, TEXT.assign(suite="test"), VOCABULARY)
    assert found["test_loss"] == pytest.approx(np.mean(losses), abs=1e-6)


def test_items_of_a_stream_are_read_alone_after_the_end_of_a_sentence() -> None:
    assert asked_after(STREAM.questions(ITEMS, VOCABULARY, False), VOCABULARY) == [
        "</s> the flights the airline was cancelling",
        "</s> the keys",
        "</s> the flights the airline",
    ]
    net = untrained(STREAM, VOCABULARY).double()
    found = scores(net, STREAM, ITEMS, VOCABULARY)
    after = log_probabilities(net, ["the", "keys"], END)
    assert found["margin"][1] == pytest.approx(after["laugh"] - after["laughs"], abs=1e-6)
    pair = [log_p(net, sentence, END) for sentence in (OTHER, "the keys laughs")]
    assert found["sentence_margin"][1] == pytest.approx(pair[0] - pair[1], abs=1e-6)
    answers(net, stream(), STREAM.losses)  # a stream leaves nothing behind
    assert scores(net, STREAM, ITEMS, VOCABULARY)["margin"].tolist() == found["margin"].tolist()
    alone = [scores(net, STREAM, ITEMS.iloc[[i]], VOCABULARY)["margin"][0] for i in range(3)]
    np.testing.assert_allclose(alone, found["margin"], atol=1e-6)


def test_a_network_that_carries_no_state_reads_no_stream() -> None:
    encoder = untrained(STREAM, VOCABULARY).encoder
    assert isinstance(encoder, Recurrent)
    STREAM.check(encoder, "lstm")
    encoder.carries_state = False
    TASK.check(encoder, "mine")
    with pytest.raises(UserError, match=r"^task\.context=stream: mine carries no state"):
        STREAM.check(encoder, "mine")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"softmax": "sparse"}, "task.softmax=sparse: choose full or adaptive"),
        ({"tied": "yes"}, "task.tied=yes: give true or false"),
        ({"context": "text"}, "task.context=text: choose sentence or stream"),
        ({"bptt": 0}, "task.bptt=0: give a whole number of at least 1"),
        ({"bptt": 3.5}, "task.bptt=3.5: give a whole number of at least 1"),
        ({"tied": True, "softmax": "adaptive"}, "task.tied=true: no weights to share; choose"),
    ],
)
def test_an_option_that_makes_no_task_is_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(UserError) as error:
        LanguageModel(**options)  # type: ignore[arg-type]
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_adaptive_margins_and_perplexity_are_of_all_words() -> None:
    task = LanguageModel(softmax="adaptive")
    net = untrained(task, VOCABULARY, hidden_size=8).double()
    examples = task.examples(ITEMS, VOCABULARY, False)
    with torch.no_grad():
        (batch,) = examples.batches(9)
        p = net(batch).exp()
    assert p.shape == (9 + 4, len(VOCABULARY))
    torch.testing.assert_close(p.sum(dim=1), torch.ones(13, dtype=torch.float64))
    expected = -p.gather(1, batch.targets[:, None]).log().mean().item()
    found = mean_loss(net, task, ITEMS.assign(suite="test"), VOCABULARY)
    assert found["test_loss"] == pytest.approx(expected, abs=1e-6)
    learnt_from = task.loss(net.head, net.encoder(batch), batch.targets)
    assert learnt_from.item() == pytest.approx(expected, abs=1e-10)
    order = [batch.queries.tolist().index(q) for q in (6, 9 + 2, 4)]
    right, wrong = (
        p[order, [VOCABULARY.index[form] for form in ITEMS[column]]].log()
        for column in ("correct_form", "wrong_form")
    )
    np.testing.assert_allclose(
        scores(net, task, ITEMS, VOCABULARY)["margin"], right - wrong, atol=1e-6
    )


TIED = LanguageModel(tied=True)


def tied_network(seed: int = 0, *overrides: str) -> Network:
    sizes = ["model.embedding_size=6", "model.hidden_size=6", *overrides]
    return build_network(job("model=lstm", *sizes).config.model, TIED, len(VOCABULARY), seed)


def test_tied_weights_are_one_and_stay_so_through_training_and_files(tmp_path: Path) -> None:
    net = tied_network()
    n = len(VOCABULARY)
    examples = TIED.examples(TEXT, VOCABULARY, False)
    state = train(net, examples, examples, TIED, settings(max_epochs=2), seed=0)
    assert net.encoder.embedding.weight is net.head.weight  # type: ignore[union-attr]
    assert sum(p.numel() for p in net.parameters()) == n * 6 + n + 4 * 6 * (6 + 6 + 2)
    checkpoints.save_weights(state.epochs[-1], tmp_path / "best.safetensors")
    again = tied_network(seed=1)
    again.load_state_dict(checkpoints.load_weights(tmp_path / "best.safetensors"))
    assert again.encoder.embedding.weight is again.head.weight  # type: ignore[union-attr]
    found, expected = (scores(one, TIED, ITEMS, VOCABULARY) for one in (again, net))
    assert found["margin"].tolist() == expected["margin"].tolist()
    assert not torch.equal(state.epochs[0]["head.weight"], state.epochs[-1]["head.weight"])


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        (["model.hidden_size=7"], "give model.embedding_size=6 model.hidden_size=6"),
        (["model.hidden_size=null"], "give model.embedding_size=6 model.hidden_size=6"),
    ],
)
def test_tied_weights_of_two_sizes_are_refused(sizes: list[str], message: str) -> None:
    with pytest.raises(UserError) as error:
        tied_network(0, *sizes)
    assert str(error.value).startswith("task.tied=true: lstm has embeddings of 6 numbers and")
    assert str(error.value).endswith(message)
    assert "\n" not in str(error.value)
