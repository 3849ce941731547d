"""Comparisons, what factors cost, and the sentences made of them, on runs of known curves."""

from __future__ import annotations

import json
import shutil
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

import anova
from attractor.report import words
from attractor.report.analysis import Analysis, analyse
from attractor.report.collect import collect
from attractor.report.comparisons import ALL_ATTRACTORS, compare
from attractor.report.contracts import COMPARISONS, EFFECTS, MCNEMAR
from attractor.report.effects import effects
from attractor.report.runs import find_runs
from attractor.results import PREDICTIONS, check
from attractor.stats.comparison import cohens_h, exact_mcnemar, holm
from fake_runs import MODELS, TWO, read, write_runs, write_small


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    write_runs(folder, seeds=3, models={**TWO, "twin": MODELS["lstm"]}, per_cell=8)
    return folder


@pytest.fixture(scope="module")
def analysis(runs: Path) -> Analysis:
    return analyse(collect(find_runs(runs)))


def _answers(runs: Path, model: str) -> pd.DataFrame:
    """The right answers to the headline probes whose nouns between are all attractors: a column a
    seed, a row an item."""
    columns = {}
    for seed in range(3):
        rows = read(runs / f"{model}-natural-{seed}", PREDICTIONS)
        rows = rows[(rows["suite"] == "probes") & (rows["probe_set"] == "balanced")]
        rows = rows[(rows["n_intervening"] > 0) & (rows["n_attractors"] == rows["n_intervening"])]
        columns[seed] = rows.set_index("item_id")["correct"]
    return pd.DataFrame(columns)


def _row(analysis: Analysis, cell: str = ALL_ATTRACTORS, pair: str = "lstm srn") -> pd.Series:
    found = analysis.comparisons
    labels = found["label_a"] + " " + found["label_b"]
    return found[(found["by"] == "nouns") & (found["cell"] == cell) & (labels == pair)].iloc[0]


def test_tables_keep_their_contracts_and_hold_every_pair(analysis: Analysis) -> None:
    for frame, table in (
        (analysis.comparisons, COMPARISONS),
        (analysis.mcnemar, MCNEMAR),
        (analysis.effects, EFFECTS),
    ):
        assert list(check(frame, table, "")) == list(table.columns)
    found = analysis.comparisons
    pairs = set(zip(found["label_a"], found["label_b"], strict=True))
    assert pairs == set(combinations(["lstm", "srn", "twin"], 2))
    assert (found["n_prefixes"] >= 20).all()
    assert len(analysis.mcnemar) == 3 * len(found)


def test_a_difference_by_hand(runs: Path, analysis: Analysis) -> None:
    lstm, srn = (_answers(runs, model).to_numpy().T for model in ("lstm", "srn"))
    row = _row(analysis)
    assert (row["n_items"], row["n_seeds"]) == (lstm.shape[1], 3)
    assert row["accuracy_a"] == pytest.approx(lstm.mean())
    assert row["accuracy_b"] == pytest.approx(srn.mean())
    assert row["difference"] == pytest.approx(lstm.mean() - srn.mean())
    assert row["cohens_h"] == pytest.approx(cohens_h(lstm.mean(), srn.mean()))
    variance, _ = anova.variance(lstm - srn)
    assert row["ci_high"] - row["ci_low"] > 2 * 1.96 * np.sqrt(variance)
    assert row["interval"] == "initialisation and items"


def test_mcnemar_by_hand(runs: Path, analysis: Analysis) -> None:
    lstm, srn = (_answers(runs, model) for model in ("lstm", "srn"))
    found = analysis.mcnemar
    mine = found[(found["cell"] == ALL_ATTRACTORS) & (found["label_a"] == "lstm")]
    mine = mine[mine["label_b"] == "srn"].set_index("seed")
    apart = 0
    for seed in range(3):
        items, one = np.arange(len(lstm)), np.zeros(len(lstm), np.int64)
        test = exact_mcnemar(lstm[seed], srn[seed], items, one)
        assert mine.loc[seed, "only_a"] == ((lstm[seed] == 1) & (srn[seed] == 0)).sum()
        assert mine.loc[seed, "only_b"] == ((lstm[seed] == 0) & (srn[seed] == 1)).sum()
        assert mine.loc[seed, "p"] == pytest.approx(test.p[0])
        apart += int(test.p[0] < 0.05)
    assert _row(analysis)["seeds_apart"] == apart


def test_p_is_adjusted_over_all_pairs_and_cells_of_a_kind(analysis: Analysis) -> None:
    found = analysis.comparisons
    for _, family in found.groupby(["suite", "task", "by"]):
        assert (family["n_tests"] == len(family)).all()
        assert family["p_holm"].to_numpy() == pytest.approx(holm(family["p"]))
    assert set(found["by"]) == {"nouns", "distance", "probe_set"}


