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


def _parts(state: Any) -> list[Tensor]:
    return list(state) if isinstance(state, tuple) else [state]


def _found(
    read: Callable[[Any], tuple[Tensor, Any]], layer: nn.RNNBase, state: Any, leaves: list[Tensor]
) -> list[Tensor]:
    """States, last states, and the gradients of a loss of both."""
    states, last = read(state)
    ends = _parts(last)
    loss = (states * torch.linspace(-1, 1, states.numel()).view_as(states)).sum()
    loss = loss + sum(end.square().sum() for end in ends)
    return [states, *ends, *torch.autograd.grad(loss, [*leaves, *layer.parameters()])]


@both
@pytest.mark.parametrize("with_state", [False, True])
@settings(deadline=None, max_examples=15)
@given(
    T=st.integers(1, 6), B=st.integers(1, 9), E=st.integers(1, 40), H=st.integers(1, 70),
    V=st.integers(1, 12),
)  # fmt: skip
def test_states_and_gradients_are_those_of_torch(
    own: Any, torchs: Any, with_state: bool, T: int, B: int, E: int, H: int, V: int
) -> None:
    ours, theirs = _pair(own, torchs, E, H)
    vectors, which, lengths = _words(V, E, B, T)
    parts = [torch.randn(1, B, H, requires_grad=True) for _ in range(1 + (own is LSTMLayer))]
    state = None if not with_state else tuple(parts) if len(parts) > 1 else parts[0]
    leaves = [vectors, *(parts if with_state else [])]
    spelled = nn.functional.embedding
    mine = _found(lambda given: ours(vectors, which, lengths, given), ours, state, leaves)
    other = _found(lambda given: theirs(spelled(which, vectors), given), theirs, state, leaves)
    assert mine[0].shape == (B, T, H)
    for one, reference in zip(mine, other, strict=True):
        assert one.shape == reference.shape
        atol = 2e-6 * max(1.0, reference.abs().max().item())
        torch.testing.assert_close(one, reference, rtol=1e-5, atol=atol)


@both
def test_reading_without_gradients_gives_the_same_states(own: Any, torchs: Any) -> None:
    layer, _ = _pair(own, torchs, 20, 33)
    vectors, which, lengths = _words(7, 20, 5, 8)
    states, last = layer(vectors, which, lengths)
    with torch.no_grad():
        again, last_again = layer(vectors, which, lengths)
    assert torch.equal(states, again)
    assert all(map(torch.equal, _parts(last), _parts(last_again)))


@both
def test_what_stands_after_a_text_and_beside_it_changes_nothing(own: Any, torchs: Any) -> None:
    layer, _ = _pair(own, torchs, 20, 33)
    vectors, which, lengths = _words(7, 20, 5, 8)
    whole, _ = layer(vectors, which, lengths)
    alone, _ = layer(vectors, which[3:4, :5], torch.tensor([5]))
    torch.testing.assert_close(whole[3:4, :5], alone, rtol=0, atol=1e-6)


@both
@pytest.mark.parametrize("lengths", [[8, 6, 6, 3, 1], [2, 8, 1, 5, 4], [4, 4, 4, 4, 8]])
def test_texts_end_where_their_lengths_say(own: Any, torchs: Any, lengths: list[int]) -> None:
    """Each is read as if it were alone, in any order; zeros stand behind all that come last."""
    layer, _ = _pair(own, torchs, 20, 33)
    vectors, which, _ = _words(7, 20, 5, 8)
    ends = torch.tensor(lengths)
    states, _ = layer(vectors, which, ends)
    loss = sum((states[b, :n] ** 2).sum() for b, n in enumerate(lengths))
    gradients = torch.autograd.grad(loss, [vectors, *layer.parameters()])
    alone = [
        layer(vectors, which[b : b + 1, :n], ends[b : b + 1])[0] for b, n in enumerate(lengths)
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
    states, _ = layer(*_words(7, 4, 2, 3))
    assert states[:, 1:].isnan().any()


@both
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_precisions_are_left_to_torch(own: Any, torchs: Any, dtype: torch.dtype) -> None:
    ours, theirs = _pair(own, torchs, 4, 5)
    vectors, which, lengths = _words(7, 4, 3, 3)
    if dtype == torch.float64:
        ours, theirs, vectors = ours.double(), theirs.double(), vectors.double()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
        (mine, _), (other, _) = (
            ours(vectors, which, lengths),
            theirs(nn.functional.embedding(which, vectors)),
        )
    assert mine.dtype == dtype
    assert torch.equal(mine, other)


@both
def test_gradients_of_last_states_stop_at_texts_that_have_ended(own: Any, torchs: Any) -> None:
    layer, _ = _pair(own, torchs, 20, 33)
    vectors, which, _ = _words(7, 20, 3, 4)
    _, last = layer(vectors, which, torch.tensor([4, 3, 2]))
    (gradient,) = torch.autograd.grad(sum(part[0, 1:].sum() for part in _parts(last)), [vectors])
    assert not gradient.any()


def test_a_gradient_of_the_memory_may_have_any_order() -> None:
    """The loops walk through numbers in the order of their indices."""
    ours, theirs = _pair(LSTMLayer, nn.LSTM, 4, 5)
    vectors, which, lengths = _words(7, 4, 3, 6)
    weights, found = torch.randn(5, 3), []
    for layer, read in ((ours, (vectors, which, lengths)), (theirs, (vectors[which],))):
        _, (_, memory) = layer(*read)
        found += torch.autograd.grad((memory[0].T * weights).sum(), [layer.weight_hh_l0])
    torch.testing.assert_close(*found, rtol=1e-5, atol=1e-6)


@both
def test_what_does_not_fit_together_is_refused(own: Any, torchs: Any) -> None:
    layer, _ = _pair(own, torchs, 4, 5)
    vectors, which, lengths = _words(7, 4, 3, 6)
    states = [torch.zeros(1, 2, 5)] * (1 + (own is LSTMLayer))
    wrong: list[tuple[Any, ...]] = [
        (vectors[:, :3], which, lengths),
        (vectors, which, lengths[:2]),
        (vectors, which[:, :0], lengths),
        (vectors, which.int(), lengths),
        (vectors, which, lengths, tuple(states) if len(states) > 1 else states[0]),
    ]
    for given_wrong in wrong:
        with pytest.raises(ValueError, match="do not fit"):
            layer(*given_wrong)


def test_large_lstms_are_left_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = _pair(LSTMLayer, nn.LSTM, 20, 33)
    vectors, which, lengths = _words(7, 20, 5, 8)
    other, _ = theirs(nn.functional.embedding(which, vectors))
    assert not torch.equal(ours(vectors, which, lengths)[0], other)  # equal to rounding alone
    monkeypatch.setattr(lstm_layer, "MOST_UNITS", 32)
    assert torch.equal(ours(vectors, which, lengths)[0], other)
