"""Running text by the grammar's weights: training, validation and in-distribution test items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from attractor.derivations import Forest, Ids, draw_by_weight
from attractor.drawn_items import items, most_attractors
from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.flattener import Flattener
from attractor.grammar import Grammar
from attractor.ragged import Ints, distinct, starts_of
from attractor.realise import Sentences, fill, of_groups, texts
from attractor.shapes import Shapes
from attractor.splits import can_attract, lexical_pools, number_ties

# Sentences whose shapes are drawn at once: of more, fewer are new. Words are drawn for so many that
# a processor's cache holds them.
_BLOCK, _PIECE = 2**20, 2**16
_MAX_TRIES = 100  # to find words for a sentence that training does not hold
# In running text a shape that has hardly any left gives way to another after fewer of them.
_MAX_TRIES_IN_TEXT, _MAX_SHAPES = 20, 10
# Where fewer of the sentences drawn have an item to ask about, a text is not to be had by drawing.
_LEAST_DRAWN, _LEAST_SHARE = 1000, 0.01


def shapes_of(flattener: Flattener, trees: Ids) -> tuple[Shapes, Ints]:
    """The distinct shapes of `trees` (N,), and the index of each tree's shape (N,)."""
    shape, example = distinct(trees)
    return flattener.shapes(trees[example]), shape


def realise_unseen(
    shapes: Shapes,
    shape: Ints,
    plural: Ints,
    rng: np.random.Generator,
    exposure: Exposure,
    pools: Ints | None = None,
    asked: Ints | None = None,
) -> tuple[Sentences, pd.DataFrame]:
    """Words for sentences none of whose prefixes of distance 3 or more was seen in training.

    Shape, numbers, pools and what is asked stay (as `fill` takes them); only the words of those
    that leak are drawn again. Raises UserError where training holds nearly all that a shape can
    say.
    """
    sentences, found, leaking = _redraw_seen(
        shapes, shape, plural, rng, exposure, pools, asked, _MAX_TRIES
    )
    if len(leaking):
        raise _all_seen(len(leaking))
    return sentences, found


def _redraw_seen(
    shapes: Shapes,
    shape: Ints,
    plural: Ints,
    rng: np.random.Generator,
    exposure: Exposure,
    pools: Ints | None,
    asked: Ints | None,
    max_tries: int,
) -> tuple[Sentences, pd.DataFrame, Ints]:
    """Sentences and items as of `realise_unseen`, and the rows of those that may still leak."""
    sentences = fill(shapes, shape, plural, rng, pools, asked)
    found = items(sentences, texts(sentences))
    leaking = np.unique(found.loc[exposure.leaks(found), "sentence_number"])
    if not len(leaking):
        return sentences, found, leaking
    n_slots = np.diff(sentences.slot_start)
    for _ in range(max_tries):
        again = fill(shapes, shape, plural, rng, pools, asked)
        chosen = np.repeat(np.isin(np.arange(len(shape)), leaking), n_slots)
        sentences.word[chosen] = again.word[chosen]
        some = sentences.take(leaking)
        found = items(some, texts(some))
        leaking = leaking[np.unique(found.loc[exposure.leaks(found), "sentence_number"])]
        if not len(leaking):
            break
    return sentences, items(sentences, texts(sentences)), leaking


def _all_seen(n: int) -> UserError:
    return UserError(
        f"{n} sentences keep falling on prefixes that training holds; "
        "lower data.n_sentences or add words to data/lexicon"
    )


def draw_text(
    grammar: Grammar,
    n_train: int,
    n_valid: int,
    n_test: int,
    seed: int,
    lexical: bool = False,
    rule: str = "",
    min_attractors: int = 0,
) -> pd.DataFrame:
    """Items of the three splits, a row each; `split` tells which.

    Every noun is singular or plural with equal chance, and independently of those that `rule` does
    not tie it to. lexical: no noun plays a role that it is held out of. min_attractors: each
    sentence has an item with so many, and only such items are rows. Raises UserError where the
    grammar hardly ever gives one.
    """
    source = Source(grammar, lexical, rule, min_attractors)
    blocks = source.sentences(n_train, np.random.default_rng([seed, 0]))
    drawn = pd.concat([items(block, texts(block)) for block in blocks], ignore_index=True)
    asked = {"train": source.asked(drawn)}
    exposure = Exposure.of(asked["train"])
    for split, n, stream in (("valid", n_valid, 1), ("test", n_test, 2)):
        rng = np.random.default_rng([seed, stream])
        asked[split] = source.asked(source.draw_unseen(n, rng, exposure))
    marked = [
        exposure.mark(frame.drop(columns="sentence_number")).assign(
            item_id=[f"{split}-{i}" for i in range(len(frame))],
            suite="test" if split == "test" else "text",
            split=split,
            probe_set="",
        )
        for split, frame in asked.items()
    ]
    return pd.concat(marked, ignore_index=True)


