"""attractor-report on several tasks: their scores, what the right context reveals, readouts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import anova
from attractor import results
from attractor.report import cli, contracts
from attractor.report.accuracy import accuracy_by
from attractor.report.collect import REVEALED, Collected, collect
from attractor.report.configs import drawn_names
from attractor.report.panels import FEWEST_PREFIXES, headline
from attractor.report.readouts import accuracy_by_error_position
from attractor.report.readouts_figure import error_position_figures
from attractor.report.runs import find_runs
from attractor.report.summary import summary
from attractor.report.tasks import accuracy_by_task
from fake_runs import HEURISTICS, MODELS, TWO, matches, read, write_runs

BOTH_ENDS = {name: MODELS[name] for name in ("birnn", "bilstm")}
TASKS = {
    "number_prediction": TWO,
    "grammaticality": TWO,
    "language_model": TWO,
    "cloze": BOTH_ENDS,
}
READOUTS = ("forward_last", "backward_first", "both")
ERRORS = contracts.ACCURACY_BY_ERROR_POSITION


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four tasks of two models × 2 seeds each, with their report; nobody writes here."""
    folder = tmp_path_factory.mktemp("tasks")
    for task, models in TASKS.items():
        write_runs(folder, 2, models, per_cell=8, longest=5, task=task)
    assert cli.main([str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def collected(folder: Path) -> Collected:
    return collect(find_runs(folder))


@pytest.fixture(scope="module")
def rows(collected: Collected) -> pd.DataFrame:
    return summary(collected).set_index(["task", "model", "suite"]).sort_index()


@pytest.fixture(scope="module")
def readouts(tmp_path_factory: pytest.TempPathFactory) -> Collected:
    """Two models × 2 seeds × three readouts of grammaticality."""
    folder = tmp_path_factory.mktemp("readouts")
    for readout in READOUTS:
        choices = {"task.readout": readout}
        write_runs(folder, 2, BOTH_ENDS, 4, 5, choices=choices, task="grammaticality")
    return collect(find_runs(folder))


def answers(folder: Path, run_id: str, suite: str) -> pd.DataFrame:
    """A run's predictions on a suite, as the file has them."""
    frame = read(folder / run_id, results.PREDICTIONS)
    return frame[frame["suite"] == suite]


def with_interval(answered: list[pd.Series]) -> tuple[float, float, float]:
    """Mean and interval of two seeds' answers to the same items."""
    values = np.array(answered)
    return values.mean(), *anova.score_interval(values)


def test_absolute_and_pairwise_are_two_scores(folder: Path, rows: pd.DataFrame) -> None:
    row = rows.loc["grammaticality", "srn", "probes"]
    pairwise, absolute = [], []
    for seed in (0, 1):
        mine = answers(folder, f"srn-natural-grammaticality-{seed}", "probes")
        mine = mine[(mine["probe_set"] == "balanced") & (mine["role"] == "outer")]
        pairwise.append(mine["correct"].mean())
        absolute.append(mine.set_index("item_id")["absolute"].sort_index())
    names = ["accuracy_absolute", "accuracy_absolute_low", "accuracy_absolute_high"]
    assert row[names].tolist() == pytest.approx(with_interval(absolute))
    assert row["accuracy"] == pytest.approx(np.mean(pairwise))
    assert row["accuracy"] != row["accuracy_absolute"]


def test_a_whole_sentence_is_right_above_0_and_half_right_at_0(tmp_path: Path) -> None:
    write_runs(tmp_path, 1, {"srn": MODELS["srn"]}, 4, 5, task="language_model")
    path = tmp_path / "srn-natural-language_model-0" / "predictions.csv"
    frame = results.read_csv(path, results.PREDICTIONS)
    margins = np.where(frame["suite"] == "test", np.arange(len(frame)) % 4 - 1.0, 2.0)
    results.write_csv(frame.assign(sentence_margin=margins), results.PREDICTIONS, path)
    found = summary(collect(find_runs(tmp_path))).set_index(["model", "suite"]).loc["srn"]
    n = found.loc["test", "n_items"]
    assert n == 32
    shares = {-1.0: 0.0, 0.0: 0.5, 1.0: 1.0, 2.0: 1.0}  # -1, 0, 1, 2 in turn: 0.625
    of_test = margins[frame["suite"] == "test"]
    by_hand = np.mean([shares[margin] for margin in of_test])
    right = (1 + np.sign(of_test)) / 2
    low, high = anova.of_one_run(right)
    names = ["accuracy_sentence", "accuracy_sentence_low", "accuracy_sentence_high"]
    assert by_hand == 0.625
    assert found.loc["test", names].tolist() == pytest.approx([by_hand, low, high])
    assert found.loc["probes", "accuracy_sentence"] == 1.0


def test_scores_are_empty_where_they_do_not_apply(rows: pd.DataFrame) -> None:
    names = ["accuracy_absolute", "accuracy_sentence", "perplexity"]
    have = rows[names].notna().groupby(level=["task", "model"]).any()
    have = have[~have.index.get_level_values("model").str.startswith("baseline")]
    expected = {
        "number_prediction": [False, False, False],
        "grammaticality": [True, False, False],
        "language_model": [False, True, True],
        "cloze": [False, False, True],
    }
    for (task, _), found in have.iterrows():
        assert found.tolist() == expected[task], task
    assert rows.loc["cloze", "bilstm", "probes"]["perplexity"] == 20.5  # 20 and 21
    assert rows.loc[("number_prediction", "baseline:first_noun"), names].isna().all(axis=None)


@pytest.mark.parametrize("task", list(TASKS))
def test_revealed_items_are_a_suite_of_their_own_for_tasks_that_read_them(
    folder: Path, rows: pd.DataFrame, task: str
) -> None:
    model = next(iter(TASKS[task]))
    of_model = rows.loc[task, model]
    if task not in ("cloze", "grammaticality"):
        assert f"test{REVEALED}" not in of_model.index
        assert of_model.loc["test", "n_items"] == 64
        return
    assert of_model.loc[["test", f"test{REVEALED}"], "n_items"].tolist() == [56, 8]  # 1 of 8
    mine = [answers(folder, f"{model}-natural-{task}-{seed}", "test") for seed in (0, 1)]
    for name, revealed in (("test", 0), (f"test{REVEALED}", 1)):
        means = [m[m["right_context_reveals"] == revealed]["correct"].mean() for m in mine]
        assert of_model.loc[name, "accuracy"] == pytest.approx(np.mean(means))
    assert of_model.loc["probes", "accuracy_test"] == of_model.loc["test", "accuracy"]


def test_revealed_items_have_rows_in_every_table_and_never_enter_the_headline(
    folder: Path, collected: Collected
) -> None:
    for table in (
        *(contracts.RESULTS, contracts.ACCURACY_BY_DISTANCE, contracts.ACCURACY_BY_ATTRACTORS),
        *(contracts.ACCURACY_BY_SUBJECT_POSITION, contracts.SUMMARY, ERRORS),
    ):
        frame = read(folder, table)
        revealed = frame[frame["suite"] == f"test{REVEALED}"]
        assert len(revealed), table.name
        assert set(revealed["task"]) <= {"cloze", "grammaticality"}
    cells = accuracy_by(collected, ["distance", "n_intervening"])
    assert set(headline(cells, collected, fixed=True)["suite"]) == {"probes"}


def test_each_task_is_a_variant_beside_which_all_baselines_stand(collected: Collected) -> None:
    drawn = drawn_names(collected.configs)
    rules = {n.replace("_", " ") for n in (*HEURISTICS, "bag_of_words", "ngrams")}
    labels = {variant: set(rows["label"]) for variant, rows in drawn.groupby("variant")}
    assert labels == {f"task={task}": {*models, *rules} for task, models in TASKS.items()}
    assert not drawn.duplicated(["variant", "label"]).any()
    names = set(collected.configs["label"])
    assert {"srn task=language_model", "bilstm task=cloze", "first noun"} <= names


def test_readouts_that_all_models_had_are_variants_of_their_task(readouts: Collected) -> None:
    drawn = drawn_names(readouts.configs)
    networks = drawn[~drawn["model"].str.startswith("baseline")]
    labels = {variant: set(rows["label"]) for variant, rows in networks.groupby("variant")}
    assert labels == {f"readout={readout}": {"birnn", "bilstm"} for readout in READOUTS}


def test_a_choice_within_one_task_is_a_line_of_its_figure(tmp_path: Path) -> None:
    """Two readouts of one model only: not crossed, but no line among those of other tasks."""
    write_runs(tmp_path, 1, TWO, 4, 5)
    for readout in READOUTS[:2]:
        one = {"bilstm": MODELS["bilstm"]}
        choices = {"task.readout": readout}
        write_runs(tmp_path, 1, one, 4, 5, choices=choices, task="grammaticality")
    drawn = drawn_names(collect(find_runs(tmp_path)).configs)
    networks = drawn[~drawn["model"].str.startswith("baseline")]
    labels = {variant: set(rows["label"]) for variant, rows in networks.groupby("variant")}
    assert labels == {
        "task=number_prediction": {"srn", "lstm"},
        "task=grammaticality": {f"bilstm readout={readout}" for readout in READOUTS[:2]},
    }


def test_figures_are_of_one_task_but_for_the_one_that_compares_them(folder: Path) -> None:
    names = {path.stem for path in (folder / "figures").glob("*.png")}
    each = ("accuracy_by_distance", "accuracy_by_attractors", "accuracy_by_subject_position")
    expected = {f"{name}_task_{task}" for name in (*each, "training") for task in TASKS}
    # 64 test items, a third of them at distance 1: no cell has 20 prefixes.
    assert names == expected | {"accuracy_by_task"}


def test_accuracy_by_task_has_a_point_a_network_and_task(
    folder: Path, collected: Collected, rows: pd.DataFrame
) -> None:
    chart = accuracy_by_task(summary(collected), collected)
    assert chart is not None
    panels = [panel for row in chart.vconcat for panel in row.hconcat]
    assert [panel.title.text for panel in panels][:2] == [
        "nouns between, no attractor",
        "nouns between, all attractors",
    ]
    points = panels[1].layer[2].data.set_index(["task", "label"])
    assert len(points) == sum(map(len, TASKS.values()))
    own = rows.loc["cloze", "birnn", "probes"]
    name = "accuracy_all_attractors"
    assert (
        points.loc[("cloze", "birnn"), ["accuracy", "low", "high"]].tolist()
        == own[[name, f"{name}_low", f"{name}_high"]].tolist()
    )
    of_cloze = summary(collected)[lambda frame: frame["task"] == "cloze"]
    assert accuracy_by_task(of_cloze, collected) is None


def test_table_names_tasks_and_their_scores(folder: Path, rows: pd.DataFrame) -> None:
    lines = (folder / "table.txt").read_text().splitlines()
    assert max(map(len, lines)) <= 100
    first, second = (i for i, line in enumerate(lines) if line == "task=grammaticality")
    row = rows.loc["grammaticality", "lstm", "probes"]
    assert lines[first + 1].split()[:2] == ["lstm", f"{row['accuracy_test']:.3f}"]
    after = lines[second + 1]
    found = [after.index(f"{row[name]:.3f}") for name in ("accuracy_absolute", "accuracy")]
    assert found == sorted(found)
    cloze = [line for line in lines[second - 3 : second] if line.startswith("birnn")]
    revealed = rows.loc["cloze", "birnn", f"test{REVEALED}"]["accuracy"]
    assert cloze[0].split()[1:3] == ["20.5", f"{revealed:.3f}"]
    lstm = [line.split()[0] for line in lines[second:] if line.startswith(("lstm ", "srn "))]
    assert lstm[:4] == ["lstm", "srn", "lstm", "srn"]  # of grammaticality and of language_model
    assert "task=number_prediction" not in lines[second:]


@pytest.mark.parametrize("score", ["absolute", "pairwise"])
def test_bins_of_words_before_and_after_the_error(folder: Path, score: str) -> None:
    table = read(folder, ERRORS)
    assert set(table["task"]) == {"grammaticality"}
    table = table[matches(table, {"model": "lstm", "suite": "test", "score": score})]
    table = table.set_index(["words_before", "words_after"])
    runs = [answers(folder, f"lstm-natural-grammaticality-{seed}", "test") for seed in (0, 1)]
    # Verbs right behind their subjects, whose right context shows nothing: at 2, 5, 7 or 10.
    runs = [run[(run["distance"] == 1) & (run["right_context_reveals"] == 0)] for run in runs]
    before = runs[0]["verb_index"].map({2: "1 to 2", 5: "3 to 5", 7: "6 to 8", 10: "9 or more"})
    after = runs[0]["n_following"].map({0: "0", 1: "1", 2: "2 or more", 3: "2 or more"})
    sizes = runs[0].groupby([before.rename("before"), after.rename("after")]).size()
    assert len(table) == len(sizes) == 11  # the only one of 9 or more and 1 is revealed
    assert sizes.max() == 2
    column = {"absolute": "absolute", "pairwise": "correct"}[score]
    for cell, n in sizes.items():
        where = (before == cell[0]) & (after == cell[1])
        row = table.loc[cell]
        assert (row["n_items"], row["n_seeds"]) == (n, 2)
        assert row["interval"] == "initialisation and items"
        answered = [run.loc[where, column] for run in runs]
        if np.ptp(answered):  # of answers all alike, or of one item, nothing varies
            found = row[["accuracy", "ci_low", "ci_high"]].tolist()
            assert found == pytest.approx(with_interval(answered))


def test_no_table_of_errors_without_the_task(tmp_path: Path) -> None:
    write_runs(tmp_path, 1, {"srn": MODELS["srn"]}, 4, 5)
    found = collect(find_runs(tmp_path))
    assert accuracy_by_error_position(found).empty
    assert error_position_figures(accuracy_by_error_position(found), found) == {}


def test_readouts_are_lines_of_a_figure_a_model(readouts: Collected) -> None:
    cells = accuracy_by_error_position(readouts)
    assert set(cells["task.readout"]) == set(READOUTS)
    thin = error_position_figures(cells, readouts)
    assert thin == {"accuracy_by_error_position": None}
    drawn = error_position_figures(cells.assign(n_prefixes=FEWEST_PREFIXES), readouts)
    assert set(drawn) == {f"accuracy_by_error_position_{model}" for model in BOTH_ENDS}
    chart = drawn["accuracy_by_error_position_birnn"]
    assert chart is not None
    assert [len(row.hconcat) for row in chart.vconcat] == [3, 3]
    lines = chart.vconcat[0].hconcat[0].layer[2].data
    assert set(lines["label"]) == {f"birnn readout={readout}" for readout in READOUTS}
    cell = {"model": "birnn", "score": "absolute", "words_after": "0", "suite": "test"}
    mine = cells[matches(cells, cell)]
    assert sorted(lines["accuracy"]) == sorted(mine["accuracy"])
    assert "absolute" in chart.vconcat[0].hconcat[0].title.text
    assert "pairwise" in chart.vconcat[1].hconcat[0].title.text


def test_one_seed_and_one_model_can_be_drawn(tmp_path: Path) -> None:
    """No interval over seeds; enough prefixes for the errors' figure."""
    write_runs(tmp_path, 1, {"srn": MODELS["srn"]}, 60, 3, task="grammaticality")
    assert cli.main([str(tmp_path)]) == 0
    assert (tmp_path / "figures" / "accuracy_by_error_position.png").exists()
    assert not (tmp_path / "figures" / "accuracy_by_task.png").exists()
    rows = read(tmp_path, ERRORS)
    row = rows[(rows["suite"] == "test") & (rows["score"] == "pairwise")].iloc[0]
    assert row["interval"] == "items"
    n = int(row["n_prefixes"])
    right = (np.arange(n) < round(row["accuracy"] * n)).astype(float)
    assert row["accuracy"] == pytest.approx(right.mean())
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(anova.of_one_run(right))
