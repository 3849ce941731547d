"""Hand-made derivations and every factor of their dependencies, counted by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attractor.derivations import Forest
from attractor.errors import UserError
from attractor.grammar import Grammar
from attractor.lexicon import Lexicon
from attractor.notation import read_grammar
from attractor.shapes import Dependency, Shape, flatten
from toy import WORDS, grammar_spec, toy_spec


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
    return flatten(grammar, forest, grow(grammar, forest, spelled))


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


THE_NOUN = ("NounPhrase", "Determiner", "Noun")
NO_FILLER = ("Filler",)
ADVERB = ("Filler", "Adverb")
FLAGSHIP_RELATIVE = (
    "ObjectRelative",
    THE_NOUN,
    NO_FILLER,
    ("MarkedInner", "Was", ("InnerProgressive", "Delaying")),
)
PREP_PHRASE = "prep_phrase"
RELATIVE = "object_relative_no_that"


def sentence(noun_phrase: Any, predicate: Any, filler: Any = NO_FILLER) -> Any:
    return ("Sentence", ("Clause", noun_phrase, filler, predicate))


def test_flagship(grammar: Grammar) -> None:
    # the flights the airline was cancelling were full
    shape = shape_of(
        grammar,
        sentence(
            ("NounPhrase", "Determiner", "Noun", FLAGSHIP_RELATIVE), ("Predicate", "Was", "State")
        ),
    )
    assert [c.name for c in shape.slots] == [
        "Determiner",
        "Noun",
        "Determiner",
        "Noun",
        "Was",
        "Delaying",
        "Was",
        "State",
    ]
    inner, outer = shape.dependencies
    flights, airline = outer.group, inner.group
    assert shape.groups == (-1, flights, -1, airline, airline, airline, flights, flights)
    assert (shape.animacy[flights], shape.animacy[airline]) == ("inanimate", "")
    assert (outer.noun_slot, outer.verb_slot) == (1, 6)
    assert (outer.intervening, outer.preceding) == ((airline,), ())
    assert (inner.intervening, inner.preceding) == ((), (flights,))
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
        "structure": RELATIVE,
        "construction": RELATIVE,
        "depth": 1,
        "cue": 2,  # was
        "marked": True,
        "between": 1,
        "before": 0,
        "opening": "none",
    }
    assert (inner.determiner_marked, outer.determiner_marked) == (False, False)


def test_phrase_inside_a_relative(grammar: Grammar) -> None:
    # the flights the airline near the gate liked laugh
    airline = (
        "NounPhrase",
        "Determiner",
        "Noun",
        ("PrepPhrase", ("Preposition", "Preposition/1"), THE_NOUN),
    )
    relative = ("ObjectRelative", airline, NO_FILLER, ("NeutralInner", ("InnerPast", "Liked")))
    (only,) = shape_of(
        grammar,
        sentence(
            ("NounPhrase", "Determiner", "Noun", relative),
            ("Predicate", ("PersonPredicate", "Laughs")),
        ),
    ).dependencies
    assert factors(only) == {
        "indices": (1, 8),
        "role": "outer",
        "structure": f"{RELATIVE}[{PREP_PHRASE}]",
        "construction": RELATIVE,
        "depth": 2,
        "cue": 2,  # gate
        "marked": False,
        "between": 2,
        "before": 0,
        "opening": "none",
    }


def test_relative_inside_a_phrase(grammar: Grammar) -> None:
    # the keys next to the cabinet the pilots were cancelling still vanish
    phrase = (
        "PrepPhrase",
        ("Preposition", "Preposition/2"),
        ("NounPhrase", "Determiner", "Noun", FLAGSHIP_RELATIVE),
    )
    shape = shape_of(
        grammar,
        sentence(
            ("NounPhrase", "Determiner", "Noun", phrase), ("Predicate", "Vanishes"), filler=ADVERB
        ),
    )
    inner, outer = shape.dependencies
    assert factors(inner) | {"indices": (7, 8), "role": "inner", "before": 2} == factors(inner)
    assert inner.preceding == (outer.group, outer.intervening[0])
    assert factors(outer) == {
        "indices": (1, 11),
        "role": "outer",
        "structure": f"{PREP_PHRASE}[{RELATIVE}]",
        "construction": PREP_PHRASE,
        "depth": 2,
        "cue": 3,  # were
        "marked": True,
        "between": 2,
        "before": 0,
        "opening": "none",
    }
    assert outer.intervening[1] == inner.group


def test_opening_and_parenthesis(grammar: Grammar) -> None:
    # of course , in front of the house , the key , of course , often is rusty
    parenthesis = ("Parenthesis", "Parenthesis/2")
    spelled = (
        "Sentence",
        (
            "FrontedSentence",
            ("Adjunct", parenthesis),
            '","',
            ("FrontedPhrase", ("Preposition", "Preposition/3"), "Determiner", "Noun"),
            '","',
            (
                "Clause",
                THE_NOUN,
                ("Filler", '","', parenthesis, '","', "Adverb"),
                ("Predicate", "Is", "State"),
            ),
        ),
    )
    (only,) = shape_of(grammar, spelled).dependencies
    assert factors(only) == {
        "indices": (10, 16),
        "role": "outer",
        "structure": "simple",
        "construction": "simple",
        "depth": 0,
        "cue": 6,  # key
        "marked": False,
        "between": 0,
        "before": 1,
        "opening": "adjunct+fronted_phrase",
    }


def test_matrix_verb_that_shows_number_is_a_cue(grammar: Grammar) -> None:
    # the pilot says the keys vanish
    spelled = (
        "Sentence",
        (
            "MatrixSentence",
            ("Matrix", ("MarkedMatrix", "Determiner", "Noun", "Says")),
            ("Clause", THE_NOUN, NO_FILLER, ("Predicate", "Vanishes")),
        ),
    )
    shape = shape_of(grammar, spelled)
    matrix, clause = shape.dependencies
    assert (matrix.subject_index, matrix.verb_index, clause.subject_index) == (1, 2, 4)
    assert shape.animacy[matrix.group] == "animate"
    assert (matrix.inner_verb_marked, clause.inner_verb_marked) == (False, True)
    assert clause.preceding == (matrix.group,)
    assert (matrix.opening, clause.opening) == ("none", "matrix_clause")


def test_participial_phrase_is_a_construction_without_a_noun(grammar: Grammar) -> None:
    # the pilots laughing outside at night vanish
    phrase = ("ParticipialPhrase", "Laughing", "Place", ("Time", "Time/2"))
    shape = shape_of(
        grammar,
        (
            "Sentence",
            (
                "Clause",
                ("PersonPhrase", "Determiner", "Noun", phrase),
                NO_FILLER,
                ("PersonPredicate", "Laughs"),
            ),
        ),
    )
    (only,) = shape.dependencies
    assert shape.animacy[only.group] == "animate"
    assert factors(only) == {
        "indices": (1, 6),
        "role": "outer",
        "structure": "participial_phrase",
        "construction": "participial_phrase",
        "depth": 1,
        "cue": 5,  # pilots
        "marked": False,
        "between": 0,
        "before": 0,
        "opening": "none",
    }


def test_head_of_a_compound_is_its_last_word(grammar: Grammar) -> None:
    # the bus driver is clever
    (only,) = shape_of(
        grammar,
        (
            "Sentence",
            (
                "Clause",
                ("PersonPhrase", "Determiner", "CompoundNoun"),
                NO_FILLER,
                ("PersonPredicate", "Is", "Trait"),
            ),
        ),
    ).dependencies
    assert (only.subject_index, only.verb_index, only.last_cue_distance) == (2, 3, 1)


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
