"""Networks compute what their equations say, blind to padding, batches and what follows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from attractor.batching import Memory
from attractor.errors import UserError
from attractor.models.protocol import Network
from attractor.models.recurrent import Recurrent
from attractor.network import build_network, build_task
from attractor.scoring import answers
from attractor.tasks.number_prediction import NumberPrediction
from attractor.vocab import Vocabulary
from reading_states import states_of
from tiny import FLAGSHIP, MODELS, examples, items, job, network

Array = NDArray[np.float64]
TASK = NumberPrediction()
ALL = [("srn", False), ("lstm", False), ("gru", False), ("srn", True), ("lstm", True)]
TEXTS = [[3, 5, 2, 7, 7], [4], [9, 8, 2]]
ragged_texts = st.lists(
    st.lists(st.integers(2, 11), min_size=1, max_size=12), min_size=1, max_size=12
)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def srn_step(x: Array, h: Array, c: Array, w: dict[str, Array]) -> tuple[Array, Array]:
    """Elman: h_t = tanh(W x_t + b + U h_{t-1} + d)."""
    return np.tanh(w["ih"] @ x + w["bi"] + w["hh"] @ h + w["bh"]), c


def lstm_step(x: Array, h: Array, c: Array, w: dict[str, Array]) -> tuple[Array, Array]:
    """Hochreiter & Schmidhuber: gates input, forget, output; candidate g."""
    i, f, g, o = np.split(w["ih"] @ x + w["bi"] + w["hh"] @ h + w["bh"], 4)
    cell = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(cell), cell


def gru_step(x: Array, h: Array, c: Array, w: dict[str, Array]) -> tuple[Array, Array]:
    """Cho et al., with the reset gate after the recurrent product, as torch has it."""
    from_input = np.split(w["ih"] @ x + w["bi"], 3)
    from_state = np.split(w["hh"] @ h + w["bh"], 3)
    r = sigmoid(from_input[0] + from_state[0])
    z = sigmoid(from_input[1] + from_state[1])
    n = np.tanh(from_input[2] + r * from_state[2])
    return (1 - z) * n + z * h, c


STEPS: dict[str, Callable[..., tuple[Array, Array]]] = {
    "srn": srn_step,
    "lstm": lstm_step,
    "gru": gru_step,
}


def by_hand(cell: str, layer: torch.nn.RNNBase, embedded: Array) -> Array:
    """States (T, H) of embedded (T, E), one step at a time."""
    names = {"ih": "weight_ih_l0", "hh": "weight_hh_l0", "bi": "bias_ih_l0", "bh": "bias_hh_l0"}
    weights = {short: getattr(layer, name).detach().numpy() for short, name in names.items()}
    h = c = np.zeros(layer.hidden_size)
    states = []
    for x in embedded:
        h, c = STEPS[cell](x, h, c, weights)
        states.append(h)
    return np.array(states)


def padded(texts: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    prepared = examples(texts)
    return prepared.tokens, torch.from_numpy(prepared.lengths)


@pytest.mark.parametrize("cell", STEPS)
@torch.no_grad()
def test_states_are_those_of_the_equations(cell: str) -> None:
    encoder = network(cell, both_ends=True).encoder.double()
    assert isinstance(encoder, Recurrent)
    tokens, lengths = padded(TEXTS)
    forward, backward = states_of(encoder, tokens, lengths)
    assert forward is not None
    assert backward is not None
    assert forward.shape == (3, 5, 6)
    for row, text in enumerate(TEXTS):
        embedded = encoder.embedding.weight[text].numpy()
        expected = by_hand(cell, encoder.forward_layer, embedded)
        np.testing.assert_allclose(forward[row, : len(text)], expected, atol=1e-10)
        # Position t of the backward states has read the last word down to word t.
        expected = by_hand(cell, encoder.backward_layer, embedded[::-1])[::-1]  # type: ignore[arg-type]
        np.testing.assert_allclose(backward[row, : len(text)], expected, atol=1e-10)


@pytest.mark.parametrize("cell", STEPS)
@torch.no_grad()
def test_backward_states_are_the_forward_layer_on_the_reversed_text(cell: str) -> None:
    encoder = network(cell, both_ends=True).encoder.double()
    assert isinstance(encoder, Recurrent)
    encoder.backward_layer.load_state_dict(encoder.forward_layer.state_dict())  # type: ignore[union-attr]
    _, backward = states_of(encoder, *padded(TEXTS))
    reversed_forward, _ = states_of(encoder, *padded([text[::-1] for text in TEXTS]))
    assert backward is not None
    assert reversed_forward is not None
    for row, text in enumerate(TEXTS):
        n = len(text)
        np.testing.assert_allclose(backward[row, :n], reversed_forward[row, :n].flip(0), atol=1e-10)


@torch.no_grad()
def test_features_are_the_last_forward_beside_the_first_backward_state() -> None:
    net = network("lstm", both_ends=True)
    (batch,) = examples(TEXTS).batches(9)
    assert isinstance(net.encoder, Recurrent)
    forward, backward = states_of(net.encoder, batch.tokens, batch.lengths)
    assert forward is not None
    assert backward is not None
    features = net.encoder(batch)
    assert features.shape == (3, 12)
    for query, (row, last) in enumerate(zip(batch.rows, batch.positions, strict=True)):
        assert torch.equal(features[query, :6], forward[row, last])
        assert torch.equal(features[query, 6:], backward[row, 0])


@pytest.mark.parametrize(("cell", "both_ends"), ALL)
@hypothesis_settings(deadline=None, max_examples=12)
@given(texts=ragged_texts, size=st.integers(1, 8), data=st.data())
@torch.no_grad()
def test_padding_batch_size_and_order_change_nothing(
    cell: str, both_ends: bool, texts: list[list[int]], size: int, data: st.DataObject
) -> None:
    net = network(cell, both_ends)
    alone = np.concatenate([answers(net, examples([text]), TASK.margins) for text in texts])
    np.testing.assert_allclose(
        answers(net, examples(texts), TASK.margins, batch_size=size), alone, atol=1e-6
    )
    order = data.draw(st.permutations(range(len(texts))))
    moved = answers(net, examples([texts[i] for i in order]), TASK.margins, batch_size=size)
    np.testing.assert_allclose(moved, alone[list(order)], atol=1e-6)
    encoder = net.encoder
    assert isinstance(encoder, Recurrent)
    together = states_of(encoder, *padded(texts))
    for row, text in enumerate(texts):
        for both, one in zip(together, states_of(encoder, *padded([text])), strict=True):
            if both is not None and one is not None:
                np.testing.assert_allclose(both[row, : len(text)], one[0], atol=1e-6)


def score(net: Network, asked: pd.DataFrame) -> NDArray[np.float64]:
    vocabulary = Vocabulary.of([FLAGSHIP, "keys cabinets near is laughs"])
    return answers(net, TASK.examples(asked, vocabulary, net.reads_both_ends), TASK.margins)


@pytest.mark.parametrize(("cell", "both_ends"), ALL)
def test_the_verb_and_what_follows_cannot_leak(cell: str, both_ends: bool) -> None:
    net = network(cell, both_ends, vocabulary_size=14)
    words = FLAGSHIP.split()
    asked = items((FLAGSHIP, 6, "plural"), ("keys near cabinets laughs", 3, "singular"))
    before = score(net, asked)
    for after in (["was", "full"], ["keys", "near", "cabinets", "is"], ["were"], ["unheard-of"]):
        changed = items(
            (" ".join([*words[:6], *after]), 6, "plural"),
            (" ".join(["keys", "near", "cabinets", *after]), 3, "singular"),
        )
        assert score(net, changed).tolist() == before.tolist()  # to the bit
    # The control: a word of the prefix does count.
    changed = items(
        (" ".join(["the", "keys", *words[2:]]), 6, "plural"),
        ("is near cabinets laughs", 3, "singular"),
    )
    assert (score(net, changed) != before).all()


@pytest.mark.parametrize(("cell", "both_ends"), ALL)
def test_the_outer_question_of_a_sentence_does_not_reach_the_inner(
    cell: str, both_ends: bool
) -> None:
    """Asked in one pass about both verbs, the first answer is blind to what stands between."""
    net = network(cell, both_ends, vocabulary_size=14)

    def inner(sentence: str) -> float:
        return float(score(net, items((sentence, 6, "plural"), (sentence, 4, "singular")))[1])

    one = inner(FLAGSHIP)
    assert inner("the flights the airline were laughs was is") == one
    assert inner("the keys the airline were laughs was is") != one


@pytest.mark.parametrize("cell", STEPS)
def test_a_position_of_one_pass_equals_the_prefix_read_alone(cell: str) -> None:
    net = network(cell, vocabulary_size=14)
    both = score(net, items((FLAGSHIP, 6, "plural"), (FLAGSHIP, 4, "singular")))
    alone = [
        score(net, items((FLAGSHIP, verb, number)))[0]
        for verb, number in ((6, "plural"), (4, "singular"))
    ]
    np.testing.assert_allclose(both, alone, atol=1e-6)


def recurrent_parameters(name: str) -> int:
    return sum(
        p.numel()
        for part, p in built(name).encoder.named_parameters()
        if not part.startswith("embedding")
    )


def built(name: str, *overrides: str) -> Network:
    config = job(f"model={name}", *overrides).config
    return build_network(config.model, build_task(config.task), 50, seed=0)


@pytest.mark.parametrize("name", MODELS)
def test_matched_size_is_the_largest_within_the_budget(name: str) -> None:
    budget = 20000
    units = built(name).encoder.forward_layer.hidden_size  # type: ignore[union-attr]
    assert recurrent_parameters(name) <= budget
    larger = built(name, f"model.hidden_size={units + 1}").encoder
    more = sum(p.numel() for p in larger.parameters()) - larger.embedding.weight.numel()  # type: ignore[union-attr,operator]
    assert more > budget


def test_models_compare_at_equal_size() -> None:
    sizes = {name: recurrent_parameters(name) for name in MODELS}
    assert max(sizes.values()) / min(sizes.values()) < 1.03, sizes


def test_hidden_size_is_taken_where_given() -> None:
    assert built("bilstm", "model.hidden_size=7").encoder.feature_size == 14
    assert built("gru", "model.hidden_size=7").encoder.feature_size == 7


def test_each_yaml_builds_its_own_network() -> None:
    kinds = {name: type(built(name).encoder.forward_layer).__name__ for name in MODELS}
    both = dict.fromkeys(("lstm", "bilstm"), "LSTMLayer")
    assert kinds == {"srn": "SimpleLayer", "birnn": "SimpleLayer", "gru": "GRULayer", **both}
    both = {name for name in MODELS if built(name).reads_both_ends}
    assert both == {"birnn", "bilstm"}


GOOD = {
    "cell": "srn",
    "both_ends": False,
    "embedding_size": 4,
    "hidden_size": None,
    "parameters": 500,
}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cell", "rnn"),
        ("both_ends", "yes"),
        ("embedding_size", 0),
        ("embedding_size", None),
        ("hidden_size", 0),
        ("hidden_size", -3),
        ("hidden_size", 2.5),
        ("hidden_size", True),
        ("parameters", 0),
        ("parameters", 5),  # not enough for one unit
        ("parameters", "many"),
        ("recurrent_scale", 0),
        ("recurrent_scale", float("inf")),
        ("recurrent_scale", "large"),
        ("forget_bias", float("nan")),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("dropout", float("nan")),
        ("dropout", "some"),
    ],
)
def test_a_setting_that_makes_no_network_is_named(key: str, value: object) -> None:
    Recurrent(9, "", **GOOD)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=rf"model\.{key}={value}: .+"):
        Recurrent(9, "", **{**GOOD, key: value})  # type: ignore[arg-type]


def test_seed_decides_the_initial_weights() -> None:
    config = job("model=bilstm").config
    task = build_task(config.task)

    def weights(seed: int) -> dict[str, torch.Tensor]:
        return build_network(config.model, task, 50, seed).state_dict()

    first, again, other = weights(3), weights(3), weights(4)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)


def test_only_an_lstm_has_a_forget_gate() -> None:
    with pytest.raises(UserError, match=r"model\.forget_bias=1\.0: srn has no forget gate"):
        Recurrent(9, "", **{**GOOD, "cell": "srn", "forget_bias": 1.0})  # type: ignore[arg-type]


def test_weights_before_training_are_as_asked() -> None:
    """W_hh is scaled; the forget gate's two biases, torch's rows H to 2H, add up to forget_bias."""

    def layers(**changed: object) -> tuple[torch.nn.LSTM, torch.nn.LSTM]:
        torch.manual_seed(0)
        settings = {**GOOD, "cell": "lstm", "both_ends": True, "hidden_size": 3, **changed}
        encoder = Recurrent(9, "", **settings)  # type: ignore[arg-type]
        assert isinstance(encoder.forward_layer, torch.nn.LSTM)
        assert isinstance(encoder.backward_layer, torch.nn.LSTM)
        return encoder.forward_layer, encoder.backward_layer

    for plain, changed in zip(layers(), layers(recurrent_scale=2.5, forget_bias=4.0), strict=True):
        assert torch.equal(changed.weight_hh_l0, 2.5 * plain.weight_hh_l0)
        assert torch.equal(changed.weight_ih_l0, plain.weight_ih_l0)
        biases = changed.bias_ih_l0 + changed.bias_hh_l0
        assert biases[3:6].tolist() == [4.0, 4.0, 4.0]
        others = [0, 1, 2, *range(6, 12)]
        assert torch.equal(biases[others], (plain.bias_ih_l0 + plain.bias_hh_l0)[others])


READS = {"forward_last": (True, False), "backward_first": (False, True), "both": (True, True)}


@pytest.mark.parametrize("readout", [*READS, ""])
def test_only_the_layers_that_answer_are_built_and_sizes_match(readout: str) -> None:
    settings = {**GOOD, "cell": "lstm", "both_ends": True, "parameters": 5_000}
    encoder = Recurrent(9, readout, **settings)  # type: ignore[arg-type]
    layers = (encoder.forward_layer, encoder.backward_layer)
    assert tuple(layer is not None for layer in layers) == READS[readout or "both"]
    weights = [p.numel() for layer in layers if layer is not None for p in layer.parameters()]
    assert 4_500 < sum(weights) <= 5_000
    units = [layer.hidden_size for layer in layers if layer is not None]
    assert encoder.feature_size == sum(units)
    (batch,) = examples([[2, 3, 4], [5, 6]]).batches(2)
    assert encoder(batch).shape == (2, encoder.feature_size)


@pytest.mark.parametrize("readout", ["backward_first", "both"])
def test_a_network_that_reads_left_to_right_has_no_backward_readout(readout: str) -> None:
    with pytest.raises(UserError, match=rf"task\.readout={readout}: this srn reads left to right"):
        Recurrent(9, readout, **{**GOOD, "cell": "srn"})  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", STEPS)
@torch.no_grad()
def test_a_reading_goes_on_from_the_state_in_a_batchs_memory(cell: str) -> None:
    encoder = network(cell).encoder.double()
    assert isinstance(encoder, Recurrent)
    text = torch.tensor([[3, 5, 2, 7, 7], [9, 8, 2, 4, 3]])
    whole, _ = states_of(encoder, text, torch.tensor([5, 5]))
    assert whole is not None
    memory = Memory()
    pieces = []
    for piece in text.split([2, 1, 2], dim=1):
        states, _ = states_of(encoder, piece, torch.full((2,), piece.shape[1]), memory)
        assert states is not None
        pieces.append(states)
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole, atol=1e-12, rtol=0)
    alone, _ = states_of(encoder, text[:, 2:], torch.tensor([3, 3]))
    assert alone is not None
    assert (alone - whole[:, 2:]).abs().max() > 1e-3  # the control: the state before matters


def with_dropout(dropout: float, **changed: object) -> Recurrent:
    torch.manual_seed(0)
    settings = {**GOOD, "cell": "lstm", "hidden_size": 400, "embedding_size": 300, **changed}
    return Recurrent(9, "", **settings, dropout=dropout)  # type: ignore[arg-type]


@pytest.mark.parametrize("both_ends", [False, True])
def test_features_drop_out_in_training_alone(both_ends: bool) -> None:
    encoder, plain = (with_dropout(p, both_ends=both_ends) for p in (0.25, 0.0))
    (batch,) = examples([[2, 3, 4]]).batches(1)
    dropped = encoder(batch) == 0
    assert dropped.shape == (1, 400 * (1 + both_ends))
    assert dropped.float().mean().item() == pytest.approx(0.25, abs=0.06)
    assert torch.equal(encoder.eval()(batch), plain(batch))
    assert torch.equal(plain(batch), plain.eval()(batch))


def test_embeddings_drop_out_in_training_alone() -> None:
    """What the layer is given: a quarter is missing, and the rest is larger by a third."""
    encoder = with_dropout(0.25)
    assert encoder.forward_layer is not None
    given_to: list[torch.Tensor] = []

    def note(layer: torch.nn.Module, call: tuple[torch.Tensor, ...]) -> None:
        vectors, which, *_ = call
        given_to.append(vectors[which])

    encoder.forward_layer.register_forward_pre_hook(note)
    (batch,) = examples([[2, 3, 4]]).batches(1)
    encoder(batch)
    encoder.eval()(batch)
    dropped, whole = given_to
    assert dropped.shape == (1, 3, 300)
    kept = dropped != 0
    assert kept.float().mean().item() == pytest.approx(0.75, abs=0.06)
    torch.testing.assert_close(dropped[kept], whole[kept] * 4 / 3)
    assert torch.equal(whole, encoder.embedding(batch.tokens))
