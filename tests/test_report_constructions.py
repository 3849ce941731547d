"""Accuracy by construction, and by training text: tables, terminal rows, pictures."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import anova
from attractor import results
from attractor.report import cli, contracts, panels
from attractor.report.accuracy import accuracy_by
from attractor.report.collect import Collected, collect, noun_flags
from attractor.report.construction_figure import construction_figure
from attractor.report.constructions import ALL_ITEMS, PANELS, constructions
from attractor.report.figures import by_variant
from attractor.report.runs import find_runs
from attractor.report.summary import summary
from attractor.report.training_text import accuracy_by_training
from fake_runs import TWO, matches, read, write_runs

SUITES = ("probes", "flagship", "clams")
PREP = {"suite": "clams", "probe_set": "prep_anim"}
PLACES = {
    *("simple_agrmt", "vp_coord", "prep_anim", "within_anim"),
    *("nested, prep_phrase", "nested, object_relative"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models × 2 seeds on an imported suite too, with their report; nobody writes here."""
    folder = tmp_path_factory.mktemp("constructions")
    write_runs(folder, 2, TWO, per_cell=4, longest=5, suites=SUITES)
    assert cli.main([str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def collected(folder: Path) -> Collected:
    return collect(find_runs(folder))


@pytest.fixture(scope="module")
def cells(collected: Collected) -> pd.DataFrame:
    return constructions(collected)["clams"]


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same two models on two texts, with their report; nobody writes here."""
    folder = tmp_path_factory.mktemp("texts")
    for data in ("generated", "lexical"):
        choices = {"data": data}
        write_runs(folder, 2, TWO, per_cell=4, longest=5, choices=choices, suites=SUITES)
    assert cli.main([str(folder)]) == 0
    return folder


def test_the_table_counts_pairs_prefixes_and_unknown_words(folder: Path) -> None:
    rows = read(folder, contracts.ACCURACY_BY_CONSTRUCTION)
    of_lstm = rows[matches(rows, {**PREP, "model": "lstm"})].set_index("n_attractors")
    # Patterns SS, SP, PS, PP in turn, the first of them unknown; two pairs to each of 48 prefixes.
    counts = of_lstm[["n_items", "n_prefixes", "n_out_of_vocabulary", "n_seeds"]]
    assert counts.T.to_dict("list") == {
        "0": [48, 24, 24, 2],
        "1": [48, 24, 0, 2],
        "all": [96, 48, 24, 2],
    }
    factors = ["construction", "coordination", "role", "within", "n_intervening"]
    assert of_lstm.loc["all", factors].tolist() == ["prep_phrase", "none", "outer", "none", 1]
    assert set(rows["suite"]) == {"clams", "flagship", "probes"}
    keys = ["model", "suite", "probe_set", *factors, "n_attractors"]
    assert not rows.duplicated(keys).any()


def test_accuracies_are_means_over_seeds_of_plain_means(folder: Path) -> None:
    rows = read(folder, contracts.ACCURACY_BY_CONSTRUCTION)
    row = rows[matches(rows, {**PREP, "model": "srn", "n_attractors": "1"})].iloc[0]
    means, answered = [], []
    for seed in (0, 1):
        answers = read(folder / f"srn-natural-{seed}", results.PREDICTIONS)
        answers = answers[matches(answers, {**PREP, "n_attractors": 1})]
        answered.append(answers.groupby("prefix_id")["correct"].mean())
        by_number = answers.groupby("subject_number")["correct"].mean()
        means.append([answers["correct"].mean(), by_number["singular"], by_number["plural"]])
    expected = np.mean(means, axis=0)
    names = ["accuracy", "accuracy_singular", "accuracy_plural"]
    assert row[names].tolist() == pytest.approx(expected.tolist())
    # Two verbs to a prefix are one answer of both.
    variance, freedom = anova.variance(np.array(answered))
    low, high = anova.roots(row["accuracy"], variance, freedom, answers=48)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high))
    assert row["interval"] == "initialisation and items"


def test_heuristics_are_rows_with_accuracies_known_by_hand(folder: Path) -> None:
    rows = read(folder, contracts.ACCURACY_BY_CONSTRUCTION).set_index(["probe_set", "n_attractors"])
    of_model = {name: part["accuracy"] for name, part in rows.groupby("model")}
    recent = of_model["baseline:most_recent_noun"]
    first = of_model["baseline:first_noun"]
    assert [recent["prep_anim", k] for k in ("0", "1", "all")] == [1.0, 0.0, 0.5]
    assert first["within_anim", "all"] == 0.5  # S S, S P, P S, P P
    assert recent["within_anim", "all"] == first["prep_anim", "all"] == 1.0


def test_places_have_names_and_panels(cells: pd.DataFrame) -> None:
    assert set(cells["place"]) == PLACES
    assert set(cells["label"]) == {"lstm", "srn", "first noun", "most recent noun"}
    panels = cells.groupby("place")["nouns"].agg(set).map(sorted).to_dict()
    no_noun, no_attractor, all_attractors = PANELS
    assert panels["vp_coord"] == panels["within_anim"] == [ALL_ITEMS, no_noun]
    assert panels["prep_anim"] == [ALL_ITEMS, all_attractors, no_attractor]
    nested = cells[matches(cells, {"place": "nested, prep_phrase", "model": "srn"})]
    assert nested.set_index("nouns")["n_items"].to_dict() == {
        ALL_ITEMS: 96,
        no_attractor: 48,  # SSS, PPP
        all_attractors: 24,  # PSS, and SPS is neither
    }
    srn = cells[matches(cells, {"model": "srn", "nouns": ALL_ITEMS})]
    parts = cells[cells["nouns"] == ALL_ITEMS].query("model in ('lstm', 'srn')")
    ease = parts.groupby("probe_set")["accuracy"].mean()
    order = list(dict.fromkeys(srn["probe_set"]))
    assert ease[order].is_monotonic_decreasing


def test_imported_suites_and_further_probe_sets_are_shown(collected: Collected) -> None:
    assert set(constructions(collected)) == {"clams"}
    sets = collected.predictions["probe_set"].astype("str").replace("inner", "subject_relative")
    predictions = collected.predictions.assign(probe_set=sets.astype("category"))
    further = constructions(replace(collected, predictions=predictions))
    assert set(further) == {"clams", "probes"}
    assert set(further["probes"]["place"]) == {"balanced", "subject_relative"}


def test_terminal_rows(folder: Path, cells: pd.DataFrame) -> None:
    lines = (folder / "table.txt").read_text().splitlines()
    assert max(map(len, lines)) <= 100
    start = lines.index("accuracy by construction: clams")
    (row,) = (line.split() for line in lines[start:] if line.startswith("prep_anim "))
    whole = cells[matches(cells, {"place": "prep_anim", "nouns": ALL_ITEMS})]
    accuracy = whole.set_index("label")["accuracy"]
    shown = [f"{accuracy[label]:.3f}" for label in ("lstm", "srn")]
    assert row == ["prep_anim", "96", "48", "24", *shown, "1.000", "0.500"]
    assert "unknown word" not in "".join(lines[:start])


def test_many_models_wrap_to_another_block(folder: Path, tmp_path: Path) -> None:
    models = {f"network_{number}": TWO["lstm"] for number in range(8)}
    write_runs(tmp_path, 1, models, per_cell=1, longest=3, suites=("clams",))
    assert cli.main([str(tmp_path)]) == 0
    lines = (tmp_path / "table.txt").read_text().splitlines()
    assert max(map(len, lines)) <= 100
    start = lines.index("accuracy by construction: clams")
    rows = [line.split() for line in lines[start:] if line.startswith("vp_coord ")]
    assert list(map(len, rows)) == [1 + 3 + 6, 1 + 2 + 2]  # name, counts, eight networks, two rules


def test_the_picture_says_what_is_thin(folder: Path, cells: pd.DataFrame) -> None:
    assert (folder / "figures" / "accuracy_by_construction_clams.png").exists()

    def drawn(cells: pd.DataFrame) -> tuple[str, set[str]]:
        chart = construction_figure("clams", cells)
        assert chart is not None
        spec = chart.to_dict()
        rows = [row for data in spec["datasets"].values() for row in data]
        return " ".join(spec["title"]["subtitle"]), {r["place"] for r in rows if "place" in r}

    subtitle, places = drawn(cells)
    assert places == PLACES - {"simple_agrmt"}  # 12 prefixes
    assert "48–96 pairs and 24–48 distinct prefixes a point, 2 seeds a model" in subtitle
    assert subtitle.endswith("not drawn, with fewer than 20 prefixes a point: simple_agrmt")
    thin = (cells["place"] == "prep_anim") & (cells["nouns"] != ALL_ITEMS)
    subtitle, places = drawn(cells.assign(n_prefixes=cells["n_prefixes"].mask(thin, 19)))
    assert places == PLACES - {"simple_agrmt", "prep_anim"}
    assert "not drawn, with fewer than 20 prefixes a point: prep_anim, simple_agrmt" in subtitle


def test_a_picture_of_a_suite_that_is_gone_is_gone(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    for path in (tmp_path / "copy").glob("*/predictions.csv"):
        answers = results.read_csv(path, results.PREDICTIONS)
        results.write_csv(answers[answers["suite"] != "clams"], results.PREDICTIONS, path)
    (tmp_path / "copy" / "figures" / "mine.png").touch()
    assert cli.main([str(tmp_path / "copy")]) == 0
    names = {path.name for path in (tmp_path / "copy" / "figures").iterdir()}
    assert {"mine.png", "training.png"} <= names
    assert not any("clams" in name for name in names)


@pytest.mark.parametrize(
    ("preceding", "condition", "first_wrong", "recent_wrong", "all_wrong"),
    [
        ("", "S", False, False, False),
        ("P", "S", True, False, False),
        ("S", "SP", False, True, False),
        ("SP", "PSP", True, False, False),
        ("P", "SP", True, True, True),
        ("PS", "SP", True, True, False),  # the majority is tied
        ("PS", "SSP", True, True, False),  # and right
    ],
)
def test_nouns_of_the_other_number(
    preceding: str, condition: str, first_wrong: bool, recent_wrong: bool, all_wrong: bool
) -> None:
    assert noun_flags(preceding, condition)[1:] == (first_wrong, recent_wrong, all_wrong)


def test_summary_where_first_or_most_recent_noun_is_wrong(folder: Path) -> None:
    rows = read(folder, contracts.SUMMARY).set_index(["suite", "model"])
    first, recent = "accuracy_first_noun_wrong", "accuracy_most_recent_noun_wrong"
    assert rows.loc[("probes", "baseline:first_noun"), first] == 0.0
    assert rows.loc[("probes", "baseline:most_recent_noun"), recent] == 0.0
    answered: dict[str, list[np.ndarray]] = {first: [], recent: []}
    for seed in (0, 1):
        answers = read(folder / f"lstm-natural-{seed}", results.PREDICTIONS)
        answers = answers[answers["suite"] == "clams"]
        nouns = answers["preceding"] + answers["condition"]
        subject = answers["condition"].str[0]
        for name, place in ((first, 0), (recent, -1)):
            wrong = answers[nouns.str[place] != subject]
            answered[name].append(wrong.groupby("prefix_id")["correct"].mean().to_numpy())
    row = rows.loc[("clams", "lstm")]
    for name, of_seeds in answered.items():
        values = np.array(of_seeds)  # two items to a prefix: [seeds, prefixes]
        low, high = anova.roots(values.mean(), *anova.variance(values), answers=values.size)
        shown = row[[name, f"{name}_low", f"{name}_high"]].tolist()
        assert shown == pytest.approx([values.mean(), low, high])
    assert np.isnan(rows.loc[("test", "lstm"), first])  # one noun: never wrong


def test_texts_are_compared_where_they_were_swept(texts: Path, collected: Collected) -> None:
    of_texts = collect(find_runs(texts))
    rows = summary(of_texts)
    chart = accuracy_by_training(rows, of_texts)
    assert chart is not None
    spec = chart.to_dict()
    points = [row for data in spec["datasets"].values() for row in data if "text" in row]
    assert {(p["text"], p["label"]) for p in points} == {
        (text, model) for text in ("generated", "lexical") for model in ("lstm", "srn")
    }
    probes = rows[matches(rows, {"suite": "probes", "model": "srn", "data": "lexical"})].iloc[0]
    drawn = {p["accuracy"] for p in points if (p["text"], p["label"]) == ("lexical", "srn")}
    panels = ("no_attractor", "all_attractors", "first_noun_wrong", "most_recent_noun_wrong")
    assert drawn == {probes[f"accuracy_{panel}"] for panel in panels}
    assert (texts / "figures" / "accuracy_by_training.png").exists()
    assert accuracy_by_training(summary(collected), collected) is None


def test_each_text_has_its_own_rows_and_panels(texts: Path) -> None:
    lines = (texts / "table.txt").read_text().splitlines()
    assert max(map(len, lines)) <= 100
    assert any(line.startswith("first noun data=lexical") for line in lines)
    for text in ("generated", "lexical"):
        start = lines.index(f"accuracy by construction: clams, data={text}")
        headings = lines[start + 3].split()
        assert headings == ["pairs", "fixes", "known", "lstm", "srn", "noun", "noun"]
    cells = constructions(collect(find_runs(texts)))["clams"]
    assert set(cells["variant"]) == {"data=generated", "data=lexical"}
    chart = construction_figure("clams", cells)
    assert chart is not None
    panels = [
        panel["title"]["text"] for row in chart.to_dict()["vconcat"] for panel in row["hconcat"]
    ]
    assert panels == [
        [nouns, f"data={text}"] for nouns in PANELS for text in ("generated", "lexical")
    ]


def test_the_size_of_a_text_is_not_another_text(tmp_path: Path) -> None:
    for n in (1000, 5000):
        write_runs(tmp_path, 1, TWO, per_cell=4, longest=5, choices={"data.n_sentences": n})
    found = collect(find_runs(tmp_path))
    assert found.swept == ["data.n_sentences", "hidden"]
    assert accuracy_by_training(summary(found), found) is None


def test_each_text_has_its_own_curves(texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "FEWEST_PREFIXES", 1)
    of_texts = collect(find_runs(texts))
    by_distance = accuracy_by(of_texts, ["distance", "n_intervening"])
    cells = panels.headline(by_distance, of_texts, fixed=True)
    assert set(cells["variant"]) == {"data=generated", "data=lexical"}
    charts = by_variant("distance", cells, "distance", "Accuracy against distance")
    assert list(charts) == [f"accuracy_by_distance_data_{t}" for t in ("generated", "lexical")]
    for name, chart in charts.items():
        assert chart is not None
        spec = chart.to_dict()
        assert spec["title"]["text"].endswith(f"data={name.split('_')[-1]}")
        points = [row for data in spec["datasets"].values() for row in data if "label" in row]
        assert {"lstm", "srn"} <= {point["label"] for point in points}
    one = by_variant("distance", cells.assign(variant=""), "distance", "Accuracy")
    assert list(one) == ["accuracy_by_distance"]
