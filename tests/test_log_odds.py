"""The head of one output: its loss and gradients beside torch's, and tasks with other losses."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from attractor.tasks.log_odds import LogOdds
from attractor.tasks.number_prediction import NumberPrediction

TASK = NumberPrediction()


def _head(H: int) -> LogOdds:
    torch.manual_seed(1)
    return LogOdds(H)


def _found(head: LogOdds, loss: Tensor, features: Tensor, scale: float) -> list[Tensor]:
    return [loss, *torch.autograd.grad(scale * loss, [features, *head.parameters()])]


@settings(deadline=None, max_examples=40)
@given(
    Q=st.integers(1, 20), H=st.integers(1, 70), size=st.sampled_from([1e-3, 1.0, 40.0]),
    scale=st.sampled_from([1.0, 0.25]), seed=st.integers(0, 9),
)  # fmt: skip
def test_loss_and_gradients_are_those_of_torch(
    Q: int, H: int, size: float, scale: float, seed: int
) -> None:
    """Of features whose log-odds lie between nothing and hundreds."""
    head = _head(H)
    torch.manual_seed(seed)
    features = (size * torch.randn(Q, H)).requires_grad_()
    targets = torch.randint(2, (Q,)).float()
    own = _found(head, TASK.loss(head, features, targets), features, scale)
    double, wide = _head(H).double(), features.detach().double().requires_grad_()
    losses = TASK.losses(double(wide), targets.double())
    reference = _found(double, losses.mean(), wide, scale)
    assert own[0].shape == ()
    for one, other in zip(own, reference, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(
            one.detach(), other.detach(), rtol=2e-5, atol=2e-6 * max(1, size)
        )


def test_by_hand() -> None:
    """z = 2·1 - 1 = 1: the loss of a target of 1 is ln(1 + e⁻¹), its gradient -1 / (1 + e)."""
    head = _head(1)
    with torch.no_grad():
        head.weight.fill_(1.0)
        head.bias.fill_(-1.0)
    loss = head.loss(torch.tensor([[2.0]]), torch.tensor([1.0]))
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-1)))
    assert head.bias.grad is not None
    assert head.bias.grad.tolist() == pytest.approx([-1 / (1 + math.e)])


@pytest.mark.parametrize("autocast", [False, True])
def test_other_precisions_are_left_to_torch(autocast: bool) -> None:
    head, features, targets = _head(3), torch.randn(4, 3), torch.ones(4)
    if not autocast:
        head, features, targets = head.double(), features.double(), targets.double()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
        loss = head.loss(features, targets)
        expected = TASK.losses(head(features).float(), targets).mean()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="a target is needed"):
        _head(3).loss(torch.randn(4, 3), torch.ones(5))


class _Sure(NumberPrediction):
    """A task with losses of its own."""

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return super().losses(outputs, targets) + outputs[:, 0] ** 2


def test_a_task_with_losses_of_its_own_learns_from_them() -> None:
    features, targets = torch.randn(5, 3), torch.ones(5)
    for task, head in ((_Sure(), _head(3)), (TASK, nn.Linear(3, 1))):
        loss = task.loss(head, features, targets)
        assert torch.equal(loss, task.losses(head(features), targets).mean())


def test_a_number_that_is_none_is_told() -> None:
    """A diverging run is stopped by its loss."""
    assert _head(2).loss(torch.tensor([[math.nan, 1.0]]), torch.ones(1)).isnan()
