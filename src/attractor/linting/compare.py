"""Faults of minimal pairs: what their members differ in, and what repeats."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from attractor.linting.contents import Fault, Format, Pair
from attractor.suites.pairs import number_of

Tokens = tuple[str, ...]

_CLITIC = re.compile(r"(n't|'(?:s|re|ve|ll|d|m))$", re.IGNORECASE)
_OPENING, _CLOSING = "([{\"'`“‘", ".,;:!?)]}\"'”’"
_NEGATIONS = ("n't", "not", "never", "no")
_NUMBER = {"singular": ("is", "was", "has", "does"), "plural": ("are", "were", "have", "do")}
_AUXILIARY = {form: number for number, forms in _NUMBER.items() for form in forms}
_PAST = ({"was", "were"}, {"is", "are"}), ({"had"}, {"has", "have"}), ({"did"}, {"does", "do"})


class Compared(NamedTuple):
    """A pair in tokens; verb: the one in which they differ; number: that of the right verb.

    number is empty where the form does not tell.
    """

    pair: Pair
    good: Tokens
    bad: Tokens
    verb: int | None
    number: str

    @property
    def prefix(self) -> Tokens:
        """The tokens before the verb."""
        return self.good[: self.verb]


def tokens_of(text: str) -> Tokens:
    """The tokens of a text: what spaces separate, with marks at its ends and clitics split off."""
    found: list[str] = []
    for word in text.split():
        found += [word] if word.isalpha() else _parts(word)
    return tuple(found)


def _parts(word: str) -> list[str]:
    is_mark = not any(c.isalnum() for c in word) or word[0] in "<@"  # ... '' <unk> @-@
    if is_mark or _CLITIC.fullmatch(word):
        return [word]
    before, after = [], []
    while word[0] in _OPENING and len(word) > 1:
        before.append(word[0])
        word = word[1:]
    while word[-1] in _CLOSING and len(word) > 1 and not re.fullmatch(r"(\w\.)+", word):
        after.append(word[-1])
        word = word[:-1]
    clitic = _CLITIC.search(word, 1)
    parts = [word[: clitic.start()], clitic.group()] if clitic else [word]
    return [*before, *parts, *reversed(after)]


def compare(pair: Pair) -> Compared:
    """A pair with its differing token, if there is one, and its verb's number."""
    good, bad = tokens_of(pair.good), tokens_of(pair.bad)
    differing = [i for i, (a, b) in enumerate(zip(good, bad, strict=False)) if a != b]
    if len(good) != len(bad) or len(differing) != 1:
        return Compared(pair, good, bad, None, pair.number)
    verb = differing[0]
    number = _number(good[verb].lower(), bad[verb].lower())
    return Compared(pair, good, bad, verb, number)


@cache
def _number(form: str, other: str) -> str:
    """The number that a form shows beside another; of an auxiliary, whatever the other is."""
    if {form, other} <= _AUXILIARY.keys():
        return _AUXILIARY[form]
    return number_of(form, other)


def faults_of_pairs(pairs: Sequence[Compared], form: Format) -> Iterator[Fault]:
    """The faults of a file's pairs, by pair."""
    for one in pairs:
        place, said = one.pair.place, f"{one.pair.good} / {one.pair.bad}"
        if one.good == one.bad:
            yield Fault("identical", place, one.pair.good)
            continue
        for kind in _differences(one):
            yield Fault(kind, place, said)
        if form.verb_last and _is_long(one):
            yield Fault("multi_word_verb", place, said)
        if one.pair.number and one.verb is not None and one.pair.number != one.number != "":
            yield Fault("label", place, f"{one.pair.number}: {said}")
    yield from _ambiguous(pairs)
    yield from _repeats(pairs)


def _differences(one: Compared) -> Iterator[str]:
    """What is wrong with what two members differ in."""
    if one.verb is None:
        yield "several_tokens"
    elif not one.number:
        yield "forms"
    # Where one token differs, its two forms say all, and there are few of them.
    members = [m if one.verb is None else (m[one.verb],) for m in (one.good, one.bad)]
    yield from _other_differences(*members)


@cache
def _other_differences(good: Tokens, bad: Tokens) -> tuple[str, ...]:
    """Whether tokens differ in tense or in negation."""
    good, bad = tuple(map(str.lower, good)), tuple(map(str.lower, bad))
    ours, others, found = set(good) - set(bad), set(bad) - set(good), []
    if any((ours & past and others & now) or (others & past and ours & now) for past, now in _PAST):
        found.append("tense")
    if sum(t in _NEGATIONS for t in good) != sum(t in _NEGATIONS for t in bad):
        found.append("polarity")
    return tuple(found)


def _is_long(one: Compared) -> bool:
    """Whether the pair's verb is an auxiliary or a copula with what it needs to end a sentence."""
    if one.verb is None or one.good[one.verb].lower() not in _AUXILIARY:
        return False
    return any(token.isalnum() for token in one.good[one.verb + 1 :])


def _ambiguous(pairs: Sequence[Compared]) -> Iterator[Fault]:
    """Pairs whose prefix tells no number: elsewhere it stands before a verb of the other one."""
    first: dict[tuple[Tokens, str], Compared] = {}
    for one in pairs:
        if one.number and one.verb is not None:
            first.setdefault((one.prefix, one.number), one)
    for one in pairs:
        other = "singular" if one.number == "plural" else "plural"
        if one.number and one.verb is not None and (found := first.get((one.prefix, other))):
            said = f"{one.pair.good}; {found.pair.place}: {found.pair.good}"
            yield Fault("ambiguous_prefix", one.pair.place, said)


def _repeats(pairs: Sequence[Compared]) -> Iterator[Fault]:
    goods: dict[tuple[str, int | None], tuple[str, set[str]]] = {}
    for one in pairs:
        first, bads = goods.setdefault((one.pair.good, one.verb), (one.pair.place, set()))
        if one.pair.bad in bads:
            said = f"as {first}: {one.pair.good} / {one.pair.bad}"
            yield Fault("duplicate_pair", one.pair.place, said)
        elif bads:
            said = f"as {first}: {one.pair.good}; here / {one.pair.bad}"
            yield Fault("duplicate_good", one.pair.place, said)
        bads.add(one.pair.bad)
