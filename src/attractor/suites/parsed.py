"""Pairs read by a parser: which noun a verb agrees with, and the factors of the words around it.

Parsers take many a verb for a noun ("the stories about travel astound Steve"). Where a sentence's
own tree names no noun for the verb, or one of another number, its prefix is parsed again before a
plain verb of the right number ("the stories about travel are good"): what stands before a verb
says which noun is its subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from attractor.corpus.agreement import NOUNS, PAST, SUBJECT, clause_of, subject_of
from attractor.corpus.natural import factors
from attractor.corpus.parser import parse
from attractor.corpus.trees import Tree
from attractor.structures import NONE, SIMPLE
from attractor.suites.pairs import Findings, Pair, Verb, verb_class

SHORT, LONG = "short_vp_coordination", "long_vp_coordination"
_OF = frozenset({"prep", "nmod"})
_OBJECTS = frozenset({"pobj", "nmod"})
_QUANTITIES = (
    "lot",
    "lots",
)  # "a lot of children are": the verb agrees with what there is a lot of
_PLAIN = {"singular": "is good .", "plural": "are good ."}
# Plurals without an s at their end, of words in -is and in names, and singulars in -s: taggers take
# them for something else.
_PLURALS = frozenset(
    """alumni analyses bacteria bases borgias cacti children crises criteria diagnoses feet fungi
    geese hypotheses lakes lice men mice nuclei octopi oxen parentheses people phenomena radii
    stimuli syntheses teeth theses women""".split()
)
_SINGULARS = frozenset("economics mathematics news physics politics".split())


class Unread(NamedTuple):
    """Why a pair makes no item: one of pairs.REASONS, and what says more."""

    reason: str
    detail: str


@dataclass(frozen=True)
class Asked:
    """A pair whose noun is looked for in the text of its right sentence.

    more: columns beside the contract's.
    """

    pair: Pair
    verb: Verb
    text: str
    more: dict[str, Any] = field(default_factory=dict)


def read_parsed(
    asked: Sequence[Asked], found: Findings, pipeline: str, tokenised: bool = False
) -> None:
    """Make items of the pairs whose noun is found; the others are left out."""
    texts = [(a.text, a.pair.place) for a in asked]
    trees = parse_pairs(texts, pipeline, tokenised)
    reads = [read(a.pair, a.verb, tree, tree) for a, tree in zip(asked, trees, strict=True)]
    again = [i for i, found_ in enumerate(reads) if isinstance(found_, Unread)]
    prefixes = [before_plain_verb(asked[i].pair.good, asked[i].verb) for i in again]
    places = [asked[i].pair.place for i in again]
    plain = parse_pairs(list(zip(prefixes, places, strict=True)), pipeline, tokenised=True)
    for i, tree in zip(again, plain, strict=True):
        reads[i] = read(asked[i].pair, asked[i].verb, tree, trees[i])
    for a, found_ in zip(asked, reads, strict=True):
        if isinstance(found_, Unread):
            found.leave_out(a.pair, *found_)
        else:
            found.keep(a.pair, a.verb, found_, **a.more)


def parse_pairs(texts: list[tuple[str, str]], pipeline: str, tokenised: bool) -> list[Tree]:
    """The trees of texts of one sentence each, given with their places."""
    return [
        replace(tree, tags=tuple(map(_tag, tree.words, tree.tags)))
        for (tree,) in parse(texts, pipeline, tokenised, one_sentence=True)
    ]


def _tag(word: str, tag: str) -> str:
    """The tag of a word, put right where its number is known."""
    if word.lower() in _PLURALS and not tag.startswith("VB"):
        return "NNS"
    return "NN" if word.lower() in _SINGULARS and tag in NOUNS else tag


def before_plain_verb(sentence: Sequence[str], verb: Verb) -> str:
    """A sentence up to its verb, and is or are for the rest of it."""
    return " ".join([*sentence[: verb.token], _PLAIN[verb.number]])


def read(
    pair: Pair, verb: Verb, tree: Tree, own: Tree, noun: int | str | None = None
) -> dict[str, Any] | Unread:
    """The factors of a pair, or why it makes no item.

    tree: of a sentence whose words up to the verb stand in the same relations; own: the pair's
    own; noun: the verb's, where it need not be looked for. The number is the pair's: where the noun
    shows another, the wrong noun was found.
    """
    if own.words != pair.good:
        return Unread("no_head_noun", "the parser divides the sentence otherwise")
    noun = head_noun(tree, verb.token) if noun is None else noun
    if isinstance(noun, str):
        return Unread("no_head_noun", noun)
    if tree.tags[noun] not in NOUNS:
        return Unread("no_head_noun", f"{pair.good[noun]} is no noun")
    before = factors(tree, noun, verb.token, verb.number)
    shown = before.pop("noun_number")
    if shown != verb.number:
        return Unread("number", f"{pair.good[noun]} is {shown}")
    whole = factors(own, noun, verb.token, verb.number)
    form = pair.good[verb.token]
    coordination = _coordination(tree, noun, verb.token)
    if coordination != NONE:
        before = joined(before, coordination)
    return before | {
        "subject": pair.good[noun],
        "tense": "past" if form.lower() in PAST else "present",
        "verb_class": verb_class(form),
        **{name: whole[name] for name in ("n_following", "right_context_reveals", "tags")},
    }


def head_noun(tree: Tree, verb: int) -> int | str:
    """The noun that a verb agrees with, names too, or the reason why there is none.

    A verb without a subject of its own that is joined to another ("laughs and swims") has that
    one's. Reasons: those of agreement.REASONS.
    """
    clause = _first_conjunct(tree, verb)
    before = [i for i in tree.children_as(clause, SUBJECT) if i < verb]
    if before and tree.tags[before[-1]] in NOUNS:
        return _counted(tree, before[-1])
    reason = subject_of(tree, clause)
    return reason if isinstance(reason, str) else "inverted"


def _first_conjunct(tree: Tree, verb: int) -> int:
    """The clause whose subject is a verb's: its own, or the first of those that it is joined to."""
    clause = clause_of(tree, verb)
    while tree.relations[clause] == "conj" and not tree.children_as(clause, SUBJECT):
        clause = clause_of(tree, tree.heads[clause])
    return clause


def _coordination(tree: Tree, noun: int, verb: int) -> str:
    """What the conjunct between a noun and its verb is called: long if it holds a noun."""
    first = _first_conjunct(tree, verb)
    if not noun < first < verb or first == clause_of(tree, verb):
        return NONE
    return LONG if any(tree.tags[i] in NOUNS for i in range(first, verb)) else SHORT


def joined(read: dict[str, Any], coordination: str) -> dict[str, Any]:
    """Factors with a coordination, which is a part of the structure."""
    before = [] if read["structure"] == SIMPLE else [read["structure"]]
    return read | {
        "coordination": coordination,
        "structure": "+".join([*before, coordination]),
    }


def _counted(tree: Tree, noun: int) -> int:
    """What there is a lot of, or the noun itself."""
    if tree.words[noun].lower() not in _QUANTITIES:
        return noun
    below = [j for i in tree.children_as(noun, _OF) for j in (i, *tree.children_as(i, _OBJECTS))]
    return next((i for i in below if tree.tags[i] in NOUNS), noun)
