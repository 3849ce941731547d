"""The sweeper: grids, experiments, the record of what there is to do, failures, reports."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from hydra.core.global_hydra import GlobalHydra

from attractor.cli import app


def sweep(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[list[list[str]], list[str]]:
    """The jobs that a command line with -m asks for, and the folders that it would report on."""
    launched: list[list[str]] = []

    def launch(
        launcher: object, job_overrides: Sequence[list[str]], initial_job_idx: int
    ) -> list[object]:
        launched.extend(job_overrides)
        return [SimpleNamespace(return_value=None) for _ in job_overrides]

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
    whole = [job for job in launched if not job[-1].startswith("stages=")]
    return whole, reported


def test_grids_are_swept_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tasks").mkdir()
    given = ["experiment=tasks", f"output_dir={tmp_path}"]
    jobs, reported = sweep(monkeypatch, "-m", *given, "seed=3,4")
    combinations = [{*job} - {*given} for job in jobs]
    assert len(jobs) == (3 * 4 + 2 + 2) * 2
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
