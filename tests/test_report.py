"""attractor-report on synthetic run folders: numbers, bytes, pictures, exit codes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

import anova
from attractor import results
from attractor.report import build, cli, contracts
from attractor.report.accuracy import accuracy_by
from attractor.report.collect import collect, noun_flags
from attractor.report.panels import FEWEST_PREFIXES, headline
from attractor.report.runs import find_runs
from attractor.stats.curves import BELOW
from attractor.stats.intervals import METHOD
from fake_runs import (
    HEURISTICS,
    MODELS,
    heuristic_correct,
    items,
    matches,
    read,
    write_runs,
    write_small,
)

CSVS = [
    contracts.RESULTS,
    contracts.ACCURACY_BY_DISTANCE,
    contracts.ACCURACY_BY_ATTRACTORS,
    contracts.ACCURACY_BY_SUBJECT_POSITION,
    contracts.ACCURACY_BY_CONSTRUCTION,
    contracts.FLAGSHIP,
    contracts.SUMMARY,
]


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four models × 5 seeds and the baselines; nobody writes here."""
    folder = tmp_path_factory.mktemp("runs") / "distance"
    write_runs(folder, per_cell=12)
    return folder


@pytest.fixture(scope="session")
def report(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same runs with their report; nobody writes here either."""
    folder = tmp_path_factory.mktemp("report") / "distance"
    shutil.copytree(runs, folder)
    assert cli.main([str(folder)]) == 0
    return folder


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Two models × 2 seeds, few items: to spoil."""
    return write_small(tmp_path / "small")


def test_every_table_keeps_its_contract_and_every_picture_is_there(report: Path) -> None:
    for table in CSVS:
        assert len(read(report, table)), table.name
    history = read(report, results.HISTORY)
    assert history["run_id"].nunique() == 20
    names = {path.name for path in (report / "figures").iterdir()}
    stems = ("distance", "attractors", "subject_position")
    expected = {f"accuracy_by_{stem}{e}" for stem in stems for e in (".svg", ".png")}
    assert names == expected | {"training.svg", "training.png"}
    for path in (report / "figures").glob("*.png"):
        assert path.read_bytes()[:4] == b"\x89PNG"


def test_results_are_plain_means_of_the_predictions(report: Path) -> None:
    rows = read(report, contracts.RESULTS)
    predictions = read(report / "lstm-natural-3", results.PREDICTIONS)
    cell = {"suite": "probes", "probe_set": "balanced", "role": "outer", "distance": 6}
    cell |= {"n_intervening": 2, "n_attractors": 1, "subject_number": "plural"}
    row = rows[(rows["run_id"] == "lstm-natural-3") & matches(rows, cell)].iloc[0]
    answers = predictions[matches(predictions, cell)]
    assert row["n_items"] == len(answers) == 24
    assert row["accuracy"] == answers["correct"].mean()
    assert row["mean_margin"] == pytest.approx(answers["margin"].mean(), rel=1e-12)


def test_accuracy_by_distance_has_seed_means_and_their_t_interval(report: Path) -> None:
    rows = read(report, contracts.ACCURACY_BY_DISTANCE)
    cell = {"suite": "probes", "probe_set": "balanced", "distance": 5, "n_intervening": 2}
    cell |= {"model": "srn"}
    parts = rows[matches(rows, cell)].set_index("n_attractors")
    by_seed = []
    for seed in range(5):
        answers = read(report / f"srn-natural-{seed}", results.PREDICTIONS)
        by_seed.append(answers[matches(answers, cell)].set_index("item_id")["correct"])
    answered = np.array([of_seed.sort_index() for of_seed in by_seed])  # [seeds, items]
    row = parts.loc["all"]
    assert (row["n_items"], row["n_prefixes"], row["n_seeds"]) == (144, 144, 5)
    assert row["accuracy"] == pytest.approx(answered.mean())
    low, high = anova.score_interval(answered)
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(low), pytest.approx(high))
    assert row["interval"] == "initialisation and items"
    assert row["method"] == METHOD
    # Equal quotas: `all` is the mean of its parts.
    assert row["accuracy"] == pytest.approx(parts.drop("all")["accuracy"].mean())
    assert set(parts.index) == {"0", "1", "2", "all"}


