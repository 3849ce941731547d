"""The schema of the fixed spine of the configuration, and its checks before anything runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any

from attractor.errors import UserError

STAGES = ("generate", "train", "evaluate")


@dataclass
class DataConfig:
    """Running text from the grammar: how many sentences, in which regime, from which seed."""

    regime: str = "natural"
    n_sentences: int = 10000
    n_valid: int = 2000
    n_test: int = 2000
    seed: int = 0


@dataclass
class TrainConfig:
    """The training loop: Adam with clipping by global norm and early stopping."""

    learning_rate: float = 0.003
    clip: float = 1.0
    batch_size: int = 64
    max_epochs: int = 20
    patience: int = 3
    precision: str = "fp32"
    device: str = "cpu"


@dataclass
class Config:
    """The spine; `model`, `task`, `grammar` and `suite` are open, each checked by who reads it."""

    name: str = "manual"
    output_dir: str = "outputs"
    seed: int = 0
    stages: list[str] = field(default_factory=lambda: list(STAGES))
    data: DataConfig = field(default_factory=DataConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    model: dict[str, Any] = field(default_factory=dict)
    task: dict[str, Any] = field(default_factory=dict)
    grammar: dict[str, Any] = field(default_factory=dict)
    suite: dict[str, Any] = field(default_factory=dict)


def from_mapping(raw: dict[str, Any]) -> Config:
    """A checked Config from a resolved configuration. Raises UserError naming key and remedy."""
    unknown = sorted(set(raw) - {f.name for f in fields(Config)})
    if unknown:
        raise UserError(f"{unknown[0]}: there is no such key; `attractor --cfg job` lists them")
    config = Config(
        **{**raw, "data": DataConfig(**raw["data"]), "train": TrainConfig(**raw["train"])}
    )
    _check(config)
    return config


def _check(config: Config) -> None:
    unknown = [stage for stage in config.stages if stage not in STAGES]
    if unknown or not config.stages:
        raise UserError(f"stages={config.stages}: choose from {', '.join(STAGES)}")
    for key in ("n_sentences", "n_valid", "n_test"):
        _at_least(f"data.{key}", getattr(config.data, key), 1)
    for key in ("batch_size", "max_epochs", "patience"):
        _at_least(f"train.{key}", getattr(config.train, key), 1)
    _at_least("seed", config.seed, 0)
    _at_least("data.seed", config.data.seed, 0)
    for key in ("learning_rate", "clip"):
        value = getattr(config.train, key)
        if not (math.isfinite(value) and value > 0):
            raise UserError(f"train.{key}={value}: give a finite number above 0")
    if config.train.precision not in ("fp32", "bf16"):
        raise UserError(f"train.precision={config.train.precision}: choose fp32 or bf16")
    if config.train.device not in ("cpu", "cuda"):
        raise UserError(f"train.device={config.train.device}: choose cpu or cuda")
    if not config.output_dir.strip():
        raise UserError("output_dir is empty: give a folder")
    if "/" in config.name or config.name in ("", ".", "..", "artifacts"):
        raise UserError(f"name={config.name}: give a folder name without a slash, not artifacts")


def _at_least(key: str, value: int, least: int) -> None:
    if value < least:
        raise UserError(f"{key}={value}: give a whole number of at least {least}")
