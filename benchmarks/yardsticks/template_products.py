"""Template products in pure Python, as scripts of targeted syntactic evaluation make their items.

`The NOUN PREPOSITION the NOUN VERB`, each word in all of its forms: a string and a dictionary of
factors for every combination (Marvin & Linzen 2018 and what grew from it work so).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

Forms = list[tuple[str, str]]  # singular and plural
NUMBERS = ("singular", "plural")


def items(nouns: Forms, prepositions: list[str], verbs: Forms) -> Iterator[dict[str, object]]:
    """All items of the template, one after another."""
    for subject, preposition, attractor, verb in product(nouns, prepositions, nouns, verbs):
        if subject == attractor:
            continue
        for number, other in product((0, 1), repeat=2):
            words = ["the", subject[number], *preposition.split(), "the", attractor[other]]
            yield {
                "sentence": " ".join([*words, verb[number]]),
                "subject": subject[number],
                "correct_form": verb[number],
                "wrong_form": verb[1 - number],
                "subject_number": NUMBERS[number],
                "condition": "SP"[number] + "SP"[other],
                "subject_index": 1,
                "verb_index": len(words),
                "distance": len(words) - 1,
                "n_intervening": 1,
                "n_attractors": int(number != other),
                "construction": "prep_phrase",
            }


def make(nouns: Forms, prepositions: list[str], verbs: Forms, n: int) -> list[dict[str, object]]:
    """The first `n` items, in a list."""
    return list(islice(items(nouns, prepositions, verbs), n))
