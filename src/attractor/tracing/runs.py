"""Finished runs by their folders, and the networks that they trained."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attractor.errors import UserError
from attractor.files import fault_of
from attractor.runs import MANIFEST

if TYPE_CHECKING:
    from attractor.models.protocol import Network
    from attractor.trained import Trained


@dataclass(frozen=True)
class Run:
    """A run, the options of its model and task, and the folder of what its training left."""

    run_id: str
    model: Mapping[str, Any]
    task: Mapping[str, Any]
    weights: Path

    @classmethod
    def of(cls, folder: Path) -> Run:
        """The run in outputs/<experiment>/<run_id>; its weights stand in outputs/artifacts.

        Raises UserError for what is no network's finished run, or has lost its weights.
        """
        if not folder.is_dir():
            raise UserError(f"{folder}: no such run folder; give outputs/<experiment>/<run_id>")
        manifest, config = _read_json(folder / MANIFEST), _read_yaml(folder / "config.yaml")
        try:
            run_id, trained = str(manifest["run_id"]), str(manifest["trained"])
            if manifest["model"] == "baselines":
                raise UserError(f"{folder}: baselines have no network; give another run's folder")
            model, task = dict(config["model"]), dict(config["task"])
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{folder}: not a whole run; delete it and run again") from error
        weights = folder.resolve().parents[1] / "artifacts" / f"train-{trained}"
        if fault := fault_of(weights, _read_json(weights / "stage.json", lost=folder)):
            raise UserError(_lost(weights, folder) + f" ({fault})")
        return cls(run_id, model, task, weights)

    def load(self) -> tuple[Trained, Network]:
        """What was trained, and the best network, on the CPU.

        Raises UserError for weights of another version, and for a task without an answer a verb.
        """
        from safetensors import SafetensorError

        from attractor.trained import Trained

        try:
            trained = Trained.of(self.model, self.task, self.weights)
            network = trained.network()
        except (RuntimeError, SafetensorError, ValueError) as error:
            reason = str(error).split("\n")[0]
            raise UserError(
                f"{self.weights}: does not fit this version ({reason}); delete it and run again"
            ) from error
        if not trained.task.asks_at_verb:
            raise UserError(
                f"{self.run_id}: its answer cannot be followed word by word to the verb; give a "
                "run of number_prediction (task.shows=words), verb_inflection, language_model or "
                "cloze"
            )
        return trained, network


def _read_json(path: Path, lost: Path | None = None) -> dict[str, Any]:
    """lost: the folder of the run whose weights these facts are about."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        message = _lost(path.parent, lost) if lost else _no_run(path)
        raise UserError(message) from error


def _read_yaml(path: Path) -> dict[str, Any]:
    import yaml

    try:
        return dict(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
        raise UserError(_no_run(path)) from error


def _no_run(path: Path) -> str:
    return (
        f"{path.parent}: no finished run (no readable {path.name}); "
        "give outputs/<experiment>/<run_id>"
    )


def _lost(weights: Path, folder: Path) -> str:
    return (
        f"{folder}: its weights ({weights}) were deleted or altered; delete both folders and run "
        "again"
    )
