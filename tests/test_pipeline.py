"""The whole pipeline on small jobs: what lands where, what is built again, what a kill costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hydra.core.global_hydra import GlobalHydra

from attractor import pipeline
from attractor.cli import app
from attractor.report.cli import main as report
from attractor.results import HISTORY, ITEMS, PREDICTIONS, read_csv
from jobs import TINY_FLAGSHIP, tiny_flagship_job, tiny_job


def _files(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in folder.rglob("*.*")}


def test_a_run_lands_in_its_folder_and_is_not_built_again(tmp_path: Path) -> None:
    job = tiny_job(tmp_path, "model=lstm", "name=trial")
    lines: list[str] = []
    pipeline.run(job, {"model": "lstm"}, lines.append)
    folder = tmp_path / "trial" / job.run_id
    assert {p.name for p in folder.iterdir()} == {
        "config.yaml", "history.csv", "manifest.json", "predictions.csv"
    }  # fmt: skip
    predictions = read_csv(folder / "predictions.csv", PREDICTIONS)
    assert set(predictions["suite"]) == {"probes", "test", "flagship"}
    assert set(predictions["run_id"]) == {job.run_id}
    history = read_csv(folder / "history.csv", HISTORY)
    assert list(history["epoch"]) == list(range(1, len(history) + 1))
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["config_id"] == job.config_id
    assert manifest["parameters"] == _parameters(job)
    probes = read_csv(tmp_path / "trial" / "probes.csv", ITEMS)
    assert len(probes) == (predictions["suite"] == "probes").sum()
    before = _files(tmp_path)
    pipeline.run(job, {"model": "lstm"}, lines.append)
    assert _files(tmp_path) == before
    assert lines[-1] == f"{job.run_id}: done before"


def _parameters(job: object) -> int:
    """LSTM of H units on embeddings of 8: 4H(8 + H + 2), the embedding, and a readout of H + 1."""
    units = max(h for h in range(1, 100) if 4 * h * (8 + h + 2) <= 1500)
    vocabulary = json.loads(next(_artifact(job, "text").glob("vocabulary.json")).read_text())
    return 4 * units * (8 + units + 2) + len(vocabulary) * 8 + units + 1


def _artifact(job: object, stage: str) -> Path:
    found: Path = next(Path(job.config.output_dir).glob(f"artifacts/{stage}-*"))  # type: ignore[attr-defined]
    return found


def test_a_new_seed_shares_the_data_and_a_new_suite_the_training(tmp_path: Path) -> None:
    pipeline.run(tiny_job(tmp_path, "seed=0"), {}, print)
    before = _files(tmp_path / "artifacts")
    pipeline.run(tiny_job(tmp_path, "seed=1"), {}, print)
    new = {name.split("-")[0] for name in set(_files(tmp_path / "artifacts")) - set(before)}
    assert new == {"train", "evaluate"} | {n for n in new if n.startswith(".locks")}
    before = _files(tmp_path / "artifacts")
    pipeline.run(tiny_job(tmp_path, "seed=1", "~suite.probes"), {}, print)
    new = {name.split("-")[0] for name in set(_files(tmp_path / "artifacts")) - set(before)}
    assert new == {"evaluate", "baselines"} | {n for n in new if n.startswith(".locks")}


def test_a_failed_job_leaves_its_traceback_and_the_report_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.run(tiny_flagship_job(tmp_path, "name=trial", "seed=0"), {}, print)
    failing = tiny_flagship_job(tmp_path, "name=trial", "seed=1")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk went away")

    monkeypatch.setattr("attractor.training.train", fail)
    with pytest.raises(SystemExit) as exited:
        _app(monkeypatch, tmp_path, "name=trial", "seed=1")
    assert exited.value.code == 1
    kept = tmp_path / "trial" / failing.run_id / "error.txt"
    line = f"RuntimeError: the disk went away (traceback: {kept})"
    assert capsys.readouterr().err == f"attractor: {line}\n"
    assert 'raise RuntimeError("the disk went away")' in kept.read_text()
    assert report([str(tmp_path / "trial")]) == 1
    assert f"{failing.run_id}: RuntimeError: the disk went away" in capsys.readouterr().err
    monkeypatch.undo()
    _app(monkeypatch, tmp_path, "name=trial", "seed=1")  # now it succeeds, and the error is gone
    assert not kept.exists()
    assert list((tmp_path / "trial" / ".running").iterdir()) == []
    assert report([str(tmp_path / "trial")]) == 0


def _app(monkeypatch: pytest.MonkeyPatch, folder: Path, *overrides: str) -> None:
    """A job as the command line runs it, in this process."""
    arguments = ["attractor", *TINY_FLAGSHIP, f"output_dir={folder}", *overrides]
    monkeypatch.setattr("sys.argv", arguments)
    GlobalHydra.instance().clear()
    app()
