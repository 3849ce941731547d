"""What several test files share: the bundled lexicon and grammar, and the toy ones."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from toy import write_lexicon

from attractor.grammar import Grammar, read_grammar
from attractor.lexicon import Lexicon, read_lexicon
from attractor.resources import CONF, LEXICON


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    """The bundled word lists."""
    return read_lexicon(LEXICON)


@pytest.fixture(scope="session")
def english() -> dict[str, Any]:
    """conf/grammar/english.yaml, as a mapping; not to be changed."""
    spec: dict[str, Any] = yaml.safe_load((CONF / "grammar/english.yaml").read_text("utf-8"))
    return spec


@pytest.fixture(scope="session")
def probes_spec() -> dict[str, Any]:
    """conf/suite/probes.yaml, as a mapping; not to be changed."""
    spec: dict[str, Any] = yaml.safe_load((CONF / "suite/probes.yaml").read_text("utf-8"))
    return spec


@pytest.fixture(scope="session")
def grammar(english: dict[str, Any], lexicon: Lexicon) -> Grammar:
    """The English grammar, natural regime."""
    return read_grammar(english, lexicon)


@pytest.fixture(scope="session")
def toy_lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    """The word lists of tests/toy.py."""
    return write_lexicon(tmp_path_factory.mktemp("lexicon"))
