"""How texts are spelt: their ends and capitals, marks that are no words, words run together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence

from attractor.linting.compare import tokens_of
from attractor.linting.contents import Fault, Format, Text

_END_MARKS = ("<eos>", "</s>")
_TAIL = 20  # letters that hold what ends a sentence: searching all of it takes long
_FINAL = re.compile(r"(\s*)([.!?…]+)[\s\"'”’)\]]*$")
_UNKNOWN = re.compile(r"<unk>")
_ESCAPE = re.compile(r"@[-.,]@|-[LR][RSC]B-|&(?:amp|quot|apos|lt|gt|#\d+);")
_PENN = re.compile(r"``|''")
_ODD_SPACE = re.compile(r"\s\s|[\t\u00a0]")
_ADDRESS = re.compile(r"[@/\\]|www\.|https?:|\.(?:com|org|net|edu|gov|html?|doc|pdf)\b", re.I)
_AROUND = ".,;:!?\"'()"
_MARKS = (
    re.compile(r"[a-z]{2,}[.!?][A-Z][a-z]+"),  # ended.Then
    re.compile(r"[A-Za-z]{2,}[,;!?][A-Za-z]{2,}"),  # cats,dogs
)
_WITH_THE = re.compile(r"(?:of|in|to|on|for|by|from|and|at|with)the")  # ofthe
_CAMEL = re.compile(r"(?!Ma?c)([A-Za-z][a-z]{2,})([A-Z][a-z]{2,})")  # SanAntonio
_LAST = re.compile(r"(?:^|\s)(the|an?|of|and|or|[b-hj-z])\s*[.!?]?[\s\"'”’)\]]*$")
_FEW = 0.01  # texts with a capital, where the others were put in lower case
_BRACKETS = (("(", ")"), ("[", "]"))


def faults_of_texts(texts: Sequence[Text], form: Format) -> Iterator[Fault]:
    """The faults of a file's texts. What concerns ends and capitals is asked of formats that spell
    whole sentences.
    """
    joined = _joined(texts)
    for place, text in texts:
        if text != text.strip() or _ODD_SPACE.search(text):
            yield Fault("odd_space", place, repr(text))
        for kind, pattern in (
            ("unknown_word", _UNKNOWN),
            ("escape", _ESCAPE),
            ("penn_quote", _PENN),
        ):
            if match := pattern.search(text):
                yield Fault(kind, place, _around(text, match.start(), match.end()))
        if joined and (word := next((w for w in text.split() if w in joined), None)):
            yield Fault("glued", place, f"`{word}` in {_around(text, *_span(text, word))}")
        if mark := _unbalanced(text):
            yield Fault("unbalanced", place, f"`{mark}`: {text}")
    if form.spelt and texts:
        yield from _ends(texts)
        yield from _capitals(texts)


def duplicates(texts: Sequence[Text]) -> Iterator[Fault]:
    """Texts that repeat an earlier one."""
    first: dict[str, str] = {}
    for place, text in texts:
        if text in first:
            yield Fault("duplicate_text", place, f"as {first[text]}: {text}")
        first.setdefault(text, place)


def outside(texts: Sequence[Text], vocabulary: Container[str]) -> Iterator[Fault]:
    """Texts with words that a vocabulary does not hold."""
    for place, text in texts:
        tokens = tokens_of(_without_mark(text))
        if unknown := [token for token in tokens if token not in vocabulary]:
            yield Fault("out_of_vocabulary", place, f"{', '.join(unknown)}: {text}")


def summary(texts: Sequence[Text]) -> list[str]:
    """How the texts end and begin, in two lines."""
    ends = Counter(_end(text.text) for text in texts)
    n_capitals = sum(_begins_with_capital(text.text) for text in texts)
    said = ", ".join(f"{end} {n:,}" for end, n in ends.most_common())
    return [f"they end in {said}", f"{n_capitals:,} of them open with a capital"]


def _end(text: str) -> str:
    rest = _without_mark(text)
    final = _FINAL.search(rest[-_TAIL:])
    said = f"`{' ' if final[1] else ''}{final[2][-1]}`" if final else "no mark"
    mark = text[len(rest) :].strip()
    return f"{said} {mark}" if mark else said


def _without_mark(text: str) -> str:
    """A text without spaces and <eos> at its end."""
    rest = text.rstrip()
    for mark in _END_MARKS:
        rest = rest.removesuffix(mark)
    return rest.rstrip()


def _ends(texts: Sequence[Text]) -> Iterator[Fault]:
    rests = [_without_mark(text.text) for text in texts]
    finals = [_FINAL.search(rest[-_TAIL:]) for rest in rests]
    n_apart = sum(final is not None and bool(final[1]) for final in finals)
    n_attached = sum(final is not None and not final[1] for final in finals)
    for (place, text), rest, final in zip(texts, rests, finals, strict=True):
        if text.rstrip() != rest:
            yield Fault("end_mark", place, _tail(text))
        if final is None:
            yield Fault("no_final_stop", place, _tail(text))
        elif bool(final[1]) != (n_apart > n_attached):
            yield Fault("mixed_ends", place, _tail(text))
        if last := _LAST.search(rest[-_TAIL:]):
            yield Fault("broken_off", place, f"`{last[1]}`: {_tail(text)}")


def _capitals(texts: Sequence[Text]) -> Iterator[Fault]:
    stray = [text for text in texts if text.text != text.text.lower()]
    if len(stray) < _FEW * len(texts):
        yield Fault("lower_case", texts[0].place, texts[0].text)
        yield from (Fault("stray_capital", place, text) for place, text in stray)
        return
    without = [text for text in texts if not _begins_with_capital(text.text)]
    if len(without) < len(texts) / 2:
        yield from (Fault("mixed_case", place, text) for place, text in without)


def _begins_with_capital(text: str) -> bool:
    first = next((letter for letter in text if letter.isalnum()), "0")
    return first.isupper() or not first.isalpha()


def _joined(texts: Sequence[Text]) -> set[str]:
    """The words that look like two: a mark, `the`, or a capital inside.

    A capital inside is a name's, unless both parts are words of these texts and the whole is found
    only once.
    """
    words = Counter(word for text in texts for word in text.text.split())
    plain = {word.strip(_AROUND) for word in words}
    found = set()
    for word, n in words.items():
        if word.isalpha() and (word.islower() or word.istitle()):
            is_joined = _WITH_THE.fullmatch(word) is not None
        elif camel := _CAMEL.fullmatch(word.strip(_AROUND)):
            is_joined = n == 1 and {camel[1], camel[2]} <= plain
        else:
            is_joined = any(mark.search(word) for mark in _MARKS) and not _ADDRESS.search(word)
        if is_joined:
            found.add(word)
    return found


def _unbalanced(text: str) -> str:
    """A bracket or quote without its mate; emoticons and lists, 1), are none."""
    for opening, closing in _BRACKETS:
        if opening not in text and closing not in text:
            continue
        plain = re.sub(r"[:;]-?[()]|(?:^|\s)\w{1,2}\)", " ", text)
        if plain.count(opening) != plain.count(closing):
            return opening if plain.count(opening) > plain.count(closing) else closing
    return '"' if text.count('"') % 2 else ""


def _span(text: str, part: str) -> tuple[int, int]:
    start = text.index(part)
    return start, start + len(part)


def _around(text: str, start: int, end: int) -> str:
    before, after = text[max(start - 25, 0) : start], text[end : end + 25]
    return f"{'…' if start > 25 else ''}{before}{text[start:end]}{after}"


def _tail(text: str) -> str:
    return f"…{text[-60:]}" if len(text) > 60 else text
