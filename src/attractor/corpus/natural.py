"""The factors of a natural item: what its tree says of the words around subject and verb."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attractor.corpus.agreement import (
    APPOSITION,
    CONJUNCT,
    NOUNS,
    RELATIVE,
    SUBJECT,
    Dependency,
    clause_of,
    number_shown,
    subject_of,
)
from attractor.corpus.trees import Tree
from attractor.items import factors_of, relativizer_of
from attractor.structures import NONE, SIMPLE

# Determiners that tell their noun's number.
MARKED_DETERMINERS = frozenset(
    """a an this that these those each every either neither another many several few both two three
    four five six seven eight nine ten dozens""".split()
)
_PREPOSITIONAL = frozenset({"prep", "nmod"})
_ADJECTIVAL = frozenset({"amod", "advmod"})
_PARTICIPLES = ("VBG", "VBN", "VBD")
_RELATIVE_WORDS = ("WDT", "WP", "WP$", "WRB")
_FORMS = {"be": ("is", "are", "was", "were"), "have": ("has", "have"), "do": ("does", "do")}
VERB_CLASSES = {form: lemma for lemma, forms in _FORMS.items() for form in forms}
_COMPLEMENTS = frozenset({"ccomp"})


def item_of(tree: Tree, found: Dependency) -> dict[str, Any]:
    """A dependency as a row of the item table, all but its name, suite, split and exposure."""
    return {
        "sentence": " ".join(tree.words),
        "correct_form": tree.words[found.verb],
        "wrong_form": found.wrong_form,
        **factors(tree, found.subject, found.verb, found.number),
    }


def factors(tree: Tree, subject: int, verb: int, number: str) -> dict[str, Any]:
    """The factors of a verb and its subject; number: the verb's, which is taken for the subject's.

    Nouns are all tokens tagged as such, names and parts of compounds too (Linzen et al. 2016).
    `noun_number` is that of the subject's own tag; `tags` are those of all words.
    """
    nouns = {i: NOUNS[tag] for i, tag in enumerate(tree.tags) if tag in NOUNS}
    own = nouns.get(subject, number)
    nouns[subject] = number
    verbs = {
        i: bool(number_shown(tree, i))
        for i, tag in enumerate(tree.tags)
        if tag.startswith("VB") or tag == "MD"
    }
    structure = _modifiers(tree, subject, verb) or SIMPLE
    construction = _first(structure)
    within = _within(tree, clause_of(tree, verb))
    words = tree.words[subject + 1 : verb]
    return {
        "subject": tree.words[subject],
        **factors_of(nouns, verbs, subject, verb, len(tree)),
        "construction": construction,
        "structure": structure,
        "relativizer": relativizer_of(construction, words),
        "role": "outer" if within == NONE else "inner",
        "within": within,
        "opening": _opening(tree, subject, verb),
        "coordination": NONE,
        "depth": _depth(structure),
        "tense": "past" if tree.tags[verb] == "VBD" else "present",
        "verb_class": VERB_CLASSES.get(tree.words[verb].lower(), "lexical"),
        "determiner_marked": int(any(_marked_determiners(tree, verb))),
        "right_context_reveals": int(any(_later_verbs(tree, verb))),
        "noun_number": own,
        "tags": " ".join(tree.tags),
    }


def _modifiers(tree: Tree, subject: int, verb: int) -> str:
    """What modifies the subject and nouns below it and stands before the verb, outermost first.

    Read from the verb leftwards, so that what stands within a modifier is known before it.
    """
    below: dict[int, str] = {}
    for head in range(verb - 1, subject - 1, -1):
        found = []
        for token in tree.children[head]:
            if head < token < verb:
                name = _construction(tree, token) if tree.tags[head] in NOUNS else ""
                within = below[token]
                found.append(f"{name}[{within}]" if name and within else name or within)
        below[head] = "+".join(filter(None, found))
    return below[subject]


def _construction(tree: Tree, token: int) -> str:
    """The name of what a noun's dependent is, "" for a determiner, a mark, a part of a compound."""
    relation, tag = tree.relations[token], tree.tags[token]
    if relation in RELATIVE:
        return relative_clause(tree, token)
    if relation in _PREPOSITIONAL:
        return "prep_phrase"
    if relation in APPOSITION:
        return "apposition"
    if relation == "acl":
        if tag in _PARTICIPLES:
            return "participial_phrase"
        marks = [tree.words[i].lower() for i in tree.children[token] if i < token]
        return "infinitive" if "to" in marks else "complement_clause"
    if relation in _ADJECTIVAL and tag.startswith("JJ"):
        return "adjective_phrase"
    return "parenthesis" if relation in ("parataxis", "dep") else ""


def relative_clause(tree: Tree, clause: int) -> str:
    """Which kind of relative clause a clause is: by the role of its relative word, if any."""
    subjects = tree.children_as(clause, SUBJECT)
    if any(_is_relative(tree, i) for i in subjects):
        return "subject_relative"
    before = subjects[0] if subjects else clause
    noun = tree.heads[clause]
    words = [i for i in range(max(noun + 1, 0), before) if _is_relative(tree, i)]
    return "object_relative" if words else "object_relative_no_that"


def _is_relative(tree: Tree, token: int) -> bool:
    return tree.tags[token] in _RELATIVE_WORDS or tree.words[token].lower() == "that"


def _within(tree: Tree, clause: int) -> str:
    """The innermost relative clause that a verb's clause is, or stands in."""
    inside = next((i for i in tree.ancestors(clause) if tree.relations[i] in RELATIVE), None)
    return NONE if inside is None else relative_clause(tree, inside)


def _opening(tree: Tree, subject: int, verb: int) -> str:
    """What stands before the subject's own words: a matrix clause, something else, or nothing."""
    first = min([subject, *(i for i in tree.children[subject] if i < subject)])
    if not any(word.isalnum() for word in tree.words[:first]):
        return NONE
    clause = clause_of(tree, verb)
    governed = tree.relations[clause] in _COMPLEMENTS and tree.heads[clause] < subject
    return "matrix_clause" if governed else "other"


def _marked_determiners(tree: Tree, verb: int) -> Iterator[bool]:
    """Of the words before the verb that determine or count a noun, whether each shows number."""
    for i in range(verb):
        if tree.tags[i] in ("DT", "CD", "PDT", "JJ") or tree.relations[i] in ("det", "nummod"):
            yield tree.words[i].lower() in MARKED_DETERMINERS


def _later_verbs(tree: Tree, verb: int) -> Iterator[int]:
    """Later verbs that show number and have the same subject, by themselves or as conjuncts."""
    clause = clause_of(tree, verb)
    same = {clause, *tree.children_as(clause, CONJUNCT)}
    for i in range(verb + 1, len(tree)):
        if number_shown(tree, i) and (here := clause_of(tree, i)) in same:
            shared = here == clause or subject_of(tree, i) == "no_subject"
            if shared:
                yield i


def _first(structure: str) -> str:
    """The first of a structure's outermost modifiers."""
    return structure.split("[")[0].split("+")[0]


def _depth(structure: str) -> int:
    """How many modifiers stand one in the other at most."""
    deepest = level = 0
    for letter in structure:
        level += (letter == "[") - (letter == "]")
        deepest = max(deepest, level)
    return 0 if structure == SIMPLE else deepest + 1
