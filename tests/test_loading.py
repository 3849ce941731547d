"""attractor.load: the tables of an experiment as data frames, and what is said of spoilt ones."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import attractor
from attractor import registry
from attractor.errors import UserError
from attractor.files import sha256
from attractor.report import cli, figures
from attractor.results import ITEMS, PREDICTIONS, Column, Table, write_csv
from fake_runs import MODELS, as_published, items, write_runs

ONE = {"srn": MODELS["srn"]}
SOURCES = Path(attractor.__file__).parent


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One model × 2 seeds × 2 sizes of text, with probes.csv and its report; to be read only."""
    folder = tmp_path_factory.mktemp("loaded") / "distance"
    for n_sentences in (500, 1000):
        choices = {"data.n_sentences": n_sentences}
        write_runs(folder, seeds=2, models=ONE, per_cell=4, longest=4, choices=choices)
    as_published(folder)
    probes = items(per_cell=4, longest=4)
    words = dict.fromkeys(("sentence", "subject", "correct_form", "wrong_form"), "noun")
    indices = {"noun_indices": "1", "verb_indices": "", "relativizer": "none"}
    write_csv(probes.assign(**words, **indices), ITEMS, folder / "probes.csv")
    pd.DataFrame({"file": ["NA"], "pairs": [3], "share": [np.nan]}).to_csv(
        folder / "clams_counts.csv", index=False
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "figures", lambda analysis: {})  # which take longer than all else
        assert cli.main([str(folder)]) == 0
    return folder


@pytest.fixture
def copied(report: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(report, tmp_path / "copied"))


def vouch_for(path: Path) -> None:
    """Let the report's checksum be that of the table as it is."""
    report_json = path.parent / "report.json"
    made = json.loads(report_json.read_text())
    made["files"][path.name] = sha256(path)
    report_json.write_text(json.dumps(made))


def keeps(frame: pd.DataFrame, table: Table) -> None:
    """The contract's columns come first, of its dtypes."""
    assert list(frame)[: len(table.columns)] == list(table.columns)
    assert [str(frame[name].dtype) for name in table.columns] == [
        column.dtype for column in table.columns.values()
    ]


def test_merged_tables_come_with_their_contracts_dtypes(report: Path) -> None:
    found = attractor.load(report)
    made = json.loads((report / "report.json").read_text())["files"]
    tables = {table.name: table for table in registry.of_report()}
    names = [name for name in made if name.endswith(".csv")]
    assert len(names) >= 8
    for name in names:
        frame = getattr(found, name.removesuffix(".csv"))
        assert len(frame), name
        keeps(frame, tables[name])


def test_values_are_those_of_the_file(report: Path) -> None:
    summary = attractor.load(str(report)).summary
    plain = pd.read_csv(report / "summary.csv")
    assert summary.shape == plain.shape
    np.testing.assert_array_equal(summary["accuracy"], plain["accuracy"])
    srn = summary[(summary["model"] == "srn") & (summary["suite"] == "probes")]
    assert sorted(srn["data.n_sentences"]) == [500, 1000]  # a swept choice, as it stands
    assert srn["reach_note"].dtype == "str"
    baseline = summary[summary["model"] == "baseline:first_noun"]
    assert len(baseline)
    assert baseline["parameters"].isna().all()


def test_text_stays_text_where_it_looks_like_a_number_or_like_nothing(copied: Path) -> None:
    path = copied / "history.csv"
    lines = path.read_text().splitlines()
    at = lines[0].split(",").index("config_id")
    row = lines[1].split(",")
    row[at], row[0] = "12345678", "NA"
    path.write_text("\n".join([lines[0], ",".join(row)]) + "\n")
    vouch_for(path)
    history = attractor.load(copied).history
    assert history.shape == (1, 12)
    assert history.loc[0, ["run_id", "config_id"]].tolist() == ["NA", "12345678"]


