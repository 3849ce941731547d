"""Layers in compiled loops are torch's: the same states, the same gradients, to float32."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from attractor.models import lstm_layer
from attractor.models.lstm_layer import LSTMLayer
from attractor.models.simple_layer import SimpleLayer

LAYERS: list[tuple[type[nn.RNNBase], type[nn.RNNBase]]] = [
    (SimpleLayer, nn.RNN),
    (LSTMLayer, nn.LSTM),
]
both = pytest.mark.parametrize(("own", "torchs"), LAYERS)


def _pair(own: Any, torchs: Any, E: int, H: int) -> tuple[nn.RNNBase, nn.RNNBase]:
    torch.manual_seed(2)
    ours, theirs = own(E, H), torchs(E, H, batch_first=True)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def _words(V: int, E: int, B: int, T: int) -> tuple[Tensor, Tensor, Tensor]:
    """Vectors, words, and the lengths of texts that are all as long."""
    return torch.randn(V, E, requires_grad=True), torch.randint(V, (B, T)), torch.full((B,), T)


def _everywhere(B: int, T: int) -> tuple[Tensor, Tensor]:
    """Questions after each of T words of B texts."""
    rows, positions = torch.cartesian_prod(torch.arange(B), torch.arange(T)).unbind(dim=1)
    return rows.contiguous(), positions.contiguous()


def _all(layer: nn.RNNBase, vectors: Tensor, which: Tensor, lengths: Tensor) -> Tensor:
    """A layer's states (B, T, H)."""
    states: Tensor = layer(vectors, which, lengths, *_everywhere(*which.shape))[0]
    return states.view(*which.shape, -1)


def _parts(state: Any) -> list[Tensor]:
    return list(state) if isinstance(state, tuple) else [state]


def _found(
    read: Callable[[], tuple[Tensor, Any]], layer: nn.RNNBase, vectors: Tensor
) -> list[Tensor]:
    """States, last states, and the gradients of a loss of the former."""
    states, last = read()
    loss = (states * torch.linspace(-1, 1, states.numel()).view_as(states)).sum()
    gradients = torch.autograd.grad(loss, [vectors, *layer.parameters()])
    return [states, *_parts(last), *gradients]


@both
@pytest.mark.parametrize("with_state", [False, True])
@settings(deadline=None, max_examples=15)
@given(
    T=st.integers(1, 6), B=st.integers(1, 9), E=st.integers(1, 40), H=st.integers(1, 70),
    V=st.integers(1, 12), Q=st.integers(0, 12),
)  # fmt: skip
def test_states_and_gradients_are_those_of_torch(
    own: Any, torchs: Any, with_state: bool, T: int, B: int, E: int, H: int, V: int, Q: int
) -> None:
    """Wherever they are asked for, none, once or twice."""
    ours, theirs = _pair(own, torchs, E, H)
    vectors, which, lengths = _words(V, E, B, T)
    rows, positions = torch.randint(B, (Q,)), torch.randint(T, (Q,))
    parts = [torch.randn(1, B, H) for _ in range(1 + (own is LSTMLayer))]
    state = None if not with_state else tuple(parts) if len(parts) > 1 else parts[0]

    def read_by_torch() -> tuple[Tensor, Any]:
        states, last = theirs(nn.functional.embedding(which, vectors), state)
        return states[rows, positions], last

    mine = _found(lambda: ours(vectors, which, lengths, rows, positions, state), ours, vectors)
    other = _found(read_by_torch, theirs, vectors)
    assert mine[0].shape == (Q, H)
    for one, reference in zip(mine, other, strict=True):
        assert one.shape == reference.shape
        atol = 2e-6 * max([1.0, *reference.abs().flatten().tolist()])
        torch.testing.assert_close(one, reference, rtol=1e-5, atol=atol)


@both
def test_reading_without_gradients_gives_the_same_states(own: Any, torchs: Any) -> None:
    layer, _ = _pair(own, torchs, 20, 33)
    words, asked = _words(7, 20, 5, 8), _everywhere(5, 8)
    states, last = layer(*words, *asked)
    with torch.no_grad():
        again, last_again = layer(*words, *asked)
    assert torch.equal(states, again)
    assert all(map(torch.equal, _parts(last), _parts(last_again)))


@both
def test_what_stands_after_a_text_and_beside_it_changes_nothing(own: Any, torchs: Any) -> None:
    layer, _ = _pair(own, torchs, 20, 33)
    vectors, which, lengths = _words(7, 20, 5, 8)
    whole = _all(layer, vectors, which, lengths)
    alone = _all(layer, vectors, which[3:4, :5], torch.tensor([5]))
    torch.testing.assert_close(whole[3:4, :5], alone, rtol=0, atol=1e-6)


