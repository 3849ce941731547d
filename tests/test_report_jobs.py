"""attractor-report on several jobs: a network trained once is one row, a curve, whoever asks it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from attractor import pipeline, results
from attractor.report import accuracy, cli
from attractor.report.collect import collect
from attractor.report.runs import find_runs
from attractor.report.summary import summary
from fake_runs import TWO, read, write_runs, write_small
from jobs import tiny_job


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """The first job alone: two models × 2 seeds on probes and flagship."""
    return write_small(tmp_path / "first")


@pytest.fixture
def both(first: Path, tmp_path: Path) -> Path:
    """The same and a second job: the same networks on probes and an imported suite."""
    folder = tmp_path / "both"
    shutil.copytree(first, folder)
    write_runs(folder, 2, TWO, per_cell=4, longest=5, suites=("probes", "clams"), job="-later")
    return folder


def test_a_network_met_by_two_jobs_is_one_row_of_each_suite(first: Path, both: Path) -> None:
    alone, together = (collect(find_runs(folder)) for folder in (first, both))
    rows = summary(together)
    networks = rows[~rows["model"].str.startswith("baseline")]
    assert sorted(zip(networks["model"], networks["suite"], strict=True)) == [
        (model, suite) for model in ("lstm", "srn") for suite in ("clams", "probes", "test")
    ]
    assert set(networks["n_seeds"]) == {2}
    assert not rows.duplicated(["config_id", "model", "suite"]).any()
    # What both jobs asked is as if the first had been alone.
    pd.testing.assert_frame_equal(together.history, alone.history)
    for table in (summary, accuracy.results, lambda c: accuracy.accuracy_by(c, ["distance"])):
        rows = table(together)
        rows = rows[rows["suite"] != "clams"].reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, table(alone))


def test_answers_given_twice_are_those_of_the_first_run(both: Path) -> None:
    predictions = collect(find_runs(both)).predictions.astype({"run_id": "str", "suite": "str"})
    of_srn = predictions[predictions["run_id"].str.startswith("srn-natural-1")]
    assert not of_srn.duplicated("item_id").any()
    assert of_srn.groupby("suite")["run_id"].unique().map(list).to_dict() == {
        "clams": ["srn-natural-1-later"],
        **{suite: ["srn-natural-1"] for suite in ("flagship", "probes", "test")},
    }


def test_a_network_met_twice_weighs_no_more_in_the_costs(both: Path) -> None:
    shutil.rmtree(both / "srn-natural-1-later")  # seed 0 has two runs, seed 1 has one
    rows = summary(collect(find_runs(both)))
    rows = rows[rows["model"] == "srn"].set_index("suite")
    assert set(rows["train_seconds"]) == {10.5}  # 10 and 11 s
    assert rows["n_seeds"].to_dict() == {"clams": 1, "probes": 2, "test": 2}


def test_a_table_cut_short_is_found_though_its_answers_are_known(
    both: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = both / "lstm-natural-1-later" / "predictions.csv"
    answers = results.read_csv(path, results.PREDICTIONS)
    probes = answers.index[answers["suite"] == "probes"]
    results.write_csv(answers.drop(probes[-1]), results.PREDICTIONS, path)
    assert cli.main([str(both)]) == 2
    assert "lstm-natural-1-later/predictions.csv: " in capsys.readouterr().err


def test_two_forms_of_a_suite_are_never_pooled(first: Path) -> None:
    """Other probes under the same name: their runs' ids are told apart, those of others not."""
    forms = {"probes": "probes-1"}
    suites = ("probes", "flagship")
    write_runs(first, 2, TWO, per_cell=6, longest=5, suites=suites, job="-x", forms=forms)
    write_runs(first, 2, TWO, per_cell=4, longest=5, suites=("clams",), job="-y")
    collected = collect(find_runs(first))
    rows = summary(collected)
    of_srn = rows[rows["model"] == "srn"].set_index("suite")
    probes = of_srn.loc["probes"].set_index("n_items")
    assert (probes["n_seeds"] == 2).all()
    assert probes.index[0] / probes.index[1] in (4 / 6, 6 / 4)  # items a cell
    assert probes["config_id"].nunique() == 2
    assert probes["config_id"].str.fullmatch(r"c0natural-[0-9a-f]{4}").all()
    assert of_srn.loc["clams", "config_id"] == "c0natural"
    assert set(rows["n_seeds"]) == {1, 2}  # of baselines, of networks
    flagship = accuracy.flagship(collected)
    assert set(flagship.groupby(["config_id", "model", "verb"]).size()) == {1, 2}
    assert collected.history["run_id"].nunique() == 4


def test_configurations_are_never_pooled(tmp_path: Path) -> None:
    folder = tmp_path / "sweep"
    for n in (1000, 5000):
        choices = {"data.regime": "natural", "data.n_sentences": n}
        write_runs(folder, 2, TWO, per_cell=4, longest=5, choices=choices)
    assert cli.main([str(folder)]) == 0
    rows = read(folder, results.SUMMARY)
    assert "data.regime" not in rows  # the same everywhere
    assert "hidden" in rows  # follows from the model: a column, but no part of a name
    probes = rows[rows["suite"] == "probes"]
    assert sorted(probes[probes["model"] == "srn"]["data.n_sentences"]) == [1000, 5000]
    assert (probes[~probes["model"].str.startswith("baseline")]["n_seeds"] == 2).all()
    text = (folder / "table.txt").read_text()
    assert "lstm n_sentences=1000" in text
    assert "first noun n_sentences=5000" in text
    assert "hidden" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_choice_not_made_is_a_value_too(tmp_path: Path) -> None:
    write_small(tmp_path)
    lexical = {"data": "lexical"}
    write_runs(tmp_path, 2, TWO, per_cell=4, longest=5, choices=lexical)
    configs = collect(find_runs(tmp_path)).configs
    assert set(configs["label"]) >= {"lstm", "lstm data=lexical", "first noun data=lexical"}


@pytest.mark.slow
def test_two_real_jobs_share_training_and_a_row(tmp_path: Path) -> None:
    """The pipeline's own manifests: other suites, the same weights; baselines know their text."""
    choices = {"model": "srn", "data": "generated", "train.clip": "1"}
    overrides = ("model=srn", "name=trial", "train.max_epochs=1")
    suites = (["probes"], ["probes", "flagship"])
    jobs = [tiny_job(tmp_path, *overrides, f"suite=[{','.join(names)}]") for names in suites]
    for job in jobs:
        pipeline.run(job, choices, lambda line: None)
    assert jobs[0].run_id != jobs[1].run_id
    assert jobs[0].config_id == jobs[1].config_id
    assert jobs[0].baselines_config_id == jobs[1].baselines_config_id
    folder = tmp_path / "trial"
    for job, names in zip(jobs, suites, strict=True):
        manifest = json.loads((folder / job.run_id / "manifest.json").read_text())
        assert manifest["trained"] == job.stages.train.key
        assert manifest["suites"] == {
            "test": job.stages.text.key,
            **{name: job.stages.suites[name].key for name in names},
        }
        assert set(manifest["suite_config_ids"]) == {"test", *names}
        baselines = json.loads((folder / job.baselines_id / "manifest.json").read_text())
        assert baselines["trained"] == job.stages.text.key
        assert baselines["choices"] == {"data": "generated"}
    assert cli.main([str(folder)]) == 0
    rows = read(folder, results.SUMMARY)
    assert not rows.duplicated(["model", "suite"]).any()
    assert set(read(folder, results.FLAGSHIP)["config_id"]) == set(rows["config_id"])
