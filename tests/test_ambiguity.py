"""A prefix licenses one number: one noun controls every verb with number that can come next.

Not a sample: with nesting bounded the grammar is a finite-state machine, and every set of
derivations that one prefix leaves open is visited. Prefixes are told apart by their classes and the
number they show, or, as classes may share words, by their words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import pandas as pd
import pytest

from attractor.derivations import Forest
from attractor.grammar import Grammar
from attractor.lexicon import Lexicon
from attractor.notation import read_grammar
from attractor.text import draw_text
from attractor.word_classes import WordClass
from toy import RULES, WORDS, all_trees, flatten, grammar_spec, toy_spec


class Letter(NamedTuple):
    """The number of a phrase before its noun; a determiner may have shown it already."""

    name: int
    plural: int | None = None


class Noun(NamedTuple):
    """The number of a phrase after its noun."""

    token: int
    plural: int


Binding = None | Letter | Noun
# What is still to come: (symbol, binding, depth left), or ("", the rests of a word begun, 0).
Pending = tuple[str, Any, int]
Config = tuple[Pending, ...]
Label = Any
MAX_STATES = 200_000


def ambiguous_prefix(grammar: Grammar, by_words: bool) -> list[Label] | None:
    """A prefix after which verbs of two different nouns can come, or None if there is none."""
    start = _canonical(_closure(grammar, [((grammar.start, None, grammar.max_depth),)]))
    labels = _word_labels(grammar) if by_words else None
    parents: dict[frozenset[Config], tuple[frozenset[Config], Label] | None] = {start: None}
    queue = [start]
    for state in queue:
        controllers = {
            config[0][1].token
            for config in state
            if config and config[0][0] and _is_verb(grammar.classes[config[0][0]], config[0][1])
        }
        if len(controllers) > 1:
            return _prefix(parents, state)
        following = defaultdict(list)
        for config in state:
            for label, rest in _read(grammar, config, labels):
                following[label].append(rest)
        for label, configs in following.items():
            reached = _canonical(_closure(grammar, configs))
            if reached not in parents:
                assert len(parents) < MAX_STATES
                parents[reached] = (state, label)
                queue.append(reached)
    return None


def _is_verb(words: WordClass, binding: Binding) -> bool:
    return words.kind == "verb" and words.shows_number and isinstance(binding, Noun)


def _prefix(parents: dict[Any, Any], state: frozenset[Config]) -> list[Label]:
    prefix = []
    while (step := parents[state]) is not None:
        state, label = step
        prefix.append(label)
    return prefix[::-1]


def _closure(grammar: Grammar, configs: Iterable[Config]) -> set[Config]:
    """Expand until each begins with a word, or is at its end."""
    open_, closed = list(configs), set()
    while open_:
        config = open_.pop()
        if not config or not config[0][0] or config[0][0] in grammar.classes:
            closed.add(config)
            continue
        (symbol, binding, depth), *rest = config
        inside = depth - grammar.is_construction(symbol)
        for rule in grammar.usable(symbol, depth):
            letters: dict[str, Binding] = {"": None}
            if rule.variable:
                letters[rule.variable] = binding
            fresh = 1 + max((b.name for _, b, _ in config if isinstance(b, Letter)), default=-1)
            for child in rule.children:
                if child.variable not in letters:
                    letters[child.variable] = Letter(fresh)
                    fresh += 1
            children = [(c.symbol, letters[c.variable], inside) for c in rule.children]
            open_.append((*children, *rest))
    return closed


def _read(
    grammar: Grammar, config: Config, labels: dict[tuple[str, int], dict[str, Any]] | None
) -> Iterable[tuple[Label, Config]]:
    """Each next label and what is left after it; a noun binds its letter to -1, the newest."""
    if not config:
        return
    (symbol, binding, _), *rest = config
    if not symbol:  # within a word of several tokens
        for first in {tokens[0] for tokens in binding}:
            left = frozenset(t[1:] for t in binding if t[0] == first)
            yield from ((first, (*begun, *rest)) for begun in _begun(left))
        return
    words = grammar.classes[symbol]
    numbers = [0]
    if words.shows_number:
        numbers = [0, 1] if binding.plural is None else [binding.plural]
    for number in numbers:
        now = binding
        if words.kind == "noun":
            now = Noun(-1, number)
        elif words.shows_number and isinstance(binding, Letter):  # a determiner before its noun
            now = Letter(binding.name, number)
        after = tuple((s, now if b is not None and b == binding else b, d) for s, b, d in rest)
        if labels is None:
            yield (symbol, number if words.shows_number else ""), after
        else:
            for first, left in labels[symbol, number].items():
                yield from ((first, (*begun, *after)) for begun in _begun(left))


def _begun(rests: frozenset[tuple[str, ...]]) -> Iterable[tuple[Pending, ...]]:
    if () in rests:
        yield ()
    if longer := rests - {()}:
        yield (("", longer, 0),)


def _word_labels(grammar: Grammar) -> dict[tuple[str, int], dict[str, Any]]:
    """For each class and number its first tokens, with the rests that can follow each.

    Words that occur in the same classes and numbers, and in no word of several tokens, are one
    label: whatever holds of a prefix with one of them holds with the other.
    """
    used, parts = defaultdict(set), set()
    for name, words in grammar.classes.items():
        for pair in words.forms:
            for number, tokens in enumerate(pair):
                used[tokens[0]].add((name, number))
                if len(tokens) > 1:
                    parts.update(tokens)
    label = {w: w if w in parts else str(sorted(used[w])) for w in used}
    first: dict[tuple[str, int], dict[str, set[tuple[str, ...]]]] = {}
    for name, words in grammar.classes.items():
        for number in (0, 1):
            some = first.setdefault((name, number), defaultdict(set))
            for pair in words.forms:
                tokens = pair[number]
                some[label[tokens[0]]].add(tokens[1:])
    return {k: {w: frozenset(r) for w, r in some.items()} for k, some in first.items()}


def _canonical(configs: set[Config]) -> frozenset[Config]:
    """Nouns renumbered by age, over all configs; letters by first use, in each."""
    bound = {b.token for config in configs for s, b, _ in config if s and isinstance(b, Noun)}
    ages = {index: age for age, index in enumerate(sorted(bound - {-1}))}
    ages[-1] = len(ages)
    found = set()
    for config in configs:
        letters: dict[int, int] = {}
        renamed = []
        for symbol, binding, depth in config:
            if symbol and isinstance(binding, Noun):
                binding = Noun(ages[binding.token], binding.plural)
            elif symbol and isinstance(binding, Letter):
                name = letters.setdefault(binding.name, len(letters))
                binding = Letter(name, binding.plural)
            renamed.append((symbol, binding, depth))
        found.add(tuple(renamed))
    return frozenset(found)


# "the cat says that the dogs laugh and …": the cat's verb, or the dogs'.
COORDINATION = {
    "Sentence": ["1 Clause"],
    "Clause": ["1 The Noun[n] VerbPhrase[n]"],
    "VerbPhrase[n]": ["1 Simple[n]", '1 Simple[n] "and" Simple[n]'],
    "Simple[n]": ["1 Laughs[n]", "1 Says[n] Complement"],
    "Complement": ['1 "that" Clause', "1 Clause"],
}
# "the cat liked the dog …": a relative without its pronoun, or a matrix clause; only the words,
# not their classes, are the same.
SHARED_WORD = {
    "Sentence": [
        "1 The Noun[n] Liked[n] The Noun[m] Laughs[m]",
        "1 The Noun[n] Adored[n] The Noun[o] Laughs[n]",
    ]
}
SHARED_WORDS = {**WORDS, "Adored[n]": WORDS["Liked[n]"]}


@pytest.mark.parametrize(("by_words", "max_depth"), [(False, 3), (True, 2)])
def test_english_prefixes_license_one_number(
    grammar: Grammar, by_words: bool, max_depth: int
) -> None:
    assert grammar.max_depth == 3
    assert ambiguous_prefix(replace(grammar, max_depth=max_depth), by_words) is None


@pytest.mark.parametrize("by_words", [False, True])
def test_english_with_such_a_coordination_is_caught(
    english: dict[str, Any], lexicon: Lexicon, by_words: bool
) -> None:
    predicates = [
        *english["rules"]["PersonPredicate[n]"],
        "1 Says[n] Determiner[o] Noun[o] Laughs[o]",
        '1 Laughs[n] "and" Laughs[n]',
        '1 Says[n] Determiner[o] Noun[o] Laughs[o] "and" Laughs[n]',
    ]
    rules = english["rules"] | {"PersonPredicate[n]": predicates}
    worse = replace(read_grammar(english | {"rules": rules}, lexicon), max_depth=1)
    prefix = ambiguous_prefix(worse, by_words)
    assert prefix is not None
    assert len(prefix) == 7  # the farmer says the pilots laugh and


@pytest.mark.parametrize("by_words", [False, True])
def test_ambiguous_coordination_is_caught(toy_lexicon: Lexicon, by_words: bool) -> None:
    spec = grammar_spec(COORDINATION, {"Complement": "complement"}, max_depth=1)
    prefix = ambiguous_prefix(read_grammar(spec, toy_lexicon), by_words)
    assert prefix is not None
    if not by_words:
        names = [name for name, _ in prefix]
        assert names == ["The", "Noun", "Says", "The", "Noun", "Laughs", '"and"']
    none = grammar_spec(COORDINATION, {"Complement": "complement"}, max_depth=0)
    assert ambiguous_prefix(read_grammar(none, toy_lexicon), by_words) is None


def test_word_shared_by_two_classes_is_caught_by_words_alone(toy_lexicon: Lexicon) -> None:
    grammar = read_grammar(grammar_spec(SHARED_WORD, words=SHARED_WORDS), toy_lexicon)
    assert ambiguous_prefix(grammar, by_words=False) is None
    prefix = ambiguous_prefix(grammar, by_words=True)
    assert prefix is not None
    assert len(prefix) == 5


@pytest.mark.parametrize("name", ["STACKED", "MARKED", "COORDINATED"])
def test_search_agrees_with_enumeration(toy_lexicon: Lexicon, name: str) -> None:
    grammar = read_grammar(toy_spec(name, 2), toy_lexicon)
    forest = Forest()
    controllers = defaultdict(set)
    for shape in flatten(grammar, forest, all_trees(grammar, forest, grammar.start, 2)):
        names = tuple(words.name for words in shape.slots)
        for d in shape.dependencies:
            controllers[names[: d.verb_slot]].add(d.noun_slot)
    worst = max(len(nouns) for nouns in controllers.values())
    # Stacking is the classic one: "the cat near the dog near the keys" + whose verb?
    assert (worst > 1) is (ambiguous_prefix(grammar, by_words=False) is not None)
    assert name in RULES


def test_enumeration_of_the_ambiguous_grammar(toy_lexicon: Lexicon) -> None:
    spec = grammar_spec(COORDINATION, {"Complement": "complement"}, max_depth=1)
    grammar = read_grammar(spec, toy_lexicon)
    forest = Forest()
    controllers = defaultdict(set)
    for shape in flatten(grammar, forest, all_trees(grammar, forest, grammar.start, 1)):
        for d in shape.dependencies:
            names = [words.name for words in shape.slots]
            controllers[tuple(names[: d.verb_slot])].add(d.noun_slot)
    prefix = ambiguous_prefix(grammar, by_words=False)
    assert prefix is not None
    assert controllers[tuple(name for name, _ in prefix)] == {1, 4}


def test_drawn_prefixes_have_one_subject(english: dict[str, Any], lexicon: Lexicon) -> None:
    items = draw_text(read_grammar(english, lexicon, "balanced"), 6_000, 10, 10, seed=4)
    words = [s.split(" ")[:v] for s, v in zip(items["sentence"], items["verb_index"], strict=True)]
    prefix = pd.Series([" ".join(w) for w in words])
    repeated = (
        items.assign(prefix=prefix).groupby("prefix")["subject_index"].agg(["size", "nunique"])
    )
    assert (repeated["size"] > 1).sum() > 100
    assert (repeated["nunique"] == 1).all()