def test_baselines_are_rows_with_intervals_of_their_items(report: Path) -> None:
    rows = read(report, contracts.ACCURACY_BY_DISTANCE)
    cell = {"probe_set": "balanced", "distance": 6, "n_intervening": 2, "n_attractors": "2"}
    table = items(12)
    for name in HEURISTICS:
        row = rows[matches(rows, {**cell, "model": f"baseline:{name}"})].iloc[0]
        where = matches(table, {**cell, "n_attractors": 2})
        by_hand = heuristic_correct(name, table)[where].mean()
        assert row["accuracy"] == by_hand
        low, high = anova.of_one_run(heuristic_correct(name, table)[where])
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high))
        assert (row["n_seeds"], row["interval"]) == (1, "items")


@pytest.mark.parametrize(
    ("nouns", "disagree"),
    [("S", False), ("SS", False), ("SP", True), ("SPS", False), ("SPPS", True), ("PSS", True)],
)
def test_where_heuristics_disagree(nouns: str, disagree: bool) -> None:
    assert noun_flags("", nouns)[0] is disagree  # SPPS: first and last agree, the majority is tied


def test_summary(report: Path) -> None:
    rows = read(report, contracts.SUMMARY)
    probes = rows[rows["suite"] == "probes"].set_index("model")
    assert set(probes.index) == set(MODELS) | {
        f"baseline:{name}" for name in (*HEURISTICS, "bag_of_words", "ngrams")
    }
    srn, first = probes.loc["srn"], probes.loc["baseline:first_noun"]
    assert first[["accuracy", "accuracy_singular", "accuracy_plural"]].tolist() == [0.5] * 3
    assert first["reach_note"] == BELOW
    assert np.isnan(first[["reach", "reach_low", "parameters"]].astype(float)).all()
    # The fixture's srn: slopes -.30 a token, -1.2 an attractor.
    assert srn["slope_per_token_low"] < srn["slope_per_token"] < srn["slope_per_token_high"] < 0
    assert srn["slope_per_token"] == pytest.approx(-0.30, abs=0.04)
    assert srn["slope_per_attractor"] == pytest.approx(-1.2, abs=0.15)
    # With one attractor 4.2 - 1.2 - .30 d falls to ln 3 at d = 6.3.
    assert 3 <= srn["reach_low"] < srn["reach"] < srn["reach_high"] <= 9
    assert srn["reach"] == pytest.approx(6.3, abs=1.0)
    assert srn["accuracy_no_attractor"] > srn["accuracy_all_attractors"]
    assert (srn["parameters"], srn["train_seconds"]) == (20000, 12.0)
    test = rows[(rows["suite"] == "test") & (rows["model"] == "srn")].iloc[0]
    assert test["accuracy"] == srn["accuracy_test"]


def test_flagship_turns_margins_into_p_plural(report: Path) -> None:
    rows = read(report, contracts.FLAGSHIP)
    answers = read(report / "lstm-natural-2", results.PREDICTIONS)
    margin = answers[answers["suite"] == "flagship"].set_index("role")["margin"]
    mine = rows[rows["run_id"] == "lstm-natural-2"].set_index("verb")["p_plural"]
    assert mine["was"] == pytest.approx(expit(-margin["inner"]))
    assert mine["were"] == pytest.approx(expit(margin["outer"]))


