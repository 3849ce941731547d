"""The simple layer is torch's RNN: the same states, the same gradients, to rounding."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from attractor.models.simple_layer import SimpleLayer

B, E, H = 3, 4, 5


def _layers() -> tuple[SimpleLayer, nn.RNN]:
    torch.manual_seed(2)
    ours, theirs = SimpleLayer(E, H).double(), nn.RNN(E, H, batch_first=True).double()
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def _leaf(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("with_state", [False, True])
@pytest.mark.parametrize("T", [1, 2, 7])
def test_states_and_gradients_are_those_of_torch(T: int, with_state: bool) -> None:
    ours, theirs = _layers()
    inputs, state, weights = _leaf(B, T, E), _leaf(1, B, H), torch.randn(B, T, H).double()
    leaves = [inputs, *([state] if with_state else [])]
    found = []
    for layer in (ours, theirs):
        states, last = layer(inputs, state if with_state else None)
        assert states.shape == (B, T, H)
        assert last.shape == (1, B, H)
        loss = (states * weights).sum() + last.square().sum()
        gradients = torch.autograd.grad(loss, [*leaves, *layer.parameters()])
        found.append([states, last, *gradients])
    for own, other in zip(*found, strict=True):
        torch.testing.assert_close(own, other, rtol=1e-12, atol=1e-12)


def test_gradients_are_those_of_finite_differences() -> None:
    layer, _ = _layers()
    assert torch.autograd.gradcheck(lambda x, h: layer(x, h)[0], (_leaf(B, 3, E), _leaf(1, B, H)))


def test_half_precision_is_left_to_torch() -> None:
    ours, theirs = (layer.float() for layer in _layers())
    inputs = torch.randn(B, 3, E)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        (own, _), (other, _) = ours(inputs), theirs(inputs)
    assert own.dtype == torch.bfloat16
    assert torch.equal(own, other)
