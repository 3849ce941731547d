"""Probes: the cells asked for, in exact quotas, and no factor that moves together with another."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.lexicon import Lexicon
from attractor.notation import read_grammar
from attractor.results import ITEMS
from attractor.suites.probes import draw_probes, plan
from toy import toy_spec

SHAPE = ["subject_index", "distance", "n_intervening", "structure"]
STARTS = {"fronted_phrase": "FrontedSentence", "matrix_clause": "MatrixSentence"}
CELL = ["start", *SHAPE, "subject_number", "n_attractors"]


@pytest.fixture(scope="module")
def probes(probes: pd.DataFrame) -> pd.DataFrame:
    """The bundled probes with the start symbol of each, told by the last of its openings."""
    return probes.assign(start=probes["opening"].str.split("+").str[-1].map(STARTS))


@pytest.fixture(scope="module")
def balanced(probes: pd.DataFrame) -> pd.DataFrame:
    return probes[probes["probe_set"] == "balanced"]


@pytest.fixture(scope="module")
def toy(toy_lexicon: Lexicon) -> Grammar:
    return read_grammar(toy_spec("STACKED", 2), toy_lexicon)


@pytest.fixture(scope="module")
def nothing_seen() -> Exposure:
    frequency = pd.Series(
        [7],
        index=pd.MultiIndex.from_tuples(
            [("outer", 4, 1, 1)], names=["role", "distance", "n_intervening", "n_attractors"]
        ),
        name="train_frequency",
    )
    return Exposure(frozenset({"near the cats , the dog"}), frequency)


# "near the cats , the dog near the keys laughs": subject 5, distance 4.
TOY_SET: dict[str, Any] = {
    "balanced": True,
    "start": ["Sentence"],
    "without": [],
    "role": "outer",
    "max_depth": 2,
    "subject_index": [5],
    "cells": [{"n_intervening": 1, "distance": [4], "structure": ["pp"], "items_per_cell": 4}],
}


def with_cell(**changes: Any) -> dict[str, Any]:
    """The toy set with another cell."""
    return TOY_SET | {"cells": [TOY_SET["cells"][0] | changes]}


def refusal(grammar: Grammar, exposure: Exposure, spec: Any) -> str:
    with pytest.raises(UserError) as caught:
        draw_probes(grammar, exposure, {"mine": spec}, seed=0)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("suite.probes.sets.mine")
    return message


@pytest.mark.parametrize("name", ["balanced", "inner", "marked"])
def test_every_cell_holds_exactly_its_quota(
    probes: pd.DataFrame, probes_spec: dict[str, Any], name: str
) -> None:
    spec = probes_spec["sets"][name]
    expected = Counter()
    for cells in spec["cells"]:
        k = cells["n_intervening"]
        for start, position, distance, structure, number, a in product(
            spec["start"],
            spec["subject_index"],
            cells["distance"],
            cells["structure"],
            ("singular", "plural"),
            range(k + 1),
        ):
            cell = (start, position, distance, k, structure, number, a)
            expected[cell] += cells["items_per_cell"]
    mine = probes[probes["probe_set"] == name]
    assert Counter(mine[CELL].itertuples(index=False, name=None)) == expected
    assert set(mine["role"]) == {spec["role"]}


def test_one_item_a_sentence_drawn(probes: pd.DataFrame) -> None:
    assert probes["item_id"].is_unique
    assert set(probes["suite"]) == {"probes"}
    assert set(probes["split"]) == {"probe"}
    assert set(ITEMS.columns) <= set(probes.columns)
    # Each is a sentence of its own; at distance 1 a shape says little, so that some recur.
    assert probes.loc[probes["distance"] > 3, "sentence"].is_unique


def test_every_pattern_of_nouns_comes_equally_often(balanced: pd.DataFrame) -> None:
    for cell, items in balanced.groupby(CELL):
        k, _, number, a = cell[3:]
        patterns = Counter(zip(items["preceding"], items["condition"], strict=True))
        subject = number[0].upper()
        between = [p for p in product("SP", repeat=k) if sum(x != subject for x in p) == a]
        assert set(patterns) == {(b, "".join((subject, *p))) for b in "SP" for p in between}
        assert len(set(patterns.values())) == 1, cell


def test_headline_probes_give_nothing_away(balanced: pd.DataFrame, lexicon: Lexicon) -> None:
    assert set(balanced["role"]) == {"outer"}
    assert set(balanced["inner_verb_marked"]) == {0}
    assert set(balanced["determiner_marked"]) == {0}
    assert set(balanced["preceding"]) == {"S", "P"}
    telling = {
        row[column]
        for table, columns in (
            ("verbs", ("third_singular", "plural")),
            ("auxiliaries", ("singular", "plural")),
        )
        for row in lexicon.tables[table]
        for column in columns
    } | {r["determiner"] for r in lexicon.tables["determiners"] if r["number"] != "any"}
    for item in balanced.itertuples():
        prefix = item.sentence.split(" ")[: item.verb_index]
        # "that" is a determiner too, but here it opens the clause of a matrix verb.
        assert telling & set(prefix) <= {"that"}, item.sentence
        assert "that the" in item.sentence or "that" not in prefix


def test_inner_and_marked_sets_are_what_they_say(probes: pd.DataFrame) -> None:
    inner = probes[probes["probe_set"] == "inner"]
    lengths = inner["preceding"].str.len()
    assert set(lengths) == {2}  # the opening's noun and the sentence's subject
    for (*_, n_before), items in inner.groupby([*CELL, lengths.rename("n_before")]):
        found = Counter(items["preceding"])
        counts = [found["".join(pattern)] for pattern in product("SP", repeat=n_before)]
        assert sum(counts) == len(items)
        assert max(counts) - min(counts) <= 1
    marked = probes[probes["probe_set"] == "marked"]
    assert set(marked["inner_verb_marked"]) == {1}
    assert set(marked["structure"]) == {"object_relative_no_that"}


def test_no_far_prefix_was_seen_in_training(probes: pd.DataFrame, text: pd.DataFrame) -> None:
    training = text.loc[text["split"] == "train", "sentence"].unique().tolist()
    openings = {
        tuple(tokens[:n])
        for tokens in (s.split(" ") for s in training)
        for n in range(1, len(tokens) + 1)
    }
    seen = np.array(
        [
            tuple(item.sentence.split(" ")[: item.verb_index]) in openings
            for item in probes.itertuples()
        ]
    )
    assert (probes["prefix_seen"] == seen).all()
    assert not seen[probes["distance"] >= 3].any()


def test_prefix_seen_is_marked_where_it_cannot_be_helped(
    toy: Grammar, nothing_seen: Exposure
) -> None:
    near = with_cell(n_intervening=0, distance=[1], structure=["simple"], items_per_cell=40)
    items, _ = draw_probes(toy, nothing_seen, {"near": near}, seed=0)
    opening = items["sentence"].str.startswith("near the cats , the dog ")
    assert items["prefix_seen"].tolist() == opening.astype(int).tolist()


def test_leaking_words_are_drawn_again_and_nothing_else(toy: Grammar) -> None:
    plain, _ = draw_probes(toy, Exposure(frozenset(), _no_frequency()), {"x": TOY_SET}, seed=0)
    leaking = plain["sentence"].iloc[0]
    leak = " ".join(leaking.split(" ")[: plain["verb_index"].iloc[0]])
    again, _ = draw_probes(
        toy, Exposure(frozenset({leak}), _no_frequency()), {"x": TOY_SET}, seed=0
    )
    assert leaking not in set(again["sentence"])
    changed = plain["sentence"] != again["sentence"]
    assert changed.tolist() == plain["sentence"].str.startswith(leak).tolist()
    factors = [*CELL[1:], "condition", "preceding"]
    pd.testing.assert_frame_equal(plain[factors], again[factors])


def _no_frequency() -> pd.Series[int]:
    names = ["role", "distance", "n_intervening", "n_attractors"]
    index = pd.MultiIndex.from_arrays([[], [], [], []], names=names)
    return pd.Series([], index=index, name="train_frequency", dtype="int64")


def test_shapes_within_a_cell_are_uniform(toy: Grammar, nothing_seen: Exposure) -> None:
    # subject 5 after "P the N ,": only a preposition of one word; distance 4: near or behind.
    # subject 6: next to. Distance 5 adds nothing but "next to", and so on.
    spec = with_cell(items_per_cell=400) | {"subject_index": [5, 6, 7]}
    items, tables = draw_probes(toy, nothing_seen, {"x": spec}, seed=0)
    first = items["sentence"].str.split(" ").str[0]
    assert Counter(first[items["subject_index"] == 6]) == {"next": 1_600}
    assert Counter(first[items["subject_index"] == 7]) == {"in": 1_600}
    near = (first[items["subject_index"] == 5] == "near").sum()
    assert abs(near - 800) < 4 * np.sqrt(1_600 / 4)
    assert tables["cells.csv"]["derivations"].tolist() == [1, 1, 1]


def test_cells_table_counts_derivations(grammar: Grammar, probes_spec: dict[str, Any]) -> None:
    requests, table = plan(grammar, "balanced", probes_spec["sets"]["balanced"])
    assert list(table.columns) == ["start", "role", *SHAPE, "derivations"]
    assert not table.duplicated(["start", *SHAPE]).any()
    assert (table["derivations"] > 0).all()
    n_cells = 2 * 3 * (5 * 1 + 9 * 2 + 8 * 4)
    n_requests = 2 * 3 * 2 * (5 * 1 * 1 + 9 * 2 * 2 + 8 * 4 * 3)
    assert (len(table), len(requests)) == (n_cells, n_requests)
    for request in requests:
        assert request.counter.grammar.max_depth == 2
        assert "MarkedInner" not in request.counter.grammar.rules


def test_seed_decides_the_probes(toy: Grammar, nothing_seen: Exposure) -> None:
    one, same, other = (
        draw_probes(toy, nothing_seen, {"x": TOY_SET}, seed)[0] for seed in (0, 0, 1)
    )
    pd.testing.assert_frame_equal(one, same)
    assert one["sentence"].tolist() != other["sentence"].tolist()


@pytest.mark.parametrize("k", [0, 1, 2])
def test_distance_moves_with_no_other_factor(balanced: pd.DataFrame, k: int) -> None:
    items = balanced[balanced["n_intervening"] == k]
    columns: dict[str, Any] = {
        "subject_number": (items["subject_number"] == "plural").to_numpy(dtype=float),
        "n_preceding_opposite": items["n_preceding_opposite"].to_numpy(dtype=float),
        "subject_index": items["subject_index"].to_numpy(dtype=float),
        "opening": (items["start"] == "MatrixSentence").to_numpy(dtype=float),
    }
    if k:
        columns["n_attractors"] = items["n_attractors"].to_numpy(dtype=float)
        for name in items["structure"].unique():
            columns[name] = (items["structure"] == name).to_numpy(dtype=float)
    distance = items["distance"].to_numpy(dtype=float)
    for name, values in columns.items():
        assert values.std() > 0, name
        assert abs(np.corrcoef(distance, values)[0, 1]) < 0.05, name
    # Stronger: every distance holds the same table of all the others.
    others = [*(c for c in CELL if c != "distance"), "preceding", "condition"]
    tables = [
        Counter(rows[others].itertuples(index=False, name=None))
        for _, rows in items.groupby("distance")
    ]
    assert all(table == tables[0] for table in tables)


def test_impossible_cell_names_the_distances_that_exist(
    toy: Grammar, nothing_seen: Exposure
) -> None:
    assert refusal(toy, nothing_seen, with_cell(distance=[3])) == (
        "suite.probes.sets.mine: no Sentence has subject_index 5, distance 3, n_intervening 1, "
        "structure pp; distances that exist: 4, 5, 6"
    )
    none = refusal(toy, nothing_seen, with_cell(structure=["rel"]))
    assert "structure rel; none exists" in none


def test_quota_that_cannot_be_balanced(toy: Grammar, nothing_seen: Exposure) -> None:
    assert refusal(toy, nothing_seen, with_cell(items_per_cell=3)) == (
        "suite.probes.sets.mine: a balanced set needs one noun before the subject and "
        "items_per_cell divisible by 2; it has 1 and 3"
    )
    unbalanced = with_cell(items_per_cell=3) | {"balanced": False}
    assert len(draw_probes(toy, nothing_seen, {"x": unbalanced}, seed=0)[0]) == 12


def test_balanced_set_without_a_noun_before(toy: Grammar, nothing_seen: Exposure) -> None:
    assert "it has 0 and 4" in refusal(toy, nothing_seen, TOY_SET | {"subject_index": [1]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "colour missing or unknown; give balanced, cells"),
        ({"start": ["Foo"]}, "start: Foo is no symbol of the grammar, or left out"),
        ({"start": "Sentence"}, "start=Sentence: give a list of at least one"),
        ({"without": ["Sentence"]}, "start: Sentence is no symbol of the grammar, or left out"),
        ({"role": "outr"}, "role=outr: choose outer or inner"),
        ({"max_depth": "deep"}, "max_depth=deep: give a whole number of at least 0"),
        ({"subject_index": []}, "subject_index=[]: give a list of at least one"),
        ({"subject_index": 5}, "subject_index=5: give a list of at least one"),
        ({"cells": []}, "cells=[]: give a list of at least one"),
        ({"cells": [{"distance": [4]}]}, "cells: give distance, items_per_cell, n_intervening,"),
        (with_cell(items_per_cell=0), "items_per_cell=0: give a whole number of at least 1"),
        (with_cell(items_per_cell=-2), "items_per_cell=-2: give a whole number of at least 1"),
        (with_cell(distance=[]), "cells.0.distance=[]: give a list of at least one"),
        (with_cell(colour="red"), "cells: give distance, items_per_cell, n_intervening, structure"),
    ],
)
def test_refused_sets(
    toy: Grammar, nothing_seen: Exposure, change: dict[str, Any], message: str
) -> None:
    assert message in refusal(toy, nothing_seen, TOY_SET | change)


def test_missing_key_and_no_sets(toy: Grammar, nothing_seen: Exposure) -> None:
    less = {key: value for key, value in TOY_SET.items() if key != "role"}
    assert "role missing or unknown" in refusal(toy, nothing_seen, less)
    assert "missing or unknown" in refusal(toy, nothing_seen, None)
    with pytest.raises(UserError, match=r"suite\.probes\.sets: give at least one set of probes"):
        draw_probes(toy, nothing_seen, {}, seed=0)
    with pytest.raises(UserError, match="no symbol Nope to leave out"):
        draw_probes(toy, nothing_seen, {"x": TOY_SET | {"without": ["Nope"]}}, seed=0)
