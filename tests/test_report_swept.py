"""The figure of a swept number: accuracy by attractors against hidden size, text, …"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import pytest

from attractor.report.accuracy import accuracy_by
from attractor.report.collect import Collected, collect
from attractor.report.interactive import numbers, specification
from attractor.report.runs import find_runs
from attractor.report.swept import accuracy_against
from fake_runs import MODELS, NUMBER, TWO, matches, write_runs

HIDDEN, SENTENCES, RATE = "model.hidden_size", "data.n_sentences", "train.learning_rate"
LONGEST = 6  # with two nouns between: distances 5 and 6


def drawn(collected: Collected) -> dict[str, alt.VConcatChart]:
    return accuracy_against(accuracy_by(collected, ["n_intervening"]), collected)


def written(folder: Path, *jobs: dict[str, Any], **kept: Any) -> Collected:
    """Runs of two models, or what `kept` says, with the choices of each job."""
    for choices in jobs:
        task = choices.pop("task", NUMBER)
        settings: dict[str, Any] = {"seeds": 2, "models": TWO, "per_cell": 8, **kept}
        write_runs(folder, longest=LONGEST, choices=choices, task=task, **settings)
    return collect(find_runs(folder))


@pytest.fixture(scope="module")
def sizes(tmp_path_factory: pytest.TempPathFactory) -> Collected:
    """Two models × 2 seeds × two tasks × two hidden sizes; one task's each at its own rate."""
    numbers = [{HIDDEN: size} for size in (10, 160)]
    words = [{HIDDEN: size, RATE: rate} for size, rate in ((10, 0.01), (160, 0.003))]
    jobs = [*numbers, *({**job, "task": "language_model"} for job in words)]
    return written(tmp_path_factory.mktemp("sizes"), *jobs)


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Collected:
    """Two models × two hidden sizes × two sizes of the text."""
    jobs = ({HIDDEN: size, SENTENCES: n} for size in (25, 100) for n in (2500, 40000))
    return written(tmp_path_factory.mktemp("grid"), *jobs, seeds=1)


def panels(chart: alt.VConcatChart) -> list[list[alt.LayerChart]]:
    return [list(row.hconcat) for row in chart.vconcat]


def titles(chart: alt.VConcatChart) -> list[list[list[str]]]:
    return [[panel.title.text for panel in row] for row in panels(chart)]


def points(panel: alt.LayerChart) -> pd.DataFrame:
    frame: pd.DataFrame = panel.layer[-1].data
    return frame.set_index(["label", "swept"]).sort_index()


def test_a_panel_for_each_count_of_attractors_a_row_for_each_task(sizes: Collected) -> None:
    charts = drawn(sizes)
    assert set(charts) == {"accuracy_against_hidden_size"}  # a rate follows from the size
    chart = charts["accuracy_against_hidden_size"]
    assert titles(chart) == [
        [[task, f"{n} attractor{'s' * (n != 1)}"] for n in range(3)]
        for task in ("task=language_model", f"task={NUMBER}")
    ]


def test_a_point_is_the_cell_of_the_table(sizes: Collected) -> None:
    chart = drawn(sizes)["accuracy_against_hidden_size"]
    found = points(panels(chart)[1][2])  # number_prediction, two attractors
    assert list(found.index) == [(m, size) for m in ("lstm", "srn") for size in (10, 160)]
    rows = accuracy_by(sizes, ["n_intervening"])
    cell = {"suite": "probes", "probe_set": "balanced", "n_intervening": 2, "n_attractors": "2"}
    rows = rows[matches(rows, {**cell, "model": "srn", "task": NUMBER, HIDDEN: "160"})]
    assert len(rows) == 1
    told = ["accuracy", "ci_low", "ci_high", "n_items", "interval"]
    assert found.loc[("srn", 160), told].tolist() == rows.iloc[0][told].tolist()


def test_axis_is_logarithmic_and_says_what_was_swept(sizes: Collected) -> None:
    chart = drawn(sizes)["accuracy_against_hidden_size"]
    x = panels(chart)[0][0].layer[-1].encoding.x.to_dict()
    assert x["title"] == "hidden size (units of each direction)"
    assert x["axis"]["values"] == [10, 160]
    low, high = x["scale"]["domain"]
    assert x["scale"]["type"] == "log"
    assert 0 < low < 10
    assert high > 160


def test_every_panel_has_equal_nouns_and_tells_its_distances(sizes: Collected) -> None:
    chart = drawn(sizes)["accuracy_against_hidden_size"]
    first, second = chart.title.subtitle
    assert "2 nouns between" in first
    assert "64 items a point, 2 seeds a model" in first  # 8 × 2 distances × S, P × 2 places
    assert "distance 5–6 tokens, mean 5.5 with 0, 5.5 with 1, 5.5 with 2 attractors" in second


def test_baselines_stand_at_every_value(sizes: Collected) -> None:
    chart = drawn(sizes)["accuracy_against_hidden_size"]
    shown = panels(chart)[0][2].layer[1].data
    recent = shown[shown["label"] == "most recent noun"]
    assert recent[["swept", "accuracy"]].to_numpy().tolist() == [[10, 0.0], [160, 0.0]]


def test_of_two_numbers_one_is_the_axis_and_the_other_a_row(grid: Collected) -> None:
    charts = drawn(grid)
    assert set(charts) == {"accuracy_against_hidden_size", "accuracy_against_n_sentences"}
    rows = {name: [row[0][0] for row in titles(chart)] for name, chart in charts.items()}
    assert rows == {
        "accuracy_against_hidden_size": ["n_sentences=2500", "n_sentences=40000"],
        "accuracy_against_n_sentences": ["hidden_size=25", "hidden_size=100"],
    }
    chart = charts["accuracy_against_n_sentences"]
    for row in panels(chart):
        for panel in row:
            assert list(points(panel).index) == [
                (model, n) for model in ("lstm", "srn") for n in (2500, 40000)
            ]
            networks = points(panel)
            beside = panel.layer[1].data.groupby("label")["swept"].apply(list)
            assert set(map(tuple, beside)) == {(2500, 40000)}, networks


def test_numbers_of_the_axis_are_written_out_in_the_pages_table(grid: Collected) -> None:
    told = numbers(specification(drawn(grid)["accuracy_against_n_sentences"]))
    assert set(told["training sentences"]) == {"2500", "40000"}
    assert "hidden_size=25, 2 attractors" in set(told["panel"])


def test_no_figure_of_what_is_no_number_or_follows_from_the_model(tmp_path: Path) -> None:
    jobs = ({"data": data, "data.seed": seed} for data, seed in (("generated", 0), ("lexical", 1)))
    found = written(tmp_path, *jobs, seeds=1)
    assert found.swept == ["data", "data.seed", "hidden"]  # hidden: one number a model
    assert drawn(found) == {}


def test_zero_is_on_no_logarithmic_axis_and_a_model_without_the_choice_on_none(
    tmp_path: Path,
) -> None:
    lstm = {"lstm": MODELS["lstm"]}
    written(tmp_path, *({"model.forget_bias": bias} for bias in (0.0, 2.0)), models=lstm, seeds=1)
    found = written(tmp_path, {}, models={"srn": MODELS["srn"]}, seeds=1)
    chart = drawn(found)["accuracy_against_forget_bias"]
    assert set(points(panels(chart)[0][0]).index) == {("lstm", 0.0), ("lstm", 2.0)}
    scale = panels(chart)[0][0].layer[-1].encoding.x.to_dict()["scale"]
    assert "type" not in scale
    assert scale["domain"] == [pytest.approx(-0.12), pytest.approx(2.12)]
