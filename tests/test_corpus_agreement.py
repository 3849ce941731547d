"""Which noun a verb agrees with, or why it makes no item: every rule, in both label schemes."""

from __future__ import annotations

import pytest

from attractor.corpus.agreement import (
    REASONS,
    Dependency,
    dependencies,
    number_shown,
)
from trees import marked, outcome, tree

# Sentences with a star at the verb, and what becomes of it: by the reason that they are about,
# those with it and those that come near it. UD's labels first, then spaCy's where they differ.
CASES = {
    "no_subject": [
        ("dogs|NNS|nsubj|2 bark|VBP|root|0 and|CC|cc|4 *sleep|VBP|conj|2", "no_subject"),
        ("dogs|NNS|nsubj|2 bark|VBP|ROOT|0 and|CC|cc|2 *sleep|VBP|conj|2", "no_subject"),
        (
            "dogs|NNS|nsubj|2 bark|VBP|root|0 and|CC|cc|5 cats|NNS|nsubj|5 *sleep|VBP|conj|2",
            "4 cats",
        ),
        ("dogs|NNS|nsubj|2 *bark|VBP|root|0 and|CC|cc|4 sleep|VBP|conj|2", "1 dogs"),
        (
            "*is|VBZ|cop|0 dogs|NNS|nsubj|3 bark|VBP|dep|1",
            "no_subject",
        ),  # an auxiliary above all: of nothing
    ],
    "existential_there": [
        ("there|EX|expl|2 *are|VBP|root|0 dogs|NNS|nsubj|2", "existential_there"),
        ("there|EX|expl|2 *are|VBP|ROOT|0 dogs|NNS|attr|2", "existential_there"),
        ("dogs|NNS|nsubj|4 there|RB|advmod|1 *are|VBP|cop|4 old|JJ|root|0", "1 dogs"),
    ],
    "expletive": [
        ("it|PRP|expl|2 *seems|VBZ|root|0 dogs|NNS|nsubj|4 bark|VBP|ccomp|2", "expletive"),
        ("it|PRP|nsubj|2 *seems|VBZ|ROOT|0 dogs|NNS|nsubj|4 bark|VBP|ccomp|2", "pronoun"),
        ("dogs|NNS|nsubj|2 *seem|VBP|root|0 old|JJ|xcomp|2", "1 dogs"),
    ],
    "clause_as_subject": [
        (
            "what|WP|obj|3 they|PRP|nsubj|3 see|VBP|csubj|4 *matters|VBZ|root|0",
            "clause_as_subject",
        ),
        (
            "what|WP|dobj|3 they|PRP|nsubj|3 see|VBP|csubjpass|5 *is|VBZ|auxpass|5 kept|VBN|ROOT|0",
            "clause_as_subject",
        ),
        ("swimming|VBG|nsubj|2 *helps|VBZ|root|0", "clause_as_subject"),
        ("swimming|NN|nsubj|2 *helps|VBZ|root|0", "1 swimming"),
    ],
    "headless_relative": [
        ("what|WP|nsubj|2 *matters|VBZ|csubj|4 is|VBZ|cop|4 love|NN|root|0", "headless_relative"),
        ("who|WP|nsubj|2 *laughs|VBZ|root|0", "headless_relative"),
        (
            "what|WP|nsubj|2 matters|VBZ|csubj|5 to|IN|case|4 dogs|NNS|obl|2 *is|VBZ|root|0",
            "clause_as_subject",
        ),
    ],
    "relative_pronoun": [
        (
            "the|DT|det|2 dog|NN|nsubj|5 that|WDT|nsubj|4 *barks|VBZ|acl:relcl|2 eats|VBZ|root|0",
            "relative_pronoun",
        ),
        (
            "the|DT|det|2 dog|NN|nsubj|5 that|IN|nsubj|4 *barks|VBZ|relcl|2 eats|VBZ|ROOT|0",
            "relative_pronoun",
        ),
        (
            "the|DT|det|2 dog|NN|nsubj|5 who|WP|nsubj|4 barks|VBZ|relcl|2 *eats|VBZ|ROOT|0",
            "2 dog",
        ),
        (
            "the|DT|det|2 dog|NN|nsubj|6 the|DT|det|4 cats|NNS|nsubj|5 *see|VBP|relcl|2 "
            "eats|VBZ|ROOT|0",
            "4 cats",
        ),
    ],
    "pronoun": [
        ("they|PRP|nsubj|2 *bark|VBP|root|0", "pronoun"),
        ("that|DT|nsubj|2 *helps|VBZ|root|0", "pronoun"),
        ("everyone|NN|nsubj|2 *barks|VBZ|root|0", "pronoun"),
        ("you|PRP|det|2 people|NNS|nsubj|3 *bark|VBP|root|0", "pronoun"),
        ("many|JJ|nsubj|2 *bark|VBP|root|0", "pronoun"),
        ("your|PRP$|nmod:poss|2 people|NNS|nsubj|3 *bark|VBP|root|0", "2 people"),
    ],
    "proper_noun": [
        ("London|NNP|nsubj|2 *sleeps|VBZ|root|0", "proper_noun"),
        ("the|DT|det|2 Dogs|NNS|nsubj|3 *bark|VBP|root|0", "proper_noun"),
        ("london|NNP|nsubj|2 *sleeps|VBZ|root|0", "1 london"),
        ("Dogs|NNS|nsubj|2 *bark|VBP|root|0", "1 Dogs"),
        ("``|``|punct|3 Dogs|NNS|nsubj|3 *bark|VBP|root|0", "2 Dogs"),
    ],
    "no_word": [
        ("b2b|NN|nsubj|2 *sells|VBZ|root|0", "no_word"),
        ("please|NN|nsubj|2 *helps|VBZ|root|0", "no_word"),
        ("passers-by|NNS|nsubj|2 *laugh|VBP|root|0", "1 passers-by"),
    ],
    "not_finite": [
        ("dogs|NNS|nsubj|3 do|VBP|aux|3 *bark|VBP|root|0", "not_finite"),
        ("dogs|NNS|nsubj|3 may|MD|aux|3 *bark|VBP|root|0", "not_finite"),
        ("dogs|NNS|nsubj|3 *do|VBP|aux|3 bark|VB|root|0", "1 dogs"),
        ("dogs|NNS|nsubj|4 *have|VBP|aux|4 been|VBN|aux:pass|4 seen|VBN|root|0", "1 dogs"),
        ("dogs|NNS|nsubjpass|4 *have|VBP|aux|4 been|VBN|auxpass|4 seen|VBN|ROOT|0", "1 dogs"),
        ("dogs|NNS|nsubj|3 to|TO|aux|3 *bark|VBP|root|0", "1 dogs"),
    ],
    "inverted": [
        ("*are|VBP|cop|4 the|DT|det|3 dogs|NNS|nsubj|4 old|JJ|root|0", "inverted"),
        ("*are|VBP|ROOT|0 the|DT|det|3 dogs|NNS|nsubj|1 old|JJ|acomp|1", "inverted"),
        ("the|DT|det|2 dogs|NNS|nsubj|4 *are|VBP|cop|4 old|JJ|root|0", "2 dogs"),
        ("the|DT|det|2 dogs|NNS|nsubj|3 *are|VBP|ROOT|0 old|JJ|acomp|3", "2 dogs"),
    ],
    "coordinated_subject": [
        (
            "dogs|NNS|nsubj|4 and|CC|cc|3 cats|NNS|conj|1 *sleep|VBP|root|0",
            "coordinated_subject",
        ),
        (
            "dogs|NNS|nsubj|6 ,|,|punct|3 cats|NNS|appos|1 and|CC|cc|5 mice|NNS|conj|3 "
            "*sleep|VBP|root|0",
            "coordinated_subject",
        ),
        ("cats|NNS|nsubj|4 /|,|punct|3 dogs|NNS|nsubj|4 *sleep|VBP|root|0", "coordinated_subject"),
        (
            "dogs|NNS|nsubj|6 of|IN|case|3 men|NNS|nmod|1 and|CC|cc|5 boys|NNS|conj|3 "
            "*sleep|VBP|root|0",
            "1 dogs",
        ),
        (
            "dogs|NNS|nsubj|6 of|IN|prep|1 men|NNS|pobj|2 and|CC|cc|3 boys|NNS|conj|3 "
            "*sleep|VBP|ROOT|0",
            "1 dogs",
        ),
        ("dogs|NNS|nsubj|2 *sleep|VBP|root|0 and|CC|cc|4 cats|NNS|conj|1", "1 dogs"),
        ("dogs|NNS|nsubj|4 ,|,|punct|3 pets|NNS|appos|1 *sleep|VBP|root|0", "1 dogs"),
    ],
    "measure_phrase": [
        (
            "a|DT|det|2 number|NN|nsubj|5 of|IN|case|4 dogs|NNS|nmod|2 *bark|VBP|root|0",
            "measure_phrase",
        ),
        (
            "a|DT|det|2 number|NN|nsubj|5 of|IN|prep|2 dogs|NNS|pobj|3 *bark|VBP|ROOT|0",
            "measure_phrase",
        ),
        ("ten|CD|nummod|2 dollars|NNS|nsubj|3 *help|VBP|root|0", "measure_phrase"),
        ("the|DT|det|2 number|NN|nsubj|3 *helps|VBZ|root|0", "2 number"),
        (
            "of|IN|case|2 men|NNS|nmod|4 a|DT|det|4 number|NN|nsubj|5 *laughs|VBZ|root|0",
            "4 number",
        ),
        (
            "the|DT|det|2 number|NN|nsubj|5 for|IN|prep|2 dogs|NNS|pobj|3 *helps|VBZ|ROOT|0",
            "2 number",
        ),
        ("the|DT|det|2 dollars|NNS|nsubj|3 *help|VBP|root|0", "2 dollars"),
        ("ten|CD|nummod|2 dogs|NNS|nsubj|3 *bark|VBP|root|0", "2 dogs"),
    ],
    "collective": [
        ("the|DT|det|2 team|NN|nsubj|3 *plays|VBZ|root|0", "collective"),
        ("the|DT|det|2 teams|NNS|nsubj|3 *play|VBP|root|0", "2 teams"),
    ],
    "syncretic_noun": [
        ("the|DT|det|2 sheep|NN|nsubj|3 *sleeps|VBZ|root|0", "syncretic_noun"),
        ("the|DT|det|2 goat|NN|nsubj|3 *sleeps|VBZ|root|0", "2 goat"),
    ],
    "subjunctive": [
        ("if|IN|mark|5 the|DT|det|3 dog|NN|nsubj|5 *were|VBD|cop|5 old|JJ|root|0", "subjunctive"),
        ("if|IN|mark|4 the|DT|det|3 dog|NN|nsubj|4 *was|VBD|ROOT|0 old|JJ|acomp|4", "subjunctive"),
        (
            "I|PRP|nsubj|2 wish|VBP|root|0 dogs|NNS|nsubj|5 *were|VBD|cop|5 old|JJ|ccomp|2",
            "subjunctive",
        ),
        (
            "they|PRP|nsubj|2 demand|VBP|root|0 that|IN|mark|5 dogs|NNS|nsubj|5 *leave|VBP|ccomp|2",
            "subjunctive",
        ),
        ("when|WRB|advmod|4 dogs|NNS|nsubj|4 *were|VBD|cop|4 old|JJ|root|0", "2 dogs"),
        ("I|PRP|nsubj|2 say|VBP|root|0 dogs|NNS|nsubj|5 *were|VBD|cop|5 old|JJ|ccomp|2", "3 dogs"),
        (
            "they|PRP|nsubj|2 say|VBP|root|0 that|IN|mark|5 dogs|NNS|nsubj|5 *leave|VBP|ccomp|2",
            "4 dogs",
        ),
        (
            "they|PRP|nsubj|2 insist|VBP|root|0 dogs|NNS|nsubj|5 *are|VBP|cop|5 old|JJ|ccomp|2",
            "3 dogs",
        ),
        ("if|IN|mark|3 dogs|NNS|nsubj|3 *bark|VBP|root|0", "2 dogs"),
    ],
    "no_counterpart": [
        ("the|DT|det|2 dog|NN|nsubj|4 *'s|VBZ|cop|4 old|JJ|root|0", "no_counterpart"),
        ("the|DT|det|2 dog|NN|nsubj|4 *is|VBZ|cop|4 old|JJ|root|0", "2 dog"),
        ("the|DT|det|2 dog|NN|nsubj|3 *eated|VBZ|root|0|eat", "no_counterpart"),
        (
            "dogs|NNS|nsubj|4 bark|VBP|dep|4 /|,|punct|4 *eat|VBP|root|0",
            "no_counterpart",
        ),
        ("dogs|NNS|nsubj|2 *is|VBP|root|0", "no_counterpart"),  # a slip of the tagger
    ],
}


