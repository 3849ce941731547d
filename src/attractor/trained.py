"""A trained network as whoever asks it something needs it: its task, its words, its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attractor import checkpoints
from attractor.models.protocol import Network
from attractor.network import build_network, build_task
from attractor.stage_files import read_vocabulary
from attractor.tasks.protocol import Task
from attractor.vocab import Vocabulary

SNAPSHOTS = ("initial", "halfway", "best")


@dataclass(frozen=True)
class Trained:
    """What the training stage left in `folder`: networks at three moments of one training."""

    model: Mapping[str, Any]  # the options of its yaml
    task: Task
    vocabulary: Vocabulary
    folder: Path

    @classmethod
    def of(cls, model: Mapping[str, Any], task: Mapping[str, Any], folder: Path) -> Trained:
        """The networks of a training stage's folder, from the options that they were made with."""
        return cls(model, build_task(task), read_vocabulary(folder), folder)

    @property
    def name(self) -> str:
        """The model's name: srn, lstm …"""
        return str(self.model["name"])

    def network(self, snapshot: str = "best") -> Network:
        """The network at one of SNAPSHOTS, on the CPU."""
        network = build_network(self.model, self.task, len(self.vocabulary), seed=0)
        network.load_state_dict(checkpoints.load_weights(self.folder / f"{snapshot}.safetensors"))
        return network.eval()
