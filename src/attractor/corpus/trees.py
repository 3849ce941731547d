"""A sentence with its dependency tree, as a treebank or a parser gives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

ROOT = -1  # the head of a sentence's head


@dataclass(frozen=True)
class Tree:
    """One sentence: for each of its T tokens a word, its lemma, its Penn Treebank tag, its head.

    heads: indices of tokens, ROOT for the head of all; relations: Universal Dependencies or
    spaCy's (ClearNLP) labels, lower case. place: file and line, for messages. starts: where each
    token begins in the sentence's raw text, empty where that is not known.
    """

    place: str
    words: tuple[str, ...]
    lemmas: tuple[str, ...]
    tags: tuple[str, ...]
    heads: tuple[int, ...]
    relations: tuple[str, ...]
    starts: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """The dependents of each token, in order."""
        found: list[list[int]] = [[] for _ in self.words]
        for i, head in enumerate(self.heads):
            if head != ROOT:
                found[head].append(i)
        return tuple(map(tuple, found))

    def children_as(self, token: int, relations: frozenset[str]) -> list[int]:
        """The dependents of a token with one of these relations, in order."""
        return [i for i in self.children[token] if self.relations[i] in relations]

    def ancestors(self, token: int) -> Iterator[int]:
        """The token itself, its head, its head's head … up to the head of all."""
        while token != ROOT:
            yield token
            token = self.heads[token]