def test_only_networks_on_the_same_text_are_paired(tmp_path: Path) -> None:
    for regime in ("natural", "other"):
        write_runs(tmp_path, 2, TWO, 12, 5, choices={"data.regime": regime})
    found = compare(collect(find_runs(tmp_path))).differences
    assert len(found)
    for side in ("label_a", "label_b"):
        assert found[side].str.contains("regime=").all()
    regimes = [found[side].str.split("=").str[-1] for side in ("label_a", "label_b")]
    assert (regimes[0] == regimes[1]).all()


def test_where_no_cell_has_twenty_prefixes_nothing_is_compared(tmp_path: Path) -> None:
    write_runs(tmp_path, 2, TWO, per_cell=1, longest=2, suites=("flagship",))
    small = compare(collect(find_runs(tmp_path)))
    assert small.differences.empty
    assert small.mcnemar.empty


def test_effects_are_those_of_the_curves(analysis: Analysis) -> None:
    found = analysis.effects.set_index(["label", "factor"])
    for model in TWO:
        _, per_token, per_attractor = MODELS[model]
        token, attractor = found.loc[(model, "distance")], found.loc[(model, "n_attractors")]
        assert token["log_odds_low"] < per_token < token["log_odds_high"]
        assert token["log_odds"] == pytest.approx(per_token, abs=0.06)
        assert attractor["log_odds"] == pytest.approx(per_attractor, abs=0.25)
        # A point of accuracy is at most a quarter of a unit of log-odds.
        assert 0 < token["points"] / token["log_odds"] < 0.25
        assert token["near"] == 6
        assert token["p"] < 0.05
    # The fixture's nouns before the subject never differ in number from it: nothing is known.
    assert found.xs("n_preceding_opposite", level="factor")["points"].isna().all()


def test_the_answer_says_what_the_summary_says(analysis: Analysis) -> None:
    rows = analysis.summary[analysis.summary["suite"] == "probes"].set_index("model")
    best = rows.loc[[*TWO, "twin"], "accuracy_all_attractors"].idxmax()
    text = words.answer(analysis)
    low, high = (
        f"{100 * rows.loc[best, f'accuracy_all_attractors_{end}']:.0f}" for end in ("low", "high")
    )
    share = f"{100 * rows.loc[best, 'accuracy_all_attractors']:.0f}"
    assert f"in {share} % [{low}, {high}]" in text
    assert f"{rows.loc['srn', 'reach']:.1f} tokens" in text
    assert "for the simple RNN" in text


def test_comparisons_and_costs_in_words(analysis: Analysis) -> None:
    row = _row(analysis)
    line = next(
        line
        for line in words.comparisons(analysis, [ALL_ATTRACTORS])
        if "the LSTM" in line and "the simple RNN" in line
    )
    assert f"{100 * row['difference']:.1f} points" in line
    assert f"[{100 * row['ci_low']:.1f}, {100 * row['ci_high']:.1f}]".replace("-", "−") in line
    assert f"over {row['n_tests']} tests" in line
    assert ("not told apart" in line) == (row["p_holm"] >= 0.05)
    cost = analysis.effects.set_index(["label", "factor"]).loc[("srn", "distance")]
    told = next(line for line in words.effects(analysis) if "near distance 6" in line)
    low, high = -cost["points_high"], -cost["points_low"]
    size = f"{-100 * cost['points']:.1f} points [{100 * low:.1f}, {100 * high:.1f}]"
    assert f"costs the simple RNN {size}" in told
    assert max(map(len, words.lines(analysis, 100))) > 100  # paragraphs, whose lines are not:
    assert max(len(x) for text in words.lines(analysis, 100) for x in text.splitlines()) <= 100


def test_two_models_alike_are_not_told_apart(analysis: Analysis) -> None:
    twins = _row(analysis, pair="lstm twin")
    assert twins["p_holm"] > 0.05
    assert twins["ci_low"] < 0 < twins["ci_high"]
    assert 0.05 < twins["detectable_difference"] < 0.5


