"""The schema of the fixed spine of the configuration, and its checks before anything runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from attractor.errors import UserError
from attractor.precision import AUTO, PRECISIONS, best

STAGES = ("generate", "train", "baselines", "evaluate", "diagnose")
# The parts of the configuration that matter to a baseline: what is read, not who reads it.
OF_BASELINES = ("data", "grammar", "suite")
SOURCES = ("corpus", "conllu", "dependencies")
SPLITS = ("iid", "lexical", "structural", "ambiguous")
RULES = ("first_noun", "most_recent_noun")


@dataclass
class DataConfig:
    """Running text from the grammar: how many sentences, what they show, and what they never do."""

    name: str = "natural"  # what tables and folders call it; it never changes the text
    regime: str = "natural"
    n_sentences: int = 10000
    n_valid: int = 2000
    n_test: int = 2000
    seed: int = 0
    split: str = "iid"
    rule: str = ""  # ambiguous: the rule that is right at every verb
    held_out: list[str] = field(default_factory=list)  # structural: symbols to do without
    max_depth: int | None = None  # structural: instead of the regime's
    min_attractors: int = 0  # of every verb asked about


@dataclass
class CorpusConfig:
    """Natural sentences from files: what they are, how they are spelt, and how they are split."""

    source: str = "corpus"  # corpus: text, to be parsed; conllu: trees; dependencies: a table
    name: str = "corpus"
    regime: str = "natural"  # of the grammar that draws probes
    files: list[str] = field(default_factory=list)
    pipeline: str = "en_core_web_sm"  # corpus: spaCy's
    tokenised: bool = False  # corpus: tokens are what spaces separate
    one_sentence: bool = False  # corpus: a line is a sentence
    processes: int = 1  # corpus: to parse in
    past: bool = False  # was and were make items too
    n_words: int | None = 10000  # the most frequent; null: all
    rare: str = "pos"  # what stands for other words: pos, their tag, or unk, <unk>
    case: str = "keep"  # keep, lower
    final: str = "keep"  # the marks that end a sentence: keep, strip
    valid_share: float = 0.05
    test_share: float = 0.1
    seed: int = 0


@dataclass
class TrainConfig:
    """The training loop: Adam with clipping by global norm and early stopping."""

    learning_rate: float = 0.003
    clip: float = 1.0
    batch_size: int = 64
    length_spread: int = 1  # at most about so many tokens between a batch's lengths
    max_epochs: int = 20
    patience: int = 3
    keep_epochs: bool = False  # the weights of every epoch, beside the three that matter
    precision: str = "fp32"  # fp32, bf16, or auto, which is one of them once it was read
    device: str = "cpu"


@dataclass
class Config:
    """The spine; model, task, grammar, suite and diagnostic are open, checked by who reads them."""

    name: str = "manual"
    output_dir: str = "outputs"
    seed: int = 0
    stages: list[str] = field(default_factory=lambda: list(STAGES))
    data: DataConfig | CorpusConfig = field(default_factory=DataConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    model: dict[str, Any] = field(default_factory=dict)
    task: dict[str, Any] = field(default_factory=dict)
    grammar: dict[str, Any] = field(default_factory=dict)
    suite: dict[str, Any] = field(default_factory=dict)
    diagnostic: dict[str, Any] = field(default_factory=dict)


@dataclass
class Schema(Config):
    """The spine as Hydra checks it: what `data` may hold follows from its source."""

    data: dict[str, Any] = field(default_factory=dict)  # type: ignore[assignment]


def from_mapping(raw: dict[str, Any]) -> Config:
    """A checked Config from a resolved configuration. Raises UserError naming key and remedy.

    Its precision is what the job will be computed in, so that keys and manifests tell it.
    """
    unknown = sorted(set(raw) - {f.name for f in fields(Config)})
    if unknown:
        raise UserError(f"{unknown[0]}: there is no such key; `attractor --cfg job` lists them")
    config = Config(**{**raw, "data": _data(raw["data"]), "train": TrainConfig(**raw["train"])})
    _check(config)
    settings = config.train
    if settings.precision == AUTO:
        found = best(config.model, config.task, settings.device)
        config.train = replace(settings, precision=found)
    return config


def _data(raw: dict[str, Any]) -> DataConfig | CorpusConfig:
    """What is read, typed by its source: the grammar's text, or natural sentences."""
    schema = CorpusConfig if "source" in raw else DataConfig
    if unknown := sorted(set(raw) - {f.name for f in fields(schema)}):
        known = ", ".join(f.name for f in fields(schema))
        raise UserError(f"data.{unknown[0]}: there is no such key; choose from {known}")
    try:
        typed = OmegaConf.merge(OmegaConf.structured(schema), raw)
    except OmegaConfBaseException as error:
        key = f"data.{error.full_key}" if error.full_key else "data"
        raise UserError(f"{key}: {str(error).splitlines()[0]}; correct the value") from error
    found = OmegaConf.to_object(typed)
    assert isinstance(found, DataConfig | CorpusConfig)
    return found


