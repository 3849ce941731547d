"""The bundled suites of probes, drawn small: each set holds what its name says."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
import yaml

from attractor.exposure import Exposure
from attractor.factors import associations
from attractor.grammar import Grammar
from attractor.lexicon import Lexicon
from attractor.resources import CONF
from attractor.suites.probes import draw_probes

# set: construction (its own name where it is one), coordination, role, within
CONSTRUCTIONS = {
    **dict.fromkeys(
        (
            *("simple_present", "simple_past_be", "adjective", "adverb", "parenthetical"),
            *("fronted_phrase", "sentential_complement", "marked_determiner"),
        ),
        ("simple", "none", "outer", "none"),
    ),
    **{
        name: (name.removesuffix("_marked").removesuffix("_past_be"), "none", "outer", "none")
        for name in (
            *("participial_phrase", "prep_phrase", "prep_phrase_past_be", "relational_noun"),
            *("subject_relative", "object_relative", "object_relative_no_that"),
            *("subject_relative_marked", "object_relative_marked"),
            "object_relative_no_that_marked",
        )
    },
    "marked_determiner_prep_phrase": ("prep_phrase", "none", "outer", "none"),
    "marked_determiner_relational_noun": ("relational_noun", "none", "outer", "none"),
    "short_vp_coordination": ("simple", "short_vp_coordination", "outer", "none"),
    "long_vp_coordination": ("simple", "long_vp_coordination", "outer", "none"),
    "within_object_relative": ("simple", "none", "inner", "object_relative"),
    "within_object_relative_no_that": ("simple", "none", "inner", "object_relative_no_that"),
    "within_subject_relative": ("simple", "none", "inner", "subject_relative"),
}
NESTED = {"nested_twice": 2, "nested_three_times": 3}


def small(name: str, items_per_cell: int) -> dict[str, Any]:
    """A bundled suite's options, with so many items in every cell."""
    spec: dict[str, Any] = yaml.safe_load((CONF / f"suite/{name}.yaml").read_text("utf-8"))
    for probe_set in spec["sets"].values():
        probe_set["items_per_cell"] = items_per_cell
    return {key: spec[key] for key in ("name", "sets", "seed")}


@pytest.fixture(scope="module")
def exposure(text: pd.DataFrame) -> Exposure:
    return Exposure.of(text[text["split"] == "train"])


@pytest.fixture(scope="module")
def constructions(grammar: Grammar, exposure: Exposure) -> pd.DataFrame:
    return draw_probes(grammar, exposure, **small("constructions", 12))[0]


def test_every_set_of_constructions_is_named_here(constructions: pd.DataFrame) -> None:
    assert set(constructions["probe_set"]) == {*CONSTRUCTIONS, *NESTED}
    assert set(constructions["suite"]) == {"constructions"}


@pytest.mark.parametrize("name", CONSTRUCTIONS)
def test_a_set_holds_its_construction(constructions: pd.DataFrame, name: str) -> None:
    items = constructions[constructions["probe_set"] == name]
    columns = ["construction", "coordination", "role", "within"]
    assert set(items[columns].itertuples(index=False, name=None)) == {CONSTRUCTIONS[name]}
    marked = name.endswith("_marked") or name.endswith("_vp_coordination")
    assert set(items["inner_verb_marked"]) == {int(marked)}
    assert set(items["determiner_marked"]) == {int(name.startswith("marked_determiner"))}
    assert set(items["tense"]) == {"past" if name.endswith("past_be") else "present"}
    openings = {"fronted_phrase", "matrix_clause"}
    one = {"fronted_phrase": "fronted_phrase", "sentential_complement": "matrix_clause"}
    if name.endswith("_vp_coordination"):
        openings = {"fronted_phrase"}
    assert set(items["opening"]) == ({one[name]} if name in one else openings)


@pytest.mark.parametrize("name", NESTED)
def test_nested_sets_hold_every_construction_equally(
    constructions: pd.DataFrame, name: str
) -> None:
    items = constructions[constructions["probe_set"] == name]
    counts = items["construction"].value_counts()
    assert set(counts.index) == {
        *("prep_phrase", "relational_noun", "subject_relative"),
        *("object_relative", "object_relative_no_that"),
    }
    assert len(set(counts)) == 1
    assert set(items["depth"]) == set(items["n_intervening"]) == {NESTED[name]}


def test_lexical_sets_differ_in_one_thing(
    grammar: Grammar, exposure: Exposure, lexicon: Lexicon
) -> None:
    items, _ = draw_probes(grammar, exposure, **small("lexical", 4))
    held_out = {
        form: row["held_out"]
        for row in lexicon.tables["nouns"]
        for form in (row["singular"], row["plural"])
    }
    roles: dict[str, tuple[set[str], set[str]]] = {}
    for item in items.itertuples():
        tokens = item.sentence.split(" ")
        between = tokens[item.subject_index + 1 : item.verb_index]
        subjects, attractors = roles.setdefault(item.probe_set, (set(), set()))
        subjects.add(held_out[item.subject])
        attractors |= {held_out[token] for token in between if token in held_out}
    assert roles == {
        "seen": ({"no"}, {"no"}),
        "unseen_subject": ({"subject"}, {"no"}),
        "unseen_attractor": ({"no"}, {"attractor"}),
    }


def test_a_deep_cell(grammar: Grammar, exposure: Exposure) -> None:
    items, tables = draw_probes(grammar, exposure, **small("deep", 64))
    assert len(items) == 128
    for factor, value in (("distance", 20), ("depth", 4), ("n_intervening", 4)):
        assert set(items[factor]) == {value}
    assert items["condition"].nunique() == 32
    assert tables["cells.csv"]["derivations"].item() > 10**8


# What moves together within the panels of the headline probes, and why: see docs/factors.md.
EXPECTED = {
    frozenset(pair)
    for pair in (
        ("distance", "last_cue_distance"),
        ("distance", "train_frequency"),
        ("structure", "last_cue_distance"),
        ("last_cue_distance", "train_frequency"),
    )
}


def test_no_other_headline_factors_move_together(probes: pd.DataFrame) -> None:
    table = associations(probes[probes["probe_set"] == "balanced"])
    together = table[table["within_panels"] > 0.1]
    assert {
        frozenset(pair) for pair in zip(together["factor"], together["other"], strict=True)
    } == EXPECTED
