"""Our Adam steps as torch's does, goes on from its state, and leaves torch's compiler alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from attractor.adam import Adam

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


def test_every_step_is_that_of_torch_to_the_bit() -> None:
    ours, theirs = _parameters(), _parameters()
    adam, reference = _adam(ours), torch.optim.Adam(theirs, lr=0.03, fused=True)
    for _ in range(10):
        _step(ours, adam)
        _step(theirs, reference)
        assert all(map(torch.equal, ours, theirs))
    moments = reference.state_dict()["state"]
    assert len(adam.state) == 6
    assert all(
        torch.equal(adam.state[f"{i}.{n}"], moments[i][n]) for i in (0, 1) for n in moments[i]
    )


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


def test_what_has_no_gradient_stays() -> None:
    still, moving = _parameters()
    before = still.detach().clone()
    optimizer = _adam([still, moving])
    _step([moving], optimizer)
    assert torch.equal(still, before)
    assert set(optimizer.state) == {"1.exp_avg", "1.exp_avg_sq", "1.step"}


def test_gradients_are_clipped_as_torch_clips_them() -> None:
    ours, theirs = _parameters(), _parameters()
    optimizer = _adam(ours)
    for most in (1e9, 0.5):
        for parameters in (ours, theirs):
            for parameter in parameters:
                parameter.grad = parameter.detach().clone()
        norm = nn.utils.clip_grad_norm_(theirs, most).item()
        assert optimizer.clip(most) == pytest.approx(norm, rel=1e-6)
        for own, other in zip(ours, theirs, strict=True):
            torch.testing.assert_close(own.grad, other.grad)


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
