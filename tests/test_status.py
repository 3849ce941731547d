"""attractor-report --status: what became of each job, and what would finish the rest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hydra.core.global_hydra import GlobalHydra

from attractor import job_marks, pipeline
from attractor.errors import UserError
from attractor.plan import Plan
from attractor.report.cli import main as report
from attractor.report.status import Status, status
from attractor.sweep_record import RECORD, Recorded, Sweep, record, recorded
from jobs import TINY_FLAGSHIP, tiny_flagship_job

COMMAND = "attractor -m seed=0,1,2 name=trial"


def overrides(seed: int) -> list[str]:
    return [*TINY_FLAGSHIP, "name=trial", f"seed={seed}"]


@pytest.fixture(autouse=True)
def _fresh_hydra() -> Iterator[None]:
    GlobalHydra.instance().clear()
    yield
    GlobalHydra.instance().clear()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Plan]]:
    """An experiment of three jobs, of which the first is done; not to be changed."""
    GlobalHydra.instance().clear()
    root = tmp_path_factory.mktemp("finished")
    jobs = [tiny_flagship_job(root, "name=trial", f"seed={seed}") for seed in range(3)]
    pipeline.run(jobs[0], {}, print)
    return root / "trial", jobs


@pytest.fixture
def trial(finished: tuple[Path, list[Plan]], tmp_path: Path) -> Path:
    folder = tmp_path / "moved" / "trial"  # an experiment's folder may be moved
    shutil.copytree(finished[0], folder)
    return folder


def note(folder: Path, jobs: list[Plan], run_ids: list[str] | None = None) -> None:
    ids = run_ids or [job.run_id for job in jobs]
    made = [Recorded(run_id, overrides(seed)) for seed, run_id in enumerate(ids)]
    record(folder, Sweep(COMMAND, made))


def states(folder: Path) -> list[tuple[str, str]]:
    return [(job.choices, job.state) for job in status(folder)[0]]


def test_done_and_missing(
    trial: Path, finished: tuple[Path, list[Plan]], capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = finished[1]
    note(trial, jobs)
    assert states(trial) == [("seed=0", "done"), ("seed=1", "missing"), ("seed=2", "missing")]
    assert report(["--status", str(trial)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{trial}: 3 jobs: 1 done, 0 running, 0 failed, 0 stale, 2 missing",
        f"  missing  {jobs[1].run_id} (seed=1)",
        f"  missing  {jobs[2].run_id} (seed=2)",
        "what is left, and nothing else, is run by",
        f"  {COMMAND}",
    ]


def test_all_done_is_exit_0_and_nothing_to_do(
    trial: Path, finished: tuple[Path, list[Plan]], capsys: pytest.CaptureFixture[str]
) -> None:
    note(trial, finished[1][:1])
    assert report(["--status", str(trial)]) == 0
    counts = "1 done, 0 running, 0 failed, 0 stale, 0 missing"
    assert capsys.readouterr().out == f"{trial}: 1 job: {counts}\n"


def test_running_failed_and_killed(
    trial: Path, finished: tuple[Path, list[Plan]], monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [tiny_flagship_job(trial.parent, "name=trial", f"seed={n}") for n in range(3)]
    note(trial, jobs)
    job_marks.keep_error(jobs[2], UserError("no such file; give another"))
    with job_marks.running(jobs[1], "attractor seed=1"):
        found, commands = status(trial)
        assert [(job.state, job.choices) for job in found] == [
            ("done", "seed=0"), ("running", "seed=1"), ("failed", "seed=2")
        ]  # fmt: skip
        assert found[2].detail == "no such file; give another"
        assert commands == [COMMAND]
        mark = trial / ".running" / jobs[1].run_id
        kept = mark.read_text()
    mark.write_text(kept)  # as a killed job leaves it
    killed = status(trial)[0][-1]
    assert (killed.state, killed.choices) == ("missing", "seed=1")
    assert killed.detail.endswith("it goes on from its last epoch")


@pytest.mark.parametrize("altered", ["predictions.csv", "manifest.json"])
def test_what_was_altered_is_stale(
    trial: Path, finished: tuple[Path, list[Plan]], altered: str
) -> None:
    note(trial, finished[1][:1])
    path = trial / finished[1][0].run_id / altered
    content = path.read_text()
    path.write_text(content.replace("0.", "1.", 1) if altered.endswith("csv") else "{}")
    assert states(trial) == [(status(trial)[0][0].choices, "stale")]


def test_what_is_made_by_other_settings_is_stale(
    trial: Path, finished: tuple[Path, list[Plan]]
) -> None:
    old = finished[1][0].run_id
    made = Recorded(old, [*overrides(0), "train.max_epochs=4"])
    record(trial, Sweep(COMMAND, [made]))
    [job] = status(trial)[0]
    assert job.state == "stale"
    assert job.detail.startswith(f"made as {old}; its settings, its data or the program changed")


def test_a_run_by_hand_counts_and_a_killed_one_names_its_command(
    trial: Path, finished: tuple[Path, list[Plan]]
) -> None:
    done = finished[1][0].run_id
    assert status(trial) == ([Status(done, "", "done")], [])
    other = tiny_flagship_job(trial.parent, "name=trial", "seed=9")
    with job_marks.running(other, "attractor seed=9 name=trial"):
        kept = (trial / ".running" / other.run_id).read_text()
    (trial / ".running" / other.run_id).write_text(kept)
    found, commands = status(trial)
    assert [(job.run_id, job.state) for job in found] == [(done, "done"), (other.run_id, "missing")]
    assert commands == ["attractor seed=9 name=trial"]


def test_a_job_that_cannot_be_composed_or_is_refused_failed(trial: Path) -> None:
    jobs = [Recorded("", ["seed=0", "train.batch_size=0"]), Recorded("x", ["seed=0", "no.key=1"])]
    record(trial, Sweep(COMMAND, jobs))
    of_sweep = [job for job in status(trial)[0] if job.state == "failed"]
    assert [job.choices for job in of_sweep] == ["train.batch_size=0", "no.key=1"]
    assert of_sweep[0].detail == "train.batch_size=0: give a whole number of at least 1"
    assert of_sweep[1].detail.startswith("no.key: there is no such key")


def test_the_report_counts_what_nothing_is_seen_of(
    trial: Path, finished: tuple[Path, list[Plan]], capsys: pytest.CaptureFixture[str]
) -> None:
    note(trial, finished[1])
    assert report([str(trial)]) == 1
    assert "sweep.json: 2 of 3 jobs are not finished" in capsys.readouterr().err


def test_a_command_counts_once_and_another_is_added(tmp_path: Path) -> None:
    first, second = Recorded("a", ["seed=0"]), Recorded("b", ["seed=1"])
    record(tmp_path, Sweep(COMMAND, [first]))
    record(tmp_path, Sweep("attractor -m seed=1", [second]))
    record(tmp_path, Sweep(COMMAND, [first, second]))
    assert recorded(tmp_path) == [
        Sweep("attractor -m seed=1", [second]),
        Sweep(COMMAND, [first, second]),
    ]


@pytest.mark.parametrize("content", ["", "[]", '{"sweeps": [{"command": "x"}]}', '{"sweeps": 1}'])
def test_a_record_that_was_edited_is_one_clear_line(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / RECORD).write_text(content)
    assert report(["--status", str(tmp_path)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("; delete it and sweep again")


def test_a_folder_without_jobs_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, reason in ((tmp_path, "no sweep and no run"), (tmp_path / "x", "no such folder")):
        assert report(["--status", str(folder)]) == 2
        assert capsys.readouterr().err.startswith(f"attractor-report: {folder}: {reason}")


def test_a_record_is_plain_json(tmp_path: Path) -> None:
    record(tmp_path, Sweep(COMMAND, [Recorded("a", ["seed=0"])]))
    jobs = [{"run_id": "a", "overrides": ["seed=0"]}]
    expected = {"sweeps": [{"command": COMMAND, "jobs": jobs}]}
    assert json.loads((tmp_path / RECORD).read_text()) == expected