def _check(config: Config) -> None:
    unknown = [stage for stage in config.stages if stage not in STAGES]
    if unknown or not config.stages:
        raise UserError(f"stages={config.stages}: choose from {', '.join(STAGES)}")
    if isinstance(config.data, CorpusConfig):
        _check_corpus(config.data)
    else:
        _check_text(config.data)
    for key in ("batch_size", "length_spread", "max_epochs", "patience"):
        _at_least(f"train.{key}", getattr(config.train, key), 1)
    _at_least("seed", config.seed, 0)
    _at_least("data.seed", config.data.seed, 0)
    if "/" in config.data.name or not config.data.name.strip():
        raise UserError(f"data.name={config.data.name}: give a word without a slash")
    for key in ("learning_rate", "clip"):
        value = getattr(config.train, key)
        if not (math.isfinite(value) and value > 0):
            raise UserError(f"train.{key}={value}: give a finite number above 0")
    if config.train.precision not in PRECISIONS:
        raise UserError(
            f"train.precision={config.train.precision}: choose {', '.join(PRECISIONS[:-1])} "
            f"or {PRECISIONS[-1]}"
        )
    if config.train.device not in ("cpu", "cuda"):
        raise UserError(f"train.device={config.train.device}: choose cpu or cuda")
    if not config.output_dir.strip():
        raise UserError("output_dir is empty: give a folder")
    if "/" in config.name or config.name in ("", ".", "..", "artifacts"):
        raise UserError(f"name={config.name}: give a folder name without a slash, not artifacts")


def _check_corpus(data: CorpusConfig) -> None:
    """Refuse a corpus that cannot be read as it says."""
    choices = {"source": SOURCES, "rare": ("pos", "unk"), "case": ("keep", "lower")}
    choices["final"] = ("keep", "strip")
    for key, allowed in choices.items():
        if getattr(data, key) not in allowed:
            raise UserError(f"data.{key}={getattr(data, key)}: choose {' or '.join(allowed)}")
    if data.source == "dependencies" and data.case == "lower":
        raise UserError("data.case=lower: the table's rare words are tags; give data.case=keep")
    if not data.files:
        raise UserError("data.files=[...] is needed: give the paths or patterns of its files")
    if data.n_words is not None:
        _at_least("data.n_words", data.n_words, 1)
    _at_least("data.processes", data.processes, 1)
    for key in ("valid_share", "test_share"):
        if not 0 < getattr(data, key) < 0.5:
            raise UserError(f"data.{key}={getattr(data, key)}: give a share above 0 and below .5")


def _check_text(data: DataConfig) -> None:
    for key in ("n_sentences", "n_valid", "n_test"):
        _at_least(f"data.{key}", getattr(data, key), 1)
    _check_split(data)


def _check_split(data: DataConfig) -> None:
    """Refuse a split without what it needs, and what only another split reads."""
    if data.split not in SPLITS:
        raise UserError(f"data.split={data.split}: choose from {', '.join(SPLITS)}")
    if data.split == "ambiguous" and data.rule not in RULES:
        raise UserError(f"data.rule={data.rule}: an ambiguous text needs {' or '.join(RULES)}")
    if data.split != "ambiguous" and data.rule:
        raise UserError(
            f"data.rule={data.rule}: only data.split=ambiguous reads it; leave it empty"
        )
    if data.split == "structural" and not data.held_out and data.max_depth is None:
        raise UserError("data.split=structural: give data.held_out, data.max_depth or both")
    if data.split != "structural" and data.held_out:
        held_out = f"[{','.join(data.held_out)}]"
        raise UserError(f"data.held_out={held_out}: only data.split=structural reads it; give []")
    if data.split != "structural" and data.max_depth is not None:
        raise UserError(
            f"data.max_depth={data.max_depth}: only data.split=structural reads it; give null"
        )
    if data.max_depth is not None:
        _at_least("data.max_depth", data.max_depth, 0)
    _at_least("data.min_attractors", data.min_attractors, 0)


def _at_least(key: str, value: int, least: int) -> None:
    if value < least:
        raise UserError(f"{key}={value}: give a whole number of at least {least}")
