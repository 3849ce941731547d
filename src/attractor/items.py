"""The item table, the one currency between data, tasks and suites: its computed factors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

_NUMBERLESS = {"are": "is", "were": "was", "have": "has", "do": "does", "children": "child"}
_NUMBERLESS |= {word: word for word in _NUMBERLESS.values()}
RELATIVIZERS = ("that", "who", "which", "whom", "whose")


def factors_of(
    nouns: Mapping[int, str], verbs: Mapping[int, bool], subject: int, verb: int, n_tokens: int
) -> dict[str, Any]:
    """The factors of an item that follow from where its sentence's nouns and verbs stand.

    nouns: number by token index; verbs: by token index, whether they show number; what of these
    stands after `verb` plays no part. Columns: subject_index, verb_index, distance,
    subject_number, condition, preceding, n_intervening, n_attractors, n_preceding_opposite,
    last_cue_distance, inner_verb_marked, n_following, noun_indices, verb_indices.
    """
    number = nouns[subject]
    before = [nouns[i] for i in sorted(nouns) if i < subject]
    between = [nouns[i] for i in sorted(nouns) if subject < i < verb]
    marked = [i for i, shows_number in verbs.items() if shows_number and i < verb]
    return {
        "subject_index": subject,
        "verb_index": verb,
        "distance": verb - subject,
        "subject_number": number,
        "condition": _letters([number, *between]),
        "preceding": _letters(before),
        "n_intervening": len(between),
        "n_attractors": sum(n != number for n in between),
        "n_preceding_opposite": sum(n != number for n in before),
        "last_cue_distance": verb - max(i for i in (*nouns, *marked) if i < verb),
        "inner_verb_marked": int(bool(marked)),
        "n_following": n_tokens - 1 - verb,
        "noun_indices": join_indices(i for i in sorted(nouns) if i < verb),
        "verb_indices": join_indices(i for i in sorted(verbs) if i < verb),
    }


def relativizer_of(construction: str, between: Sequence[str]) -> str:
    """The word that opens the relative clause between subject and verb: who, that …, or none.

    construction: the item's; between: the words from subject to verb. Without a relative clause,
    the empty string.
    """
    if "relative" not in construction:
        return ""
    return next((word.lower() for word in between if word.lower() in RELATIVIZERS), "none")


def template(prefix: Sequence[str], inflected: Iterable[int]) -> str:
    """A prefix whose words at the indices `inflected` (its nouns and verbs) have lost their number.

    Items of one template are the same words in other numbers: not independent samples.
    """
    words = list(prefix)
    for index in inflected:
        words[index] = _without_number(words[index].lower())
    return " ".join(words)


@cache
def _without_number(word: str) -> str:
    if word in _NUMBERLESS:
        return _NUMBERLESS[word]
    if word.endswith("men"):
        return f"{word[:-3]}man"
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def join_indices(indices: Iterable[int]) -> str:
    """Token indices as a column of the item table holds them: `1 3`."""
    return " ".join(map(str, indices))


def split_indices(text: str) -> list[int]:
    """The token indices that `join_indices` wrote."""
    return [int(index) for index in text.split()]


def _letters(numbers: Iterable[str]) -> str:
    return "".join(number[0].upper() for number in numbers)
