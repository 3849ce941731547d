"""A network from the configuration: the model's encoder and the task's head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from attractor.models.protocol import Network
from attractor.plugins import call_target
from attractor.tasks.protocol import Task


def build_task(options: Mapping[str, Any]) -> Task:
    """The task that `options["_target_"]` names."""
    task: Task = call_target("task", options)
    return task


def build_network(
    options: Mapping[str, Any], task: Task, vocabulary_size: int, seed: int
) -> Network:
    """The network that `options["_target_"]` names, initialised from `seed`.

    Raises UserError where the task makes no sense for it.
    """
    torch.manual_seed(seed)
    settings = {key: value for key, value in options.items() if key != "name"}
    encoder = call_target("model", settings, vocabulary_size=vocabulary_size, readout=task.readout)
    task.check(encoder, options["name"])
    head = task.head(encoder.feature_size, vocabulary_size)
    if task.tied:
        encoder.embedding.weight = head.weight
    return Network(encoder, head)
