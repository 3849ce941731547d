"""A lexicon small enough to count by hand, and grammars over it as plain mappings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from attractor.derivations import Forest
from attractor.flattener import Flattener
from attractor.grammar import Grammar, Rule
from attractor.lexicon import Lexicon, read_lexicon
from attractor.shapes import Shapes
from attractor.structures import NONE
from attractor.word_classes import WordClass

TABLES = {
    "nouns": """singular,plural,animacy,irregular,relational,held_out
cat,cats,animate,no,yes,no
dog,dogs,animate,no,no,no
key,keys,inanimate,no,no,no
box,boxes,inanimate,no,no,no
bus driver,bus drivers,animate,no,no,no
""",
    "verbs": """third_singular,plural,past,progressive,frames,subject,aspect
laughs,laugh,laughed,laughing,intransitive,animate,dynamic
vanishes,vanish,vanished,vanishing,intransitive,any,dynamic
likes,like,liked,liking,transitive,animate,dynamic
delays,delay,delayed,delaying,transitive,any,dynamic
says,say,said,saying,sentence,animate,dynamic
""",
    "auxiliaries": """lemma,tense,singular,plural
be,present,is,are
be,past,was,were
do,present,does,do
""",
    "adjectives": """adjective,of
happy,animate
rusty,inanimate
big,any
""",
    "adverbs": """adverb,position
often,preverbal
outside,clause
""",
    "adjuncts": """adjunct,kind
of course,parenthetical
in my opinion,parenthetical
at night,time
""",
    "prepositions": """preposition
near
behind
next to
in front of
""",
    "determiners": """singular,plural,number
the,the,any
this,these,marked
""",
    "function_words": """word,class
