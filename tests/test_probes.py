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
from attractor.suites.probes import draw_probes
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
    "role": ["outer"],
    "max_depth": 2,
    "subject_index": [5],
    "n_intervening": [1],
    "n_attractors": [0, 1],
    "distance": [4],
    "structure": ["pp"],
    "items_per_cell": 4,
}


def drawn(grammar: Grammar, exposure: Exposure, spec: Any, seed: int = 0) -> pd.DataFrame:
    return draw_probes(grammar, exposure, "mine", {"x": spec}, seed)[0]


def refusal(grammar: Grammar, exposure: Exposure, spec: Any) -> str:
    with pytest.raises(UserError) as caught:
        drawn(grammar, exposure, spec)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("suite.mine.sets.x")
    return message


@pytest.mark.parametrize("name", ["balanced", "inner", "marked"])
def test_every_cell_holds_exactly_its_quota(
    probes: pd.DataFrame, probes_spec: dict[str, Any], name: str
) -> None:
    spec = probes_spec["sets"][name]
    expected = Counter()
    for cells in spec["cells"]:
        (k,) = cells["n_intervening"]
        for start, position, distance, structure, number, a in product(
            spec["start"],
            spec["subject_index"],
            cells["distance"],
            cells["structure"],
            ("singular", "plural"),
            cells.get("n_attractors", [0]),
        ):
            cell = (start, position, distance, k, structure, number, a)
            expected[cell] += cells["items_per_cell"]
    mine = probes[probes["probe_set"] == name]
    assert Counter(mine[CELL].itertuples(index=False, name=None)) == expected
    assert set(mine["role"]) == set(spec["role"])


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
    }
    for row in lexicon.tables["determiners"]:
        if row["number"] == "marked":
            telling |= {row["singular"], row["plural"]}
    for item in balanced.itertuples():
        assert not telling & set(item.sentence.split(" ")[: item.verb_index]), item.sentence


def test_inner_and_marked_sets_are_what_they_say(probes: pd.DataFrame) -> None:
    inner = probes[probes["probe_set"] == "inner"]
    lengths = inner["preceding"].str.len()
    assert set(lengths) == {2}  # the opening's noun and the sentence's subject
    for (*_, n_before), items in inner.groupby([*CELL, lengths.rename("n_before")]):
        found = Counter(items["preceding"])
        counts = [found["".join(pattern)] for pattern in product("SP", repeat=n_before)]
        assert sum(counts) == len(items)
        assert max(counts) == min(counts)
    assert set(inner["within"]) == {"object_relative", "object_relative_no_that"}
    marked = probes[probes["probe_set"] == "marked"]
    assert set(marked["inner_verb_marked"]) == {1}
    assert set(marked["structure"]) == {"object_relative", "object_relative_no_that"}


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
    near = {"n_intervening": [0], "n_attractors": [0], "distance": [1], "structure": ["simple"]}
    items = drawn(toy, nothing_seen, TOY_SET | near | {"items_per_cell": 40})
    opening = items["sentence"].str.startswith("near the cats , the dog ")
    assert items["prefix_seen"].tolist() == opening.astype(int).tolist()


def test_leaking_words_are_drawn_again_and_nothing_else(toy: Grammar) -> None:
    plain = drawn(toy, Exposure(frozenset(), _no_frequency()), TOY_SET)
    leaking = plain["sentence"].iloc[0]
    leak = " ".join(leaking.split(" ")[: plain["verb_index"].iloc[0]])
    again = drawn(toy, Exposure(frozenset({leak}), _no_frequency()), TOY_SET)
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
    spec = TOY_SET | {"items_per_cell": 400, "subject_index": [5, 6, 7]}
    items, tables = draw_probes(toy, nothing_seen, "mine", {"x": spec}, seed=0)
    first = items["sentence"].str.split(" ").str[0]
    assert Counter(first[items["subject_index"] == 6]) == {"next": 1_600}
    assert Counter(first[items["subject_index"] == 7]) == {"in": 1_600}
    near = (first[items["subject_index"] == 5] == "near").sum()
    assert abs(near - 800) < 4 * np.sqrt(1_600 / 4)
    assert tables["cells.csv"]["derivations"].tolist() == [1, 1, 1]


def test_what_a_cell_pools_is_counterbalanced_too(toy: Grammar, nothing_seen: Exposure) -> None:
    # One or two nouns between, at any distance and with any number of attractors.
    spec = {k: TOY_SET[k] for k in ("balanced", "start", "without", "max_depth")}
    items = drawn(toy, nothing_seen, spec | {"balanced": False, "items_per_cell": 900})
    assert Counter(items["subject_number"]) == {"singular": 900, "plural": 900}
    # Equal quotas for constructions, whatever the number of their derivations.
    constructions = Counter(items["construction"])
    assert set(constructions) == {"simple", "pp"}
    assert max(constructions.values()) - min(constructions.values()) <= 2  # one a number
    assert set(items["n_intervening"]) >= {0, 1, 2}
    for (k, number), some in items.groupby(["n_intervening", "subject_number"]):
        counts = Counter(some["condition"])
        assert len(counts) == 2**k, (k, number)
        assert max(counts.values()) - min(counts.values()) <= 2 * len(set(some["preceding"]))


def test_a_request_beyond_a_batch_is_cut_and_stays_balanced(
    toy: Grammar, nothing_seen: Exposure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attractor.suites.probes._BATCH", 8)
    items = drawn(toy, nothing_seen, TOY_SET | {"items_per_cell": 40})
    assert len(items) == 160
    assert items["item_id"].is_unique
    patterns = Counter(zip(items["preceding"], items["condition"], strict=True))
    assert set(patterns.values()) == {20}
    assert len(patterns) == 8


def test_seed_decides_the_probes(toy: Grammar, nothing_seen: Exposure) -> None:
    one, same, other = (drawn(toy, nothing_seen, TOY_SET, seed) for seed in (0, 0, 1))
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


def test_quota_that_cannot_be_balanced(toy: Grammar, nothing_seen: Exposure) -> None:
    assert refusal(toy, nothing_seen, TOY_SET | {"items_per_cell": 3}) == (
        "suite.mine.sets.x: a balanced set needs a noun before the subject and items_per_cell "
        "divisible by 2; it has 1 and 3"
    )
    unbalanced = TOY_SET | {"items_per_cell": 3, "balanced": False}
    assert len(drawn(toy, nothing_seen, unbalanced)) == 12


def test_balanced_set_without_a_noun_before(toy: Grammar, nothing_seen: Exposure) -> None:
    assert "it has 0 and 4" in refusal(toy, nothing_seen, TOY_SET | {"subject_index": [1]})


def test_no_sets_and_an_unknown_symbol(toy: Grammar, nothing_seen: Exposure) -> None:
    for nothing in ({}, 5):
        with pytest.raises(UserError, match=r"suite\.mine\.sets=.*: give at least one set"):
            draw_probes(toy, nothing_seen, "mine", nothing, seed=0)
    for seed in ("abc", -1, 1.5):
        with pytest.raises(UserError, match=r"suite\.mine\.seed=.*: give a whole number"):
            draw_probes(toy, nothing_seen, "mine", {"x": TOY_SET}, seed=seed)
    with pytest.raises(UserError, match="no symbol Nope to leave out"):
        drawn(toy, nothing_seen, TOY_SET | {"without": ["Nope"]})
