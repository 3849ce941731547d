"""The sweeper composes as many jobs before launching them as hold every override once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper

from attractor.resources import CONF
from hydra_plugins.attractor_sweeper import CoveringSweeper, covering

BATCH = [[f"model={m}", f"seed={s}"] for m, s in product(["srn", "lstm", "gru"], range(4))]


def test_the_covering_holds_every_override_and_no_job_in_vain() -> None:
    jobs = covering(BATCH)
    assert len(jobs) == 4 + 2  # the first model with every seed, each other model once
    assert {o for job in jobs for o in job} == {o for job in BATCH for o in job}
    assert covering([]) == []


def test_the_covering_is_what_is_composed_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Sequence[Sequence[str]]] = []
    monkeypatch.setattr(
        BasicSweeper, "validate_batch_is_legal", lambda self, batch: seen.append(batch)
    )
    CoveringSweeper(max_batch_size=None).validate_batch_is_legal(BATCH)
    assert seen == [covering(BATCH)]


def test_the_configuration_names_it() -> None:
    target = "hydra_plugins.attractor_sweeper.CoveringSweeper"
    assert f"_target_: {target}" in (CONF / "config.yaml").read_text("utf-8")
