"""Small jobs composed from the repository's own configuration, for tests that run the pipeline."""

from __future__ import annotations

from pathlib import Path

from hydra import compose, initialize_config_dir

from attractor.cli import configuration
from attractor.plan import SEEDLESS, Plan, plan
from attractor.resources import CONF

TINY = [
    "data.n_sentences=600",
    "data.n_valid=80",
    "data.n_test=80",
    "train.max_epochs=3",
    "model.parameters=1500",
    "model.embedding_size=8",
    "suite.probes.sets.balanced.subject_index=[5]",
    "suite.probes.sets.balanced.start=[MatrixSentence]",
]

# The same of the sizes alone, for jobs that are asked the flagship sentence and nothing else.
TINY_FLAGSHIP = ["suite=[flagship]", *(one for one in TINY if not one.startswith("suite."))]


def tiny_job(output_dir: Path, *overrides: str) -> Plan:
    """The plan of a job of a few seconds; later overrides win."""
    return _job(*TINY, f"output_dir={output_dir}", *overrides)


def tiny_flagship_job(output_dir: Path, *overrides: str) -> Plan:
    """The plan of a job of two seconds; later overrides win."""
    return _job(*TINY_FLAGSHIP, f"output_dir={output_dir}", *overrides)


def tiny_natural_job(output_dir: Path, trees: Path, *overrides: str) -> Plan:
    """The plan of a job that reads the sentences of a treebank; later overrides win."""
    natural = ["data=conllu", f"data.files=[{trees}]", "suite=[flagship]"]
    sizes = [option for option in TINY if option.startswith(("train.", "model."))]
    return _job(*natural, *sizes, f"output_dir={output_dir}", *overrides)


def _job(*overrides: str) -> Plan:
    with initialize_config_dir(version_base="1.3", config_dir=str(CONF)):
        raw = compose("config", list(overrides))
    return plan(configuration(raw), configuration(raw, seed=SEEDLESS))
