"""The reference cells compute torch's layers and their gradients, and closed forms by hand."""

from __future__ import annotations

from math import exp, tanh

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.testing import assert_close

from attractor.errors import UserError
from attractor.models.recurrent import Recurrent
from attractor.models.reference import (
    Affine,
    LSTMWeights,
    SimpleWeights,
    Trace,
    contribution_norms,
    lstm_step,
    reversed_order,
    simple_step,
    trace,
    weight_gradients,
)
from attractor.vocab import PADDING
from reading_states import states_of

Kind = type[nn.RNN] | type[nn.LSTM]
LAYERS: list[Kind] = [nn.RNN, nn.LSTM]
NETWORKS = [("srn", False), ("lstm", False), ("srn", True), ("lstm", True)]
TOLERANCES = [(torch.float32, 1e-5), (torch.float64, 1e-12)]
LENGTHS = torch.tensor([9, 1, 6, 4])


def made(kind: Kind, E: int, H: int, dtype: torch.dtype = torch.float64) -> nn.RNNBase:
    layer = kind(E, H, batch_first=True).to(dtype)
    spread(layer)
    return layer


def spread(module: nn.Module) -> None:
    """Make the weights large enough for gates to open and close."""
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.5)


def close(actual: Tensor, expected: Tensor, tolerance: float = 1e-12) -> None:
    assert actual.shape == expected.shape
    assert_close(actual, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES)
def test_states_and_memory_are_those_of_torch(
    kind: Kind, dtype: torch.dtype, tolerance: float
) -> None:
    torch.manual_seed(1)
    layer, inputs = made(kind, 5, 7, dtype), torch.randn(4, 30, 5, dtype=dtype)
    reading = trace(layer, inputs)
    expected, final = layer(inputs)
    assert len(reading.x) == len(reading.z) == len(reading.h) == 30
    assert reading.has_memory == (kind is nn.LSTM)
    close(reading.stacked("h"), expected, tolerance)
    close(reading.stacked("x"), inputs, tolerance)
    if reading.has_memory:
        assert reading.stacked("z").shape == (4, 30, 28)
        close(reading.h[-1], final[0][0], tolerance)
        close(reading.C[-1], final[1][0], tolerance)
    else:
        assert reading.C == reading.f == reading.i == reading.candidate == reading.o == ()
        close(reading.stacked("z").tanh(), expected, tolerance)


@settings(deadline=None, max_examples=30)
@given(
    kind=st.sampled_from(LAYERS),
    sizes=st.tuples(*[st.integers(1, 6)] * 4),
    seed=st.integers(0, 10**6),
)
def test_any_size_agrees_with_torch(
    kind: Kind, sizes: tuple[int, int, int, int], seed: int
) -> None:
    torch.manual_seed(seed)
    B, T, E, H = sizes
    layer, inputs = made(kind, E, H), torch.randn(B, T, E, dtype=torch.float64)
    close(trace(layer, inputs).stacked("h"), layer(inputs)[0])


def padded_tokens() -> Tensor:
    tokens = torch.randint(1, 20, (len(LENGTHS), int(LENGTHS.max())))
    return tokens.where(torch.arange(tokens.shape[1]) < LENGTHS[:, None], PADDING)


@pytest.mark.parametrize(("cell", "both_ends"), NETWORKS)
@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCES)
def test_saved_networks_read_padded_texts_alike(
    cell: str, both_ends: bool, dtype: torch.dtype, tolerance: float
) -> None:
    torch.manual_seed(2)
    saved, loaded = (
        Recurrent(
            vocabulary_size=20,
            readout="",
            cell=cell,
            both_ends=both_ends,
            embedding_size=4,
            hidden_size=6,
            parameters=1000,
        ).to(dtype)
        for _ in range(2)
    )
    spread(saved)
    loaded.load_state_dict(saved.state_dict())
    tokens = padded_tokens()
    forward, backward = states_of(saved, tokens, LENGTHS)
    embedded = loaded.embedding(tokens)
    texts = tokens != PADDING  # what stands behind a text's end, no one reads
    close(trace(loaded.forward_layer, embedded).stacked("h")[texts], forward[texts], tolerance)
    if not both_ends:
        assert backward is None
        return
    assert backward is not None
    assert loaded.backward_layer is not None
    row, order = torch.arange(len(tokens))[:, None], reversed_order(LENGTHS, tokens.shape[1])
    reading = trace(loaded.backward_layer, embedded[row, order])
    close(reading.stacked("h")[row, order][texts], backward[texts], tolerance)
    for text, length, states in zip(embedded, LENGTHS, backward, strict=True):
        alone = trace(loaded.backward_layer, text[:length].flip(0)[None])
        close(alone.stacked("h")[0].flip(0), states[:length], tolerance)