@dataclass(frozen=True)
class Drawn:
    """Shapes that were drawn, and the shape (N,) of each sentence.

    Of each group (groups,) of the shapes: ties, which number it takes, None where each has its own;
    pool, the splits.Pool of its noun, None where it may be any. min_attractors: how many an item of
    each sentence has to have.
    """

    shapes: Shapes
    shape: Ints
    ties: Ints | None
    pool: Ints | None
    min_attractors: int

    def numbers(self, shape: Ints, rng: np.random.Generator) -> Ints:
        """Numbers of the groups of sentences of these shapes (all groups,), uniform among those
        that fit."""
        n_groups = np.diff(self.shapes.group_start)[shape]
        if self.ties is None:
            n_numbers, number = int(n_groups.sum()), None
        else:
            own = np.zeros(len(self.shapes), dtype=np.int64)
            of_shape = np.repeat(np.arange(len(own)), np.diff(self.shapes.group_start))
            np.maximum.at(own, of_shape, self.ties + 1)
            first = starts_of(own[shape])
            n_numbers = int(first[-1])
            number = np.repeat(first[:-1], n_groups)
            number += of_groups(self.ties, self.shapes.group_start, shape)

        def draw() -> Ints:
            found: Ints = rng.integers(0, 2, n_numbers)
            return found if number is None else found[number]

        plural = draw()
        while self.min_attractors:
            missing = most_attractors(self.shapes, shape, plural) < self.min_attractors
            if not missing.any():
                break
            plural = np.where(np.repeat(missing, n_groups), draw(), plural)
        return plural

    def pools(self, shape: Ints) -> Ints | None:
        """Pools of the groups of sentences of these shapes (all groups,)."""
        return None if self.pool is None else of_groups(self.pool, self.shapes.group_start, shape)


@dataclass(frozen=True)
class Source:
    """Where a text's sentences come from; lexical, rule and min_attractors as of `draw_text`."""

    grammar: Grammar
    lexical: bool = False
    rule: str = ""
    min_attractors: int = 0

    def sentences(self, n: int, rng: np.random.Generator) -> Iterator[Sentences]:
        """`n` sentences, in blocks that take so much memory and no more, however many they are."""
        for left in range(n, 0, -_BLOCK):
            drawn = self.draw(min(left, _BLOCK), rng)
            for first in range(0, len(drawn.shape), _PIECE):
                shape = drawn.shape[first : first + _PIECE]
                yield fill(drawn.shapes, shape, drawn.numbers(shape, rng), rng, drawn.pools(shape))

    def draw(self, n: int, rng: np.random.Generator) -> Drawn:
        """The shapes of `n` sentences."""
        forest = Forest()
        flattener = Flattener(self.grammar, forest)
        shapes, shape = shapes_of(flattener, self._trees(n, rng, forest, flattener))
        return Drawn(
            shapes,
            shape,
            number_ties(shapes, self.rule) if self.rule else None,
            lexical_pools(shapes) if self.lexical else None,
            self.min_attractors,
        )

    def draw_unseen(self, n: int, rng: np.random.Generator, exposure: Exposure) -> pd.DataFrame:
        """Items of `n` sentences with no prefix of distance 3 or more that training holds.

        Where training holds nearly all that a shape can say, another sentence takes its place.
        """
        frames, missing = [], n
        for _ in range(_MAX_SHAPES):
            drawn = self.draw(missing, rng)
            plural, pools = drawn.numbers(drawn.shape, rng), drawn.pools(drawn.shape)
            _, found, leaking = _redraw_seen(
                drawn.shapes, drawn.shape, plural, rng, exposure, pools, None, _MAX_TRIES_IN_TEXT
            )
            frames.append(found[~found["sentence_number"].isin(leaking)])
            missing = len(leaking)
            if not missing:
                return pd.concat(frames, ignore_index=True)
        raise _all_seen(missing)

    def asked(self, found: pd.DataFrame) -> pd.DataFrame:
        """The items that the text asks about."""
        return found[found["n_attractors"] >= self.min_attractors]

    def _trees(self, n: int, rng: np.random.Generator, forest: Forest, flattener: Flattener) -> Ids:
        """Trees (n,) by weight, of those that can have an item with so many attractors."""
        if not self.min_attractors:
            return draw_by_weight(self.grammar, n, rng, forest)
        kept, n_drawn = np.empty(0, dtype=np.int64), 0
        while len(kept) < n:
            trees = draw_by_weight(self.grammar, max(n - len(kept), _LEAST_DRAWN), rng, forest)
            shapes, shape = shapes_of(flattener, trees)
            most = can_attract(shapes, number_ties(shapes, self.rule))
            kept = np.concatenate([kept, trees[most[shape] >= self.min_attractors]])
            n_drawn += len(trees)
            if len(kept) < _LEAST_SHARE * n_drawn:
                raise UserError(
                    f"data.min_attractors={self.min_attractors}: {len(kept)} of {n_drawn} "
                    "sentences can have as many; lower it, or take data.regime=balanced"
                )
        return kept[:n]
