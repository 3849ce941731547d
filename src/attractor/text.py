"""Running text by the grammar's weights: training, validation and in-distribution test items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from attractor.derivations import Forest, Ids, draw_by_weight
from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.realise import (
    Ints,
    Sentences,
    fill,
    group_starts,
    items,
    most_attractors,
    of_groups,
    starts_of,
    texts,
)
from attractor.shapes import Flattener, Shape
from attractor.splits import can_attract, lexical_pools, number_ties

_MAX_TRIES = 100  # to find words for a sentence that training does not hold
# In running text a shape that has hardly any left gives way to another after fewer of them.
_MAX_TRIES_IN_TEXT, _MAX_SHAPES = 20, 10
# Where fewer of the sentences drawn have an item to ask about, a text is not to be had by drawing.
_LEAST_DRAWN, _LEAST_SHARE = 1000, 0.01


def shapes_of(flattener: Flattener, trees: Ids) -> tuple[list[Shape], Ints]:
    """The distinct shapes of `trees` (N,), and the index of each tree's shape (N,)."""
    distinct, shape = np.unique(trees, return_inverse=True)
    return [flattener.shape(tree) for tree in distinct.tolist()], shape.reshape(-1)


def realise_unseen(
    shapes: Sequence[Shape],
    shape: Ints,
    plural: Ints,
    rng: np.random.Generator,
    exposure: Exposure,
    pools: Ints | None = None,
) -> tuple[Sentences, pd.DataFrame]:
    """Words for sentences none of whose prefixes of distance 3 or more was seen in training.

    Shape, numbers and pools of a sentence stay (as `fill` takes them); only the words of those that
    leak are drawn again. Raises UserError where training holds nearly all that a shape can say.
    """
    sentences, found, leaking = _redraw_seen(
        shapes, shape, plural, rng, exposure, pools, _MAX_TRIES
    )
    if len(leaking):
        raise _all_seen(len(leaking))
    return sentences, found


def _redraw_seen(
    shapes: Sequence[Shape],
    shape: Ints,
    plural: Ints,
    rng: np.random.Generator,
    exposure: Exposure,
    pools: Ints | None,
    max_tries: int,
) -> tuple[Sentences, pd.DataFrame, Ints]:
    """Sentences and items as of `realise_unseen`, and the rows of those that may still leak."""
    sentences = fill(shapes, shape, plural, rng, pools)
    found = items(sentences, texts(sentences))
    leaking = np.unique(found.loc[exposure.leaks(found), "sentence_number"])
    if not len(leaking):
        return sentences, found, leaking
    n_slots = np.diff(sentences.slot_start)
    for _ in range(max_tries):
        again = fill(shapes, shape, plural, rng, pools)
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
    source = _Source(grammar, lexical, rule, min_attractors)
    rng = np.random.default_rng([seed, 0])
    shapes, shape, plural, pools = source.draw(n_train, rng)
    sentences = fill(shapes, shape, plural, rng, pools)
    asked = {"train": source.asked(items(sentences, texts(sentences)))}
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
class _Source:
    """Where a text's sentences come from: all of them but the words."""

    grammar: Grammar
    lexical: bool
    rule: str
    min_attractors: int
    forest: Forest = field(default_factory=Forest)

    @cached_property
    def flattener(self) -> Flattener:
        return Flattener(self.grammar, self.forest)

    def draw(self, n: int, rng: np.random.Generator) -> tuple[list[Shape], Ints, Ints, Ints | None]:
        """The shapes of `n` sentences, each one's shape, and numbers and pools of all groups."""
        shapes, shape = shapes_of(self.flattener, self._trees(n, rng))
        plural = self._numbers(shapes, shape, rng)
        pools = of_groups([lexical_pools(s) for s in shapes], shape) if self.lexical else None
        return shapes, shape, plural, pools

    def draw_unseen(self, n: int, rng: np.random.Generator, exposure: Exposure) -> pd.DataFrame:
        """Items of `n` sentences with no prefix of distance 3 or more that training holds.

        Where training holds nearly all that a shape can say, another sentence takes its place.
        """
        frames, missing = [], n
        for _ in range(_MAX_SHAPES):
            shapes, shape, plural, pools = self.draw(missing, rng)
            _, found, leaking = _redraw_seen(
                shapes, shape, plural, rng, exposure, pools, _MAX_TRIES_IN_TEXT
            )
            frames.append(found[~found["sentence_number"].isin(leaking)])
            missing = len(leaking)
            if not missing:
                return pd.concat(frames, ignore_index=True)
        raise _all_seen(missing)

    def asked(self, found: pd.DataFrame) -> pd.DataFrame:
        """The items that the text asks about."""
        return found[found["n_attractors"] >= self.min_attractors]

    def _trees(self, n: int, rng: np.random.Generator) -> Ids:
        """Trees (n,) by weight, of those that can have an item with so many attractors."""
        if not self.min_attractors:
            return draw_by_weight(self.grammar, n, rng, self.forest)
        kept, n_drawn = np.empty(0, dtype=np.int64), 0
        while len(kept) < n:
            trees = draw_by_weight(self.grammar, max(n - len(kept), _LEAST_DRAWN), rng, self.forest)
            shapes, shape = shapes_of(self.flattener, trees)
            most = [can_attract(s, number_ties(s, self.rule)) for s in shapes]
            kept = np.concatenate([kept, trees[np.array(most)[shape] >= self.min_attractors]])
            n_drawn += len(trees)
            if len(kept) < _LEAST_SHARE * n_drawn:
                raise UserError(
                    f"data.min_attractors={self.min_attractors}: {len(kept)} of {n_drawn} "
                    "sentences can have as many; lower it, or take data.regime=balanced"
                )
        return kept[:n]

    def _numbers(self, shapes: Sequence[Shape], shape: Ints, rng: np.random.Generator) -> Ints:
        """Numbers (all groups,), uniform among those that `rule` and `min_attractors` leave."""
        ties = [number_ties(s, self.rule) for s in shapes]
        n_numbers = np.array([max(some, default=-1) + 1 for some in ties], dtype=np.int64)
        first_number = starts_of(n_numbers[shape])
        n_groups = np.diff(group_starts(shapes, shape))
        number = np.repeat(first_number[:-1], n_groups) + of_groups(ties, shape)
        plural: Ints = rng.integers(0, 2, first_number[-1])[number]
        while (missing := most_attractors(shapes, shape, plural) < self.min_attractors).any():
            again = rng.integers(0, 2, first_number[-1])[number]
            plural = np.where(np.repeat(missing, n_groups), again, plural)
        return plural
