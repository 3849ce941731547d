"""Counting and drawing by cell, against every derivation written out one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from functools import cache
from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, chisquare

from attractor.cells import CellCounter, Measure, outermost
from attractor.derivations import Forest
from attractor.errors import UserError
from attractor.grammar import Grammar
from attractor.lexicon import Lexicon
from attractor.notation import read_grammar
from attractor.structures import SIMPLE
from toy import WORDS, Shape, all_trees, flatten, grammar_spec, toy_spec

ROLES = ("outer", "inner")
LIKES = {"Likes[n]": WORDS["Laughs[n]"] | {"where": {"frames": "transitive"}}}

# Subject relatives: the verb stands within a construction, its noun before that.
RELATIVES = {
    "Sentence": ["1 NounPhrase[n] Laughs[n]"],
    "NounPhrase[n]": [
        "4 The Noun[n]",
        "1 The Noun[n] SubjectRelative[n]",
        "1 The Noun[n] PrepPhrase SubjectRelative[n]",
    ],
    "SubjectRelative[n]": [
        '1 "that" Likes[n] NounPhrase[o]',
        '1 "that" Liked[n] The Noun[o] PrepPhrase',
    ],
    "PrepPhrase": ["1 Near NounPhrase[p]"],
}
# Constructions that carry the number of a noun, of a verb, and of both.
CARRIERS = {
    "Sentence": ["1 Group[n] Laughs[n]", '1 "," Pair[n] "and" Laughs[n]'],
    "Group[n]": ["1 The Noun[n]", "1 The Noun[n] PrepPhrase"],
    "Pair[n]": ["1 Group[n] Tail[n]", "1 Tail[n] Group[n] Laughs[n]"],
    "Tail[n]": ["1 Laughs[n]", '1 "that" PrepPhrase Laughs[n]'],
    "PrepPhrase": ["1 Near Group[p]", "1 Near Pair[p] Near"],
}
# Conjuncts between the subject and the verb of the second, within relatives and around clauses.
CONJUNCTS = {
    "Sentence": ["1 NounPhrase[n] VerbPhrase[n]"],
    "NounPhrase[n]": ["2 The Noun[n]", "1 The Noun[n] Relative"],
    "Relative": ["1 NounPhrase[r] VerbPhrase[r]"],
    "VerbPhrase[n]": ["2 Laughs[n]", '1 Conjunct[n] "and" Laughs[n]'],
    "Conjunct[n]": ["1 Laughs[n]", "1 Says[n] Complement"],
    "Complement": ['1 "that" The Noun[m] VerbPhrase[m]'],
}
OWN = {
    "RELATIVES": (RELATIVES, {"SubjectRelative": "sr", "PrepPhrase": "pp"}, {}),
    "CARRIERS": (
        CARRIERS,
        {"Group": "group", "Pair": "pair", "Tail": "tail", "PrepPhrase": "pp"},
        {},
    ),
    "CONJUNCTS": (CONJUNCTS, {"Relative": "rel", "Complement": "comp"}, {"Conjunct": "conj"}),
}
CASES = [
    ("STACKED", 2),
    ("MARKED", 2),
    ("COORDINATED", 3),
    ("ODD", 2),
    ("RELATIVES", 3),
    ("CARRIERS", 5),
    ("CONJUNCTS", 2),
]


def spec_of(name: str, max_depth: int) -> dict[str, Any]:
    if name not in OWN:
        return toy_spec(name, max_depth)
    rules, constructions, coordinations = OWN[name]
    sections = {"words": WORDS | LIKES, "coordinations": coordinations}
    return grammar_spec(rules, constructions, max_depth, **sections)


def cells_of(shape: Shape, role: str, spelled: bool = True) -> list[Measure]:
    return [
        Measure(
            d.subject_index,
            d.verb_index - d.subject_index,
            len(d.intervening),
            d.depth,
            d.structure if spelled else outermost(d.structure),
        )
        for d in shape.dependencies
        if d.role == role
    ]


class Enumeration:
    """Every tree of a grammar, by the cells of its dependencies."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.forest = Forest()
        trees = all_trees(grammar, self.forest, grammar.start, grammar.max_depth)
        self.shapes = dict(zip(trees, flatten(grammar, self.forest, trees), strict=True))
        assert len(self.shapes) == len(trees)

    def cells(self, role: str, spelled: bool) -> dict[Measure, list[int]]:
        """The trees of each cell; once more for each further dependency that lies in it."""
        trees = defaultdict(list)
        for tree, shape in self.shapes.items():
            for cell in cells_of(shape, role, spelled):
                trees[cell].append(tree)
        return dict(trees)


