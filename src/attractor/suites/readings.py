"""The constructions of Marvin & Linzen (2018), read off the words before a verb.

CLAMS and LM_syneval are made of the same templates. Their words are listed in their yamls: nouns
and verbs with both forms, and whatever else can stand there by its kind. The kinds of a prefix's
words, in order, say what stands between its verb and which noun.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from attractor.blocks import read_block
from attractor.errors import UserError
from attractor.items import factors_of, relativizer_of
from attractor.structures import NONE, SIMPLE

Tokens = tuple[str, ...]
_KEYS = {"nouns", "verbs", "unmarked"}
MARKED = "marked"  # the kind of determiners and numerals that show number


class _Reading(NamedTuple):
    """What a prefix says of the verb after it."""

    construction: str = SIMPLE
    subject: int = 0  # the verb's, among the nouns
    within: str = NONE
    opening: str = NONE
    coordination: str = NONE


_SHORT = _Reading(coordination="short_vp_coordination")
_LONG = _Reading(coordination="long_vp_coordination")
_READINGS = {
    "the noun": _Reading(),
    "the noun preposition the noun": _Reading("prep_phrase"),
    "the noun that verb the noun": _Reading("subject_relative"),
    "the noun that the noun verb": _Reading("object_relative"),
    "the noun the noun verb": _Reading("object_relative_no_that"),
    "the noun that the noun": _Reading(subject=1, within="object_relative"),
    "the noun the noun": _Reading(subject=1, within="object_relative_no_that"),
    "the noun said the noun": _Reading(subject=1, opening="matrix_clause"),
    "the noun verb and": _SHORT,
    "the noun verb adjective and": _SHORT,
    "the noun verb infinitive noun and": _LONG,
    "the noun verb marked adjective adjective noun and": _LONG,
    "the noun verb marked noun adjective and": _LONG,
    "the noun verb gerund noun preposition noun and": _LONG,
    "the noun verb preposition marked noun marked noun and": _LONG,
}


class _Word(NamedTuple):
    """A word or a phrase: what the readings call it, and the number that it shows, if any."""

    kind: str
    number: str = ""
    other: str = ""  # a verb's other form
    verb_class: str = ""


_Words = dict[Tokens, _Word]


@dataclass(frozen=True)
class Reader:
    """Reads prefixes made of known words, each once, however many pairs it opens.

    place: what the configuration calls the words, for messages.
    """

    words: _Words
    place: str
    _known: dict[Tokens, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, words: str | Mapping[str, Any], place: str) -> Reader:
        """A reader of the words that a yaml lists. Raises UserError for an entry of a wrong kind,
        and for a word that is given twice.
        """
        return cls(_words(read_block(words, place), place), place)

    def item(self, right: Tokens, verb: int, wrong_form: str, file: str) -> dict[str, Any]:
        """The item of a right sentence, without what names it.

        verb: where its verb stands; wrong_form: the verb's other form; file: file and line.
        Raises UserError if its prefix cannot be read, or if its forms are not those of a verb that
        agrees.
        """
        form, factors = right[verb], self.factors(right[:verb], file)
        word = self.words.get((form,), _Word(""))
        if word.other != wrong_form:
            raise UserError(
                f"{file}: `{form}` and `{wrong_form}` are not the two forms of a verb of "
                f"{self.place}; correct them, or add them there"
            )
        if word.number != factors["subject_number"]:
            raise UserError(
                f"{file}: `{form}` does not agree with its subject `{factors['subject']}`; "
                "exchange the labels True and False"
            )
        # An inner verb ends what its noun is the subject of: a verb that follows is another noun's.
        following = right[verb + 1 :]
        shown = [self.words.get((token,), _Word("")).kind for token in following]
        return {
            "sentence": " ".join(right),
            "correct_form": form,
            "wrong_form": wrong_form,
            "tense": "present",
            "verb_class": word.verb_class,
            **factors,
            "n_following": len(following),
            "right_context_reveals": int(factors["role"] == "outer" and "verb" in shown),
        }

    def factors(self, prefix: Tokens, file: str) -> dict[str, Any]:
        """The factors that follow from a prefix. Raises UserError if it cannot be read."""
        if prefix not in self._known:
            self._known[prefix] = self._read(prefix, file)
        return self._known[prefix]

    def _read(self, prefix: Tokens, file: str) -> dict[str, Any]:
        found = self._split(prefix, file)
        kinds = [word.kind for _, _, word in found]
        reading = _READINGS.get(" ".join(kinds))
        if reading is None:
            raise UserError(
                f"{file}: the verb after `{' '.join(prefix)}` has no subject that this suite can "
                "find; mend the pair or remove it"
            )
        nouns = {i: word.number for i, _, word in found if word.kind == "noun"}
        verbs = {i: word.kind == "verb" for i, _, word in found if word.kind in ("verb", "said")}
        subject = list(nouns)[reading.subject]
        coordinated = reading.coordination != NONE
        return {
            "role": "outer" if reading.within == NONE else "inner",
            "within": reading.within,
            "construction": reading.construction,
            "structure": reading.coordination if coordinated else reading.construction,
            "opening": reading.opening,
            "coordination": reading.coordination,
            "depth": int(reading.construction != SIMPLE),
            "subject": {i: text for i, text, _ in found}[subject],
            **factors_of(nouns, verbs, subject, len(prefix), len(prefix) + 1),
            "relativizer": relativizer_of(reading.construction, prefix[subject + 1 :]),
            "determiner_marked": int(MARKED in kinds),
        }

    def _split(self, prefix: Tokens, file: str) -> list[tuple[int, str, _Word]]:
        """What makes up a prefix, longest phrase first: its last index, its text and its word."""
        longest = max(map(len, self.words))
        found, start = [], 0
        while start < len(prefix):
            ends = range(min(start + longest, len(prefix)), start, -1)
            end = next((e for e in ends if prefix[start:e] in self.words), None)
            if end is None:
                raise UserError(
                    f"{file}: `{prefix[start]}` is none of {self.place}; correct it, or add it "
                    "there"
                )
            tokens = prefix[start:end]
            found.append((end - 1, " ".join(tokens), self.words[tokens]))
            start = end
        return found


def _words(given: Any, place: str) -> _Words:
    """The words and phrases by their tokens. Raises UserError for one that is given twice."""
    kinds = mapping(given, place, "mapping")
    check_keys(kinds, place, _KEYS)
    unmarked = mapping(kinds["unmarked"], f"{place}, unmarked", "list of words")
    if wrong := sorted({"noun", "verb"} & set(unmarked)):
        raise UserError(f"{place}, unmarked, {wrong[0]}: it shows number; list it in {wrong[0]}s")
    listed = [(text, _Word(kind)) for kind, texts in unmarked.items() for text in texts]
    for singular, plural in mapping(kinds["nouns"], f"{place}, nouns", "word").items():
        listed += [(singular, _Word("noun", "singular")), (plural, _Word("noun", "plural"))]
    for verb_class, forms in mapping(kinds["verbs"], f"{place}, verbs", "mapping").items():
        for singular, plural in mapping(forms, f"{place}, verbs, {verb_class}", "word").items():
            listed.append((singular, _Word("verb", "singular", plural, verb_class)))
            listed.append((plural, _Word("verb", "plural", singular, verb_class)))
    words: _Words = {}
    for text, word in listed:
        tokens = tuple(text.split())
        if tokens in words:
            raise UserError(f"{place}: `{text}` is given twice; remove one")
        words[tokens] = word
    return words


def mapping(given: Any, place: str, wanted: str) -> Mapping[str, Any]:
    """`given`, which maps names to what is `wanted`. Raises UserError if it does not.

    wanted: word, list of words, whole number, mapping.
    """
    entries: Mapping[Any, Any] = given if isinstance(given, Mapping) else {}
    fits = _FITS[wanted]
    wrong = [f"{k!r}: {v!r}" for k, v in entries.items() if not (_is_word(k) and fits(v))]
    if wrong or not entries:
        found = wrong[0] if wrong else repr(given)
        raise UserError(f"{place}: give entries `name: {wanted}`, not {found}")
    return entries


def check_keys(given: Mapping[str, Any], place: str, keys: set[str]) -> None:
    """Raise UserError if a mapping lacks a key or has another."""
    if wrong := sorted(map(str, set(given) ^ keys)):
        raise UserError(f"{place}: {', '.join(wrong)} missing or unknown")


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


_FITS: dict[str, Callable[[Any], bool]] = {
    "word": _is_word,
    "list of words": lambda value: (
        isinstance(value, list) and value != [] and all(map(_is_word, value))
    ),
    "whole number": lambda value: type(value) is int and value >= 0,
    "mapping": lambda value: isinstance(value, Mapping),
}
