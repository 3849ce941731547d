"""Items read off a parser's trees beside those read off gold trees of the same sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from attractor.corpus.agreement import Dependency, dependencies
from attractor.corpus.trees import Tree

COLUMNS = ("place", "who", "subject", "verb", "the_other", "same_tags", "sentence")


class Agreement(NamedTuple):
    """How well the parser's items are the gold trees' items, and each that is not.

    disagreements: who (parser or gold) has the item, and what the_other makes of the verb: its
    subject, the reason why it makes no item, or `no such verb`; same_tags: whether both give verb
    and subject the same tags, so that trees or rules part and not the tagger.
    """

    n_both: int
    n_parser: int
    n_gold: int
    disagreements: pd.DataFrame

    @property
    def precision(self) -> float:
        """Of the parser's items, the share that are gold."""
        return self.n_both / self.n_parser if self.n_parser else float("nan")

    @property
    def recall(self) -> float:
        """Of the gold items, the share that the parser finds."""
        return self.n_both / self.n_gold if self.n_gold else float("nan")


class _Reading(NamedTuple):
    items: dict[tuple[int, int], tuple[Tree, Dependency]]  # by where verb and subject stand
    verbs: dict[int, str]  # where a verb stands: what it makes
    tags: dict[int, str]  # where a word ends: its tag


def compare(gold: Iterable[Tree], parsed: Iterable[list[Tree]], texts: Iterable[str]) -> Agreement:
    """Compare gold trees with the parser's trees of the same raw texts.

    An item is the same where its verb begins and its subject ends at the same letters: tokenizers
    may part a compound, whose last part is its head.
    """
    n_both, n_parser, n_gold, rows = 0, 0, 0, []
    for tree, trees, text in zip(gold, parsed, texts, strict=True):
        of_gold, of_parser = _reading([tree]), _reading(trees)
        n_both += len(of_gold.items.keys() & of_parser.items.keys())
        n_parser += len(of_parser.items)
        n_gold += len(of_gold.items)
        for who, own, other in (("parser", of_parser, of_gold), ("gold", of_gold, of_parser)):
            for key in sorted(own.items.keys() - other.items.keys()):
                found, dependency = own.items[key]
                what = other.verbs.get(key[0], "no such verb")
                words = found.words[dependency.subject], found.words[dependency.verb]
                verb_end = key[0] + len(words[1])
                same = all(own.tags[end] == other.tags.get(end) for end in (key[1], verb_end))
                rows.append((tree.place, who, *words, what, same, text))
    disagreements = pd.DataFrame(rows, columns=list(COLUMNS))
    return Agreement(n_both, n_parser, n_gold, disagreements)


def _reading(trees: Iterable[Tree]) -> _Reading:
    reading = _Reading({}, {}, {})
    for tree in trees:
        ends = [start + len(word) for start, word in zip(tree.starts, tree.words, strict=True)]
        reading.tags.update(zip(ends, tree.tags, strict=True))
        for found in dependencies(tree):
            start = tree.starts[found.verb]
            if isinstance(found, Dependency):
                reading.items[start, ends[found.subject]] = tree, found
                reading.verbs[start] = f"subject {tree.words[found.subject]}"
            else:
                reading.verbs[start] = found.reason
    return reading
