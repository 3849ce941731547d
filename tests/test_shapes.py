"""Hand-made derivations and every factor of their dependencies, counted by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attractor.derivations import Forest, draw_by_weight
from attractor.errors import UserError
from attractor.flattener import Flattener
from attractor.grammar import Grammar
from attractor.lexicon import Lexicon
from attractor.notation import read_grammar
from toy import WORDS, Dependency, Shape, flatten, grammar_spec, shape_at, toy_spec


def grow(grammar: Grammar, forest: Forest, spelled: Any) -> int:
    """The tree of nested tuples (symbol, children …); a word class is its name."""
    if isinstance(spelled, str):
        return forest.leaf(spelled)
    symbol, *children = spelled
    names = [c if isinstance(c, str) else c[0] for c in children]
    (rule,) = (r for r in grammar.rules[symbol] if [c.symbol for c in r.children] == names)
    row = np.array([[grow(grammar, forest, c) for c in children]], dtype=np.int64)
    return int(forest.trees(rule, row.reshape(1, len(children)))[0])


def shape_of(grammar: Grammar, spelled: Any) -> Shape:
    forest = Forest()
    (shape,) = flatten(grammar, forest, [grow(grammar, forest, spelled)])
    return shape


def factors(d: Dependency) -> dict[str, Any]:
    return {
        "indices": (d.subject_index, d.verb_index),
        "role": d.role,
        "structure": d.structure,
        "construction": d.construction,
        "depth": d.depth,
        "cue": d.last_cue_distance,
        "marked": d.inner_verb_marked,
        "between": len(d.intervening),
        "before": len(d.preceding),
        "opening": d.opening,
    }


# Every kind of thing that a shape tells of, in words of the toy lexicon.
RULES = {
    "Sentence": [
        "1 Clause",
        "1 Matrix Clause",
        '1 Adjunct "," FrontedPhrase "," Clause',
    ],
    "Clause": ["1 NounPhrase[n] Filler VerbPhrase[n]"],
    "NounPhrase[n]": [
        "1 The Noun[n]",
        "1 The AnyNoun[n]",
        "1 The Noun[n] PrepPhrase",
        "1 The Noun[n] ObjectRelative",
        "1 The Noun[n] SubjectRelative[n]",
        "1 The Noun[n] Participle[n]",
    ],
    "PrepPhrase": ["1 Preposition NounPhrase[p]"],
    "ObjectRelative": [
        "1 NounPhrase[r] Filler Was[r] Liking[r]",
        "1 NounPhrase[r] Filler Liked[r]",
    ],
    "SubjectRelative[n]": ['1 "that" Likes[n] NounPhrase[o]'],
    "Participle[n]": ["1 Liking[n] Adverb"],
    "Filler": ["1 nothing", "1 Adverb", '1 "," Parenthesis ","'],
    "VerbPhrase[n]": ["1 Laughs[n]", "1 Was[n] Rusty[n]", '1 Conjunct[n] "and" Laughs[n]'],
    "Conjunct[n]": ["1 Likes[n] NounPhrase[o]"],
    "FrontedPhrase": ["1 Preposition The Noun[o]"],
    "Adjunct": ["1 Parenthesis"],
    "Matrix": ["1 The Noun[m] Says[m]"],
}
CONSTRUCTIONS = {
    "PrepPhrase": "pp",
    "ObjectRelative": "orel",
    "SubjectRelative": "srel",
    "Participle": "part",
}
OPENINGS = {"FrontedPhrase": "fronted", "Adjunct": "adjunct", "Matrix": "matrix"}


@pytest.fixture(scope="module")
def sample(toy_lexicon: Lexicon) -> Grammar:
    likes = WORDS["Laughs[n]"] | {"where": {"frames": "transitive", "subject": "animate"}}
    sections = {"openings": OPENINGS, "coordinations": {"Conjunct": "conj"}}
    return read_grammar(
        grammar_spec(
            RULES, CONSTRUCTIONS, max_depth=3, words={**WORDS, "Likes[n]": likes}, **sections
        ),
        toy_lexicon,
    )


THE_NOUN = ("NounPhrase", "The", "Noun")
NO_FILLER = ("Filler",)
ADVERB = ("Filler", "Adverb")
FLAGSHIP_RELATIVE = ("ObjectRelative", THE_NOUN, NO_FILLER, "Was", "Liking")


def noun_phrase(*modifiers: Any) -> Any:
    return ("NounPhrase", "The", "Noun", *modifiers)


def sentence(noun_phrase: Any, *predicate: Any, filler: Any = NO_FILLER) -> Any:
    return ("Sentence", ("Clause", noun_phrase, filler, ("VerbPhrase", *predicate)))


def test_flagship(sample: Grammar) -> None:
    # the boxes the cat was liking were rusty
    shape = shape_of(sample, sentence(noun_phrase(FLAGSHIP_RELATIVE), "Was", "Rusty"))
    names = ["The", "Noun", "The", "Noun", "Was", "Liking", "Was", "Rusty"]
    assert [c.name for c in shape.slots] == names
    inner, outer = shape.dependencies
    boxes, cat = outer.group, inner.group
    assert (boxes, cat) == (0, 1)  # in the order of their nouns
    assert shape.groups == (-1, boxes, -1, cat, cat, cat, boxes, boxes)
    assert shape.animacy == ("inanimate", "animate")
    assert (outer.noun_slot, outer.verb_slot) == (1, 6)
    assert (outer.intervening, outer.preceding) == ((cat,), ())
    assert (inner.intervening, inner.preceding) == ((), (boxes,))
    assert factors(inner) == {
        "indices": (3, 4),
        "role": "inner",
        "structure": "simple",
        "construction": "simple",
        "depth": 0,
        "cue": 1,
        "marked": False,
        "between": 0,
        "before": 1,
        "opening": "none",
    }
    assert factors(outer) == {
        "indices": (1, 6),
        "role": "outer",
        "structure": "orel",
        "construction": "orel",
        "depth": 1,
        "cue": 2,  # was
        "marked": True,
        "between": 1,
        "before": 0,
        "opening": "none",
    }
    assert (inner.within, outer.within) == ("orel", "none")
    assert (inner.determiner_marked, outer.determiner_marked) == (False, False)


def test_phrase_inside_a_relative(sample: Grammar) -> None:
    # the boxes the cat near the key liked laugh
    cat = noun_phrase(("PrepPhrase", ("Preposition", "Preposition/1"), THE_NOUN))
    relative = ("ObjectRelative", cat, NO_FILLER, "Liked")
    (only,) = shape_of(sample, sentence(noun_phrase(relative), "Laughs")).dependencies
    assert factors(only) == {
        "indices": (1, 8),
        "role": "outer",
        "structure": "orel[pp]",
        "construction": "orel",
        "depth": 2,
        "cue": 2,  # key
        "marked": False,
        "between": 2,
        "before": 0,
        "opening": "none",
    }


def test_relative_inside_a_phrase(sample: Grammar) -> None:
    # the keys next to the box the cats were liking often laugh
    phrase = ("PrepPhrase", ("Preposition", "Preposition/2"), noun_phrase(FLAGSHIP_RELATIVE))
    inner, outer = shape_of(
        sample, sentence(noun_phrase(phrase), "Laughs", filler=ADVERB)
    ).dependencies
    assert factors(inner) | {"indices": (7, 8), "role": "inner", "before": 2} == factors(inner)
    assert inner.preceding == (outer.group, outer.intervening[0])
    assert factors(outer) == {
        "indices": (1, 11),
        "role": "outer",
        "structure": "pp[orel]",
        "construction": "pp",
        "depth": 2,
        "cue": 3,  # were
        "marked": True,
        "between": 2,
        "before": 0,
        "opening": "none",
    }
    assert outer.intervening[1] == inner.group


def test_verb_of_a_subject_relative_is_inner_though_its_noun_stands_outside(
    sample: Grammar,
) -> None:
    # the cats near the box that likes the dog laugh
    box = noun_phrase(("SubjectRelative", '"that"', "Likes", THE_NOUN))
    phrase = ("PrepPhrase", ("Preposition", "Preposition/1"), box)
    inner, outer = shape_of(sample, sentence(noun_phrase(phrase), "Laughs")).dependencies
    assert (inner.role, inner.within, inner.structure, inner.depth) == (
        "inner",
        "srel",
        "simple",
        0,
    )
    assert (inner.subject_index, inner.verb_index, inner.preceding) == (4, 6, (outer.group,))
    assert (outer.role, outer.within, outer.structure, outer.depth) == (
        "outer",
        "none",
        "pp[srel]",
        2,
    )
    assert (outer.subject_index, outer.verb_index, len(outer.intervening)) == (1, 9, 2)


def test_conjunct_and_what_it_holds_stand_between(sample: Grammar) -> None:
    # the cats like the box near the key and laugh
    box = noun_phrase(("PrepPhrase", ("Preposition", "Preposition/1"), THE_NOUN))
    first, second = shape_of(
        sample, sentence(THE_NOUN, ("Conjunct", "Likes", box), '"and"', "Laughs")
    ).dependencies
    assert first.group == second.group
    assert (first.coordination, first.structure, first.construction) == ("none", "simple", "simple")
    assert (second.coordination, second.structure, second.construction) == (
        "conj",
        "conj[pp]",
        "pp",
    )
    assert (first.depth, second.depth) == (0, 1)
    assert (first.role, second.role) == ("outer", "outer")


def test_opening_and_parenthesis(sample: Grammar) -> None:
    # of course , in front of the house , the key , of course , was rusty
    parenthesis = ("Parenthesis", "Parenthesis/2")
    fronted = ("FrontedPhrase", ("Preposition", "Preposition/3"), "The", "Noun")
    filler = ("Filler", '","', parenthesis, '","')
    clause = ("Clause", THE_NOUN, filler, ("VerbPhrase", "Was", "Rusty"))
    (only,) = shape_of(
        sample, ("Sentence", ("Adjunct", parenthesis), '","', fronted, '","', clause)
    ).dependencies
    assert factors(only) == {
        "indices": (10, 15),
        "role": "outer",
        "structure": "simple",
        "construction": "simple",
        "depth": 0,
        "cue": 5,  # key
        "marked": False,
        "between": 0,
        "before": 1,
        "opening": "adjunct+fronted",
    }


def test_matrix_verb_that_shows_number_is_a_cue(sample: Grammar) -> None:
    # the cat says the keys were rusty
    clause = ("Clause", THE_NOUN, NO_FILLER, ("VerbPhrase", "Was", "Rusty"))
    shape = shape_of(sample, ("Sentence", ("Matrix", "The", "Noun", "Says"), clause))
    matrix, clause = shape.dependencies
    assert (matrix.subject_index, matrix.verb_index, clause.subject_index) == (1, 2, 4)
    assert shape.animacy == ("", "inanimate")
    assert (matrix.inner_verb_marked, clause.inner_verb_marked) == (False, True)
    assert clause.preceding == (matrix.group,)
    assert (matrix.opening, clause.opening) == ("none", "matrix")


def test_participial_phrase_is_a_construction_without_a_noun(sample: Grammar) -> None:
    # the cats liking often laugh
    phrase = noun_phrase(("Participle", "Liking", "Adverb"))
    shape = shape_of(sample, sentence(phrase, "Laughs"))
    (only,) = shape.dependencies
    assert shape.animacy == ("animate",)
    assert (only.structure, only.depth, only.intervening) == ("part", 1, ())
    assert (only.subject_index, only.verb_index, only.last_cue_distance) == (1, 4, 3)


def test_head_of_a_compound_is_its_last_word(sample: Grammar) -> None:
    # the bus driver laughs
    compound = ("NounPhrase", "The", ("AnyNoun", "AnyNoun/2"))
    (only,) = shape_of(sample, sentence(compound, "Laughs")).dependencies
    assert (only.subject_index, only.verb_index, only.last_cue_distance) == (2, 3, 1)


def test_one_flattener_gives_what_fresh_ones_give(grammar: Grammar) -> None:
    # What it remembers of one tree must not leak into the next.
    forest = Forest()
    trees = np.unique(draw_by_weight(grammar, 800, np.random.default_rng(0), forest)).tolist()
    shapes = flatten(grammar, forest, trees)
    assert len(shapes) == len(trees) > 300
    assert shapes[::10] == [flatten(grammar, forest, [tree])[0] for tree in trees[::10]]
    flattener = Flattener(grammar, forest)
    flattener.shapes(np.array(trees[200:]))
    more = draw_by_weight(grammar, 200, np.random.default_rng(1), forest).tolist()
    again = flattener.shapes(np.array([*trees, *more]))
    assert [shape_at(again, i) for i in range(len(trees))] == shapes
    assert shape_at(again, len(again) - 1) == flatten(grammar, forest, more[-1:])[0]
    for shape in shapes:
        nouns = [i for i, words in enumerate(shape.slots) if words.kind == "noun"]
        assert [shape.groups[i] for i in nouns] == list(range(len(shape.animacy)))
        for d in shape.dependencies:
            assert shape.groups[d.noun_slot] == shape.groups[d.verb_slot] == d.group


def test_stacked_modifiers_stand_side_by_side(toy_lexicon: Lexicon) -> None:
    # the cat near the dog the keys liked laughs
    grammar = read_grammar(toy_spec("STACKED", 2), toy_lexicon)
    noun = ("NounPhrase", "The", "Noun")
    phrase = ("PrepPhrase", ("Preposition", "Preposition/1"), noun)
    relative = ("Relative", noun, "Liked")
    spelled = ("Sentence", ("NounPhrase", "The", "Noun", phrase, relative), "Laughs")
    (only,) = shape_of(grammar, spelled).dependencies
    assert (only.structure, only.construction, only.depth) == ("pp+rel", "pp", 1)
    assert (only.subject_index, only.verb_index, len(only.intervening)) == (1, 8, 2)
    within = ("PrepPhrase", ("Preposition", "Preposition/1"), spelled[1])
    spelled = ("Sentence", ("NounPhrase", "The", "Noun", within, relative), "Laughs")
    (only,) = shape_of(grammar, spelled).dependencies
    assert (only.structure, only.depth) == ("pp[pp+rel]+rel", 2)


def test_construction_that_is_nothing_but_another(toy_lexicon: Lexicon) -> None:
    grammar = read_grammar(toy_spec("ODD", 3), toy_lexicon)
    phrase = ("PrepPhrase", "Near", ("NounPhrase", "The", "Noun"))

    def structure(*modifiers: Any) -> tuple[str, str, int]:
        spelled = ("Sentence", ("NounPhrase", "The", "Noun", *modifiers), "Laughs")
        (only,) = shape_of(grammar, spelled).dependencies
        return only.structure, only.construction, only.depth

    assert structure(("Modifier", phrase)) == ("mod[pp]", "mod", 2)
    assert structure(("Modifier", phrase, ("Pause",))) == ("mod[pp+pause]", "mod", 2)
    assert structure(("Pause",), phrase) == ("pause+pp", "pause", 1)
    assert structure(("Pause", '","'), phrase) == ("pause+pp", "pause", 1)


def test_verbs_of_a_coordination_share_their_noun(toy_lexicon: Lexicon) -> None:
    # the cat near the dogs laughs and laughs
    grammar = read_grammar(toy_spec("COORDINATED", 1), toy_lexicon)
    noun = ("NounPhrase", "The", "Noun", ("PrepPhrase", "Near", ("NounPhrase", "The", "Noun")))
    spelled = ("Sentence", ("Clause", noun, ("VerbPhrase", "Laughs", '"and"', "Laughs")))
    first, second = shape_of(grammar, spelled).dependencies
    assert first.group == second.group
    assert (first.verb_index, second.verb_index) == (5, 7)
    assert (first.structure, second.structure) == ("pp", "pp")
    assert (first.inner_verb_marked, second.inner_verb_marked) == (False, True)
    assert (first.last_cue_distance, second.last_cue_distance) == (1, 2)
    assert (first.noun_indices, first.verb_indices) == ((1, 4), ())
    assert (second.noun_indices, second.verb_indices) == ((1, 4), (5,))
    assert (first.right_context_reveals, second.right_context_reveals) == (True, False)


def test_determiner_that_shows_number_is_a_cue(toy_lexicon: Lexicon) -> None:
    # A language whose article agrees with its noun; the words are borrowed.
    article = WORDS["Was[n]"] | {"kind": "determiner"}
    grammar = read_grammar(
        grammar_spec(
            {"Sentence": ["1 Article[n] Noun[n] Adverb Laughs[n]"]},
            words={**WORDS, "Article[n]": article},
        ),
        toy_lexicon,
    )
    (only,) = shape_of(grammar, ("Sentence", "Article", "Noun", "Adverb", "Laughs")).dependencies
    assert only.determiner_marked
    assert not only.inner_verb_marked
    assert only.last_cue_distance == 2


def test_subject_asked_to_be_two_things(toy_lexicon: Lexicon) -> None:
    grammar = read_grammar(
        grammar_spec({"Sentence": ["1 The Noun[n] Laughs[n] Rusty[n]"]}), toy_lexicon
    )
    with pytest.raises(UserError) as caught:
        shape_of(grammar, ("Sentence", "The", "Noun", "Laughs", "Rusty"))
    assert str(caught.value) == (
        "grammar: Laughs, Rusty can share a subject but ask for animate and inanimate ones; "
        "split the rule that joins them"
    )
