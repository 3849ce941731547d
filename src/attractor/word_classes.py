"""Lexical symbols of a grammar: each a list of words with the forms they take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from attractor.errors import UserError
from attractor.lexicon import Lexicon

Tokens = tuple[str, ...]
NUMBERS = ("singular", "plural")
_KINDS = ("noun", "verb", "determiner", "other")
_KEYS = {
    "kind",
    "table",
    "form",
    "singular",
    "plural",
    "where",
    "subject",
    "tense",
    "tokens",
    "verb_class",
}


@dataclass(frozen=True)
class WordClass:
    """Words that may fill one slot of a sentence, all of one length in tokens.

    `forms[i]` holds word i's (singular, plural) tokens; the two are the same where the class shows
    no number. `animacy[i]` and `held_out[i]` are a noun's own: the latter the role that a lexical
    text keeps it from (no, subject, attractor). `subject` is the animacy that the class asks of the
    head noun it agrees with ("" for any).
    """

    name: str
    kind: str
    n_tokens: int
    forms: tuple[tuple[Tokens, Tokens], ...]
    animacy: tuple[str, ...]
    held_out: tuple[str, ...]
    subject: str = ""
    tense: str = ""
    verb_class: str = ""

    @property
    def shows_number(self) -> bool:
        """Whether its words differ between singular and plural."""
        return any(singular != plural for singular, plural in self.forms)


def literal(word: str) -> WordClass:
    """The class of one quoted word, which shows no number."""
    return WordClass(f'"{word}"', "other", 1, (((word,), (word,)),), ("",), ("no",))


def word_classes(
    name: str, spec: Mapping[str, Any], lexicon: Lexicon, where: str
) -> list[WordClass]:
    """Build a lexical symbol's classes, one for each length in tokens ("near", "next to").

    name: the symbol without its number; spec: its entry under `words:`; where: the file, for
    messages. Raises UserError naming the entry for a wrong key, an unknown table or column, or an
    entry that no row fits.
    """
    place = f"{where}, words, {name}"
    if not isinstance(spec, Mapping) or not isinstance(spec.get("where", {}), Mapping):
        raise UserError(f"{place}: give a mapping of keys, and one for `where`; it is {spec}")
    unknown = sorted(set(spec) - _KEYS)
    if unknown:
        raise UserError(
            f"{place}: unknown key {', '.join(unknown)}; use {', '.join(sorted(_KEYS))}"
        )
    kind = spec.get("kind", "other")
    if kind not in _KINDS:
        raise UserError(f"{place}: kind {kind} is none of {', '.join(_KINDS)}")
    if set(spec) & {"form", *NUMBERS} not in ({"form"}, set(NUMBERS)):
        raise UserError(f"{place}: give either `form`, or both `singular` and `plural`")
    if "table" not in spec:
        raise UserError(f"{place}: give the `table` of data/lexicon that holds the words")
    rows = lexicon.rows(spec["table"], spec.get("where", {}))
    if not rows:
        raise UserError(
            f"{place}: no row of {spec['table']}.csv fits `where`; loosen it or add rows"
        )
    columns = [spec.get(number, spec.get("form")) for number in NUMBERS]
    for column in columns:
        if column not in rows[0]:
            raise UserError(
                f"{place}: {spec['table']}.csv has no column {column}; it has {', '.join(rows[0])}"
            )
    by_length: dict[int, list[dict[str, str]]] = {}
    for row in rows:
        lengths = {len(row[column].split()) for column in columns}
        if len(lengths) > 1:
            raise UserError(f"{place}: the forms of {row[columns[0]]!r} differ in length")
        by_length.setdefault(lengths.pop(), []).append(row)
    if "tokens" in spec:
        by_length = {spec["tokens"]: by_length.get(spec["tokens"], [])}
        if not by_length[spec["tokens"]]:
            raise UserError(f"{place}: no row of {spec['table']}.csv has {spec['tokens']} tokens")
    return [
        WordClass(
            name=name if len(by_length) == 1 else f"{name}/{n_tokens}",
            kind=kind,
            n_tokens=n_tokens,
            forms=tuple(
                (tuple(row[columns[0]].split()), tuple(row[columns[1]].split())) for row in some
            ),
            animacy=tuple(row.get("animacy", "") for row in some),
            held_out=tuple(row.get("held_out", "no") for row in some),
            subject=spec.get("subject", spec.get("where", {}).get("subject", "")),
            tense=spec.get("tense", ""),
            verb_class=spec.get("verb_class", ""),
        )
        for n_tokens, some in sorted(by_length.items())
    ]