that,complementiser
not,negation
""",
}

WORDS: dict[str, dict[str, Any]] = {
    "Noun[n]": {
        "kind": "noun",
        "table": "nouns",
        "singular": "singular",
        "plural": "plural",
        "tokens": 1,
    },
    "AnyNoun[n]": {"kind": "noun", "table": "nouns", "singular": "singular", "plural": "plural"},
    "Laughs[n]": {
        "kind": "verb",
        "table": "verbs",
        "singular": "third_singular",
        "plural": "plural",
        "where": {"frames": "intransitive", "subject": "animate"},
        "tense": "present",
        "verb_class": "intransitive",
    },
    "Says[n]": {
        "kind": "verb",
        "table": "verbs",
        "singular": "third_singular",
        "plural": "plural",
        "where": {"frames": "sentence"},
        "tense": "present",
        "verb_class": "sentence",
    },
    "Was[n]": {
        "kind": "verb",
        "table": "auxiliaries",
        "singular": "singular",
        "plural": "plural",
        "where": {"lemma": "be", "tense": "past"},
        "tense": "past",
        "verb_class": "be",
    },
    "Liking[n]": {
        "table": "verbs",
        "form": "progressive",
        "where": {"frames": "transitive", "subject": "animate"},
    },
    "Liked[n]": {
        "table": "verbs",
        "form": "past",
        "where": {"frames": "transitive", "subject": "animate"},
    },
    "Rusty[n]": {
        "table": "adjectives",
        "form": "adjective",
        "where": {"of": "inanimate"},
        "subject": "inanimate",
    },
    "The": {"table": "determiners", "form": "singular", "where": {"singular": "the"}},
    "Adverb": {"table": "adverbs", "form": "adverb", "where": {"position": "preverbal"}},
    "Parenthesis": {"table": "adjuncts", "form": "adjunct", "where": {"kind": "parenthetical"}},
    "Near": {"table": "prepositions", "form": "preposition", "where": {"preposition": "near"}},
    "Preposition": {"table": "prepositions", "form": "preposition"},
}

# One noun, one verb, nothing else: what the refusals are tried on.
PLAIN = {"Sentence": ["1 The Noun[n] Laughs[n]"]}

# Modifiers nested and stacked; prepositions of one to three tokens.
STACKED = {
    "Sentence": ["3 NounPhrase[n] Laughs[n]", '1 Preposition The Noun[o] "," Sentence2'],
    "Sentence2": ["1 NounPhrase[n] Laughs[n]"],
    "NounPhrase[n]": [
        "4 The Noun[n]",
        "2 The Noun[n] PrepPhrase",
        "1 The Noun[n] PrepPhrase Relative",
    ],
    "PrepPhrase": ["1 Preposition NounPhrase[p]"],
    "Relative": ["1 NounPhrase[r] Liked[r]"],
}

# An object relative with a verb of its own, nouns of one and two tokens, empty expansions.
MARKED = {
    "Sentence": ["1 NounPhrase[n] Filler Predicate[n]", '1 Parenthesis "," Sentence3'],
    "Sentence3": ["1 NounPhrase[n] Predicate[n]"],
    "NounPhrase[n]": ["3 The AnyNoun[n]", "1 The AnyNoun[n] Relative"],
    "Relative": ["1 NounPhrase[r] Filler Was[r] Liking[r]"],
    "Filler": ["2 nothing", "1 Adverb", '1 "," Parenthesis ","'],
    "Predicate[n]": ["2 Laughs[n]", "1 Was[n] Rusty[n]"],
}

# Two verbs for one noun, and a clause within a clause.
COORDINATED = {
    "Sentence": ["2 Clause", "1 The Noun[m] Says[m] Complement"],
    "Complement": ['1 "that" Sentence'],
    "Clause": ["1 NounPhrase[n] VerbPhrase[n]"],
    "NounPhrase[n]": ["2 The Noun[n]", "1 The Noun[n] PrepPhrase"],
    "PrepPhrase": ["1 Near NounPhrase[p]"],
    "VerbPhrase[n]": ["2 Laughs[n]", '1 Laughs[n] "and" Laughs[n]', "1 Laughs[n] PrepPhrase"],
}

# Shapes that no bundled grammar has but its notation allows: a construction that is nothing but
# another, an empty one beside a full one, and a noun and verb under one symbol that carries both.
ODD = {
    "Sentence": ['1 Core[n] "and" Laughs[n]', "1 NounPhrase[n] Laughs[n]"],
    "Core[n]": ["1 NounPhrase[n] Laughs[n]", "1 NounPhrase[n] Laughs[n] PrepPhrase"],
    "NounPhrase[n]": ["2 The Noun[n]", "1 The Noun[n] Modifier", "1 The Noun[n] Pause PrepPhrase"],
    "Modifier": ["1 PrepPhrase", "1 PrepPhrase Pause"],
    "Pause": ["1 nothing", '1 ","'],
    "PrepPhrase": ["1 Near NounPhrase[p]", "1 Near NounPhrase[p] Laughs[p]"],
}

CONSTRUCTIONS = {
    "STACKED": {"PrepPhrase": "pp", "Relative": "rel"},
    "MARKED": {"Relative": "rel"},
    "COORDINATED": {"PrepPhrase": "pp", "Complement": "comp"},
    "ODD": {"PrepPhrase": "pp", "Modifier": "mod", "Pause": "pause"},
}
RULES = {"STACKED": STACKED, "MARKED": MARKED, "COORDINATED": COORDINATED, "ODD": ODD}


def write_lexicon(folder: Path) -> Lexicon:
    """Write the tables below `folder` and read them back."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, text in TABLES.items():
        (folder / f"{table}.csv").write_text(text, encoding="utf-8")
    return read_lexicon(folder)


def grammar_spec(
    rules: Mapping[str, Any],
    constructions: Mapping[str, str] | None = None,
    max_depth: int = 2,
    **sections: Any,
) -> dict[str, Any]:
    """A grammar's yaml as a mapping: toy words, one regime; `sections` replace whole sections."""
    return {
        "start": "Sentence",
        "constructions": dict(constructions or {}),
        "regimes": {"natural": {"max_depth": max_depth}},
        "rules": {symbol: list(lines) for symbol, lines in rules.items()},
        "words": dict(WORDS),
    } | sections


def toy_spec(name: str, max_depth: int) -> dict[str, Any]:
    """One of the toy grammars by name, as a mapping."""
    return grammar_spec(RULES[name], CONSTRUCTIONS[name], max_depth)