@pytest.mark.parametrize(
    ("notation", "expected"), [case for cases in CASES.values() for case in cases]
)
def test_a_verb_has_its_subject_or_a_reason(notation: str, expected: str) -> None:
    assert outcome(tree(notation), marked(notation)) == expected


def test_every_reason_has_a_case_with_it_and_one_without() -> None:
    assert CASES.keys() == REASONS.keys()
    for reason, cases in CASES.items():
        found = {expected == reason for _, expected in cases}
        assert found == {True, False}, reason


OUTER = (
    "the|DT|det|2 problem|NN|nsubj:outer|8 is|VBZ|cop|8 that|IN|mark|8 the|DT|det|6 "
    "skies|NNS|nsubj|8 are|VBP|cop|8 blue|JJ|root|0"
)


def test_a_clause_that_is_said_of_a_subject_has_two() -> None:
    """UD since 2.11: the outer subject is the first copula's, the inner one the second's."""
    sentence = tree(OUTER)
    assert outcome(sentence, 2) == "2 problem"
    assert outcome(sentence, 6) == "6 skies"


def test_verbs_that_show_number_are_read_in_order_with_both_forms() -> None:
    sentence = tree(
        "the|DT|det|2 dog|NN|nsubj|4 has|VBZ|aux|4 eaten|VBN|root|0 ,|,|punct|7 "
        "cats|NNS|nsubj|7 were|VBD|ccomp|4 happy|JJ|acomp|7 and|CC|cc|4 slept|VBD|conj|4 "
        "can|MD|aux|12 see|VB|conj|4"
    )
    assert dependencies(sentence) == [
        Dependency(2, 1, "singular", "have"),
        Dependency(6, 5, "plural", "was"),
    ]
    assert [number_shown(sentence, i) for i in (2, 3, 6, 9, 10)] == [
        *("singular", "", "plural", "", "")
    ]