def test_reversal_turns_each_text_around_and_leaves_its_padding() -> None:
    order = reversed_order(torch.tensor([4, 1, 3]), 4)
    assert order.tolist() == [[3, 2, 1, 0], [0, 1, 2, 3], [2, 1, 0, 3]]
    assert order.gather(1, order).tolist() == [[0, 1, 2, 3]] * 3


def filled(kind: Kind, W: list[float], U: list[float], b: list[float]) -> nn.RNNBase:
    """A layer of one unit and one input, its weights in torch's order; the bias in two halves."""
    layer = kind(1, 1, batch_first=True).double()
    halves = torch.tensor(b, dtype=torch.float64) / 2
    for parameter, values in zip(layer.parameters(), (W, U, halves, halves), strict=True):
        parameter.data = torch.as_tensor(values, dtype=torch.float64).view_as(parameter)
    return layer


def column(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)[:, None]


def gradients(of: Tensor, steps: tuple[Tensor, ...]) -> Tensor:
    return torch.cat(torch.autograd.grad(of.sum(), steps, retain_graph=True))


def test_simple_network_of_one_unit_by_hand() -> None:
    W, U, b = 0.5, -1.5, 0.25
    reading = trace(filled(nn.RNN, [W], [U], [b]), column(1, -2, 3)[None])
    z1 = W * 1 + b
    z2 = W * -2 + U * tanh(z1) + b
    z3 = W * 3 + U * tanh(z2) + b
    close(torch.cat(reading.z), column(z1, z2, z3))
    close(torch.cat(reading.h), column(tanh(z1), tanh(z2), tanh(z3)))
    by_h2 = U * (1 - tanh(z3) ** 2)
    by_h1 = by_h2 * U * (1 - tanh(z2) ** 2)
    close(gradients(reading.h[-1], reading.h), column(by_h1, by_h2, 1))
    by_z1 = by_h1 * (1 - tanh(z1) ** 2)
    close(gradients(reading.h[-1], reading.z[:1]), column(by_z1))


@pytest.mark.parametrize("U", [0.5, 2.0])
def test_gradient_at_rest_vanishes_or_explodes_with_distance(U: float) -> None:
    T = 12
    reading = trace(filled(nn.RNN, [1.0], [U], [0.0]), torch.zeros(1, T, 1, dtype=torch.float64))
    assert torch.cat(reading.h).count_nonzero() == 0
    close(gradients(reading.h[-1], reading.h), column(*[U ** (T - t) for t in range(1, T + 1)]))


def sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x))


def test_lstm_whose_gates_are_biases_keeps_a_share_f_of_its_memory() -> None:
    T, (i, f, candidate, o) = 8, (0.3, 2.0, -0.7, 1.1)
    layer = filled(nn.LSTM, [0.0] * 4, [0.0] * 4, [i, f, candidate, o])
    reading = trace(layer, torch.ones(1, T, 1, dtype=torch.float64))
    close(reading.z[0], torch.tensor([[f, i, candidate, o]], dtype=torch.float64))
    i, f, candidate, o = sigmoid(i), sigmoid(f), tanh(candidate), sigmoid(o)
    for steps, value in zip(
        (reading.f, reading.i, reading.candidate, reading.o), (f, i, candidate, o), strict=True
    ):
        close(torch.cat(steps), column(*[value] * T))
    words = range(1, T + 1)
    memory = column(*[i * candidate * (1 - f**t) / (1 - f) for t in words])
    close(torch.cat(reading.C), memory)
    close(torch.cat(reading.h), o * memory.tanh())
    kept = column(*[f ** (T - t) for t in words])
    close(gradients(reading.C[-1], reading.C), kept)
    close(gradients(reading.h[-1], reading.C), o * (1 - memory[-1].tanh() ** 2) * kept)
    close(gradients(reading.h[-1], reading.h), column(*[0] * (T - 1), 1))


def test_lstm_retains_f_to_the_power_of_the_distance() -> None:
    no_weight, zero = torch.zeros(1, 2, dtype=torch.float64), column(0)
    bias = torch.tensor([1.5], dtype=torch.float64)
    gate, silent = Affine(no_weight, bias), Affine(no_weight, 0 * bias)
    weights = LSTMWeights(f=gate, i=gate, C=silent, o=gate)
    C = column(0.8)
    for _ in range(5):
        C = lstm_step(column(1), zero, C, weights).C
    close(C, column(0.8 * sigmoid(1.5) ** 5))


