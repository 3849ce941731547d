"""Trees drawn by rule weight: the right frequencies, independent siblings, never too deep."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, chisquare

from attractor.derivations import Forest, Ids, draw_by_weight
from attractor.grammar import Grammar
from attractor.lexicon import Lexicon
from attractor.notation import read_grammar
from toy import grammar_spec, nodes, toy_spec

TWINS = {
    "Sentence": ["3 Pair Pair", "1 Pair"],
    "Pair": ["5 A A", "2 A", "1 nothing"],
    "A": ['6 "x"', '3 "y"', '1 "z"'],
}


def draw(grammar: Grammar, n: int, seed: int) -> tuple[Forest, Ids]:
    forest = Forest()
    return forest, draw_by_weight(grammar, n, np.random.default_rng(seed), forest)


def spell(forest: Forest, trees: list[int]) -> list[Any]:
    """Trees as nested tuples: (symbol, children …), words as they are."""
    spelled: list[Any] = []
    for head, children in nodes(forest):
        below = tuple(spelled[child] for child in children)
        spelled.append(head if isinstance(head, str) else (head.symbol, *below))
    return [spelled[tree] for tree in trees]


def nesting(grammar: Grammar, tree: Any) -> int:
    """How many constructions enclose one another in a spelled tree at most."""
    if isinstance(tree, str):
        return 0
    inside = max((nesting(grammar, child) for child in tree[1:]), default=0)
    return inside + grammar.is_construction(tree[0])


@pytest.fixture(scope="module")
def twins(toy_lexicon: Lexicon) -> list[Any]:
    grammar = read_grammar(grammar_spec(TWINS), toy_lexicon)
    forest, trees = draw(grammar, 20_000, seed=5)
    return spell(forest, trees.tolist())


def goodness(found: Counter[Any], expected: dict[Any, float]) -> float:
    """P-value of the counts against what they should be, up to a factor."""
    assert set(found) == set(expected)
    n, total = sum(found.values()), sum(expected.values())
    return float(
        chisquare([found[k] for k in expected], [n * e / total for e in expected.values()]).pvalue
    )


def test_rules_are_drawn_by_weight(twins: list[Any]) -> None:
    assert goodness(Counter(len(t) - 1 for t in twins), {2: 3, 1: 1}) > 1e-3
    pairs = [pair for tree in twins for pair in tree[1:]]
    assert goodness(Counter(len(pair) - 1 for pair in pairs), {2: 5, 1: 2, 0: 1}) > 1e-3
    words = Counter(a[1] for pair in pairs for a in pair[1:])
    assert goodness(words, {'"x"': 6, '"y"': 3, '"z"': 1}) > 1e-3


def test_whole_trees_have_the_product_of_their_rules_weights(twins: list[Any]) -> None:
    a = {"x": 0.6, "y": 0.3, "z": 0.1}
    pair = {"": 1 / 8} | {k: 2 / 8 * p for k, p in a.items()}
    pair |= {k + m: 5 / 8 * p * q for k, p in a.items() for m, q in a.items()}
    trees: dict[str, float] = {k: p / 4 for k, p in pair.items()}
    trees |= {f"{k}|{m}": 3 / 4 * p * q for k, p in pair.items() for m, q in pair.items()}
    assert sum(trees.values()) == pytest.approx(1)

    def text(tree: Any) -> str:
        return "|".join("".join(word[1].strip('"') for word in pair[1:]) for pair in tree[1:])

    found = Counter(text(tree) for tree in twins)
    common = {k: p for k, p in trees.items() if p * len(twins) >= 5}
    rest = sum(p for k, p in trees.items() if k not in common)
    lumped = Counter({k if k in common else "rest": 0 for k in trees})
    for k, n in found.items():
        lumped[k if k in common else "rest"] += n
    assert goodness(lumped, common | {"rest": rest}) > 1e-3


def test_siblings_are_independent(twins: list[Any]) -> None:
    both = [tree for tree in twins if len(tree) == 3]
    table = np.zeros((3, 3))
    for _, left, right in both:
        table[len(left) - 1, len(right) - 1] += 1
    assert table.min() > 100
    assert chi2_contingency(table).pvalue > 1e-3
    words = np.zeros((3, 3))
    order = {'"x"': 0, '"y"': 1, '"z"': 2}
    for _, left, _ in both:
        if len(left) == 3:
            words[order[left[1][1]], order[left[2][1]]] += 1
    assert chi2_contingency(words).pvalue > 1e-3


def test_draws_come_in_random_order(twins: list[Any]) -> None:
    # Neighbours in the sample are as independent as siblings are.
    kind = [len(t) + len(t[1]) for t in twins]
    kinds = sorted(set(kind))
    table = np.zeros((len(kinds), len(kinds)))
    for one, other in zip(kind[::2], kind[1::2], strict=True):
        table[kinds.index(one), kinds.index(other)] += 1
    assert chi2_contingency(table).pvalue > 1e-3


@pytest.mark.parametrize("max_depth", [0, 1, 2, 4])
def test_max_depth_is_reached_and_never_exceeded(toy_lexicon: Lexicon, max_depth: int) -> None:
    grammar = read_grammar(toy_spec("STACKED", max_depth), toy_lexicon)
    forest, trees = draw(grammar, 5_000, seed=1)
    depths = Counter(nesting(grammar, tree) for tree in spell(forest, np.unique(trees).tolist()))
    assert set(depths) == set(range(max_depth + 1))


def test_weight_of_what_cannot_end_goes_to_the_others(toy_lexicon: Lexicon) -> None:
    grammar = read_grammar(toy_spec("STACKED", 0), toy_lexicon)
    forest, trees = draw(grammar, 1_000, seed=2)
    phrases = Counter(
        node[1] for node in spell(forest, trees.tolist()) if node[1][0] == "NounPhrase"
    )
    assert set(phrases) == {("NounPhrase", "The", "Noun")}  # of weight 4 among 7


def test_same_seed_same_trees(grammar: Grammar) -> None:
    one, other, third = (draw(grammar, 300, seed) for seed in (3, 3, 4))
    spelled = [spell(forest, trees.tolist()) for forest, trees in (one, other)]
    assert spelled[0] == spelled[1]
    assert spelled[0] != spell(third[0], third[1].tolist())


def test_equal_trees_have_one_number(grammar: Grammar) -> None:
    forest, trees = draw(grammar, 2_000, seed=0)
    distinct = np.unique(trees).tolist()
    assert len(set(spell(forest, distinct))) == len(distinct)
    again = draw_by_weight(grammar, 500, np.random.default_rng(9), forest)
    assert np.isin(again, trees).mean() > 0.5  # a later draw shares the forest's trees


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 8), min_size=4, max_size=4), min_size=1, max_size=60))
def test_interned_rows_are_the_trees_asked_for(toy_lexicon: Lexicon, rows: list[list[int]]) -> None:
    grammar = read_grammar(grammar_spec({"Sentence": ['1 "a" "b" "c" "d"']}), toy_lexicon)
    (rule,) = grammar.rules["Sentence"]
    forest = Forest()
    for word in range(9):
        assert forest.leaf(str(word)) == word == forest.leaf(str(word))
    ids = forest.trees(rule, np.array(rows)).tolist()
    grown = nodes(forest)
    assert [list(grown[tree][1]) for tree in ids] == rows
    assert {grown[tree][0] for tree in ids} == {rule}
    assert len(set(ids)) == len({tuple(row) for row in rows})
    assert forest.trees(rule, np.array(rows)[::-1]).tolist() == ids[::-1]
    assert len(forest) == len(grown) == 9 + len(set(ids))
