"""The other form of a verb, and that no rule of agreement looks at whether it agrees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from attractor.corpus.agreement import Dependency, Excluded, dependencies, read_verb
from attractor.corpus.conllu import read_trees
from attractor.corpus.trees import Tree
from attractor.corpus.words import NO_WORDS, counterpart, other_form, third_singular
from attractor.sources import read_lines
from test_corpus_agreement import CASES
from trees import marked, tree

DEV = Path(__file__).parents[2] / "shared" / "data" / "ud" / "en_ewt-ud-dev.conllu"

PAIRS = [
    *(("watch", "watches"), ("go", "goes"), ("try", "tries"), ("play", "plays"), ("buy", "buys")),
    *(("bark", "barks"), ("push", "pushes"), ("miss", "misses"), ("fix", "fixes")),
    *(("veto", "vetoes"), ("radio", "radios"), ("buzz", "buzzes"), ("quiz", "quizzes")),
    *(("undergo", "undergoes"), ("see", "sees"), ("free", "frees"), ("ski", "skis")),
]
IRREGULAR = [
    *(("has", "have", "VBZ"), ("have", "have", "VBP"), ("is", "be", "VBZ"), ("are", "be", "VBP")),
    *(("was", "be", "VBD"), ("were", "be", "VBD"), ("does", "do", "VBZ"), ("do", "do", "VBP")),
]
OTHER = dict(
    zip(
        "has have is are was were does do".split(),
        "have has are is were was do does".split(),
        strict=True,
    )
)


@pytest.mark.parametrize(("plural", "singular"), PAIRS)
def test_regular_forms_have_each_other(plural: str, singular: str) -> None:
    assert third_singular(plural) == singular
    assert counterpart(plural, plural, "VBP") == singular
    assert counterpart(singular, plural, "VBZ") == plural


@pytest.mark.parametrize(("word", "lemma", "tag"), IRREGULAR)
def test_irregular_forms_have_each_other(word: str, lemma: str, tag: str) -> None:
    assert counterpart(word, lemma, tag) == OTHER[word]
    assert counterpart(word.capitalize(), lemma, tag) == OTHER[word].capitalize()
    assert counterpart(word.upper(), lemma, tag) == OTHER[word].upper()


@pytest.mark.parametrize(
    ("word", "lemma", "tag"),
    [
        *(("'s", "be", "VBZ"), ("'re", "be", "VBP"), ("'ve", "have", "VBP"), ("am", "be", "VBP")),
        *(("be", "be", "VBP"), ("is", "be", "VBP"), ("are", "be", "VBZ"), ("has", "have", "VBP")),
        *(("watchs", "watch", "VBZ"), ("barked", "bark", "VBP"), ("barks", "_", "VBZ")),
        *(("re-open", "re-open", "VBP"), ("re-opens", "re-open", "VBZ"), ("3", "3", "VBP")),
        *(("lets", "let", "VBZ"), ("let", "let", "VBP"), ("pleases", "please", "VBZ")),
        *(("thats", "that", "VBZ"), ("please", "please", "VBP")),
    ],
)
def test_what_is_no_form_of_its_tag_has_no_other(word: str, lemma: str, tag: str) -> None:
    assert counterpart(word, lemma, tag) == ""


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=2))
def test_the_other_form_of_the_other_form_is_the_form(base: str) -> None:
    singular = third_singular(base)
    assume(not {base, singular} & (NO_WORDS | OTHER.keys() | {"be"}))
    assert counterpart(singular, base, "VBZ") == base
    assert counterpart(base, base, "VBP") == singular
    assert counterpart(singular.upper(), base, "VBZ") == base.upper()


def test_without_lemmas_a_plural_is_one_of_the_text() -> None:
    plurals = {"watch", "quiz", "try", "bark", "lie"}
    found = [other_form(word, "VBZ", plurals) for word in ("watches", "quizzes", "tries", "barks")]
    assert found == ["watch", "quiz", "try", "bark"]
    assert other_form("Watches", "VBZ", plurals) == "Watch"
    assert other_form("lies", "VBZ", plurals) == "lie"
    assert other_form("boxes", "VBZ", plurals) == ""
    assert other_form("is", "VBZ", set()) == "are"
    assert other_form("box", "VBP", set()) == "boxes"


def flipped(sentence: Tree, verb: int) -> Tree | None:
    """The same tree with the verb's other form and its tag, or nothing if that is not known."""
    tag, word, lemma = sentence.tags[verb], sentence.words[verb], sentence.lemmas[verb]
    other = counterpart(word, lemma, tag)
    tags, words = list(sentence.tags), list(sentence.words)
    tags[verb] = {"VBZ": "VBP", "VBP": "VBZ"}.get(tag, tag)
    words[verb] = other
    return replace(sentence, words=tuple(words), tags=tuple(tags)) if other else None


def outcomes(sentence: Tree, verb: int) -> tuple[int, str] | str:
    """The subject and the form that is wrong, or the reason."""
    found = read_verb(sentence, verb)
    return found.reason if isinstance(found, Excluded) else (found.subject, found.wrong_form)


def check_flipped(sentence: Tree, verb: int) -> bool:
    """Whether the verb could be flipped; if so, that all but its number stays as it is."""
    other = flipped(sentence, verb)
    if other is None:
        return False
    found, then = outcomes(sentence, verb), outcomes(other, verb)
    if isinstance(found, tuple):
        assert then == (found[0], sentence.words[verb]), sentence
        before, after = read_verb(sentence, verb), read_verb(other, verb)
        assert isinstance(before, Dependency)
        assert isinstance(after, Dependency)
        assert {before.number, after.number} == {"singular", "plural"}
    else:
        assert then == found, sentence
    return True


@pytest.mark.parametrize(
    "notation", [notation for cases in CASES.values() for notation, _ in cases]
)
def test_the_verbs_other_form_has_the_same_subject_or_reason(notation: str) -> None:
    sentence, verb = tree(notation), marked(notation)
    known = check_flipped(sentence, verb)
    assert known or outcomes(sentence, verb) == "no_counterpart"


@pytest.mark.third_party
def test_no_rule_looks_at_agreement_in_a_treebank() -> None:
    if not DEV.exists():
        pytest.skip(f"no {DEV}")
    n_flipped = 0
    for sentence in read_trees(str(DEV), read_lines(DEV)):
        for found in dependencies(sentence):
            n_flipped += check_flipped(sentence, found.verb)
    assert n_flipped > 1_000
