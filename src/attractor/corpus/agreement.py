"""Which noun a verb agrees with, read off a tree; or why a verb makes no item.

After Linzen, Dupoux & Goldberg (2016), section 2: verbs in the present tense whose subject is a
common noun, and *was* and *were*. Labels are those of Universal Dependencies or spaCy's. No rule
looks at whether the numbers of noun and verb agree: that would hide the hard cases.
"""

from __future__ import annotations

from typing import NamedTuple

from attractor.corpus.trees import ROOT, Tree
from attractor.corpus.words import (
    COLLECTIVES,
    INDEFINITES,
    MANDATIVES,
    MEASURES,
    NO_WORDS,
    SYNCRETIC,
    UNITS,
    counterpart,
)

PRESENT = {"VBZ": "singular", "VBP": "plural"}
PAST = {"was": "singular", "were": "plural"}
NOUNS = {"NN": "singular", "NNP": "singular", "NNS": "plural", "NNPS": "plural"}

_AUXILIARY = frozenset({"aux", "aux:pass", "auxpass", "cop"})
SUBJECT = frozenset({"nsubj", "nsubj:pass", "nsubjpass"})
_OUTER_SUBJECT = frozenset({"nsubj:outer", "csubj:outer"})
_CLAUSE_AS_SUBJECT = frozenset({"csubj", "csubj:pass", "csubjpass", "csubj:outer"})
_EXPLETIVE = frozenset({"expl"})
CONJUNCT = frozenset({"conj"})
APPOSITION = frozenset({"appos"})  # of a list, which parsers take for one: "cats, dogs and mice"
_OF = frozenset({"nmod", "prep"})
_MARK = frozenset({"mark"})
_NUMERAL = frozenset({"nummod"})
RELATIVE = frozenset({"acl:relcl", "relcl"})
_UNREAL = ("if", "though", "unless", "lest", "whether")

REASONS = {
    "no_subject": "no subject of its own: a conjunct, an imperative",
    "existential_there": "there is …",
    "expletive": "it seems that …",
    "clause_as_subject": "the subject is a clause",
    "headless_relative": "what matters is …, who laughs?",
    "relative_pronoun": "the subject is who, which or that",
    "pronoun": "the subject is a pronoun or another word without a noun",
    "proper_noun": "the subject is a name, or has a capital like one",
    "no_word": "the subject is a number or a sign",
    "not_finite": "the verb has a finite auxiliary: the farmer will laugh, does the farmer laugh",
    "inverted": "the verb stands before its subject",
    "coordinated_subject": "the farmer and the pilot are …",
    "measure_phrase": "a number of …, ten dollars",
    "collective": "the team is, the team are",
    "syncretic_noun": "the sheep is, the sheep are",
    "subjunctive": "if the farmer were …, they demand that the farmer leave",
    "no_counterpart": "the verb's other form is not known, or is a clitic ('s)",
}


class Dependency(NamedTuple):
    """A verb that shows number, and the noun that it agrees with."""

    verb: int
    subject: int
    number: str  # that the verb shows
    wrong_form: str  # the verb's other form


class Excluded(NamedTuple):
    """A verb that shows number but makes no item, and why (one of REASONS)."""

    verb: int
    reason: str


def number_shown(tree: Tree, token: int) -> str:
    """The number that a verb shows: singular, plural, or nothing."""
    tag = tree.tags[token]
    if tag in PRESENT:
        return PRESENT[tag]
    return PAST.get(tree.words[token].lower(), "") if tag == "VBD" else ""


def dependencies(tree: Tree) -> list[Dependency | Excluded]:
    """What becomes of each verb of a sentence that shows number, in order."""
    shown = (number_shown(tree, token) for token in range(len(tree)))
    return [read_verb(tree, verb) for verb, number in enumerate(shown) if number]


def read_verb(tree: Tree, verb: int) -> Dependency | Excluded:
    """The dependency of a verb that shows number, or why it makes no item."""
    if any(_is_finite(tree, i) for i in tree.children_as(verb, _AUXILIARY)):
        return Excluded(verb, "not_finite")
    subject = subject_of(tree, verb)
    if isinstance(subject, str):
        return Excluded(verb, subject)
    if reason := _unfit_noun(tree, subject, verb) or _unfit_clause(tree, verb):
        return Excluded(verb, reason)
    if _after_slash(tree, verb):
        return Excluded(verb, "no_counterpart")
    wrong_form = counterpart(tree.words[verb], tree.lemmas[verb], tree.tags[verb])
    if not wrong_form:
        return Excluded(verb, "no_counterpart")
    return Dependency(verb, subject, number_shown(tree, verb), wrong_form)