def test_lstm_of_one_unit_by_hand() -> None:
    W, U, b = [0.4, -0.6, 1.2, 0.9], [0.3, 0.8, -0.5, 0.7], [0.1, 1.0, -0.2, 0.05]
    reading = trace(filled(nn.LSTM, W, U, b), column(1.5, -0.5)[None])
    h = C = 0.0
    for t, x in enumerate((1.5, -0.5)):
        z_i, z_f, z_C, z_o = (w * x + u * h + d for w, u, d in zip(W, U, b, strict=True))
        C = sigmoid(z_f) * C + sigmoid(z_i) * tanh(z_C)
        h = sigmoid(z_o) * tanh(C)
        close(reading.z[t], column(z_f, z_i, z_C, z_o).T)
        close(reading.C[t], column(C))
        close(reading.h[t], column(h))
    f, i, candidate, o = sigmoid(z_f), sigmoid(z_i), tanh(z_C), sigmoid(z_o)
    before = reading.C[0].item()
    C_by_h = f * (1 - f) * U[1] * before + i * (1 - i) * U[0] * candidate
    C_by_h += i * (1 - candidate**2) * U[2]
    h_by_h = o * (1 - o) * U[3] * tanh(C) + o * (1 - tanh(C) ** 2) * C_by_h
    close(gradients(reading.h[-1], reading.h), column(h_by_h, 1))


def test_one_step_has_the_shapes_of_its_docstring() -> None:
    torch.manual_seed(3)
    x, h, C = torch.randn(2, 3), torch.randn(2, 5), torch.randn(2, 5)
    z, state = simple_step(x, h, SimpleWeights.of(nn.RNN(3, 5)))
    assert z.shape == state.shape == (2, 5)
    layer = nn.LSTM(3, 5)
    step = lstm_step(x, h, C, LSTMWeights.of(layer))
    assert [value.shape[1] for value in step] == [20, 5, 5, 5, 5, 5, 5]
    _, (h_n, c_n) = layer(x[None], (h[None], C[None]))
    close(step.h, h_n[0], 1e-6)
    close(step.C, c_n[0], 1e-6)


def padded_reading(layer: nn.RNNBase) -> tuple[Tensor, Tensor, Trace, list[Tensor]]:
    """Loss of torch's layer after each text's last word, that of the reference, reading, deltas."""
    inputs, target = torch.randn(4, 9, 3, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    row, final = torch.arange(4), LENGTHS - 1
    fused = (layer(inputs)[0][row, final] @ target).square().sum()
    reading = trace(layer, inputs)
    loss = (reading.stacked("h")[row, final] @ target).square().sum()
    return fused, loss, reading, list(torch.autograd.grad(loss, reading.z, retain_graph=True))


@pytest.mark.parametrize("kind", LAYERS)
def test_contributions_sum_to_the_gradient_of_torchs_layer(kind: Kind) -> None:
    torch.manual_seed(4)
    layer = made(kind, 3, 5)
    fused, loss, reading, deltas = padded_reading(layer)
    summed = weight_gradients(reading, deltas)
    named = dict(layer.named_parameters())
    expected = torch.autograd.grad(fused, list(named.values()))
    stepwise = torch.autograd.grad(loss, list(named.values()))
    assert list(summed) == list(named)
    for gradient, ours, by_autograd in zip(expected, summed.values(), stepwise, strict=True):
        close(ours, gradient, 1e-10)
        close(by_autograd, gradient, 1e-10)


@pytest.mark.parametrize("kind", LAYERS)
def test_norm_of_a_contribution_is_that_of_its_outer_products(kind: Kind) -> None:
    torch.manual_seed(5)
    _, _, reading, deltas = padded_reading(made(kind, 3, 5))
    norms = contribution_norms(reading, deltas)
    assert norms.shape == (4, 9)
    for text, length in enumerate(LENGTHS):
        assert (norms[text] > 0).tolist() == [t < length for t in range(9)]
        for t in range(9):
            previous = reading.h[t - 1][text] if t else torch.zeros(5, dtype=torch.float64)
            read = torch.cat([reading.x[t][text], previous, torch.ones(1, dtype=torch.float64)])
            close(norms[text, t], torch.outer(deltas[t][text], read).norm())


@pytest.mark.parametrize(
    ("layer", "name"), [(nn.GRU(2, 3), "gru"), (nn.RNN(2, 3, nonlinearity="relu"), "rnn_relu")]
)
def test_a_cell_without_reference_is_refused(layer: nn.RNNBase, name: str) -> None:
    with pytest.raises(UserError) as caught:
        trace(layer, torch.zeros(1, 2, 2))
    assert str(caught.value) == (
        f"{name}: no step-by-step reference; choose srn, lstm, birnn or bilstm"
    )
