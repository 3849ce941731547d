"""Our Adam steps as torch's does, goes on from its state, and leaves torch's compiler alone."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
import torch
from torch import nn

from attractor.optimizer import adam as module
from attractor.optimizer.adam import Adam

HERE = Path(__file__).parent


def _parameters() -> list[nn.Parameter]:
    torch.manual_seed(3)
    return [nn.Parameter(torch.randn(4, 3)), nn.Parameter(torch.randn(5))]


def _adam(parameters: list[nn.Parameter]) -> Adam:
    return Adam(nn.ParameterList(parameters), 0.03)


def _step(parameters: list[nn.Parameter], optimizer: Adam | torch.optim.Optimizer) -> None:
    for parameter in parameters:
        parameter.grad = None
    sum((parameter.sin() ** 2).sum() for parameter in parameters).backward()  # type: ignore[union-attr]
    optimizer.step()


def _beside_torch(steps: int) -> tuple[list[nn.Parameter], Adam, torch.optim.Adam]:
    """Our parameters and optimiser after steps that were each compared with torch's, and that."""
    ours, theirs = _parameters(), _parameters()
    adam, reference = _adam(ours), torch.optim.Adam(theirs, lr=0.03, fused=True)
    for _ in range(steps):
        _step(ours, adam)
        _step(theirs, reference)
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-7)
    return ours, adam, reference


def test_every_step_is_that_of_torch() -> None:
    _, adam, reference = _beside_torch(10)
    moments = reference.state_dict()["state"]
    assert len(adam.state) == 6
    for i, name in product((0, 1), moments[0]):
        torch.testing.assert_close(adam.state[f"{i}.{name}"], moments[i][name])


def test_it_goes_on_from_a_copy_of_another_ones_state() -> None:
    whole, stopped = _parameters(), _parameters()
    first, second = _adam(whole), _adam(stopped)
    for _ in range(3):
        _step(whole, first)
        _step(stopped, second)
    resumed = _adam(stopped)
    resumed.resume(second.state)
    _step(whole, first)
    _step(stopped, resumed)
    assert all(map(torch.equal, whole, stopped))
    assert second.state["0.step"].item() == 3


def test_what_never_has_a_gradient_stays() -> None:
    still, moving = _parameters()
    before = still.detach().clone()
    optimizer = _adam([still, moving])
    _step([moving], optimizer)
    assert torch.equal(still, before)
    assert optimizer.state["0.exp_avg"].eq(0).all()
    assert optimizer.state["1.exp_avg"].ne(0).all()


@pytest.mark.parametrize("most", [1e9, 0.5])
def test_gradients_are_clipped_as_torch_clips_them(most: float) -> None:
    ours, theirs = _parameters(), _parameters()
    optimizer, reference = _adam(ours), torch.optim.Adam(theirs, lr=0.03)
    for scale in (1.0, 30.0, 0.1):
        for parameters in (ours, theirs):
            for parameter in parameters:
                parameter.grad = scale * parameter.detach()
        norm = nn.utils.clip_grad_norm_(theirs, most).item()
        reference.step()
        assert optimizer.step(most) == pytest.approx(norm, rel=1e-6)
        for own, other in zip(ours, theirs, strict=True):
            torch.testing.assert_close(own, other, rtol=1e-6, atol=1e-7)


def test_a_gradient_that_is_no_number_updates_nothing() -> None:
    (parameter,) = parameters = _parameters()[:1]
    before = parameter.detach().clone()
    optimizer = _adam(parameters)
    parameter.grad = torch.full_like(parameter, math.nan)
    assert math.isnan(optimizer.step(1.0))
    assert torch.equal(parameter, before)
    assert optimizer.state["0.step"].item() == 0


@pytest.mark.parametrize("many", [0, 12, 2**17])
def test_large_parameters_are_updated_by_themselves(
    many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same, whatever is small enough to be put together."""
    monkeypatch.setattr(module, "MANY", many)
    ours, _, _ = _beside_torch(3)
    views = {parameter.untyped_storage().data_ptr() for parameter in ours}
    assert len(views) == (1 if many > 12 else 2)


@pytest.mark.parametrize("many", [0, 2**17])
def test_parameters_may_have_any_order(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MANY", many)
    ours, theirs = ([nn.Parameter(p.detach().T) for p in _parameters()[:1]] for _ in range(2))
    _step(ours, _adam(ours))
    _step(theirs, torch.optim.Adam(theirs, lr=0.03))
    assert ours[0].shape == (3, 4)
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-7)


def test_training_imports_no_compiler() -> None:
    """Two seconds of each worker's start."""
    code = (
        "import sys, torch; from tiny import *; from attractor.training import train; "
        "from attractor.tasks.number_prediction import NumberPrediction; "
        "text = first_word_rule(8, seed=1); "
        "train(network(), text, text, NumberPrediction(), settings(max_epochs=1), 0); "
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=HERE, check=False).returncode == 0
