"""Counting and drawing by cell, against every derivation written out one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, chisquare

from attractor.cells import CellCounter, Measure
from attractor.derivations import Forest
from attractor.grammar import Grammar
from attractor.lexicon import Lexicon
from attractor.notation import read_grammar
from attractor.shapes import Shape, flatten
from toy import all_trees, grammar_spec, toy_spec

ROLES = ("outer", "inner")
CASES = [("STACKED", 2), ("MARKED", 2), ("COORDINATED", 3), ("ODD", 2)]


def cells_of(shape: Shape, role: str) -> list[Measure]:
    return [
        Measure(d.subject_index, d.verb_index - d.subject_index, len(d.intervening), d.structure)
        for d in shape.dependencies
        if d.role == role
    ]


def enumerate_cells(
    grammar: Grammar, forest: Forest, role: str
) -> tuple[Counter[Measure], dict[Measure, list[int]]]:
    """How many (derivation, dependency) pairs lie in each cell; and which trees."""
    counts: Counter[Measure] = Counter()
    trees = defaultdict(list)
    for tree in all_trees(grammar, forest, grammar.start, grammar.max_depth):
        for cell in cells_of(flatten(grammar, forest, tree), role):
            counts[cell] += 1
            trees[cell].append(tree)
    return counts, trees


@pytest.mark.parametrize(("name", "max_depth"), CASES)
@pytest.mark.parametrize("role", ROLES)
def test_counts_equal_enumeration(
    toy_lexicon: Lexicon, name: str, max_depth: int, role: str
) -> None:
    grammar = read_grammar(toy_spec(name, max_depth), toy_lexicon)
    expected, _ = enumerate_cells(grammar, Forest(), role)
    found = CellCounter(grammar, 99, 99, 99).cells(role)
    assert found == expected
    assert (sum(expected.values()) > 20) is not (name == "STACKED" and role == "inner")


def test_counts_by_hand(toy_lexicon: Lexicon) -> None:
    grammar = read_grammar(toy_spec("COORDINATED", 1), toy_lexicon)
    # "the N (near the N)? V | V and V | V near the N", or "the N says that the N V | V and V".
    assert CellCounter(grammar, 9, 9, 9).cells("outer") == {
        Measure(1, 1, 0, "simple"): 3 + 2,
        Measure(1, 3, 0, "simple"): 1,  # the second of two verbs
        Measure(1, 4, 1, "pp"): 3,
        Measure(1, 6, 1, "pp"): 1,
    }
    assert CellCounter(grammar, 9, 9, 9).cells("inner") == {
        Measure(5, 1, 0, "simple"): 2,
        Measure(5, 3, 0, "simple"): 1,
    }


def test_bounds_cut_and_nothing_else(toy_lexicon: Lexicon) -> None:
    grammar = read_grammar(toy_spec("STACKED", 2), toy_lexicon)
    everything = CellCounter(grammar, 99, 99, 99).cells("outer")
    cut = CellCounter(grammar, 5, 9, 1).cells("outer")
    kept = {m: c for m, c in everything.items() if m[0] <= 5 and m[1] <= 9 and m[2] <= 1}
    assert cut == kept
    assert 0 < len(kept) < len(everything)


@pytest.mark.parametrize(("name", "max_depth"), CASES)
def test_draws_are_uniform_over_a_cells_derivations(
    toy_lexicon: Lexicon, name: str, max_depth: int
) -> None:
    grammar = read_grammar(toy_spec(name, max_depth), toy_lexicon)
    role = "outer" if name == "STACKED" else "inner"
    forest = Forest()
    counts, trees = enumerate_cells(grammar, forest, role)
    counter = CellCounter(grammar, 99, 99, 99)
    rng = np.random.default_rng(11)
    # The largest cells of different structures, small enough for a chi-square test.
    cells = sorted((c for c in counts if 2 <= counts[c] <= 200), key=lambda c: -counts[c])
    cells = list({c.structure: c for c in cells}.values())[:4]
    assert cells
    for cell in cells:
        drawn = counter.draw(role, cell, 20 * counts[cell], rng, forest)
        found = Counter(drawn.tolist())
        # Two dependencies of one sentence may lie in one cell: it then counts twice.
        expected = Counter(trees[cell])
        assert set(found) <= set(expected)
        assert chisquare(
            [found[t] for t in expected], [20 * c for c in expected.values()]
        ).pvalue > (1e-3)


def test_draws_come_in_random_order(toy_lexicon: Lexicon) -> None:
    # Probes cut one draw into requests, so a tree must not depend on its place among the others.
    rules = {
        "Sentence": [f'1 "{word}" Tail The Noun[n] Tail Laughs[n]' for word in "abc"],
        "Tail": ['1 "x"', '1 "y"'],
    }
    counter = CellCounter(read_grammar(grammar_spec(rules), toy_lexicon), 9, 9, 9)
    ((cell, count),) = counter.cells("outer").items()
    assert count == 12
    trees = counter.draw("outer", cell, 6_000, np.random.default_rng(3), Forest())
    kinds, kind = np.unique(trees, return_inverse=True)
    assert len(kinds) == 12
    place = np.arange(6_000) // 1_000
    table = np.zeros((12, 6))
    np.add.at(table, (kind, place), 1)
    assert chi2_contingency(table).pvalue > 1e-3


@pytest.fixture(scope="module")
def counter(grammar: Grammar) -> CellCounter:
    return CellCounter(replace(grammar, max_depth=2), 8, 12, 2)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_english_draws_lie_in_their_cell(counter: CellCounter, data: st.DataObject) -> None:
    role = data.draw(st.sampled_from(ROLES))
    cell = data.draw(st.sampled_from(sorted(counter.cells(role))))
    forest = Forest()
    trees = counter.draw(role, cell, 20, np.random.default_rng(0), forest)
    assert trees.shape == (20,)
    for tree in np.unique(trees).tolist():
        assert cell in cells_of(flatten(counter.grammar, forest, tree), role)


def test_deep_english_cell_is_counted_exactly_and_drawn_at_once(grammar: Grammar) -> None:
    deep = replace(grammar, max_depth=4)
    counter = CellCounter(deep, 1, 20, 2)
    counts = counter.cells("outer")
    assert {type(count) for count in counts.values()} == {int}
    far = Counter({m: c for m, c in counts.items() if m.distance == 20})
    cell, count = far.most_common(1)[0]
    assert count > 50_000
    forest = Forest()
    trees = counter.draw("outer", cell, 20_000, np.random.default_rng(0), forest)
    assert trees.shape == (20_000,)
    some = np.unique(trees)[:300].tolist()
    assert all(cell in cells_of(flatten(deep, forest, tree), "outer") for tree in some)


def test_counts_beyond_floating_point_stay_exact(toy_lexicon: Lexicon) -> None:
    # Thirty choices of two words each stand before the noun: 2**60 derivations, plus one.
    rules = {
        "Sentence": ["1 " + "Coin " * 60 + "The Noun[n] Laughs[n]", "1 Once The Noun[n] Laughs[n]"],
        "Coin": ['1 "heads"', '1 "tails"'],
        "Once": ["1 " + '"heads" ' * 60],
    }
    counter = CellCounter(read_grammar(grammar_spec(rules), toy_lexicon), 61, 1, 0)
    assert counter.cells("outer") == {Measure(61, 1, 0, "simple"): 2**60 + 1}


def test_measures_add_up() -> None:
    one, other = Measure(1, 2, 1, "a[b]"), Measure(3, 4, 0, "c")
    assert one.plus(other) == Measure(4, 6, 1, "a[b]+c")
    assert one.plus(Measure(0, 0, 0, "")) == one
