"""A network from the configuration: the model's encoder and the task's readout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from attractor.models.protocol import Network
from attractor.plugins import call_target
from attractor.tasks.number_prediction import NumberPrediction


def build_task(options: Mapping[str, Any]) -> NumberPrediction:
    """The task that `options["_target_"]` names."""
    task: NumberPrediction = call_target("task", options)
    return task


def build_network(
    options: Mapping[str, Any], task: NumberPrediction, vocabulary_size: int, seed: int
) -> Network:
    """The network that `options["_target_"]` names, initialised from `seed`."""
    torch.manual_seed(seed)
    settings = {key: value for key, value in options.items() if key != "name"}
    encoder = call_target("model", settings, vocabulary_size=vocabulary_size)
    return Network(encoder, task.readout(encoder.feature_size))
