"""The report on natural sentences and on many suites: errors, all suites, what was kept out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from attractor.report.collect import Collected, collect
from attractor.report.errors import ALL, errors, errors_figure
from attractor.report.runs import find_runs
from attractor.report.suites import kept_out, suites, suites_table
from fake_runs import write_small


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Collected:
    """Runs of two models, whose test items stand for natural sentences and twice for a suite."""
    folder = tmp_path_factory.mktemp("runs") / "natural"
    made = collect(find_runs(write_small(folder)))
    test = made.predictions[made.predictions["suite"] == "test"].astype({"suite": "str"})
    parts = [
        test.assign(suite="linzen", probe_set=part, in_vocabulary=known, formula=formula)
        for part, known, formula in (("one", 1, 1.0), ("two", 0, 0.0))
    ]
    rest = made.predictions.astype({"suite": "str", "probe_set": "str"})
    predictions = pd.concat([rest, *parts], ignore_index=True)
    for run in made.runs:
        run.manifest["natural"] = True
    return Collected(predictions, made.history, made.configs, made.swept, made.runs)


def test_errors_are_by_attractors_and_by_distance_of_natural_suites_alone(
    collected: Collected,
) -> None:
    found = errors(collected)
    assert set(found["suite"]) == {"test", "linzen"}
    assert set(found["by"]) == {"n_attractors", "distance"}
    row = found[
        (found["suite"] == "linzen")
        & (found["probe_set"] == ALL)
        & (found["model"] == "lstm")
        & (found["by"] == "distance")
        & (found["value"] == 2)
    ]
    items = collected.predictions
    items = items[(items["suite"] == "linzen") & (items["model"] == "lstm")]
    items = items[(items["n_attractors"] == 0) & (items["distance"] == 2)]
    assert len(row) == 1
    by_seed = items.groupby("seed")["correct"].mean()
    assert row["error"].item() == pytest.approx(1 - by_seed.mean())
    assert row["n_items"].item() == items.groupby("seed").size().max()
    assert row["ci_low"].item() <= row["error"].item() <= row["ci_high"].item()


def test_runs_on_generated_text_have_no_errors_of_natural_sentences(collected: Collected) -> None:
    for run in collected.runs:
        run.manifest["natural"] = False
    try:
        assert errors(collected).empty
    finally:
        for run in collected.runs:
            run.manifest["natural"] = True
    assert errors_figure(pd.DataFrame(), collected) == {}


def test_a_figure_draws_each_network_by_its_name(collected: Collected) -> None:
    charts = errors_figure(errors(collected), collected)
    assert set(charts) == {"errors_test", "errors_linzen"}
    drawn = charts["errors_linzen"].to_dict()
    rows = [row for data in drawn["datasets"].values() for row in data]
    assert {row["label"] for row in rows} >= {"lstm", "srn", "first noun", "most recent noun"}
    points = [(row["label"], row["value"]) for row in rows if row["label"] == "lstm"]
    assert len(set(points)) <= len(points)


def test_suites_stand_side_by_side_with_what_is_known(collected: Collected) -> None:
    found = suites(collected)
    assert set(found["suite"]) == {"probes", "linzen"}  # the text's own test has its own table
    row = found[(found["suite"] == "linzen") & (found["model"] == "lstm")].set_index("probe_set")
    assert row["known"].to_dict() == {"all": 0.5, "one": 1.0, "two": 0.0}
    assert row["accuracy_formula"].to_dict() == {"all": 0.5, "one": 1.0, "two": 0.0}
    assert row.loc["all", "accuracy_known"] == pytest.approx(row.loc["one", "accuracy"])
    assert np.isnan(row.loc["two", "accuracy_known"])
    lines = suites_table(found, collected, 100)
    assert max(map(len, lines)) <= 100
    assert any(line.startswith("linzen") and " 50%" in line for line in lines)


def test_what_was_kept_out_is_told_by_reason(tmp_path: Path) -> None:
    pd.DataFrame(
        {"file": ["a", "b"], "pairs": [10, 5], "items": [8, 5], "tense": [2, 0], "duplicates": 3}
    ).to_csv(tmp_path / "blimp_counts_corpus.csv", index=False)
    pd.DataFrame({"pairs": [1], "items": [1]}).to_csv(tmp_path / "old_counts.csv", index=False)
    whole = pd.DataFrame({"file": ["a"], "pairs": [7], "expected_pairs": [7]})
    whole.to_csv(tmp_path / "clams_counts.csv", index=False)
    assert kept_out(tmp_path, {"blimp", "clams"}) == [
        "blimp: 15 pairs, 13 items; kept out: tense 2",
        "clams: 7 pairs, 7 items",
    ]
