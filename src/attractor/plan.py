"""What a job will build, and the names that follow from it, before anything is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from attractor.artifacts import Stage, digest
from attractor.blocks import read_block
from attractor.config import Config, CorpusConfig
from attractor.corpus.parser import identity
from attractor.corpus.shards import VERSION as SHARDS
from attractor.diagnose import suites_of
from attractor.lexicon import Lexicon, read_lexicon
from attractor.resources import LEXICON
from attractor.sources import contents_of, files_of, fingerprint

# Bump a stage's version when what it computes changes; tests/test_golden.py reminds you.
VERSIONS = {"text": 6, "corpus": 4, "suite": 4, "train": 7}
VERSIONS |= {"baselines": 5, "evaluate": 6, "diagnose": 1}


THREADS = 1  # one a job, and as many jobs as cores
# A seed that stands for any: where a configuration's seeds follow the run's, they follow this one.
SEEDLESS = 2**31 - 1


@dataclass(frozen=True)
class Stages:
    """What a job builds: text, suites' items, weights, predictions of rules and network, and what
    diagnostics find.
    """

    text: Stage
    suites: Mapping[str, Stage]
    train: Stage
    baselines: Stage
    evaluate: Stage
    diagnostics: Mapping[str, Stage]


@dataclass(frozen=True)
class Plan:
    """The stages of one job, and of the same job whatever its seed."""

    config: Config
    lexicon: Lexicon
    stages: Stages
    seedless: Stages

    @property
    def folder(self) -> Path:
        """The experiment's folder."""
        return Path(self.config.output_dir) / self.config.name

    def items_file(self, name: str) -> Path:
        """Where a suite's items or a table of it are put for people: natural text goes unsaid."""
        suffix = "" if self.config.data.name == "natural" else f"_{self.config.data.name}"
        return self.folder / f"{name}{suffix}.csv"

    @property
    def task_name(self) -> str:
        """The task's name: that of the module that defines it."""
        return str(self.config.task["_target_"]).split(".")[-2]

    @property
    def run_id(self) -> str:
        """The name of the run's folder: the same job is the same folder."""
        task = "" if self.task_name == "number_prediction" else f"{self.task_name}-"
        choices = f"{self.config.model['name']}-{task}{self.config.data.name}"
        return f"{choices}-s{self.config.seed}-{self.stages.evaluate.key[:8]}"

    @property
    def config_id(self) -> str:
        """The same for all seeds of one way to train, whatever suites they are asked."""
        return self.seedless.train.key[:8]

    @property
    def baselines_id(self) -> str:
        """The name of the folder that holds the baselines' predictions for this text."""
        return f"baselines-{self.config.data.name}-{self.stages.baselines.key[:8]}"

    @property
    def baselines_config_id(self) -> str:
        """The same for all texts of one configuration, whatever suites are asked."""
        return self.seedless.text.key[:8]


def plan(config: Config, seedless: Config) -> Plan:
    """Plan a job. `seedless` is the same job with seed SEEDLESS."""
    lexicon = _lexicon(LEXICON)
    stages = _stages(config, lexicon)
    seedless_stages = stages if seedless is config else _stages(seedless, lexicon)
    return Plan(config, lexicon, stages, seedless_stages)


def _stages(config: Config, lexicon: Lexicon) -> Stages:
    text = _text_stage(config, lexicon)
    train = _train_stage(config, text)
    # Probes are drawn by grammar and lexicon, which a generated text's key holds already.
    natural = isinstance(config.data, CorpusConfig)
    language = _language(config, lexicon) | {"regime": config.data.regime} if natural else {}
    suites = {
        name: _suite_stage(name, spec, text, language)
        for name, spec in sorted(config.suite.items())
    }
    scored = {"text": text.key, "suites": {name: stage.key for name, stage in suites.items()}}
    return Stages(
        text=text,
        suites=suites,
        train=train,
        baselines=Stage("baselines", {"version": VERSIONS["baselines"], **scored}),
        evaluate=Stage("evaluate", {"version": VERSIONS["evaluate"], "train": train.key, **scored}),
        diagnostics={
            name: _diagnostic_stage(name, spec, train, suites, language)
            for name, spec in sorted(config.diagnostic.items())
        },
    )


@cache
def _lexicon(folder: Path) -> Lexicon:
    return read_lexicon(folder)  # once a process: a worker of a sweep plans many jobs


def _text_stage(config: Config, lexicon: Lexicon) -> Stage:
    if isinstance(config.data, CorpusConfig):
        return _corpus_stage(config.data)
    data = {key: value for key, value in asdict(config.data).items() if key != "name"}
    data["held_out"] = sorted(data["held_out"])
    return Stage("text", {"version": VERSIONS["text"], "data": data, **_language(config, lexicon)})


def _language(config: Config, lexicon: Lexicon) -> dict[str, Any]:
    """What generated sentences depend on: the grammar and its words."""
    blocks = {k: read_block(v, f"grammar, {k}") for k, v in config.grammar.items()}
    return {"grammar": digest(blocks), "lexicon": lexicon.fingerprint}


def _corpus_stage(data: CorpusConfig) -> Stage:
    """Where the files lie decides nothing, nor do the grammar and in how many processes to parse;
    what the files are called and hold, and who parses them, does.
    """
    settings = asdict(data) | {"shards": SHARDS}
    for key in ("name", "regime", "files", "processes", "pipeline"):
        del settings[key]
    if data.source == "corpus":
        settings["pipeline"] = identity(data.pipeline)
    files = files_of("data.files", data.files)
    contents = [[file.name, contents_of(file)] for file in files]  # items say where they are from
    return Stage("text", {"version": VERSIONS["corpus"], "data": settings, "files": contents})


def _suite_stage(
    name: str, spec: Mapping[str, Any], text: Stage, language: Mapping[str, Any]
) -> Stage:
    # Citation and licence decide nothing; nor does where a suite's data lie, but what they are.
    decisive = {key: value for key, value in spec.items() if key not in ("citation", "licence")}
    if "path" in spec:
        decisive["path"] = fingerprint(f"suite.{name}", spec["path"])
    if "pipeline" in spec:
        decisive["pipeline"] = identity(spec["pipeline"])
    parts = {"version": VERSIONS["suite"], "text": text.key, "suite": decisive, **language}
    return Stage("suite", parts)


def _diagnostic_stage(
    name: str,
    spec: Mapping[str, Any],
    train: Stage,
    suites: Mapping[str, Stage],
    language: Mapping[str, Any],
) -> Stage:
    return Stage(
        "diagnose",
        {
            "version": VERSIONS["diagnose"],
            "train": train.key,
            "suites": {suite: suites[suite].key for suite in suites_of(name, spec, suites)},
            "diagnostic": spec,
            **language,
        },
    )


def _train_stage(config: Config, text: Stage) -> Stage:
    settings = {key: value for key, value in asdict(config.train).items() if key != "device"}
    return Stage(
        "train",
        {
            "version": VERSIONS["train"],
            "text": text.key,
            "model": config.model,
            "task": config.task,
            "train": settings,
            "seed": config.seed,
        },
    )