@pytest.fixture(scope="module")
def enumerations(toy_lexicon: Lexicon) -> Any:
    return cache(lambda name, depth: Enumeration(read_grammar(spec_of(name, depth), toy_lexicon)))


@pytest.mark.parametrize(("name", "max_depth"), CASES)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("spelled", [True, False])
def test_counts_equal_enumeration(
    enumerations: Any, name: str, max_depth: int, role: str, spelled: bool
) -> None:
    everything = enumerations(name, max_depth)
    expected = {m: len(trees) for m, trees in everything.cells(role, spelled).items()}
    found = CellCounter(everything.grammar, 99, 99, 99, spelled).cells(role)
    assert found == expected
    assert (sum(expected.values()) > 20) is not (name == "STACKED" and role == "inner")


def expansions(*choices: str) -> st.SearchStrategy[list[str]]:
    """One to three expansions of equal weight, none twice."""
    lines = st.sampled_from([f"1 {line}" for line in choices])
    return st.lists(lines, min_size=1, max_size=3, unique=True)


# Phrases with a head noun (Phrase, Core) and with verbs (Verbs, Tail) for the number they carry,
# and a modifier that carries none; any of them may be a construction or a coordination.
RULES = st.fixed_dictionaries(
    {
        "Sentence": expansions(
            "Phrase[n] Verbs[n]", "Phrase[n] Modifier Verbs[n] Tail[n]", "Near Phrase[m] Verbs[m]"
        ),
        "Phrase[n]": expansions(
            "Core[n]", "Core[n] Modifier", "Core[n] Tail[n]", "Tail[n] Core[n] Modifier"
        ),
        "Core[n]": expansions("Noun[n]", "The AnyNoun[n]", "Noun[n] Modifier", "Noun[n] Laughs[n]"),
        "Verbs[n]": expansions("Laughs[n]", "Tail[n] Laughs[n]", "Liked[n] Tail[n]", "Tail[n]"),
        "Tail[n]": expansions(
            "Laughs[n]", "nothing", "Modifier Laughs[n] Modifier", "Laughs[n] The"
        ),
        "Modifier": expansions("nothing", "Near", "Phrase[p]", "Near Phrase[p] Verbs[p]"),
    }
)
MODIFIERS = ("Phrase", "Core", "Verbs", "Tail")


def n_trees(grammar: Grammar, symbol: str, depth: int) -> int:
    if symbol in grammar.classes:
        return 1
    inside = depth - grammar.is_construction(symbol)
    return sum(
        prod(n_trees(grammar, child.symbol, inside) for child in rule.children)
        for rule in grammar.usable(symbol, depth)
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    rules=RULES,
    constructions=st.sets(st.sampled_from(MODIFIERS)),
    coordinations=st.sets(st.sampled_from(MODIFIERS)),
    max_depth=st.integers(1, 3),
    spelled=st.booleans(),
)
def test_counts_equal_enumeration_for_any_grammar(
    toy_lexicon: Lexicon,
    rules: dict[str, list[str]],
    constructions: set[str],
    coordinations: set[str],
    max_depth: int,
    spelled: bool,
) -> None:
    names = {symbol: symbol.lower() for symbol in {*constructions, "Modifier"}}
    joined = {symbol: f"{symbol.lower()}s" for symbol in coordinations}
    try:
        grammar = read_grammar(
            grammar_spec(rules, names, max_depth, coordinations=joined), toy_lexicon
        )
    except UserError:
        reject()
    assume(n_trees(grammar, grammar.start, max_depth) < 1_000)
    counter = CellCounter(grammar, 999, 999, 999, spelled)
    found = {role: counter.cells(role) for role in ROLES}
    everything = Enumeration(grammar)
    for role in ROLES:
        cells = everything.cells(role, spelled)
        assert found[role] == {m: len(trees) for m, trees in cells.items()}
        drawn = counter.draw(
            role, dict.fromkeys(cells, 3), np.random.default_rng(0), everything.forest
        )
        for trees, three in zip(cells.values(), drawn.reshape(-1, 3).tolist(), strict=True):
            assert set(three) <= set(trees)


