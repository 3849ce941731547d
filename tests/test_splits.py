"""Splits: which nouns stand where, which numbers go together, and that each text keeps its word."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from attractor import stages
from attractor.artifacts import ArtifactStore
from attractor.config import RULES, DataConfig
from attractor.derivations import Forest, draw_by_weight
from attractor.errors import UserError
from attractor.flattener import Flattener
from attractor.grammar import Grammar
from attractor.lexicon import Lexicon, read_lexicon
from attractor.notation import read_grammar
from attractor.ragged import Ints
from attractor.realise import fill, group_starts, of_groups
from attractor.shapes import Shapes
from attractor.split_checks import check_split
from attractor.splits import (
    ADMITTED,
    Pool,
    can_attract,
    lexical_pools,
    number_ties,
    probe_pools,
    simpler,
)
from attractor.text import draw_text, shapes_of
from jobs import tiny_job
from toy import PLAIN, TABLES, WORDS, Shape, grammar_spec, shape_at

NOUNS = """singular,plural,animacy,irregular,relational,held_out
cat,cats,animate,no,no,no
cow,cows,animate,no,no,no
dog,dogs,animate,no,no,subject
fox,foxes,animate,no,no,attractor
key,keys,inanimate,no,no,no
box,boxes,inanimate,no,no,subject
pan,pans,inanimate,no,no,attractor
bus driver,bus drivers,animate,no,no,no
"""
CLAUSES = {
    "Sentence": ["3 Clause", '1 Near The Noun[o] "," Clause'],
    "Clause": ["2 NounPhrase[n] Laughs[n]", "1 NounPhrase[n] Was[n] Liking[n] The Noun[o]"],
    "NounPhrase[n]": ["3 The Noun[n]", "2 The Noun[n] PrepPhrase", "2 The Noun[n] Relative"],
    "PrepPhrase": ["1 Near NounPhrase[p]"],
    "Relative": ["1 NounPhrase[r] Liked[r]", "1 NounPhrase[r] Was[r] Liking[r]"],
}
CONSTRUCTIONS = {"PrepPhrase": "pp", "Relative": "rel"}
VERBS = {name: WORDS[name] | {"kind": "verb"} for name in ("Liked[n]", "Liking[n]")}
# A fronted noun, a subject and two nouns between: sixteen patterns of number.
FOUR = {
    "Sentence": ['1 Near The Noun[o] "," The Noun[n] Near The Noun[p] Near The Noun[q] Laughs[n]']
}
ENGLISH = {
    "iid": DataConfig(),
    "lexical": DataConfig(split="lexical"),
    "structural": DataConfig(
        split="structural", held_out=["ObjectRelative", "ObjectRelativeThat"], max_depth=1
    ),
    "most_recent_noun": DataConfig(split="ambiguous", rule="most_recent_noun"),
    "first_noun": DataConfig(split="ambiguous", rule="first_noun"),
    "hard_only": DataConfig(min_attractors=1),
    "ambiguous_and_hard": DataConfig(split="ambiguous", rule="first_noun", min_attractors=1),
}


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    """The toy lexicon, some of its nouns held out of a role."""
    folder = tmp_path_factory.mktemp("farm")
    for table, text in (TABLES | {"nouns": NOUNS}).items():
        (folder / f"{table}.csv").write_text(text, encoding="utf-8")
    return read_lexicon(folder)


@pytest.fixture(scope="module")
def clauses(farm: Lexicon) -> Grammar:
    return read_grammar(grammar_spec(CLAUSES, CONSTRUCTIONS, words=WORDS | VERBS), farm)


def drawn_shapes(grammar: Grammar, n: int) -> tuple[Shapes, Ints]:
    rng, forest = np.random.default_rng(0), Forest()
    return shapes_of(Flattener(grammar, forest), draw_by_weight(grammar, n, rng, forest))


def shape_of(grammar: Grammar, slots: str) -> Shapes:
    """The shape whose slots are of these classes, alone."""
    rng, forest = np.random.default_rng(0), Forest()
    trees = np.unique(draw_by_weight(grammar, 3_000, rng, forest))
    flattener = Flattener(grammar, forest)
    shapes = flattener.shapes(trees)
    (which,) = (
        i
        for i in range(len(shapes))
        if " ".join(words.name for words in shape_at(shapes, i).slots) == slots
    )
    return flattener.shapes(trees[[which]])


def draw(data: DataConfig, grammar: Grammar, n: int, n_others: int = 50) -> pd.DataFrame:
    """A text as the text stage draws it."""
    return draw_text(
        simpler(grammar, data.held_out, data.max_depth),
        n,
        n_others,
        n_others,
        seed=0,
        lexical=data.split == "lexical",
        rule=data.rule,
        min_attractors=data.min_attractors,
    )


@pytest.mark.parametrize(
    ("slots", "pools"),
    [
        ("The Noun Laughs", [Pool.SEEN_AS_SUBJECT]),
        ('Near The Noun "," The Noun Laughs', [Pool.ANY, Pool.SEEN_AS_SUBJECT]),
        ("The Noun Near The Noun Laughs", [Pool.SEEN_AS_SUBJECT, Pool.SEEN_BETWEEN]),
        ("The Noun The Noun Liked Laughs", [Pool.SEEN_AS_SUBJECT, Pool.SEEN]),
        ("The Noun Was Liking The Noun", [Pool.SEEN_AS_SUBJECT, Pool.ANY]),
    ],
)
def test_pools_of_a_lexical_text_by_hand(clauses: Grammar, slots: str, pools: list[Pool]) -> None:
    assert lexical_pools(shape_of(clauses, slots)).tolist() == pools


@pytest.mark.parametrize(
    ("nouns", "pools"),
    [
        ("seen", [Pool.ANY, Pool.SEEN, Pool.SEEN, Pool.SEEN]),
        ("held_out_subject", [Pool.ANY, Pool.HELD_OUT_SUBJECT, Pool.SEEN, Pool.SEEN]),
        (
            "held_out_attractor",
            [Pool.ANY, Pool.SEEN, Pool.HELD_OUT_ATTRACTOR, Pool.HELD_OUT_ATTRACTOR],
        ),
    ],
)
def test_pools_of_a_probe_by_hand(clauses: Grammar, nouns: str, pools: list[Pool]) -> None:
    slots = 'Near The Noun "," The Noun The Noun Near The Noun Was Liking Laughs'
    shapes = shape_of(clauses, slots)
    inner, outer = 0, 1
    assert [d.role for d in shape_at(shapes, 0).dependencies] == ["inner", "outer"]
    assert probe_pools(shapes, np.array([outer]), nouns).tolist() == pools
    # The outer subject stands before the inner dependency: its role is as in a lexical text.
    both = probe_pools(shapes, np.array([inner, outer]), "seen")
    assert both.tolist()[1] == Pool.SEEN_AS_SUBJECT
    assert both.tolist()[4:] == probe_pools(shapes, np.array([outer]), "seen").tolist()


def test_every_verbs_noun_is_a_subject_that_training_has(grammar: Grammar) -> None:
    """Also of verbs that show no number, which no column of the items tells."""
    shapes, shape = drawn_shapes(grammar, 1_000)
    rng = np.random.default_rng(1)
    starts = group_starts(shapes, shape)
    pools = of_groups(lexical_pools(shapes), shapes.group_start, shape)
    sentences = fill(shapes, shape, rng.integers(0, 2, starts[-1]), rng, pools)
    roles: Counter[tuple[str, bool]] = Counter()
    for first_slot, index in zip(sentences.slot_start.tolist(), shape.tolist(), strict=False):
        template = shape_at(shapes, index)
        of_verbs = {
            group
            for words, group in zip(template.slots, template.groups, strict=True)
            if words.kind == "verb"
        }
        for slot, (words, group) in enumerate(zip(template.slots, template.groups, strict=True)):
            if words.kind == "noun":
                held_out = words.held_out[sentences.word[first_slot + slot]]
                roles[held_out, group in of_verbs] += 1
    assert roles["subject", True] == 0
    assert min(roles["subject", False], roles["attractor", True], roles["no", True]) > 20


def test_ties_by_hand(clauses: Grammar) -> None:
    nested = shape_of(clauses, "The Noun Near The Noun Near The Noun Laughs")
    assert number_ties(nested, "").tolist() == [0, 1, 2]
    assert number_ties(nested, "first_noun").tolist() == [0, 1, 2]
    assert number_ties(nested, "most_recent_noun").tolist() == [0, 1, 0]
    assert can_attract(nested, np.array([0, 1, 2])).tolist() == [2]
    assert can_attract(nested, np.array([0, 1, 0])).tolist() == [1]
    fronted = shape_of(clauses, 'Near The Noun "," The Noun The Noun Was Liking Laughs')
    assert number_ties(fronted, "first_noun").tolist() == [0, 0, 0]
    assert number_ties(fronted, "most_recent_noun").tolist() == [0, 1, 1]
    assert can_attract(fronted, np.array([0, 1, 1])).tolist() == [0]


@pytest.mark.parametrize("rule", RULES)
def test_ties_are_the_patterns_that_fit_and_no_others(clauses: Grammar, rule: str) -> None:
    """Against every pattern of number of every shape."""

    def right(shape: Shape, numbers: tuple[int, ...]) -> bool:
        for d in shape.dependencies:
            nouns = [*d.preceding, d.group, *d.intervening]
            read = nouns[0] if rule == "first_noun" else nouns[-1]
            if numbers[read] != numbers[d.group]:
                return False
        return True

    shapes, _ = drawn_shapes(clauses, 500)
    assert len(shapes) > 40
    all_ties = np.split(number_ties(shapes, rule), shapes.group_start[1:-1])
    for i, ties in enumerate(some.tolist() for some in all_ties):
        shape = shape_at(shapes, i)
        n_groups = len(shape.animacy)
        fitting = {p for p in product((0, 1), repeat=n_groups) if right(shape, p)}
        drawn = product((0, 1), repeat=max(ties) + 1)
        assert {tuple(values[t] for t in ties) for values in drawn} == fitting


@pytest.mark.parametrize(
    ("settings", "n_patterns"),
    [
        ({}, 16),
        ({"rule": "first_noun"}, 8),
        ({"rule": "most_recent_noun"}, 8),
        ({"min_attractors": 1}, 12),
        ({"min_attractors": 2}, 4),
        ({"rule": "most_recent_noun", "min_attractors": 1}, 4),
    ],
)
def test_numbers_are_uniform_over_the_patterns_that_fit(
    farm: Lexicon, settings: dict[str, Any], n_patterns: int
) -> None:
    grammar = read_grammar(grammar_spec(FOUR), farm)
    items = draw_text(grammar, 4_000, 1, 1, seed=0, **settings)
    train = items[items["split"] == "train"]
    assert len(train) == 4_000
    counts = (train["preceding"] + train["condition"]).value_counts()
    assert len(counts) == n_patterns
    assert chisquare(counts.to_numpy()).pvalue > 0.001


@pytest.mark.parametrize("name", ENGLISH)
def test_english_keeps_the_promise_of_each_split(
    name: str, english: dict[str, Any], lexicon: Lexicon
) -> None:
    data = replace(ENGLISH[name], regime="balanced")
    grammar = read_grammar(english, lexicon, data.regime)
    items = draw(data, grammar, 1_000, 100)
    facts = check_split(items, data, grammar, lexicon)
    assert facts["items"]["train"] == (items["split"] == "train").sum()
    assert 950 < facts["distinct_sentences"]["train"] <= 1_000
    nouns = items["preceding"] + items["condition"]
    wrong = {
        "first_noun": nouns.str[0] != items["condition"].str[0],
        "most_recent_noun": nouns.str[-1] != items["condition"].str[0],
    }
    for rule, wrongs in wrong.items():
        assert (wrongs.mean() == 0) if rule == data.rule else (wrongs.mean() > 0.1)
    assert facts["fewest_attractors"] == items["n_attractors"].min() == data.min_attractors
    relatives = items["structure"].str.contains("object_relative")
    assert relatives.any() == (data.split != "structural")
    assert (items["depth"] > 1).any() == (data.split != "structural")


def test_what_a_lexical_text_shows_of_the_nouns_held_out(
    english: dict[str, Any], lexicon: Lexicon
) -> None:
    grammar = read_grammar(english, lexicon)
    items = draw(ENGLISH["lexical"], grammar, 1_000)
    facts = check_split(items, ENGLISH["lexical"], grammar, lexicon)
    held_out = Counter(row["held_out"] for row in lexicon.tables["nouns"])
    assert facts["held_out_nouns"] == {role: held_out[role] for role in ("subject", "attractor")}
    assert facts["violations"] == {"subject": 0, "attractor": 0}
    train = " ".join(items.loc[items["split"] == "train", "sentence"].unique()).split(" ")
    forms = [
        row[number]
        for row in lexicon.tables["nouns"]
        if row["held_out"] == "subject"
        for number in ("singular", "plural")
    ]
    assert not any(" " in form for form in forms)
    counts = Counter(train)
    assert facts["training_occurrences"]["subject"] == sum(counts[form] for form in forms) > 20
    assert facts["unknown_forms"]["subject"] == sum(not counts[form] for form in forms)


def test_facts_of_a_text_by_hand(farm: Lexicon, clauses: Grammar) -> None:
    items = draw(DataConfig(split="ambiguous", rule="most_recent_noun"), clauses, 300)
    facts = check_split(
        items, DataConfig(split="ambiguous", rule="most_recent_noun"), clauses, farm
    )
    assert facts == {
        "split": "ambiguous",
        "distinct_sentences": {
            part: items.loc[items["split"] == part, "sentence"].nunique()
            for part in ("train", "valid", "test")
        },
        "items": {part: (items["split"] == part).sum() for part in ("train", "valid", "test")},
        "fewest_attractors": 0,
        "rule": "most_recent_noun",
        "items_right": len(items),
        "items_where_another_noun_decides": (items["n_intervening"] > 0).sum(),
    }
    data = DataConfig(split="structural", held_out=["Relative"], max_depth=1)
    simple = draw(data, clauses, 100)
    found = check_split(simple, data, clauses, farm)
    assert {key: found[key] for key in list(found)[4:]} == {
        "held_out": ["Relative"],
        "held_out_constructions": ["rel"],
        "max_depth": 1,
        "deepest": 1,
        "violations": 0,
    }


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (DataConfig(split="lexical"), "items with a held-out noun: {'subject': "),
        (DataConfig(split="structural", held_out=["Relative"]), "items with rel"),
        (DataConfig(split="structural", max_depth=1), "nests 2 deep"),
        (DataConfig(split="ambiguous", rule="first_noun"), "first_noun is wrong for "),
        (DataConfig(split="ambiguous", rule="most_recent_noun"), "most_recent_noun is wrong for "),
        (DataConfig(min_attractors=1), "an item has 0 attractors"),
    ],
)
def test_a_text_that_breaks_its_promise_is_no_text(
    farm: Lexicon, clauses: Grammar, data: DataConfig, fault: str
) -> None:
    items = draw(DataConfig(), clauses, 300)
    with pytest.raises(AssertionError) as caught:
        check_split(items, data, clauses, farm)
    assert str(caught.value).startswith("the text breaks its split's promise: ")
    assert fault in str(caught.value)


def test_a_lexical_text_needs_nouns_that_are_held_out(toy_lexicon: Lexicon) -> None:
    grammar = read_grammar(grammar_spec(PLAIN), toy_lexicon)
    items = draw(DataConfig(), grammar, 20)
    with pytest.raises(UserError) as caught:
        check_split(items, DataConfig(split="lexical"), grammar, toy_lexicon)
    assert str(caught.value) == (
        "data.split=lexical: no row of nouns.csv has held_out subject; add one"
    )


def test_a_simpler_grammar(clauses: Grammar) -> None:
    assert simpler(clauses, [], None) == clauses
    flat = simpler(clauses, ["Relative"], 0)
    assert (flat.max_depth, clauses.max_depth) == (0, 2)
    assert "Relative" not in flat.rules
    assert draw(DataConfig(), flat, 50)["n_intervening"].max() == 0
    for other in ("Realtive", "Clause"):  # unknown, or nothing that a column tells of
        with pytest.raises(UserError) as caught:
            simpler(clauses, [other], None)
        assert str(caught.value).startswith(
            f"data.held_out: {other} is no construction, opening or coordination; choose from Prep"
        )
    bound = replace(clauses, constructions={**clauses.constructions, "Clause": "clause"})
    with pytest.raises(UserError, match=r"held_out=\[Clause\]: no sentence is left within depth 1"):
        simpler(bound, ["Clause"], 1)


def test_every_pool_admits_what_a_table_holds() -> None:
    assert set(ADMITTED) == set(Pool)
    assert set().union(*ADMITTED.values()) == {"no", "subject", "attractor"}


def test_the_text_stage_keeps_what_it_found(tmp_path: Path) -> None:
    job = tiny_job(tmp_path, "data=lexical", "data.n_sentences=200")
    folder = stages.text(ArtifactStore(tmp_path / "artifacts"), job)
    facts = json.loads((folder / "split.json").read_text(encoding="utf-8"))
    assert facts["split"] == "lexical"
    assert facts["violations"] == {"subject": 0, "attractor": 0}
    items = stages.read_items(folder)
    assert facts["items"] == items["split"].value_counts().to_dict()
