"""What several test files share: the bundled lexicon and grammar, and the toy ones."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.lexicon import Lexicon, read_lexicon
from attractor.notation import read_grammar
from attractor.resources import CONF, LEXICON
from attractor.suites.probes import draw_probes
from attractor.text import draw_text
from toy import write_lexicon


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    """The bundled word lists."""
    return read_lexicon(LEXICON)


@pytest.fixture(scope="session")
def english() -> dict[str, Any]:
    """conf/grammar/english.yaml, its blocks of text read too; not to be changed."""
    spec: dict[str, Any] = yaml.safe_load((CONF / "grammar/english.yaml").read_text("utf-8"))
    return spec | {section: yaml.safe_load(spec[section]) for section in ("rules", "words")}


@pytest.fixture(scope="session")
def probes_spec() -> dict[str, Any]:
    """conf/suite/probes.yaml, as a mapping; not to be changed."""
    spec: dict[str, Any] = yaml.safe_load((CONF / "suite/probes.yaml").read_text("utf-8"))
    for probe_set in spec["sets"].values():
        probe_set["cells"] = yaml.safe_load(probe_set["cells"])
    return spec


@pytest.fixture(scope="session")
def grammar(english: dict[str, Any], lexicon: Lexicon) -> Grammar:
    """The English grammar, natural regime."""
    return read_grammar(english, lexicon)


@pytest.fixture(scope="session")
def text(grammar: Grammar) -> pd.DataFrame:
    """3,000 sentences of training text, 400 of validation, 500 of test; not to be changed."""
    return draw_text(grammar, 3_000, 400, 500, seed=0)


@pytest.fixture(scope="session")
def probes(grammar: Grammar, text: pd.DataFrame, probes_spec: dict[str, Any]) -> pd.DataFrame:
    """The bundled probes, beside that text; not to be changed."""
    exposure = Exposure.of(text[text["split"] == "train"])
    return draw_probes(grammar, exposure, "probes", probes_spec["sets"], probes_spec["seed"])[0]


@pytest.fixture(scope="session")
def toy_lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    """The word lists of tests/toy.py."""
    return write_lexicon(tmp_path_factory.mktemp("lexicon"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.name != "posix" or os.getuid() != 0:
        pytest.skip("only root can mount a small file system to fill")
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
