"""Running text by the grammar's weights: training, validation and in-distribution test items."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from attractor.derivations import Forest, Ids, draw_by_weight
from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.realise import Ints, Sentences, fill, group_starts, items, texts
from attractor.shapes import Shape, flatten

_MAX_TRIES = 100


def shapes_of(grammar: Grammar, forest: Forest, trees: Ids) -> tuple[list[Shape], Ints]:
    """The distinct shapes of `trees` (N,), and the index of each tree's shape (N,)."""
    distinct, shape = np.unique(trees, return_inverse=True)
    return [flatten(grammar, forest, int(tree)) for tree in distinct], shape.reshape(-1)


def realise_unseen(
    shapes: Sequence[Shape],
    shape: Ints,
    plural: Ints,
    rng: np.random.Generator,
    exposure: Exposure,
) -> tuple[Sentences, pd.DataFrame]:
    """Words for sentences none of whose prefixes of distance 3 or more was seen in training.

    Shape and numbers of a sentence stay; only the words of those that leak are drawn again. Raises
    UserError where training holds nearly all that a shape can say.
    """
    sentences = fill(shapes, shape, plural, rng)
    found = items(sentences, texts(sentences))
    n_slots = np.diff(sentences.slot_start)
    for _ in range(_MAX_TRIES):
        leaking = np.unique(found.loc[exposure.leaks(found), "sentence_number"])
        if not len(leaking):
            return sentences, found
        again = fill(shapes, shape, plural, rng)
        chosen = np.repeat(np.isin(np.arange(len(shape)), leaking), n_slots)
        sentences.word[chosen] = again.word[chosen]
        found = items(sentences, texts(sentences))
    raise UserError(
        f"{len(leaking)} sentences keep falling on prefixes that training holds; "
        "lower data.n_sentences or add words to data/lexicon"
    )


def draw_text(grammar: Grammar, n_train: int, n_valid: int, n_test: int, seed: int) -> pd.DataFrame:
    """Items of the three splits, a row each; `split` tells which.

    The subject and every other noun are singular or plural with equal chance, independently.
    """
    forest = Forest()
    rng = np.random.default_rng([seed, 0])
    sentences = fill(*_draw(grammar, n_train, rng, forest), rng)
    text = texts(sentences)
    train = items(sentences, text)
    exposure = Exposure.of(train)
    frames = {"train": train}
    for split, n, stream in (("valid", n_valid, 1), ("test", n_test, 2)):
        rng = np.random.default_rng([seed, stream])
        drawn = _draw(grammar, n, rng, forest)
        _, frames[split] = realise_unseen(*drawn, rng, exposure)
    marked = [
        exposure.mark(frame.drop(columns="sentence_number")).assign(
            item_id=[f"{split}-{i}" for i in range(len(frame))],
            suite="test" if split == "test" else "text",
            split=split,
            probe_set="",
        )
        for split, frame in frames.items()
    ]
    return pd.concat(marked, ignore_index=True)


def _draw(
    grammar: Grammar, n: int, rng: np.random.Generator, forest: Forest
) -> tuple[list[Shape], Ints, Ints]:
    """The shapes of `n` sentences by weight, each one's shape, and the numbers of all groups."""
    shapes, shape = shapes_of(grammar, forest, draw_by_weight(grammar, n, rng, forest))
    plural = rng.integers(0, 2, group_starts(shapes, shape)[-1])
    return shapes, shape, plural
