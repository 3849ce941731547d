"""Requests for probes: what a set asks for, what exists of it, and what is refused."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from attractor.errors import UserError
from attractor.grammar import Grammar
from attractor.lexicon import Lexicon
from attractor.notation import read_grammar
from attractor.suites.probe_sets import FACTORS
from attractor.suites.requests import existing, named, requests_of
from test_probes import TOY_SET
from toy import toy_spec

PLACE = "suite.mine.sets.x"


@pytest.fixture(scope="module")
def toy(toy_lexicon: Lexicon) -> Grammar:
    return read_grammar(toy_spec("STACKED", 2), toy_lexicon)


def refusal(grammar: Grammar, spec: Any) -> str:
    with pytest.raises(UserError) as caught:
        requests_of(grammar, PLACE, spec)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(PLACE)
    return message


def test_lists_are_crossed_and_the_rest_is_pooled(toy: Grammar) -> None:
    spec = TOY_SET | {"distance": [4, 5], "subject_index": [5, 6]}
    requests, table = requests_of(toy, PLACE, spec)
    assert len(table) == 4
    assert len(requests) == 4 * 2 * 2  # attractors, numbers
    pooled = {key: value for key, value in spec.items() if key not in ("distance", "structure")}
    requests, table = requests_of(toy, PLACE, pooled)
    assert len(table) == 2
    assert table[["distance", "structure"]].isna().all().all()
    assert {t.measure.distance for t in requests[0].derivations} == {4, 5, 6}
    assert {t.measure.structure for t in requests[0].derivations} == {"pp"}


def test_cells_add_to_what_the_set_says(toy: Grammar) -> None:
    spec = TOY_SET | {"cells": "[{distance: [4]}, {distance: [5], items_per_cell: 7}]"}
    requests, table = requests_of(toy, PLACE, spec)
    assert table["distance"].tolist() == [4, 5]
    assert [request.n_items for request in requests] == [4] * 4 + [7] * 4


def test_table_counts_derivations(toy: Grammar) -> None:
    requests, table = requests_of(toy, PLACE, TOY_SET | {"distance": [4, 5, 6]})
    assert list(table.columns) == ["start", *FACTORS, "derivations"]
    # "near the cats , the dog P the keys laughs": two prepositions of one word, one before (near or
    # behind), then one of two tokens, one of three.
    assert table["derivations"].tolist() == [1, 1, 1]
    assert all(sum(r.derivations.values()) == 1 for r in requests)


def test_quotas_are_equal_for_constructions_then_as_derivations_are(toy: Grammar) -> None:
    pooled = {k: TOY_SET[k] for k in ("balanced", "start", "without", "max_depth")}
    (singular, plural), _ = requests_of(toy, PLACE, pooled | {"items_per_cell": 10_001})
    assert (singular.plural, plural.plural) == (0, 1)
    quotas = singular.quotas(np.random.default_rng(0))
    assert sum(quotas.values()) == 10_001
    by_construction: Counter[str] = Counter()
    for target, n in quotas.items():
        by_construction[named(target.measure.structure, toy)[0]] += n
    assert set(by_construction) == {"simple", "pp"}
    assert max(by_construction.values()) - min(by_construction.values()) <= 1
    simple = {t: n for t, n in singular.derivations.items() if t.measure.structure == "simple"}
    for target, n in simple.items():
        share = by_construction["simple"] * n / sum(simple.values())
        assert abs(quotas.get(target, 0) - share) < 5 * np.sqrt(share)


def test_existing_cells_are_all_that_exist(grammar: Grammar) -> None:
    table = existing(grammar)
    keys = [factor for factor in FACTORS if factor != "structure"]
    assert list(table.columns) == [*keys, "derivations"]
    assert not table.duplicated(keys).any()
    assert (table["derivations"] > 0).all()
    nearest = table[table["role"] == "outer"].groupby("n_intervening")["distance"].min()
    # the keys are | to the box | in the room | ... : three tokens a noun at least
    assert nearest.to_dict() == {0: 1, 1: 4, 2: 7, 3: 10, 4: 13}
    simple = table[(table["construction"] == "simple") & (table["coordination"] == "none")]
    assert set(simple["n_intervening"]) == {0}
    assert set(table["role"]) == {"outer", "inner"}
    assert set(grammar.constructions.values()) <= set(table["construction"])
    assert set(table["coordination"]) == {"none", *grammar.coordinations.values()}


def test_impossible_cell_names_the_distances_that_exist(toy: Grammar) -> None:
    assert refusal(toy, TOY_SET | {"distance": [3]}) == (
        f"{PLACE}: no Sentence has subject_index 5, distance 3, n_intervening 1, role outer, "
        "structure pp, n_attractors 0; distances that exist: 4, 5, 6"
    )
    assert "structure rel, n_attractors 0; none exists" in refusal(
        toy, TOY_SET | {"structure": ["rel"]}
    )
    assert "n_attractors 2; none exists" in refusal(toy, TOY_SET | {"n_attractors": [2]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "colour missing or unknown; give balanced, max_depth, start, without"),
        ({5: "red"}, "5 missing or unknown"),
        ({"balanced": "no"}, ".balanced=no: give true or false"),
        ({"nouns": "sen"}, ".nouns=sen: choose seen or held_out_subject or held_out_attractor"),
        ({"nouns": ["seen"]}, ".nouns=['seen']: choose seen or"),
        ({"without": 5}, ".without=5: give a list of names"),
        ({"without": None}, ".without=None: give a list of names"),
        ({"start": ["Sentence2"], "without": ["NounPhrase"]}, ".start: Sentence2 is no symbol"),
        ({"start": ["Foo"]}, ".start: Foo is no symbol of the grammar, or left out"),
        ({"start": ["NounPhrase"]}, ".start: NounPhrase carries a number; name a symbol without"),
        ({"start": "Sentence"}, ".start=Sentence: give a list of names"),
        ({"start": []}, ".start=[]: give a list of names, of at least 1"),
        ({"without": ["Sentence"]}, ".start: Sentence is no symbol of the grammar, or left out"),
        ({"role": ["outr"]}, ".role: outr; choose outer or inner"),
        ({"max_depth": "deep"}, ".max_depth=deep: give a whole number of at least 0"),
        ({"max_depth": 150}, ".max_depth=150: give a whole number of at most 20"),
        ({"subject_index": []}, ".subject_index=[]: give a list of whole numbers, of at least 1"),
        ({"distance": [4, 4]}, ".distance=[4, 4]: one stands there twice; write each once"),
        ({"distance": [True]}, ".distance=True: give a whole number of at least 0"),
        ({"n_attractors": [-1]}, ".n_attractors=-1: give a whole number of at least 0"),
        ({"subject_index": 5}, ".subject_index=5: give a list of whole numbers"),
        ({"structure": [5]}, ".structure=[5]: give a list of names"),
        ({"cells": []}, ".cells=[]: give a list of cells, of at least 1"),
        ({"items_per_cell": True}, ".items_per_cell=True: give a whole number of at least 1"),
        ({"items_per_cell": 0}, ".items_per_cell=0: give a whole number of at least 1"),
        ({"items_per_cell": -2}, ".items_per_cell=-2: give a whole number of at least 1"),
        ({"subject_number": ["dual"]}, ".subject_number: dual; choose singular or plural"),
        ({"cells": [{"colour": "red"}]}, ".cells.0: colour unknown; choose from construction"),
        ({"cells": [{"distance": []}]}, ".cells.0.distance=[]: give a list of whole numbers"),
    ],
)
def test_refused_sets(toy: Grammar, change: dict[str, Any], message: str) -> None:
    assert message in refusal(toy, TOY_SET | change)


def test_missing_keys(toy: Grammar) -> None:
    less = {key: value for key, value in TOY_SET.items() if key != "start"}
    assert "start missing or unknown" in refusal(toy, less)
    assert "give a mapping" in refusal(toy, None)
    assert "give a mapping" in refusal(toy, 5)
    fewer = {key: value for key, value in TOY_SET.items() if key != "items_per_cell"}
    assert "items_per_cell=None: give a whole number" in refusal(toy, fewer)
