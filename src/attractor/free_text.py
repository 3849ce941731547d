"""Free text to words, and words to those that a network knows."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from attractor.errors import UserError
from attractor.vocab import Vocabulary

if TYPE_CHECKING:
    from spacy.tokenizer import Tokenizer

LONGEST = 60  # words: a figure's labels would overlap beyond


def words(text: str) -> list[str]:
    """The tokens of a sentence, by spaCy's English tokenizer without a model.

    Raises UserError for a text that is empty, too long, or holds control characters.
    """
    text = " ".join(text.split())  # spaCy makes tokens of surplus white space
    strange = next((character for character in text if not character.isprintable()), "")
    if strange:
        raise UserError(f"the text holds the character {strange!a}; give plain UTF-8 text")
    found = [token.text for token in _tokenizer()(text)]
    if not found:
        raise UserError("the text is empty; give a sentence")
    if len(found) > LONGEST:
        raise UserError(f"a text of {len(found)} words; give one sentence, at most {LONGEST} words")
    return found


def as_known(given: list[str], vocabulary: Vocabulary) -> list[str]:
    """The words, in lower case where only that is known: `The` -> `the`."""
    return [
        word.lower() if word not in vocabulary.index and word.lower() in vocabulary.index else word
        for word in given
    ]


@cache
def _tokenizer() -> Tokenizer:
    import spacy

    return spacy.blank("en").tokenizer
