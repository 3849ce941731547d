"""The sweeper: a covering of the jobs is composed beforehand; grids, experiments, reports."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pytest
from hydra.core.global_hydra import GlobalHydra

from attractor.cli import app
from hydra_plugins.attractor_sweeper import GridSweeper, covering

BATCH = [[f"model={m}", f"seed={s}"] for m, s in product(["srn", "lstm", "gru"], range(4))]


def test_the_covering_holds_every_override_and_no_job_in_vain() -> None:
    jobs = covering(BATCH)
    assert len(jobs) == 4 + 2  # the first model with every seed, each other model once
    assert {o for job in jobs for o in job} == {o for job in BATCH for o in job}
    assert covering([]) == []


def test_the_covering_is_what_is_composed_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Sequence[Sequence[str]]] = []
    of_hydra = GridSweeper.__mro__[1]  # by inheritance: Hydra may have loaded its module again
    assert of_hydra.__name__ == "BasicSweeper"
    monkeypatch.setattr(of_hydra, "validate_batch_is_legal", lambda self, batch: seen.append(batch))
    sweeper = GridSweeper.__new__(GridSweeper)
    sweeper.validate_batch_is_legal(BATCH)
    assert seen == [covering(BATCH)]
    assert sweeper.launched


def sweep(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[list[list[str]], list[str]]:
    """The jobs that a command line with -m asks for, and the folders that it would report on."""
    launched: list[list[str]] = []

    def launch(
        launcher: object, job_overrides: Sequence[list[str]], initial_job_idx: int
    ) -> list[object]:
        launched.extend(job_overrides)
        return []

    reported: list[str] = []

    def report(folders: list[str]) -> int:
        reported.extend(folders)
        return 0

    core = importlib.import_module("hydra_plugins.hydra_joblib_launcher._core")
    monkeypatch.setattr(core, "launch", launch)
    monkeypatch.setattr("attractor.report.cli.main", report)
    monkeypatch.setattr("sys.argv", ["attractor", *arguments])
    GlobalHydra.instance().clear()
    app()
    return launched, reported


def test_grids_are_swept_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tasks").mkdir()
    jobs, reported = sweep(monkeypatch, "-m", "experiment=tasks", f"output_dir={tmp_path}")
    combinations = [{*job} - {"experiment=tasks", f"output_dir={tmp_path}"} for job in jobs]
    assert len(jobs) == (3 * 4 + 2 + 2) * 5
    assert {"task=cloze", "model=birnn", "seed=4"} in combinations
    assert not any({"task=cloze", "model=lstm"} <= job for job in combinations)
    assert reported == [str(tmp_path / "tasks")]


def test_the_command_line_holds_for_every_grid_and_jobs_run_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chosen = ["task=number_prediction", "model=lstm", "seed=0"]
    jobs, _ = sweep(monkeypatch, "-m", "experiment=tasks", f"output_dir={tmp_path}", *chosen)
    assert len(jobs) == 1
    assert set(chosen) < set(jobs[0])


def test_experiments_of_an_experiment_keep_their_own_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("readouts", "gradients", "lecture"):
        (tmp_path / name).mkdir()
    given = ["-m", "experiment=lecture", f"output_dir={tmp_path}", "seed=7"]
    given.append("hydra.launcher.n_jobs=1")  # report in this process, where the stand-in is
    jobs, reported = sweep(monkeypatch, *given)
    by_experiment = Counter(next(o for o in job if o.startswith("experiment=")) for job in jobs)
    assert by_experiment == {
        "experiment=lecture": 4,
        "experiment=readouts": 3,
        "experiment=gradients": 8,
    }
    assert all("seed=7" in job for job in jobs)
    assert [Path(folder).name for folder in reported] == ["readouts", "gradients", "lecture"]
