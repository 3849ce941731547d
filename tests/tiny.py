"""Small jobs, items, texts and networks that the tests of the machinery share."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf

from attractor.batching import Examples, prepare
from attractor.cli import configuration
from attractor.config import TrainConfig
from attractor.models.protocol import Network
from attractor.models.recurrent import Recurrent
from attractor.plan import SEEDLESS, Plan, plan
from attractor.resources import CONF
from attractor.tasks.number_prediction import NumberPrediction

MODELS = ("srn", "lstm", "gru", "birnn", "bilstm")
ROOT = Path(__file__).parents[1]


@functools.cache
def composed(*overrides: str) -> DictConfig:
    """The configuration as Hydra composes it from overrides of the command line."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        return compose("config", overrides=list(overrides))


@functools.cache
def job(*overrides: str) -> Plan:
    """The plan of the job that these overrides ask for; only groups are composed, to save time."""
    groups = [o for o in overrides if (CONF / o.partition("=")[0]).is_dir()]
    values = [o for o in overrides if o not in groups]
    raw = OmegaConf.merge(composed(*groups), OmegaConf.from_dotlist(values))
    assert isinstance(raw, DictConfig)
    return plan(configuration(raw), configuration(raw, seed=SEEDLESS))


def settings(**changed: object) -> TrainConfig:
    """Training settings small enough for a test."""
    given = {"learning_rate": 0.01, "clip": 1.0, "batch_size": 8, "max_epochs": 4, "patience": 9}
    return TrainConfig(**{**given, **changed})  # type: ignore[arg-type]


def network(
    cell: str = "srn",
    both_ends: bool = False,
    vocabulary_size: int = 12,
    hidden_size: int | None = 6,
    embedding_size: int = 5,
    seed: int = 0,
) -> Network:
    """A small network of the package's own kind."""
    torch.manual_seed(seed)
    encoder = Recurrent(vocabulary_size, "", cell, both_ends, embedding_size, hidden_size, 1000)
    return Network(encoder, NumberPrediction().head(encoder.feature_size, vocabulary_size))


def examples(texts: Sequence[Sequence[int]], targets: Sequence[int] | None = None) -> Examples:
    """One question at the end of each text (numbers of words, from 2)."""
    n = len(texts)
    ends = np.array([len(text) - 1 for text in texts], dtype=np.int64)
    wanted = np.array([0] * n if targets is None else targets, dtype=np.float32)
    return prepare(texts, np.arange(n), ends, wanted)


def first_word_rule(n: int, seed: int, longest: int = 6, words: int = 10) -> Examples:
    """Texts (n) whose target is whether their first word's number is odd."""
    rng = np.random.default_rng(seed)
    texts = [rng.integers(2, 2 + words, rng.integers(1, longest + 1)).tolist() for _ in range(n)]
    return examples(texts, [text[0] % 2 for text in texts])


def items(*rows: tuple[str, int, str]) -> pd.DataFrame:
    """Items of (sentence, verb_index, subject_number)."""
    return pd.DataFrame(rows, columns=["sentence", "verb_index", "subject_number"])


FLAGSHIP = "the flights the airline was cancelling were full"
FLAGSHIP_ITEMS = ((FLAGSHIP, 6, "plural"), (FLAGSHIP, 4, "singular"))
