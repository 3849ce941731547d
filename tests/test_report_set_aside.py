"""attractor-report beside broken runs: each is named with its reason, the rest stays right."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from attractor.files import sha256
from attractor.report import cli, style
from attractor.report.runs import find_runs
from fake_runs import TWO, as_published, write_runs
from spoilt_runs import (
    AGAIN,
    BROKEN,
    KINDS,
    SPARED,
    Counted,
    build_quickly,
    cut,
    edit,
    rewrite,
    without_notes,
)

TABLES = ("results.csv", "history.csv", "counted.csv")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models × 3 seeds and baselines, each network with a diagnostic; nobody writes here."""
    folder = tmp_path_factory.mktemp("runs")
    write_runs(folder, 3, TWO, per_cell=2, longest=5)
    for run in folder.glob("[ls]*-?"):
        target = f"{Counted.__module__}.{Counted.__name__}"
        manifest = {"_target_": target, "fingerprint": "f", "form": "f"}
        (run / "counted").mkdir()
        (run / "counted" / "manifest.json").write_text(json.dumps(manifest))
        (run / "counted" / "counted.csv").write_text(f"epoch,train_loss\n{run.name[-1]},0.5\n")
    return as_published(folder)


@pytest.fixture
def sweep(runs: Path, tmp_path: Path) -> Path:
    """The same, to spoil."""
    return shutil.copytree(runs, tmp_path / "sweep")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attractor.report.build.build", build_quickly)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are made, but not saved, which takes most of the time."""
    monkeypatch.setattr(style, "save", lambda *_: [])


@pytest.fixture(scope="module")
def made(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, bytes]]:
    """The tables of a folder that never held the runs of the given names, made quickly."""

    @cache
    def tables(*without: str) -> dict[str, bytes]:
        folder = tmp_path_factory.mktemp("rest") / "rest"
        shutil.copytree(runs, folder, ignore=shutil.ignore_patterns(*without))
        build_quickly(folder, find_runs(folder))
        return csvs(folder)

    return tables


def csvs(folder: Path) -> dict[str, bytes]:
    found = {path.name: path.read_bytes() for path in folder.glob("*.csv")}
    assert set(TABLES) <= set(found)
    return found