def test_several_runs_of_a_dataset_are_one_draw_of_it(tmp_path: Path) -> None:
    """Three datasets, two seeds each: three units, not six."""
    write_runs(tmp_path, 6, TWO, 8, 5, vary_data=True)
    for path in tmp_path.glob("*/manifest.json"):
        manifest = json.loads(path.read_text())
        manifest["data_seed"] //= 2
        manifest["suites"] = {
            name: key[:-1] + str(manifest["data_seed"]) for name, key in manifest["suites"].items()
        }
        path.write_text(json.dumps(manifest))
    collected = collect(find_runs(tmp_path))
    row = compare(collected).differences
    row = row[(row["by"] == "nouns") & (row["cell"] == "all")].iloc[0]
    assert (row["n_seeds"], row["interval"]) == (6, "initialisation, data and items")
    answers = [
        read(tmp_path / f"{model}-natural-{seed}", PREDICTIONS)
        .query("suite == 'probes' and probe_set == 'balanced'")["correct"]
        .to_numpy()
        for model in ("lstm", "srn")
        for seed in range(6)
    ]
    lstm, srn = (np.array(answers[k : k + 6]).reshape(3, 2, -1) for k in (0, 6))
    apart = (lstm - srn).mean(axis=1)  # [datasets, items]
    assert row["difference"] == pytest.approx(apart.mean())
    variance, freedom = anova.variance(apart)
    half = t.ppf(0.975, freedom) * np.sqrt(variance)
    # Not above one answer a dataset and item, which is a little wide for two runs of each.
    assert 2 * half <= row["ci_high"] - row["ci_low"] < 3 * half
    found = effects(collected)
    assert (found["n_seeds"] == 6).all()


def test_items_that_changed_between_two_sweeps_are_not_compared(tmp_path: Path) -> None:
    write_runs(tmp_path, 2, TWO, 12, 5)
    write_runs(tmp_path, 2, TWO, 12, 5, job="-b", forms={"probes": "probes-1"})
    found = compare(collect(find_runs(tmp_path))).differences
    probes = found[found["suite"] == "probes"]
    forms = [probes[side].str.extract("(probes-.)")[0] for side in ("label_a", "label_b")]
    assert len(probes)
    assert (forms[0] == forms[1]).all()


def test_a_model_with_few_seeds_keeps_its_few_degrees_of_freedom(tmp_path: Path) -> None:
    """Beside a model of many seeds, in one fit, as alone."""
    write_runs(tmp_path / "alone", 2, {"srn": MODELS["srn"]}, 8, 7)
    write_runs(tmp_path / "beside", 2, {"srn": MODELS["srn"]}, 8, 7)
    write_runs(tmp_path / "beside", 9, {"x": MODELS["srn"], "lstm": MODELS["lstm"]}, 8, 7)
    shutil.rmtree(tmp_path / "beside" / "x-natural-0")
    alone, beside = (
        effects(collect(find_runs(tmp_path / name))).set_index(["model", "factor"])
        for name in ("alone", "beside")
    )
    for column in ("log_odds", "log_odds_low", "log_odds_high", "p"):
        pair = [frame.loc[("srn", "distance"), column] for frame in (alone, beside)]
        assert pair[1] == pytest.approx(pair[0], rel=0.05, abs=1e-4), column


def test_one_seed_is_said_to_be_one(tmp_path: Path) -> None:
    write_runs(tmp_path, 1, TWO, 24, 5)
    found = analyse(collect(find_runs(tmp_path)))
    assert found.comparisons[["p", "p_holm", "detectable_difference"]].isna().all(axis=None)
    assert found.effects["p"].isna().all()
    line, *_ = words.comparisons(found, [ALL_ATTRACTORS])
    assert "of these two networks" in line
    assert "another initialisation may reverse it" in line


def test_without_probes_there_are_still_words(tmp_path: Path) -> None:
    write_runs(tmp_path, 2, TWO, 24, 4, suites=("clams", "flagship"))
    found = analyse(collect(find_runs(tmp_path)))
    assert words.answer(found).startswith("On clams (the first of 2 suites), with ")
    assert all(name in words.answer(found) for name in ("the LSTM in", "the simple RNN in"))
    lines = words.comparisons(found, [ALL_ATTRACTORS])
    assert [line.partition(":")[0] for line in lines] == ["On clams", "On test"]
    assert words.effects(found) == []


def test_each_task_has_an_answer_of_its_own(tmp_path: Path) -> None:
    for task in ("number_prediction", "cloze"):
        write_runs(tmp_path, 2, TWO, 12, 7, task=task)
    text = words.answer(analyse(collect(find_runs(tmp_path))))
    parts = text.split("task=")
    assert [part.partition(",")[0] for part in parts[1:]] == ["cloze", "number_prediction"]
    assert all("the LSTM in" in part and "the simple RNN in" in part for part in parts[1:])


def test_baselines_alone_have_nothing_to_say(tmp_path: Path) -> None:
    write_small(tmp_path)
    for run in tmp_path.glob("[ls]*-natural-*"):
        shutil.rmtree(run)
    found = analyse(collect(find_runs(tmp_path)))
    assert words.answer(found).startswith("No network has finished")
    assert words.comparisons(found) == words.effects(found) == []