def test_items_and_counts_lie_beside_the_merged_tables(report: Path) -> None:
    found = attractor.load(report)
    keeps(found.probes, ITEMS)
    assert set(found.probes["suite"]) == {"probes", "test", "flagship"}
    counts = found.clams_counts  # no contract: as pandas reads it, but for what is a word
    assert counts.shape == (1, 3)
    assert counts["file"].tolist() == ["NA"]
    assert counts["pairs"].tolist() == [3]
    assert counts["share"].isna().all()


def test_predictions_are_those_of_all_finished_runs(copied: Path) -> None:
    unfinished = copied / "srn-500-9"
    unfinished.mkdir()
    first = next(copied.glob("srn-*0/predictions.csv"))
    shutil.copy(first, unfinished / "predictions.csv")
    predictions = attractor.load(copied).predictions
    keeps(predictions, PREDICTIONS)
    one = len(pd.read_csv(first))
    runs = predictions.groupby("run_id").size()
    assert runs.shape == (6,)  # 2 seeds × 2 sizes, and the baselines of each size
    assert set(runs[runs.index.str.startswith("srn")]) == {one}
    assert set(predictions["model"].str.partition(":")[0]) == {"srn", "baseline"}
    assert predictions.index.tolist() == list(range(len(predictions)))


def test_a_table_is_read_once_and_only_when_asked_for(copied: Path) -> None:
    found = attractor.load(copied)
    (copied / "results.csv").write_text("spoilt\n")
    assert found.summary is found.summary
    with pytest.raises(UserError, match=r"results\.csv"):
        _ = found.results


def test_what_there_is_can_be_listed(report: Path) -> None:
    found = attractor.load(report)
    assert {"summary", "results", "predictions", "probes", "folder"} <= set(dir(found))
    lines = repr(found).splitlines()
    assert lines[0] == f"results of {report}"
    sizes = dict(re.fullmatch(r"  (\w+) +(.*)", line).groups() for line in lines[1:])
    assert sizes["history"] == f"{len(found.history)} rows"
    assert sizes["clams_counts"] == "1 rows"
    assert sizes["predictions"] == "of 6 runs"


def test_an_unknown_table_is_told_with_those_that_there_are(report: Path) -> None:
    found = attractor.load(report)
    with pytest.raises(AttributeError) as raised:
        _ = found.gradient
    message = str(raised.value)
    assert "\n" not in message
    assert message.startswith(f"{report}: no table gradient, but accuracy_by_attractors, ")
    assert f"attractor-report {report} makes" in message
    assert not hasattr(found, "_ipython_display_")


@pytest.mark.parametrize("spoil", ["edit", "cut", "delete"])
def test_a_table_that_changed_since_the_report_is_named(copied: Path, spoil: str) -> None:
    path = copied / "summary.csv"
    whole = path.read_bytes()
    if spoil == "edit":
        path.write_bytes(whole.replace(b"srn", b"gru"))
    elif spoil == "cut":
        path.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])
    else:
        path.unlink()
    found = attractor.load(copied)
    assert "summary" in repr(found)
    with pytest.raises(UserError) as raised:
        _ = found.summary
    message = str(raised.value)
    assert message.startswith(f"{path}: not as the report left it")
    assert f"attractor-report {copied}" in message
    assert "\n" not in message


def test_a_table_of_another_version_is_named(copied: Path) -> None:
    path = copied / "summary.csv"
    pd.read_csv(path).drop(columns="perplexity").to_csv(path, index=False)
    vouch_for(path)
    with pytest.raises(UserError, match=r"summary\.csv: made by another version .* --force"):
        _ = attractor.load(copied).summary


def test_merged_tables_alone_are_enough(copied: Path) -> None:
    for run in copied.glob("*/manifest.json"):
        shutil.rmtree(run.parent)
    found = attractor.load(copied)
    assert len(found.summary)
    assert "predictions" not in dir(found)