def _is_finite(tree: Tree, token: int) -> bool:
    return tree.tags[token] in (*PRESENT, "VBD", "MD")


def clause_of(tree: Tree, verb: int) -> int:
    """The token that a verb's subject depends on: itself, or what it is auxiliary or copula of."""
    while tree.relations[verb] in _AUXILIARY and tree.heads[verb] != ROOT:
        verb = tree.heads[verb]
    return verb


def subject_of(tree: Tree, verb: int) -> int | str:
    """The common noun that is a verb's subject, or the reason why there is none."""
    clause = clause_of(tree, verb)
    dependents = tree.children[clause]
    if any(tree.tags[i] == "EX" for i in dependents):
        return "existential_there"
    found = tree.children_as(clause, SUBJECT)
    if outer := tree.children_as(clause, _OUTER_SUBJECT):  # "the problem is that the sky is blue"
        found = outer if not found or verb < found[0] else found
    if not found:
        if tree.children_as(clause, _EXPLETIVE):
            return "expletive"
        clausal = tree.children_as(clause, _CLAUSE_AS_SUBJECT)
        return "clause_as_subject" if clausal else "no_subject"
    before = [i for i in found if i < verb]
    subject = before[-1] if before else found[0]
    return _no_common_noun(tree, subject, clause) or (subject if before else "inverted")


def _no_common_noun(tree: Tree, subject: int, clause: int) -> str:
    """Why a subject is no common noun, or nothing if it is one.

    A word with a capital that does not open the sentence is taken for a name whatever its tag, and
    one without a capital for a noun: taggers, and treebanks, do not agree about them.
    """
    word, tag = tree.words[subject], tree.tags[subject]
    asking = tag in ("WDT", "WP")
    if asking or word.lower() == "that":
        if any(tree.relations[i] in RELATIVE for i in tree.ancestors(clause)):
            return "relative_pronoun"
        return "headless_relative" if asking else "pronoun"
    if tag.startswith("VB"):
        return "clause_as_subject"
    of_person = any(i < subject and tree.tags[i] == "PRP" for i in tree.children[subject])
    if tag not in NOUNS or word.lower() in INDEFINITES or of_person:
        return "pronoun"
    opens = not any(letters.isalpha() for letters in tree.words[:subject])
    if word != word.lower() and (tag.startswith("NNP") or not opens):
        return "proper_noun"
    return "" if word.replace("-", "").isalpha() and word.lower() not in NO_WORDS else "no_word"


def _unfit_noun(tree: Tree, subject: int, verb: int) -> str:
    """Why a subject has no number of its own that the verb must show."""
    listed = [subject]
    for noun in listed:  # it grows: an apposition of an apposition is of the list too
        listed += tree.children_as(noun, APPOSITION)
    conjuncts = [i for noun in listed for i in tree.children_as(noun, CONJUNCT)]
    if any(subject < i < verb for i in conjuncts) or _after_slash(tree, subject):
        return "coordinated_subject"
    word = tree.words[subject].lower()
    of = any(
        tree.words[i].lower() == "of"
        or any(tree.words[j].lower() == "of" for j in tree.children[i] if j > subject)
        for i in tree.children_as(subject, _OF)
    )
    if word in UNITS and any(i < subject for i in tree.children_as(subject, _NUMERAL)):
        return "measure_phrase"
    if word in MEASURES and of:
        return "measure_phrase"
    if word in COLLECTIVES:
        return "collective"
    return "syncretic_noun" if word in SYNCRETIC else ""


def _after_slash(tree: Tree, token: int) -> bool:
    return token > 0 and tree.words[token - 1] == "/"


def _unfit_clause(tree: Tree, verb: int) -> str:
    """Why the verb of a clause may show no number although it could."""
    clause, word = clause_of(tree, verb), tree.words[verb].lower()
    if word in PAST:
        marks = {tree.words[i].lower() for i in tree.children_as(clause, _MARK)}
        wished = tree.heads[clause] != ROOT and tree.lemmas[tree.heads[clause]].lower() == "wish"
        return "subjunctive" if wished or marks.intersection(_UNREAL) else ""
    governor = tree.heads[clause]
    demanded = governor != ROOT and tree.relations[clause] == "ccomp"
    demanded = demanded and tree.lemmas[governor].lower() in MANDATIVES
    return "subjunctive" if demanded and tree.lemmas[verb].lower() != "be" else ""