def test_counts_by_hand(toy_lexicon: Lexicon) -> None:
    grammar = read_grammar(toy_spec("COORDINATED", 1), toy_lexicon)
    # "the N (near the N)? V | V and V | V near the N", or "the N says that the N V | V and V".
    assert CellCounter(grammar, 9, 9, 9).cells("outer") == {
        Measure(1, 1, 0, 0, "simple"): 3 + 2,
        Measure(1, 3, 0, 0, "simple"): 1,  # the second of two verbs
        Measure(1, 4, 1, 1, "pp"): 3,
        Measure(1, 6, 1, 1, "pp"): 1,
    }
    assert CellCounter(grammar, 9, 9, 9).cells("inner") == {
        Measure(5, 1, 0, 0, "simple"): 2,
        Measure(5, 3, 0, 0, "simple"): 1,
    }


def test_verb_of_a_subject_relative_is_inner(toy_lexicon: Lexicon) -> None:
    grammar = read_grammar(spec_of("RELATIVES", 1), toy_lexicon)
    # "the N V", "the N that likes the N V" or "the N near the N that likes the N V".
    assert CellCounter(grammar, 9, 9, 9).cells("inner") == {
        Measure(1, 2, 0, 0, "simple"): 1,
        Measure(1, 5, 1, 1, "pp"): 1,
    }
    assert CellCounter(grammar, 9, 9, 9).cells("outer") == {
        Measure(1, 1, 0, 0, "simple"): 1,
        Measure(1, 5, 1, 1, "sr"): 1,
        Measure(1, 8, 2, 1, "pp+sr"): 1,
    }


def test_conjunct_stands_in_the_structure_without_a_depth(toy_lexicon: Lexicon) -> None:
    grammar = read_grammar(spec_of("CONJUNCTS", 1), toy_lexicon)
    modifiers = ["", "rel", "rel[conj]"]  # after the noun
    conjuncts = {"": 0, "conj": 0, "conj[comp]": 1, "conj[comp[conj]]": 1}
    expected = {
        "+".join(filter(None, (one, other))) or SIMPLE: max(depth, len(one) > 0)
        for one in modifiers
        for other, depth in conjuncts.items()
    }
    found = CellCounter(grammar, 9, 20, 9).cells("outer")
    assert {m.structure: m.depth for m in found} == expected
    found = CellCounter(grammar, 9, 20, 9, spelled=False).cells("outer")
    assert {m.structure for m in found} == {"simple", "conj", "rel", "rel+conj"}


@pytest.mark.parametrize(
    ("structure", "expected"),
    [
        (SIMPLE, SIMPLE),
        ("a", "a"),
        ("a+b", "a+b"),
        ("a[b+c[d]]+e[f]", "a+e"),
        ("prep_phrase[object_relative]+short_vp_coordination", "prep_phrase+short_vp_coordination"),
    ],
)
def test_outermost(structure: str, expected: str) -> None:
    assert outermost(structure) == expected
    assert outermost(expected) == expected


def test_bounds_cut_and_nothing_else(toy_lexicon: Lexicon) -> None:
    grammar = read_grammar(toy_spec("STACKED", 2), toy_lexicon)
    everything = CellCounter(grammar, 99, 99, 99).cells("outer")
    cut = CellCounter(grammar, 5, 9, 1).cells("outer")
    kept = {m: c for m, c in everything.items() if m[0] <= 5 and m[1] <= 9 and m[2] <= 1}
    assert cut == kept
    assert 0 < len(kept) < len(everything)