@pytest.mark.parametrize("spoil", ["edit", "cut", "delete", "delete the run"])
def test_spoilt_predictions_are_named(copied: Path, spoil: str) -> None:
    path = next(copied.glob("srn-*0/predictions.csv"))
    whole = path.read_bytes()
    if spoil == "edit":
        path.write_bytes(whole.replace(b",0.", b",1.", 1))
    elif spoil == "cut":
        path.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])
    elif spoil == "delete":
        path.unlink()
    else:
        shutil.rmtree(path.parent)
    found = attractor.load(copied)
    assert re.search(r"predictions +of 6 runs", repr(found))
    with pytest.raises(UserError) as raised:
        _ = found.predictions
    message = str(raised.value)
    assert message.startswith(f"{path}: not as the report read it")
    assert f"attractor-report {copied}" in message
    assert "\n" not in message


def test_runs_that_came_after_the_report_are_left_out(copied: Path) -> None:
    before = attractor.load(copied).predictions
    choices = {"data.n_sentences": 500}
    write_runs(copied, seeds=1, models=ONE, per_cell=4, longest=4, choices=choices, job="-later")
    assert (copied / "srn-natural-500-0-later" / "manifest.json").is_file()
    pd.testing.assert_frame_equal(attractor.load(copied).predictions, before)


def test_runs_that_the_report_set_aside_are_left_out(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = copied / "srn-natural-500-0" / "history.csv"
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    monkeypatch.setattr(figures, "figures", lambda analysis: {})
    assert cli.main([str(copied)]) == 1
    runs = set(attractor.load(copied).predictions["run_id"])
    srn = {"srn-natural-500-1", "srn-natural-1000-0", "srn-natural-1000-1"}
    assert runs == srn | {"baselines-natural-500", "baselines-natural-1000"}


def test_folders_without_a_report_are_told_in_one_line(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    with pytest.raises(UserError, match=f"^{absent}: no such folder; run an experiment first"):
        attractor.load(absent)
    with pytest.raises(UserError, match=f"^{tmp_path}: no report; run attractor-report {tmp_path}"):
        attractor.load(tmp_path)
    older = '{"files": {}, "made_from": {"state": "", "failed": {}}}'
    for text in ("{", "[]", '{"files": 3}', older):
        (tmp_path / "report.json").write_text(text)
        with pytest.raises(UserError, match=r"report\.json: cut short, edited, or of .* --force$"):
            attractor.load(tmp_path)


def test_importing_the_package_imports_no_pandas() -> None:
    code = "import sys, attractor; attractor.load; print({'pandas', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_every_contract_in_the_sources_is_found_by_its_files_name() -> None:
    """Also those that are written tomorrow: a contract that stands elsewhere is not found."""
    pattern = re.compile(r'= Table\(\s*"([\w.]+)"')
    written = {
        name: path
        for path in sorted(SOURCES.rglob("*.py"))
        for name in pattern.findall(path.read_text(encoding="utf-8"))
    }
    assert {"summary.csv", "gradients.csv", "items.csv"} <= set(written)
    tables = [*registry.of_runs(), *registry.of_report(), *registry.of_diagnostics()]
    names = [table.name for table in tables]
    assert len(names) == len(set(names))
    absent = {name: str(path) for name, path in written.items() if name not in names}
    assert not absent, "put these contracts into report/contracts*.py or diagnostics/"


def test_a_diagnostics_merged_table_says_first_whose_each_row_is() -> None:
    gradients = registry.contract_of("gradients.csv")
    assert gradients is not None
    assert list(gradients.columns)[:7] == [
        *("run_id", "config_id", "label", "model", "task", "seed", "snapshot")
    ]
    assert gradients.rows.endswith("× run")
    by_lag = registry.contract_of("gradients_by_lag.csv")
    assert by_lag is not None
    assert list(by_lag.columns)[:2] == ["config_id", "label"]
    assert by_lag.columns["lag"] == Column(
        "int64", "steps in tokens from the word to the state that answers"
    )
    assert registry.contract_of("clams_counts.csv") is None
