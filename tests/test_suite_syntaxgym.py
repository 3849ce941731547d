"""SyntaxGym: an item a comparison, by the names of regions; formulas that are no comparisons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from suite_reading import read, release, told

FORMULA = "[(6;%match_sing%) < (6;%mismatch_sing%)] & [(6;%match_plural%) < (6;%mismatch_plural%)]"
NAMES = ["intro", "np_sing", "prep", "the", "prep_np", "matrix_v", "continuation"]
ITEM = {
    "match_sing": ["The", "taxi driver", "next to", "the", "guards", "likes", "to gamble"],
    "mismatch_sing": ["The", "taxi driver", "next to", "the", "guards", "like", "to gamble"],
    "match_plural": ["The", "taxi drivers", "next to", "the", "guard", "like", "tennis"],
    "mismatch_plural": ["The", "taxi drivers", "next to", "the", "guard", "likes", "tennis"],
}


def suite(
    folder: Path, items: Any = (ITEM,), formula: str = FORMULA, names: list[str] = NAMES
) -> Path:
    def regions(contents: list[str]) -> list[dict[str, Any]]:
        return [{"region_number": i, "content": c} for i, c in enumerate(contents, start=1)]

    entries = [
        {
            "item_number": number,
            "conditions": [
                {"condition_name": name, "regions": regions(contents)}
                for name, contents in item.items()
            ],
        }
        for number, item in enumerate(items, start=1)
    ]
    content = {
        "region_meta": {str(i): name for i, name in enumerate(names, start=1)},
        "predictions": [{"type": "formula", "formula": formula}],
        "items": entries,
    }
    (folder / "number_any.json").write_text(json.dumps(content, indent=1), encoding="utf-8")
    return folder


def test_each_comparison_is_an_item(tmp_path: Path) -> None:
    items, tables = read("syntaxgym", suite(tmp_path))
    assert len(items) == 2
    columns = ["correct_form", "wrong_form", "subject", "condition", "distance", "n_following"]
    assert items[columns].to_numpy().tolist() == [
        ["likes", "like", "taxi driver", "SP", 5, 2],
        ["like", "likes", "taxi drivers", "PS", 5, 1],
    ]
    assert items[["formula_id", "region"]].to_numpy().tolist() == [[1, 6], [1, 6]]
    assert items["noun_indices"].tolist() == ["2 6", "2 6"]
    assert set(items["construction"]) == {"prep_phrase"}
    assert items["sentence"].iloc[1] == "The taxi drivers next to the guard like tennis"
    counts = tables["counts.csv"].set_index("file").loc["number_any"]
    assert counts[["lines", "pairs", "items"]].tolist() == [1, 2, 2]


def relative(names: list[str], middle: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    item = {"a": ["The", "boy", *middle, "runs", "."], "b": ["The", "boy", *middle, "run", "."]}
    return item, ["intro", "np_sing", *names, "matrix_v", "continuation"]


@pytest.mark.parametrize(
    ("names", "middle", "construction", "relativizer"),
    [
        ("that embed_vp the embed_np", "that hurt the cats", "subject_relative", "that"),
        ("that the embed_np embed_vp", "that the cats hurt", "object_relative", "that"),
        ("the embed_np embed_vp", "the cats hurt", "object_relative_no_that", "none"),
    ],
)
def test_relative_clauses(
    tmp_path: Path, names: str, middle: str, construction: str, relativizer: str
) -> None:
    item, all_names = relative(names.split(), middle.split())
    region = len(all_names) - 1
    formula = f"({region};%b%) > ({region};%a%)"
    items, _ = read("syntaxgym", suite(tmp_path, [item], formula, all_names))
    found = items[["construction", "relativizer", "condition", "inner_verb_marked"]]
    assert found.to_numpy().tolist() == [[construction, relativizer, "SP", 0]]
    assert items["correct_form"].tolist() == ["runs"]


@pytest.mark.parametrize(
    ("formula", "reasons"),
    [
        (FORMULA.replace("&", "|"), ["formula"]),
        ("(6;%match_sing%) + (7;%match_sing%) < (6;%mismatch_sing%)", ["formula"]),
        ("(5;%match_sing%) < (5;%mismatch_sing%)", ["formula"]),
        ("(*;%match_sing%) < (*;%mismatch_sing%)", ["formula"]),
        ("(6;%match_sing%) < (7;%mismatch_sing%)", ["formula"]),
        ("(6;%match_sing%) < (6;%match_plural%)", ["several_tokens"]),
        ("(6;%mismatch_sing%) < (6;%match_sing%)", ["number"]),
        # One comparison that is left out takes the others of its item along.
        (FORMULA.replace("(6;%match_sing%) <", "(6;%match_sing%) ="), ["formula"] * 2),
    ],
)
def test_other_formulas_make_no_item(tmp_path: Path, formula: str, reasons: list[str]) -> None:
    """The first item is left out, and a second suite stands beside it."""
    good = suite(tmp_path).joinpath("number_any.json")
    good.rename(tmp_path / "number_good.json")
    items, tables = read("syntaxgym", suite(tmp_path, formula=formula))
    assert items["probe_set"].tolist() == ["number_good"] * 2
    assert tables["excluded.csv"]["reason"].tolist() == reasons


def test_regions_of_another_order_make_no_item(tmp_path: Path) -> None:
    suite(tmp_path).joinpath("number_any.json").rename(tmp_path / "number_good.json")
    names = ["intro", "np_sing", "adverb", "the", "prep_np", "matrix_v", "continuation"]
    _, tables = read("syntaxgym", suite(tmp_path, names=names))
    assert tables["excluded.csv"]["reason"].tolist() == ["template"] * 2


def test_a_faulty_file_is_told(tmp_path: Path) -> None:
    file = suite(tmp_path) / "number_any.json"
    text = file.read_text("utf-8")
    file.write_text(text[:300], encoding="utf-8")
    assert told("syntaxgym", tmp_path).startswith(f"{file} line ")
    assert "this is no JSON" in told("syntaxgym", tmp_path)
    for cut, place in (("region_meta", ""), ("predictions", ""), ("conditions", ", item 1")):
        file.write_text(text.replace(f'"{cut}"', '"else"'), encoding="utf-8")
        said = told("syntaxgym", tmp_path)
        assert said.startswith(
            f"{file}{place}: no suite of syntaxgym.org's form (KeyError: '{cut}')"
        )
    assert "holds no predictions or no items" in told("syntaxgym", suite(tmp_path, []))
    said = told("syntaxgym", suite(tmp_path, formula="(6;%match%) < (6;%mismatch_sing%)"))
    assert "names the condition match, which the item has not" in said
    said = told("syntaxgym", suite(tmp_path, formula="(9;%match_sing%) < (9;%mismatch_sing%)"))
    assert "names region 9, which match_sing has not" in said


@pytest.mark.third_party
def test_the_release_is_what_the_yaml_says() -> None:
    items, tables = read("syntaxgym", release("syntaxgym"))
    counts = tables["counts.csv"].set_index("file").loc["number_prep"]
    assert counts[["lines", "pairs", "items"]].tolist() == [19, 38, 38]
    assert counts["as_expected"] == "yes"
    assert items["formula_id"].value_counts().to_dict() == dict.fromkeys(range(1, 20), 2)
    assert items["condition"].value_counts().to_dict() == {"SP": 19, "PS": 19}
