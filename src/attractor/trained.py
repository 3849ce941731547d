"""A trained network as whoever asks it something needs it: its task, its words, its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from attractor import checkpoints
from attractor.errors import UserError
from attractor.models.protocol import Network
from attractor.network import build_network, build_task
from attractor.stage_files import read_vocabulary
from attractor.tasks.protocol import Task
from attractor.vocab import Vocabulary

SNAPSHOTS = ("initial", "halfway", "best")
KEPT = "epoch-{}"  # by number, where training kept them


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

    def epochs(self) -> list[tuple[int, int]]:
        """Each epoch whose weights were kept, from 0, and the tokens seen by its end.

        Raises UserError where training kept none.
        """
        if not (self.folder / f"{KEPT.format(0)}.safetensors").exists():
            raise UserError("this training kept no epochs: train again with train.keep_epochs=true")
        tokens = pd.read_csv(self.folder / "history.csv")["tokens"].cumsum()
        return list(enumerate([0, *tokens.tolist()]))

    def network(self, snapshot: str = "best") -> Network:
        """The network at one of SNAPSHOTS, or of KEPT epochs, on the CPU."""
        network = build_network(self.model, self.task, len(self.vocabulary), seed=0)
        network.load_state_dict(checkpoints.load_weights(self.folder / f"{snapshot}.safetensors"))
        return network.eval()
