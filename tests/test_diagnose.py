"""Diagnostics in the pipeline: they add to a run, are missed when they fail, refuse in a line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from attractor import pipeline
from attractor.diagnostics.gradients import Gradients
from attractor.plan import Plan
from attractor.report import cli
from jobs import tiny_job

GRADIENTS = (
    "diagnostic=[gradients]",
    "diagnostic.gradients.n_items=12",
    "diagnostic.gradients.lengths=[6]",
    "diagnostic.gradients.n_texts=4",
    "diagnostic.gradients.longest=4",
)
GATES = ("diagnostic=[gates]", "diagnostic.gates.n_items=60")


def run(folder: Path, *overrides: str) -> Plan:
    """A tiny job carried out, with its baselines."""
    job = tiny_job(folder, "name=trial", *overrides)
    pipeline.run(job, {"model": job.config.model["name"]}, lambda line: None)
    return job


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An LSTM measured by gradients, and then, trained no more, by gates."""
    folder = tmp_path_factory.mktemp("diagnosed")
    run(folder, "model=lstm", *GRADIENTS)
    run(folder, "model=lstm", *GATES)
    return folder


@pytest.fixture
def copied(trial: Path, tmp_path: Path) -> Path:
    shutil.copytree(trial, tmp_path / "copy")
    return tmp_path / "copy"


def the_run(folder: Path) -> Path:
    (found,) = (folder / "trial").glob("lstm-*")
    return found


def test_a_later_diagnostic_leaves_an_earlier_ones_tables(trial: Path) -> None:
    found = the_run(trial)
    names = {path.parent.name for path in found.glob("*/manifest.json")}
    assert names == {"gradients", "gates"}
    for name in names:
        manifest = json.loads((found / name / "manifest.json").read_text())
        sizes = {path.name: path.stat().st_size for path in (found / name).glob("*.csv")}
        assert manifest["files"] == sizes
        assert manifest["diagnostic"] == name
    trained = [path for path in (trial / "artifacts").glob("train-*") if path.is_dir()]
    assert len(trained) == 1


def test_a_run_published_again_keeps_its_diagnostics(copied: Path) -> None:
    (the_run(copied) / "predictions.csv").write_text("cut")
    run(copied, "model=lstm", *GRADIENTS)
    assert {p.parent.name for p in the_run(copied).glob("*/manifest.json")} == {
        "gradients",
        "gates",
    }


def test_the_report_merges_tables_with_whose_they_are(copied: Path) -> None:
    assert cli.main([str(copied / "trial")]) == 0
    merged = pd.read_csv(copied / "trial" / "gradients.csv")
    own = pd.read_csv(the_run(copied) / "gradients" / "gradients.csv")
    assert list(merged)[:6] == ["run_id", "config_id", "label", "model", "task", "seed"]
    assert set(merged["label"]) == {"lstm"}
    pd.testing.assert_frame_equal(merged[list(own)], own)
    for name in ("gradients_decay", "gates_by_role"):
        assert (copied / "trial" / f"{name}.csv").exists()
        assert (copied / "trial" / "figures" / f"{name}.png").exists()
    assert "a token" in (copied / "trial" / "table.txt").read_text()


def test_a_diagnostic_cut_short_is_named(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = the_run(copied) / "gates" / "gates.csv"
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join(lines[:-3]))
    assert cli.main([str(copied / "trial")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{the_run(copied).name}/gates: gates.csv was cut short or edited" in line
    assert "run again" in line


def test_runs_measured_by_other_options_are_left_out_and_named(copied: Path) -> None:
    options = ("diagnostic.gradients.n_items=12", "diagnostic.gradients.n_items=9")
    run(copied, "model=lstm", "seed=1", *GRADIENTS)
    other = run(copied, "model=lstm", "seed=2", *(o.replace(*options) for o in GRADIENTS))
    assert cli.main([str(copied / "trial")]) == 0
    merged = pd.read_csv(copied / "trial" / "gradients.csv")
    assert set(merged["seed"]) == {0, 1}
    text = (copied / "trial" / "table.txt").read_text()
    assert f"gradients of {other.run_id}: left out" in text


def test_texts_that_differ_are_measured_by_one_ruler(copied: Path) -> None:
    run(copied, "model=lstm", "data.seed=1", *GRADIENTS)
    assert cli.main([str(copied / "trial")]) == 0
    assert pd.read_csv(copied / "trial" / "gradients.csv")["run_id"].nunique() == 2
    assert "left out" not in (copied / "trial" / "table.txt").read_text()


def test_a_diagnostic_that_fails_is_named_and_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(self: object, case: object) -> None:
        raise RuntimeError("no memory left")

    with monkeypatch.context() as broken:
        broken.setattr(Gradients, "measure", fail)
        with pytest.raises(RuntimeError):
            run(tmp_path, "model=lstm", *GRADIENTS)
    assert cli.main([str(tmp_path / "trial")]) == 1
    name = the_run(tmp_path).name
    assert f"{name}/gradients: RuntimeError: no memory left" in capsys.readouterr().err
    run(tmp_path, "model=lstm", *GRADIENTS)  # again, and it succeeds
    assert cli.main([str(tmp_path / "trial")]) == 0


def test_one_that_was_killed_is_named(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (the_run(copied) / "gates" / "manifest.json").unlink()
    assert cli.main([str(copied / "trial")]) == 1
    assert f"{the_run(copied).name}/gates: not finished" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["model=srn", *GATES], "srn has no forget, input and output gates"),
        (["model=gru", *GRADIENTS], "gru has no step-by-step reference"),
        (["model=lstm", "task=grammaticality", *GRADIENTS], "answer cannot be followed"),
        (["model=srn", "stages=[diagnose]", *GATES], "srn has no forget, input and output gates"),
        (["model=lstm", *GATES, "suite=[probes]"], "this job has no suite flagship"),
        (["model=lstm", *GRADIENTS, "+diagnostic.gradients.nope=1"], "nope"),
    ],
)
def test_what_it_does_not_fit_is_one_line_exit_2_and_nothing_built(
    overrides: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from hydra.core.global_hydra import GlobalHydra

    from attractor.cli import main

    GlobalHydra.instance().clear()
    monkeypatch.setattr("sys.argv", ["attractor", f"output_dir={tmp_path}", *overrides])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("attractor: diagnostic")
    assert message in line
    assert not list((tmp_path / "artifacts").glob("[!.]*"))


def test_stage_of_a_diagnostic_depends_on_its_options(tmp_path: Path) -> None:
    job, again = (tiny_job(tmp_path, "model=lstm", *GRADIENTS) for _ in range(2))
    other = tiny_job(tmp_path, "model=lstm", *GRADIENTS, "diagnostic.gradients.n_items=13")
    keys = [plan.stages.diagnostics["gradients"].key for plan in (job, again, other)]
    assert keys[0] == keys[1] != keys[2]
    assert job.run_id == other.run_id  # the run is the same; what is asked of it differs
