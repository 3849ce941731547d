"""The sweeper composes one job of a batch before launching it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper

from attractor.resources import CONF
from hydra_plugins.attractor_sweeper import FirstJobSweeper


def test_only_the_first_job_is_composed_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Sequence[Sequence[str]]] = []
    monkeypatch.setattr(
        BasicSweeper, "validate_batch_is_legal", lambda self, batch: seen.append(batch)
    )
    sweeper = FirstJobSweeper(max_batch_size=None)
    sweeper.validate_batch_is_legal([["seed=0"], ["seed=1"], ["seed=2"]])
    assert seen == [[["seed=0"]]]


def test_the_configuration_names_it() -> None:
    target = "hydra_plugins.attractor_sweeper.FirstJobSweeper"
    assert f"_target_: {target}" in (CONF / "config.yaml").read_text("utf-8")
