"""attractor-report on several jobs: a network trained once is one row, a curve, whoever asks it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from attractor import pipeline, results
from attractor.files import sha256
from attractor.plan import VERSIONS
from attractor.report import accuracy, cli, contracts
from attractor.report.collect import collect
from attractor.report.configs import drawn_names, swept_choices
from attractor.report.runs import find_runs
from attractor.report.summary import summary
from attractor.runs import read_manifest
from fake_runs import HEURISTICS, TWO, read, write_runs, write_small
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
    answers = [read(both / f"srn-natural-1{job}", results.PREDICTIONS) for job in ("", "-later")]
    items = pd.concat(answers).drop_duplicates(["suite", "item_id"])
    assert of_srn["suite"].value_counts().equals(items["suite"].value_counts())
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
    assert cli.main([str(both)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "lstm-natural-1-later: predictions.csv has " in line
    assert f"items of suite probes where other runs have {len(probes)}" in line
    rows = read(both, contracts.SUMMARY)
    n_seeds = rows[rows["model"] == "lstm"].set_index("suite")["n_seeds"].to_dict()
    assert n_seeds == {"clams": 1, "probes": 2, "test": 2}


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
    rows = read(folder, contracts.SUMMARY)
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


def spoil_choices(folder: Path, pattern: str) -> None:
    """As if data.regime had not been written out."""
    for path in folder.glob(f"{pattern}/manifest.json"):
        manifest = json.loads(path.read_text())
        del manifest["choices"]["data.regime"]
        path.write_text(json.dumps(manifest))


def test_a_default_is_one_value_written_out_or_not(first: Path) -> None:
    spoil_choices(first, "*-natural-1")
    spoil_choices(first, "baselines-*")  # published by the first job, which wrote nothing out
    assert swept_choices(find_runs(first).finished) == ["hidden"]
    write_runs(first, 2, TWO, per_cell=4, longest=5, choices={"data.regime": "hard"})
    collected = collect(find_runs(first))
    assert collected.swept == ["data.regime", "hidden"]
    regimes = collected.configs.groupby("data.regime")["label"].agg(set)
    assert set(regimes.index) == {"hard", "natural"}
    assert regimes["natural"] >= {"lstm regime=natural", "first noun regime=natural"}
    drawn = drawn_names(collected.configs)
    assert set(drawn.groupby("variant").size()) == {8}  # two networks beside six baselines


def test_what_every_model_had_of_its_own_is_told(tmp_path: Path) -> None:
    """One model on one text, the other on another: a text is no part of a model."""
    for regime, gone in (("natural", "lstm"), ("hard", "srn")):
        write_runs(tmp_path, 1, TWO, per_cell=4, longest=5, choices={"data.regime": regime})
        shutil.rmtree(tmp_path / f"{gone}-{regime}-0")
    labels = set(collect(find_runs(tmp_path)).configs["label"])
    assert {"srn regime=natural", "lstm regime=hard"} <= labels


@pytest.mark.parametrize("suite", ["probes", "test"])
def test_models_that_met_other_forms_are_marked(first: Path, suite: str) -> None:
    """The probes' yaml, or the text's, edited between two sweeps: each model saw one form."""
    write_runs(first, 2, TWO, per_cell=4, longest=5, job="-x", forms={suite: "v1"})
    for gone in (*first.glob("lstm-natural-?"), *first.glob("srn-natural-?-x")):
        shutil.rmtree(gone)
    collected = collect(find_runs(first))
    names = {"srn": f"srn {suite}={suite}-0", "lstm": f"lstm {suite}=v1"}
    configs = collected.configs.set_index("label")
    for name in names.values():
        assert "-" in configs.loc[name, "config_id"]
    assert {f"first noun {suite}={suite}-0", f"first noun {suite}=v1"} <= set(configs.index)
    assert cli.main([str(first)]) == 0
    text = (first / "table.txt").read_text()
    assert all(piece in text for piece in (*names.values(), "in several forms"))
    rows = read(first, contracts.SUMMARY)
    assert set(rows[f"suite_form.{suite}"]) == {f"{suite}-0", "v1"}


def test_forms_that_were_chosen_are_called_by_the_choice(tmp_path: Path) -> None:
    for n in ("5", "6"):
        choices = {"suite.probes.per_cell": n}
        write_runs(tmp_path, 1, TWO, 4, 5, choices=choices, forms={"probes": f"v{n}"})
    found = find_runs(tmp_path)
    configs = collect(found).configs
    assert {"srn per_cell=5", "lstm per_cell=6", "first noun per_cell=6"} <= set(configs["label"])
    assert not any(run.forms for run in found.finished)


def test_each_form_that_all_models_met_is_a_variant(first: Path) -> None:
    write_runs(first, 2, TWO, per_cell=4, longest=5, job="-x", forms={"probes": "v1"})
    drawn = drawn_names(collect(find_runs(first)).configs)
    both = {"probes=probes-0", "probes=v1"}
    rules = (*HEURISTICS, "bag_of_words", "ngrams")
    expected = {"lstm", "srn", *(name.replace("_", " ") for name in rules)}
    labels = {variant: set(rows["label"]) for variant, rows in drawn.groupby("variant")}
    assert labels == dict.fromkeys(both, expected)


def test_baselines_that_answered_one_way_stand_beside_networks_that_did_not(first: Path) -> None:
    """The network's part of a suite's hash changed with the program, the items did not."""
    write_runs(first, 2, TWO, per_cell=4, longest=5, job="-x", forms={"test": "v1"})
    shutil.rmtree(first / "baselines-natural-x")
    for path in first.glob("*/manifest.json"):
        manifest = json.loads(path.read_text())
        path.write_text(json.dumps(manifest | {"suites": {"test": "same"}}))
    drawn = drawn_names(collect(find_runs(first)).configs)
    assert drawn.groupby("variant").size().to_dict() == {"test=test-0": 8, "test=v1": 8}


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
        for run, stages in (
            (job.run_id, ("train", "evaluate")),
            (job.baselines_id, ("baselines",)),
        ):
            noted = read_manifest(folder / run)
            tables = {path for path in (folder / run).iterdir() if path.name != "manifest.json"}
            assert noted["sha256"] == {path.name: sha256(path) for path in tables}
            assert noted["files"] == {path.name: path.stat().st_size for path in tables}
            assert noted["stage_versions"] == {s: VERSIONS[s] for s in ("text", "suite", *stages)}
    assert cli.main([str(folder)]) == 0
    rows = read(folder, contracts.SUMMARY)
    assert not rows.duplicated(["model", "suite"]).any()
    assert set(read(folder, contracts.FLAGSHIP)["config_id"]) == set(rows["config_id"])
