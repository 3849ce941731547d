"""Training states and weights as safetensors: one file, one rename, nothing to unpickle."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from attractor.files import replacing
from attractor.training import TrainingState, Weights


def save_weights(weights: Weights, path: Path) -> None:
    """Write named tensors to `path` with one rename."""
    _save(weights, path, {})


def load_weights(path: Path) -> Weights:
    """Named tensors of a file that `save_weights` wrote."""
    return _load(path)[0]


def save_state(state: TrainingState, path: Path) -> None:
    """Write all that training needs to go on after its last epoch."""
    tensors = {f"optimizer/{name}": value for name, value in state.optimizer.items()}
    for epoch, weights in enumerate(state.epochs):
        tensors.update({f"epoch/{epoch}/{name}": value for name, value in weights.items()})
    history = json.dumps(state.history)
    _save(tensors, path, {"history": history, "sha256": _checksum(tensors, history)})


def load_state(path: Path) -> TrainingState | None:
    """The state that `save_state` wrote; None if there is none, or the file was cut or altered."""
    if not path.exists():
        return None
    try:
        tensors, metadata = _load(path)
    except SafetensorError:
        return None
    if metadata.get("sha256") != _checksum(tensors, metadata.get("history", "")):
        return None
    history = json.loads(metadata["history"])
    epochs: list[Weights] = [{} for _ in range(len(history) + 1)]
    optimizer = {}
    for key, value in tensors.items():
        kind, _, name = key.partition("/")
        if kind == "optimizer":
            optimizer[name] = value
        else:
            number, _, name = name.partition("/")
            epochs[int(number)][name] = value
    return TrainingState(epochs, optimizer, history)


def _save(tensors: Weights, path: Path, metadata: dict[str, str]) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(save(tensors, metadata=metadata))  # save_file hides a disk's error


def _checksum(tensors: Weights, history: str) -> str:
    """The SHA-256 of tensors, by name, and history, in hexadecimal."""
    checksum = hashlib.sha256(history.encode())
    for name, value in sorted(tensors.items()):
        checksum.update(name.encode())
        checksum.update(value.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return checksum.hexdigest()


def _load(path: Path) -> tuple[Weights, dict[str, str]]:
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return tensors, file.metadata() or {}