def told(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What the command says on stderr of a folder with broken runs: made, and only printed."""
    capsys.readouterr()
    assert cli.main([str(folder)]) == 1
    lines = capsys.readouterr().err.splitlines()
    made_at = (folder / "report.json").stat().st_mtime_ns
    assert cli.main([str(folder)]) == 1
    assert capsys.readouterr().err.splitlines() == lines
    assert (folder / "report.json").stat().st_mtime_ns == made_at
    assert all(line.startswith("attractor-report: ") for line in lines)
    return [line.removeprefix("attractor-report: ") for line in lines]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_run_is_named_and_the_rest_is_as_without_it(
    sweep: Path,
    made: Callable[..., dict[str, bytes]],
    kind: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil, reason = KINDS[kind]
    spoil(sweep / BROKEN)
    (line,) = told(sweep, capsys)
    assert line.startswith(f"{BROKEN}: {reason}")
    assert "again" in line or kind == "failed"
    assert str(sweep) not in line
    assert csvs(sweep) == made(BROKEN)


@pytest.mark.usefixtures("quick")
def test_a_first_releases_manifest_is_no_fault(
    sweep: Path, made: Callable[..., dict[str, bytes]]
) -> None:
    without_notes(sweep / BROKEN)
    assert cli.main([str(sweep)]) == 0
    assert csvs(sweep) == made()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kind", ["cut", "edited", "manifest", "older", "unreadable"])
def test_a_broken_diagnostic_is_left_out_and_its_run_is_not(
    sweep: Path,
    made: Callable[..., dict[str, bytes]],
    kind: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = sweep / BROKEN / "counted"
    table, manifest = folder / "counted.csv", folder / "manifest.json"
    reasons = {
        "cut": "counted.csv was cut short or edited (",
        "edited": "counted.csv was edited (its checksum is not the manifest's)",
        "manifest": "manifest.json has no files",
        "older": "out of date: made by version 0 of diagnose, now ",
        "unreadable": "counted.csv: no column train_loss",
    }
    if kind == "cut":
        cut(table, lines=1)
    elif kind == "edited":
        edit(table)
    elif kind == "manifest":
        manifest.write_text('{"_target_": "x", "fingerprint": "f", "form": "f"}')
    elif kind == "older":
        rewrite(manifest, stage_versions={"diagnose": 0})
    else:
        table.write_text("epoch\n1\n")
        as_published(sweep / BROKEN)
    (line,) = told(sweep, capsys)
    assert line.startswith(f"{BROKEN}/counted: {reasons[kind]}")
    found, expected = csvs(sweep), dict(made())
    assert len(found.pop("counted.csv").splitlines()) == 6  # a header and five runs
    del expected["counted.csv"]
    assert found == expected


@pytest.mark.usefixtures("quick")
def test_of_two_equal_folders_the_one_of_that_name_stays(
    sweep: Path, made: Callable[..., dict[str, bytes]], capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(sweep / BROKEN, sweep / "a-copy")
    reason = f"a-copy: duplicate of {BROKEN}, left out; delete one of the two"
    assert told(sweep, capsys) == [reason]
    assert csvs(sweep) == made()


@pytest.mark.usefixtures("quick")
def test_of_two_folders_that_differ_the_one_that_is_vouched_for_stays(
    sweep: Path, made: Callable[..., dict[str, bytes]], capsys: pytest.CaptureFixture[str]
) -> None:
    other = shutil.copytree(sweep / BROKEN, sweep / "a-copy")
    edit(other / "predictions.csv")
    as_published(other)  # its checksums hold too, but it does not have the name
    reason = f"a-copy: run_id {BROKEN} is that of {BROKEN}, with other contents{AGAIN}"
    assert told(sweep, capsys) == [reason]
    assert csvs(sweep) == made()
    without_notes(sweep / BROKEN)  # nothing vouches for it: neither is taken
    assert told(sweep, capsys) == [
        f"a-copy: run_id {BROKEN} is also in {BROKEN}, with other contents; delete the wrong one",
        f"{BROKEN}: run_id {BROKEN} is also in a-copy, with other contents; delete the wrong one",
    ]
    assert csvs(sweep) == made(BROKEN)


@pytest.mark.usefixtures("quick")
def test_a_copy_stands_in_for_a_broken_original(
    sweep: Path, made: Callable[..., dict[str, bytes]], capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(sweep / BROKEN, sweep / "a-copy")
    edit(sweep / BROKEN / "predictions.csv")
    (line,) = told(sweep, capsys)
    assert line.startswith(f"{BROKEN}: predictions.csv was edited")
    assert csvs(sweep) == made()


@pytest.mark.usefixtures("quick")
def test_a_broken_run_of_another_form_marks_none_of_the_rest(
    sweep: Path, made: Callable[..., dict[str, bytes]], capsys: pytest.CaptureFixture[str]
) -> None:
    """It alone met other probes: without it all met the same, and no config_id is told apart."""
    forms = json.loads((sweep / BROKEN / "manifest.json").read_text())["suite_config_ids"]
    rewrite(sweep / BROKEN / "manifest.json", suite_config_ids=forms | {"probes": "v1"})
    edit(sweep / BROKEN / "predictions.csv")
    (line,) = told(sweep, capsys)
    assert line.startswith(f"{BROKEN}: predictions.csv was edited")
    assert csvs(sweep) == made(BROKEN)


@pytest.mark.usefixtures("undrawn")
def test_a_sweep_with_all_faults_at_once(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run for each kind, under a name and a seed of its own, beside three sound ones of each."""
    whole = tmp_path / "whole"
    write_runs(whole, 3 + len(KINDS), {"lstm": TWO["lstm"]}, per_cell=2, longest=5)
    as_published(whole)
    sweep = shutil.copytree(runs, tmp_path / "sweep")
    reasons = {}
    for seed, (kind, (spoil, reason)) in enumerate(KINDS.items(), start=3):
        run = shutil.copytree(whole / f"lstm-natural-{seed}", sweep / f"lstm-natural-{seed}")
        spoil(run)
        reasons[run.name] = reason.replace(BROKEN, run.name), kind
    shutil.copytree(sweep / SPARED, sweep / "srn-again")
    shutil.copytree(sweep / "srn-natural-2", sweep / "srn-natural-other")
    edit(sweep / "srn-natural-other" / "history.csv")
    edit(sweep / "srn-natural-0" / "counted" / "counted.csv")
    expected = shutil.copytree(runs, tmp_path / "rest")
    shutil.rmtree(expected / "srn-natural-0" / "counted")
    assert cli.main([str(expected)]) == 0
    lines = dict(line.split(": ", 1) for line in told(sweep, capsys))
    assert lines.pop("srn-again") == f"duplicate of {SPARED}, left out; delete one of the two"
    assert lines.pop("srn-natural-other").startswith("history.csv was edited")
    assert lines.pop("srn-natural-0/counted").startswith("counted.csv was edited")
    assert set(lines) == set(reasons)
    for name, (reason, kind) in reasons.items():
        assert lines[name].startswith(reason), kind
    assert csvs(sweep) == csvs(expected)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("pattern", "models"),
    [
        ("lstm-*", {"srn"}),  # a whole model
        ("*-natural-[012]", set()),  # all networks
        ("baselines-*", {"srn", "lstm"}),
        ("[!l]*", {"lstm"}),
    ],
)
def test_whole_models_may_be_missing(
    sweep: Path, pattern: str, models: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    broken = sorted(path.name for path in sweep.glob(pattern))
    for name in broken:
        edit(sweep / name / "predictions.csv")
    lines = told(sweep, capsys)
    assert [line.split(": ")[0] for line in lines] == broken
    kept = pd.read_csv(sweep / "summary.csv")["model"]
    assert {model for model in kept if not model.startswith("baseline:")} == models
    assert kept.str.startswith("baseline:").any() == ("baselines-natural" not in broken)


@pytest.mark.usefixtures("quick")
def test_what_is_mended_or_spoilt_later_is_noticed(
    sweep: Path, made: Callable[..., dict[str, bytes]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([str(sweep)]) == 0
    path = sweep / BROKEN / "predictions.csv"
    sound = path.read_bytes()
    edit(path)
    os.utime(path)
    told(sweep, capsys)
    assert csvs(sweep) == made(BROKEN)
    path.write_bytes(sound)
    assert cli.main([str(sweep)]) == 0
    assert csvs(sweep) == made()


def test_a_report_beside_broken_runs_is_printed_at_once_too(sweep: Path) -> None:
    edit(sweep / BROKEN / "predictions.csv")
    build_quickly(sweep, find_runs(sweep))
    command = "import sys; from attractor.report.cli import main; code = main(sys.argv[1:])"
    command += "; sys.exit(code if {'pandas', 'torch', 'altair'}.isdisjoint(sys.modules) else 3)"
    ended = subprocess.run(
        [sys.executable, "-c", command, str(sweep)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    reason = "predictions.csv was edited (its checksum is not the manifest's)"
    assert ended.stderr == f"attractor-report: {BROKEN}: {reason}{AGAIN}\n"


@pytest.mark.usefixtures("quick")
def test_an_edit_that_hides_its_time_is_found_by_force(
    sweep: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([str(sweep)]) == 0
    edit(sweep / BROKEN / "predictions.csv")  # keeps size and time
    assert cli.main([str(sweep)]) == 0
    assert cli.main([str(sweep), "--force"]) == 1
    assert f"{BROKEN}: predictions.csv was edited" in capsys.readouterr().err


def test_the_state_is_of_names_sizes_and_times(sweep: Path) -> None:
    before = find_runs(sweep).state
    assert find_runs(sweep).state == before
    for path in (sweep / BROKEN / "history.csv", sweep / BROKEN / "counted" / "counted.csv"):
        times = path.stat()
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + 1))
        changed = find_runs(sweep).state
        assert changed != before
        before = changed
    (sweep / BROKEN).rename(sweep / "elsewhere")
    assert find_runs(sweep).state != before


def test_every_byte_counts(sweep: Path) -> None:
    """Whatever byte is changed, the file's checksum is another."""
    run = sweep / BROKEN
    noted = json.loads((run / "manifest.json").read_text())["sha256"]
    assert set(noted) == {"config.yaml", "history.csv", "predictions.csv"}
    path = run / "history.csv"
    text = path.read_bytes()
    for at in np.linspace(0, len(text) - 1, 9, dtype=int):
        path.write_bytes(text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :])
        assert sha256(path) != noted["history.csv"]