def test_bytes_depend_on_predictions_only(report: Path, runs: Path, tmp_path: Path) -> None:
    """Folders under other names and in another order, rows shuffled, other times and machines."""
    folder = tmp_path / "elsewhere"
    order = np.random.default_rng(1).permutation(sorted(runs.iterdir()))
    for number, run in enumerate(order):
        target = folder / f"{number:02d}"
        shutil.copytree(run, target)
        answers = read(target, results.PREDICTIONS).sample(frac=1, random_state=number)
        results.write_csv(answers, results.PREDICTIONS, target / "predictions.csv")
        manifest = json.loads((target / "manifest.json").read_text())
        manifest |= {"train_seconds": 1e6, "platform": "elsewhere", "git_commit": "?"}
        (target / "manifest.json").write_text(json.dumps(manifest))
    build.build(folder, find_runs(folder))
    for table in CSVS[:-1]:  # the summary holds times
        assert (folder / table.name).read_bytes() == (report / table.name).read_bytes(), table.name


def test_an_unchanged_report_is_printed_at_once(
    report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {p: p.stat().st_mtime_ns for p in report.rglob("*.*")}
    assert cli.main([str(report)]) == 0
    text = capsys.readouterr().out
    assert text.startswith((report / "table.txt").read_text())
    assert "accuracy_by_distance.csv" in text
    assert {p: p.stat().st_mtime_ns for p in report.rglob("*.*")} == before
    command = "import sys; from attractor.report.cli import main; main(sys.argv[1:])"
    command += "; sys.exit('pandas' in sys.modules or 'altair' in sys.modules)"
    subprocess.run([sys.executable, "-c", command, str(report)], check=True, capture_output=True)


def test_what_changed_is_made_anew(small: Path) -> None:
    assert cli.main([str(small)]) == 0
    first = (small / "results.csv").read_bytes()
    (small / "results.csv").write_text("spoilt")
    assert cli.main([str(small)]) == 0
    assert (small / "results.csv").read_bytes() == first
    shutil.rmtree(small / "lstm-natural-1")
    assert cli.main([str(small)]) == 0
    assert len((small / "results.csv").read_bytes()) < len(first)
    assert "Fewer seeds than the others: lstm (1)" in (small / "table.txt").read_text()


def test_table_fits_a_terminal_and_says_what_it_must(report: Path) -> None:
    text = (report / "table.txt").read_text()
    assert max(map(len, text.splitlines())) <= 100
    for piece in ("srn", "bilstm", "most recent noun", "5 seeds", "initialisation", "WERE"):
        assert piece in text
    assert "beyond" in text


def test_intervals_say_when_data_varied_too(tmp_path: Path) -> None:
    models = {"srn": MODELS["srn"]}
    write_runs(tmp_path, 2, models, per_cell=4, longest=5, vary_data=True)
    rows = accuracy_by(collect(find_runs(tmp_path)), ["distance", "n_intervening"])
    of_srn = rows[rows["model"] == "srn"]
    assert set(of_srn["interval"]) == {"initialisation, data and items"}


def test_thin_cells_are_not_drawn(small: Path) -> None:
    collected = collect(find_runs(small))
    rows = accuracy_by(collected, ["distance", "n_intervening"])
    drawn = headline(rows, collected, fixed=True)
    assert drawn.empty  # 16 prefixes a cell
    fixed = headline(rows.assign(n_prefixes=FEWEST_PREFIXES), collected, fixed=True)
    assert set(fixed["panel"]) == {
        "no intervening noun",
        *("1 intervening noun, no attractor", "1 intervening noun, an attractor"),
        *("2 intervening nouns, no attractor", "2 intervening nouns, both attractors"),
    }
    build.build(small, find_runs(small))
    assert not (small / "figures" / "accuracy_by_distance.png").exists()


def test_runs_without_probes_or_flagship_still_have_a_report(small: Path) -> None:
    for path in small.glob("*/predictions.csv"):
        answers = results.read_csv(path, results.PREDICTIONS)
        answers = answers[answers["suite"] == "test"].assign(suite="mine")
        results.write_csv(answers, results.PREDICTIONS, path)
    assert cli.main([str(small)]) == 0
    assert "No run has read" in (small / "table.txt").read_text()
