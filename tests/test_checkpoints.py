"""A checkpoint is read back to the bit, a broken one counts as none, and nothing is unpickled."""

from __future__ import annotations

import errno
import json
import os
import pickle
from pathlib import Path

import pytest
import torch

from attractor.checkpoints import load_state, load_weights, save_state, save_weights
from attractor.tasks.number_prediction import NumberPrediction
from attractor.training import TrainingState, train
from tiny import first_word_rule, network, settings


@pytest.fixture(scope="module")
def state() -> TrainingState:
    text = first_word_rule(16, seed=0)
    return train(network("lstm"), text, text, NumberPrediction(), settings(max_epochs=2), seed=0)


@pytest.fixture
def path(state: TrainingState, tmp_path: Path) -> Path:
    path = tmp_path / "deep" / "state.safetensors"
    save_state(state, path)
    return path


def test_state_comes_back_to_the_bit(state: TrainingState, path: Path) -> None:
    found = load_state(path)
    assert found is not None
    assert found.history == state.history  # floats to the last digit
    assert (found.epoch, found.best) == (2, state.best)
    assert len(found.epochs) == 3
    pairs = [*zip(found.epochs, state.epochs, strict=True), (found.optimizer, state.optimizer)]
    for one, other in pairs:
        assert one.keys() == other.keys()
        assert all(torch.equal(one[name], other[name]) for name in one)
        assert all(one[name].dtype == other[name].dtype for name in one)
    assert {"0.exp_avg", "0.exp_avg_sq", "0.step"} <= set(found.optimizer)


def test_weights_come_back_to_the_bit(state: TrainingState, tmp_path: Path) -> None:
    weights = {**state.epochs[-1], "odd": torch.tensor([float("inf"), -0.0, 1e-45])}
    save_weights(weights, tmp_path / "best.safetensors")
    found = load_weights(tmp_path / "best.safetensors")
    assert found.keys() == weights.keys()
    assert all(torch.equal(found[name], weights[name]) for name in weights)


def test_no_file_is_no_state(tmp_path: Path) -> None:
    assert load_state(tmp_path / "state.safetensors") is None


@pytest.mark.parametrize("share", [0.0, 0.001, 0.05, 0.5, 0.99])
def test_a_truncated_file_is_no_state(path: Path, share: float) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert load_state(path) is None
    path.write_bytes(whole[:-1])
    assert load_state(path) is None
    path.write_bytes(whole)
    assert load_state(path) is not None


def test_a_write_that_is_cut_short_leaves_the_last_state(
    state: TrainingState, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: Path, content: bytes) -> None:
        with file.open("wb") as opened:
            opened.write(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        save_state(TrainingState(state.epochs[:1]), path)
    found = load_state(path)
    assert found is not None
    assert found.epoch == 2
    assert list(path.parent.iterdir()) == [path]


def test_an_altered_state_is_no_state(state: TrainingState, path: Path) -> None:
    """Each byte of the file's tail, where tensors are, and some of its header's."""
    save_state(state, path)
    whole = path.read_bytes()
    for position in (*range(9, 400, 13), *range(len(whole) - 64, len(whole))):
        altered = bytearray(whole)
        altered[position] ^= 1
        path.write_bytes(bytes(altered))
        assert load_state(path) is None, position
    path.write_bytes(whole)
    assert load_state(path) is not None


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.folder),)


def test_a_pickle_in_its_place_is_not_run(tmp_path: Path) -> None:
    folder, path = tmp_path / "sprung", tmp_path / "state.safetensors"
    path.write_bytes(pickle.dumps(Trap(folder)))
    assert load_state(path) is None
    torch.save({"trap": Trap(folder)}, path)
    assert load_state(path) is None
    assert not folder.exists()
    pickle.loads(pickle.dumps(Trap(folder)))
    assert folder.exists()  # the trap does work where it is unpickled


def test_the_file_is_a_header_of_json_and_raw_tensors(state: TrainingState, path: Path) -> None:
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    meta = header.pop("__metadata__")
    assert json.loads(meta["history"]) == state.history
    assert len(data) == 8 + size + max(entry["data_offsets"][1] for entry in header.values())
    assert {name.split("/")[0] for name in header} == {"epoch", "optimizer"}
