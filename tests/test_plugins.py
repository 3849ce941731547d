"""What a yaml names as its `_target_` is called, or refused in a line that helps."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attractor.batching import Batch
from attractor.errors import UserError
from attractor.network import build_network, build_task
from attractor.plugins import call_target
from attractor.scoring import answers
from attractor.tasks.number_prediction import NumberPrediction
from tiny import examples

TASK = {"_target_": "attractor.tasks.number_prediction.NumberPrediction"}


class LastWord(nn.Module):
    """A model of a user's own: one file, found by its name."""

    reads_both_ends = False

    def __init__(self, vocabulary_size: int, readout: str, width: int = 3) -> None:
        super().__init__()
        self.feature_size = width
        self.embedding = nn.Embedding(vocabulary_size, width)

    def forward(self, batch: Batch) -> Tensor:
        features: Tensor = self.embedding(batch.tokens[batch.rows, batch.positions])
        return features


def given(n: int, *, scale: float = 1.0) -> tuple[int, float]:
    return n, scale


def mistaken() -> None:
    raise TypeError("its own mistake")


HERE = __name__


def test_options_and_what_the_pipeline_gives_reach_the_target() -> None:
    options = {"_target_": f"{HERE}.given", "scale": 2.0}
    assert call_target("place", options, n=3) == (3, 2.0)
    assert options == {"_target_": f"{HERE}.given", "scale": 2.0}  # left as it was


def test_a_new_model_needs_one_file_and_a_yaml() -> None:
    options = {"_target_": f"{HERE}.LastWord", "name": "last_word", "width": 4}
    network = build_network(options, build_task(TASK), vocabulary_size=9, seed=1)
    assert network.encoder.feature_size == 4
    found = answers(
        network, examples([[2, 3], [5, 3], [2, 6]], [1, 1, 1]), NumberPrediction().margins
    )
    assert found[0] == found[1] != found[2]
    torch.manual_seed(1)
    assert torch.equal(LastWord(9, "", 4).embedding.weight, network.encoder.embedding.weight)  # type: ignore[arg-type,union-attr]


@pytest.mark.parametrize(
    "target",
    ["", "nothing", "attractor.nope.X", "attractor.vocab.Nope", ".relative", "a b.c", 3, "..."],
)
def test_a_target_that_cannot_be_imported_is_named(target: Any) -> None:
    with pytest.raises(UserError) as error:
        call_target("model", {"_target_": target})
    assert str(error.value).startswith(f"model._target_={target}: cannot be imported (")
    assert "\n" not in str(error.value)


def test_a_missing_target_is_told_like_an_empty_one() -> None:
    with pytest.raises(UserError, match=r"suite\.x\._target_=: cannot be imported"):
        call_target("suite.x", {})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sacle": 2}, r"place: .*'sacle'; given takes scale$"),
        ({"n": 2}, r"place: .*'?n'?.*; given takes scale$"),  # the pipeline gives it already
    ],
)
def test_an_option_that_does_not_fit_names_those_that_do(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        call_target("place", {"_target_": f"{HERE}.given", **options}, n=3)


def test_a_required_option_that_is_missing_is_named() -> None:
    with pytest.raises(UserError, match=r"missing a required argument: 'n'; given takes n, scale"):
        call_target("place", {"_target_": f"{HERE}.given"})


def test_an_error_inside_the_target_is_not_taken_for_a_wrong_option() -> None:
    with pytest.raises(TypeError, match="its own mistake"):
        call_target("place", {"_target_": f"{HERE}.mistaken"})