@both
@pytest.mark.parametrize("lengths", [[8, 6, 6, 3, 1], [2, 8, 1, 5, 4], [4, 4, 4, 4, 8]])
def test_texts_end_where_their_lengths_say(own: Any, torchs: Any, lengths: list[int]) -> None:
    """Each is read as if it were alone, in any order; zeros stand behind all that come last."""
    layer, _ = _pair(own, torchs, 20, 33)
    vectors, which, _ = _words(7, 20, 5, 8)
    ends = torch.tensor(lengths)
    states = _all(layer, vectors, which, ends)
    loss = sum((states[b, :n] ** 2).sum() for b, n in enumerate(lengths))
    gradients = torch.autograd.grad(loss, [vectors, *layer.parameters()])
    alone = [
        _all(layer, vectors, which[b : b + 1, :n], ends[b : b + 1]) for b, n in enumerate(lengths)
    ]
    for b, (one, n) in enumerate(zip(alone, lengths, strict=True)):
        torch.testing.assert_close(states[b : b + 1, :n], one, rtol=0, atol=1e-6)
    each = torch.autograd.grad(sum((one**2).sum() for one in alone), [vectors, *layer.parameters()])
    torch.testing.assert_close(gradients, each, rtol=1e-5, atol=2e-5)
    assert not states[-1, lengths[-1] :].any()


@both
def test_a_number_that_is_none_is_told(own: Any, torchs: Any) -> None:
    """A diverging run is stopped by its loss."""
    layer, _ = _pair(own, torchs, 4, 5)
    with torch.no_grad():
        layer.weight_hh_l0[0, 0] = math.nan
    states = _all(layer, *_words(7, 4, 2, 3))
    assert states[:, 1:].isnan().any()


@both
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_precisions_are_left_to_torch(own: Any, torchs: Any, dtype: torch.dtype) -> None:
    ours, theirs = _pair(own, torchs, 4, 5)
    vectors, which, lengths = _words(7, 4, 3, 3)
    if dtype == torch.float64:
        ours, theirs, vectors = ours.double(), theirs.double(), vectors.double()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
        mine = _all(ours, vectors, which, lengths)
        other, _ = theirs(nn.functional.embedding(which, vectors))
    assert mine.dtype == dtype
    assert torch.equal(mine, other)


@both
def test_a_gradient_may_have_any_order(own: Any, torchs: Any) -> None:
    """The loops walk through numbers in the order of their indices."""
    ours, theirs = _pair(own, torchs, 4, 5)
    vectors, which, lengths = _words(7, 4, 3, 6)
    weights, found = torch.randn(5, 3), []
    for states in (_all(ours, vectors, which, lengths), theirs(vectors[which])[0]):
        layer = ours if not found else theirs
        found += torch.autograd.grad((states[:, -1].T * weights).sum(), [layer.weight_hh_l0])
    torch.testing.assert_close(*found, rtol=1e-5, atol=1e-6)


@both
def test_weights_that_were_changed_since_are_noticed(own: Any, torchs: Any) -> None:
    """As torch notices it: the gradient would be of neither."""
    layer, _ = _pair(own, torchs, 4, 5)
    states = _all(layer, *_words(7, 4, 3, 6))
    with torch.no_grad():
        layer.weight_hh_l0.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        states.sum().backward()  # type: ignore[no-untyped-call]


@both
def test_what_does_not_fit_together_is_refused(own: Any, torchs: Any) -> None:
    layer, _ = _pair(own, torchs, 4, 5)
    vectors, which, lengths = _words(7, 4, 3, 6)
    rows, positions = asked = _everywhere(3, 6)
    states = [torch.zeros(1, 2, 5)] * (1 + (own is LSTMLayer))
    wrong: list[tuple[Any, ...]] = [
        (vectors[:, :3], which, lengths, *asked),
        (vectors, which, lengths[:2], *asked),
        (vectors, which[:, :0], lengths, *asked),
        (vectors, which.int(), lengths, *asked),
        (vectors, which, lengths, rows, positions[:4]),
        (vectors, which, lengths, rows, positions.int()),
        (vectors, which, lengths, *asked, tuple(states) if len(states) > 1 else states[0]),
    ]
    for given_wrong in wrong:
        with pytest.raises(ValueError, match="do not fit"):
            layer(*given_wrong)


@both
@pytest.mark.parametrize(("row", "position"), [(3, 0), (-1, 0), (0, 6), (0, -1)])
def test_a_question_beyond_the_texts_is_refused(
    own: Any, torchs: Any, row: int, position: int
) -> None:
    layer, _ = _pair(own, torchs, 4, 5)
    with pytest.raises(IndexError, match="beyond the texts"):
        layer(*_words(7, 4, 3, 6), torch.tensor([0, row]), torch.tensor([0, position]))


def test_large_lstms_are_left_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = _pair(LSTMLayer, nn.LSTM, 20, 33)
    vectors, which, lengths = _words(7, 20, 5, 8)
    other, _ = theirs(nn.functional.embedding(which, vectors))
    assert not torch.equal(_all(ours, vectors, which, lengths), other)  # equal to rounding alone
    monkeypatch.setattr(lstm_layer, "MOST_UNITS", 32)
    assert torch.equal(_all(ours, vectors, which, lengths), other)