class Dependency(NamedTuple):
    """A row of attractor.shapes.Dependencies in words, slots counted within its own shape."""

    group: int
    noun_slot: int
    verb_slot: int
    subject_index: int
    verb_index: int
    intervening: tuple[int, ...]  # groups
    preceding: tuple[int, ...]
    role: str
    within: str
    construction: str
    structure: str
    opening: str
    coordination: str
    depth: int
    last_cue_distance: int
    inner_verb_marked: bool
    determiner_marked: bool
    noun_indices: tuple[int, ...]
    verb_indices: tuple[int, ...]
    right_context_reveals: bool


class Shape(NamedTuple):
    """One of attractor.shapes.Shapes."""

    slots: tuple[WordClass, ...]
    groups: tuple[int, ...]
    animacy: tuple[str, ...]
    dependencies: tuple[Dependency, ...]


def shape_at(shapes: Shapes, i: int) -> Shape:
    """The shape of this number."""
    slots = slice(*shapes.slot_start[i : i + 2])
    groups = slice(*shapes.group_start[i : i + 2])
    return Shape(
        slots=tuple(shapes.classes[c] for c in shapes.word_class[slots].tolist()),
        groups=tuple(shapes.group[slots].tolist()),
        animacy=tuple(shapes.animacies[a] for a in shapes.animacy[groups].tolist()),
        dependencies=tuple(
            _dependency_at(shapes, d) for d in range(*shapes.dependency_start[i : i + 2].tolist())
        ),
    )


def _dependency_at(shapes: Shapes, which: int) -> Dependency:
    columns = vars(shapes.dependencies.take(np.array([which])))
    d = {name: column[0].item() for name, column in columns.items()}
    structure, within = shapes.names.structures[d["structure"]], shapes.names.within[d["within"]]
    first_slot = shapes.slot_start[d["shape"]].item()
    nouns = shapes.noun_index[shapes.group_start[d["shape"]] :]
    verbs = shapes.verb_index[shapes.verb_start[d["shape"]] :]
    last = d["group"] + 1 + d["n_intervening"]
    same = {
        name: d[name]
        for name in Dependency._fields
        if name in d and name not in ("structure", "within", "opening")
    }
    return Dependency(
        **same
        | {
            "noun_slot": d["noun_slot"] - first_slot,
            "verb_slot": d["verb_slot"] - first_slot,
            "intervening": tuple(range(d["group"] + 1, last)),
            "preceding": tuple(range(d["group"])),
            "role": "outer" if within == NONE else "inner",
            "within": within,
            "construction": structure.construction,
            "structure": structure.spelled,
            "coordination": structure.coordination,
            "depth": structure.depth,
            "opening": shapes.names.openings[d["opening"]],
            "noun_indices": tuple(nouns[:last].tolist()),
            "verb_indices": tuple(verbs[: d["n_verbs"]].tolist()),
        }
    )


def flatten(grammar: Grammar, forest: Forest, trees: Sequence[int]) -> list[Shape]:
    """The shapes of some trees."""
    shapes = Flattener(grammar, forest).shapes(np.array(trees, dtype=np.int64))
    return [shape_at(shapes, i) for i in range(len(shapes))]


def nodes(forest: Forest) -> list[tuple[str | Rule, tuple[int, ...]]]:
    """The head of each tree and the numbers of those below it."""
    return [
        (forest.heads[head], tuple(row)) for head, rows in forest.blocks for row in rows.tolist()
    ]


def all_trees(grammar: Grammar, forest: Forest, symbol: str, depth: int) -> list[int]:
    """Every tree of `symbol` with at most `depth` nested constructions."""
    if symbol in grammar.classes:
        return [forest.leaf(symbol)]
    inside = depth - (symbol in grammar.constructions)
    if inside < 0:
        return []
    trees = []
    for rule in grammar.rules[symbol]:
        choices = [all_trees(grammar, forest, child.symbol, inside) for child in rule.children]
        for children in product(*choices):
            row = np.array([children], dtype=np.int64)
            trees += forest.trees(rule, row).tolist()
    return trees
