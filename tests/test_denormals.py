"""Training knows no numbers that are too small to be normal, and leaves the thread as it was."""

from __future__ import annotations

import pytest
import torch

from attractor.denormals import flushed, without_denormals
from attractor.tasks.number_prediction import NumberPrediction
from attractor.training import TrainingState, train
from tiny import first_word_rule, network, settings

CAN = torch.set_flush_denormal(True) and torch.set_flush_denormal(False)


@without_denormals()
def _fail_inside() -> None:
    assert flushed()
    assert (torch.tensor([1e-20]) * torch.tensor([1e-20])).item() == 0
    raise ZeroDivisionError("inside")


@pytest.mark.skipif(not CAN, reason="this processor keeps them")
@pytest.mark.parametrize("before", [False, True])
def test_they_are_zero_inside_and_what_they_were_outside(before: bool) -> None:
    torch.set_flush_denormal(before)
    try:
        with pytest.raises(ZeroDivisionError, match="inside"):
            _fail_inside()
        assert flushed() == before
    finally:
        torch.set_flush_denormal(False)
    assert (torch.tensor([1e-20]) * torch.tensor([1e-20])).item() > 0


@pytest.mark.skipif(not CAN, reason="this processor keeps them")
def test_training_is_inside() -> None:
    text, found = first_word_rule(8, seed=1), list[bool]()

    def look(state: TrainingState) -> None:
        found.append(flushed())

    train(network(), text, text, NumberPrediction(), settings(max_epochs=1), 0, after_epoch=look)
    assert found == [True]
    assert not flushed()
