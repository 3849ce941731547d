"""How natural text and the suites asked of it are spelt: case, final marks, rare words."""

from __future__ import annotations

from collections.abc import Container

import pandas as pd

from attractor.config import CorpusConfig
from attractor.vocab import UNKNOWN_WORD

FORMS = ("subject", "correct_form", "wrong_form")
_FINAL = frozenset(".?!")


def respelt(items: pd.DataFrame, settings: CorpusConfig, known: Container[str]) -> pd.DataFrame:
    """Items of a suite, spelt as the training text is.

    known: the words of the vocabulary. Where rare words are replaced by their tags and the items
    have `tags`, those of the suite are too; the forms of the verb in question stay as they are.
    """
    sentences = []
    tags = items["tags"] if "tags" in items and settings.rare == "pos" else [""] * len(items)
    columns = zip(items["sentence"], tags, items["verb_index"], strict=True)
    for sentence, of_words, verb in columns:
        words = [spell(word, settings.case) for word in sentence.split(" ")]
        pos = of_words.split(" ") if of_words else words
        words = [
            word if (word in known and word != UNKNOWN_WORD) or i == verb else tag
            for i, (word, tag) in enumerate(zip(words, pos, strict=True))
        ]
        sentences.append(" ".join(words))
    return without_ends(
        items.assign(
            sentence=sentences,
            **{form: [spell(word, settings.case) for word in items[form]] for form in FORMS},
        ),
        settings,
    )


def without_ends(items: pd.DataFrame, settings: CorpusConfig) -> pd.DataFrame:
    """Items whose sentences have lost the marks that end them, where config says so."""
    if settings.final == "keep":
        return items
    items = items.assign(sentence=[without_final(text) for text in items["sentence"]])
    following = [text.count(" ") for text in items["sentence"]] - items["verb_index"]
    return items.assign(n_following=following)


def spell(word: str, case: str) -> str:
    """A word in the case that config asks for."""
    return word.lower() if case == "lower" else word


def without_final(text: str) -> str:
    """A sentence without the marks that end it."""
    tokens = text.split(" ")
    while len(tokens) > 1 and set(tokens[-1]) <= _FINAL:
        tokens.pop()
    return " ".join(tokens)