@pytest.mark.parametrize(("name", "max_depth"), CASES)
@pytest.mark.parametrize("spelled", [True, False])
def test_draws_are_uniform_over_a_cells_derivations(
    enumerations: Any, name: str, max_depth: int, spelled: bool
) -> None:
    everything = enumerations(name, max_depth)
    role = "outer" if name == "STACKED" else "inner"
    trees = everything.cells(role, spelled)
    # The largest cells of different structures, small enough for a chi-square test, in one draw.
    cells = sorted((c for c in trees if 2 <= len(trees[c]) <= 200), key=lambda c: -len(trees[c]))
    cells = list({c.structure: c for c in cells}.values())[:4]
    assert cells
    quotas = {cell: 20 * len(trees[cell]) for cell in cells}
    counter = CellCounter(everything.grammar, 99, 99, 99, spelled)
    drawn = counter.draw(role, quotas, np.random.default_rng(11), everything.forest)
    assert drawn.shape == (sum(quotas.values()),)
    for cell, some in zip(cells, np.split(drawn, np.cumsum(list(quotas.values()))), strict=False):
        found = Counter(some.tolist())
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
    trees = counter.draw("outer", {cell: 6_000}, np.random.default_rng(3), Forest())
    kinds, kind = np.unique(trees, return_inverse=True)
    assert len(kinds) == 12
    table = np.zeros((12, 6))
    np.add.at(table, (kind, np.arange(6_000) // 1_000), 1)
    assert chi2_contingency(table).pvalue > 1e-3
    # Neighbours in the sample are independent of each other.
    pairs = np.zeros((12, 12))
    np.add.at(pairs, (kind[::2], kind[1::2]), 1)
    assert chi2_contingency(pairs).pvalue > 1e-3


def test_cells_that_share_phrases_are_independent(toy_lexicon: Lexicon) -> None:
    # Both cells are made of the same Tails: what one takes says nothing about the other.
    rules = {
        "Sentence": ["1 The Noun[n] Laughs[n] Tail", "1 The Noun[n] Adverb Laughs[n] Tail Tail"],
        "Tail": ['1 "x"', '1 "y"', '1 "z"'],
    }
    counter = CellCounter(read_grammar(grammar_spec(rules), toy_lexicon), 9, 9, 9)
    near, far = Measure(1, 1, 0, 0, "simple"), Measure(1, 2, 0, 0, "simple")
    assert counter.cells("outer") == {near: 3, far: 9}
    drawn = counter.draw("outer", {near: 4_000, far: 4_000}, np.random.default_rng(4), Forest())
    _, one = np.unique(drawn[:4_000], return_inverse=True)
    _, other = np.unique(drawn[4_000:], return_inverse=True)
    table = np.zeros((3, 9))
    np.add.at(table, (one, other), 1)
    assert chi2_contingency(table).pvalue > 1e-3


def test_same_seed_same_trees_whatever_was_counted_before(grammar: Grammar) -> None:
    def draw(seed: int, counted: tuple[str, ...]) -> list[Shape]:
        counter = CellCounter(replace(grammar, max_depth=2), 3, 8, 2, spelled=False)
        for role in counted:
            counter.cells(role)
        quotas = dict.fromkeys(sorted(counter.cells("inner"))[::4], 3)
        forest = Forest()
        trees = counter.draw("inner", quotas, np.random.default_rng(seed), forest)
        return flatten(counter.grammar, forest, trees.tolist())

    first = draw(0, ())
    assert len(first) >= 24
    assert draw(0, ("inner", "outer")) == first
    assert draw(0, ("outer",)) == first
    assert draw(1, ()) != first


def test_cell_without_derivations_is_refused(toy_lexicon: Lexicon) -> None:
    counter = CellCounter(read_grammar(toy_spec("STACKED", 1), toy_lexicon), 9, 9, 9)
    nowhere = Measure(1, 2, 0, 0, "simple")
    with pytest.raises(KeyError):
        counter.draw("outer", {nowhere: 5}, np.random.default_rng(0), Forest())
    there = Measure(1, 1, 0, 0, "simple")
    assert counter.draw("outer", {there: 0}, np.random.default_rng(0), Forest()).shape == (0,)
    assert counter.draw("outer", {}, np.random.default_rng(0), Forest()).shape == (0,)


@pytest.fixture(scope="module", params=[True, False])
def counter(grammar: Grammar, request: pytest.FixtureRequest) -> CellCounter:
    return CellCounter(replace(grammar, max_depth=2), 8, 12, 2, request.param)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_english_draws_lie_in_their_cells(counter: CellCounter, data: st.DataObject) -> None:
    role = data.draw(st.sampled_from(ROLES))
    cells = st.sampled_from(sorted(counter.cells(role)))
    quotas = data.draw(st.dictionaries(cells, st.integers(0, 20), max_size=4))
    forest = Forest()
    trees = counter.draw(role, quotas, np.random.default_rng(0), forest)
    shapes = flatten(counter.grammar, forest, trees.tolist())
    wanted = [cell for cell, n in quotas.items() for _ in range(n)]
    for shape, cell in zip(shapes, wanted, strict=True):
        assert cell in cells_of(shape, role, counter.spelled)


@pytest.mark.parametrize("role", ROLES)
def test_english_trees_lie_in_counted_cells(grammar: Grammar, role: str) -> None:
    # Few bounds: whatever a shape says of its dependencies has been counted, and nothing more.
    shallow = replace(grammar, max_depth=0, start="Clause")
    forest = Forest()
    expected: Counter[Measure] = Counter()
    for shape in flatten(shallow, forest, all_trees(shallow, forest, "Clause", 0)):
        expected.update(cells_of(shape, role))
    assert CellCounter(shallow, 99, 99, 99).cells(role) == expected


def test_deep_english_cells_are_counted_exactly_and_drawn_at_once(grammar: Grammar) -> None:
    deep = replace(grammar, max_depth=4)
    counter = CellCounter(deep, 1, 20, 4, spelled=False)
    counts = counter.cells("outer")
    assert {type(count) for count in counts.values()} == {int}
    far = Counter({m: c for m, c in counts.items() if (m.distance, m.depth) == (20, 4)})
    (common, many), *_, (rare, few) = far.most_common()
    assert many > 10**7 > few
    n = 100_000
    forest = Forest()
    drawn = counter.draw("outer", {common: n, rare: n}, np.random.default_rng(0), forest)
    assert drawn.shape == (2 * n,)
    for trees, cell, count in ((drawn[:n], common, many), (drawn[n:], rare, few)):
        distinct = np.unique(trees)
        expected = -count * np.expm1(-n / count)  # of as many boxes, those that n balls hit
        assert len(distinct) == pytest.approx(expected, rel=0.02, abs=5)
        for shape in flatten(deep, forest, distinct[:: len(distinct) // 300 + 1].tolist()):
            assert cell in cells_of(shape, "outer", spelled=False)


def test_counts_beyond_floating_point_stay_exact(toy_lexicon: Lexicon) -> None:
    # Sixty choices of two words each stand before the noun: 2**60 derivations, plus one.
    rules = {
        "Sentence": ["1 " + "Coin " * 60 + "The Noun[n] Laughs[n]", "1 Once The Noun[n] Laughs[n]"],
        "Coin": ['1 "heads"', '1 "tails"'],
        "Once": ["1 " + '"heads" ' * 60],
    }
    counter = CellCounter(read_grammar(grammar_spec(rules), toy_lexicon), 61, 1, 0)
    (cell,) = counter.cells("outer")
    assert counter.cells("outer") == {Measure(61, 1, 0, 0, "simple"): 2**60 + 1}
    trees = counter.draw("outer", {cell: 1_000}, np.random.default_rng(0), Forest())
    assert len(np.unique(trees)) == 1_000


def test_measures_add_up() -> None:
    one, other = Measure(1, 2, 1, 2, "a[b]"), Measure(3, 4, 0, 1, "c")
    assert one.plus(other) == Measure(4, 6, 1, 2, "a[b]+c")
    assert other.plus(one) == Measure(4, 6, 1, 2, "c+a[b]")
    assert one.plus(Measure(0, 0, 0, 0, "")) == one
