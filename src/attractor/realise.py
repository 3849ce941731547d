"""Words for shapes, many sentences at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from attractor.errors import UserError
from attractor.items import RELATIVIZERS
from attractor.ragged import Ints, ragged, starts_of
from attractor.shapes import Shapes
from attractor.splits import ADMITTED, Pool
from attractor.word_classes import WordClass


@dataclass(frozen=True)
class Sentences:
    """N sentences: the shape, the numbers and the words of each.

    shape (N,): index into `shapes`; group_start (N + 1,): where the sentence's groups begin in
    `plural` (0 singular, 1 plural); slot_start (N + 1,): where its slots begin in `word`. asked
    (N,): the dependency that each is an item of; None if of all that its shape has.
    """

    shapes: Shapes
    shape: Ints
    group_start: Ints
    plural: Ints
    slot_start: Ints
    word: Ints
    asked: Ints | None = None

    def __len__(self) -> int:
        return len(self.shape)

    def take(self, rows: Ints) -> Sentences:
        """The sentences of `rows` (n,) alone, in that order."""
        n_groups, n_slots = np.diff(self.group_start)[rows], np.diff(self.slot_start)[rows]
        return Sentences(
            self.shapes,
            self.shape[rows],
            starts_of(n_groups),
            self.plural[ragged(self.group_start[rows], n_groups)],
            starts_of(n_slots),
            self.word[ragged(self.slot_start[rows], n_slots)],
            None if self.asked is None else self.asked[rows],
        )

    @cached_property
    def slot(self) -> Ints:
        """The slot (all words,) of the shapes that each word fills."""
        return ragged(self.shapes.slot_start[self.shape], np.diff(self.slot_start))

    @cached_property
    def form(self) -> Ints:
        """Which form (all words,) of its word stands in each slot: 0 singular, 1 plural."""
        group = self.shapes.group[self.slot]
        first = np.repeat(self.group_start[:-1], np.diff(self.slot_start))
        # One more than there are: a slot without number looks one up, to no effect.
        found: Ints = np.append(self.plural, 0)[np.where(group < 0, -1, first + group)]
        return found

    def items(self) -> tuple[Ints, Ints]:
        """Which dependency of the shapes each item (n_items,) is, and of which sentence."""
        if self.asked is not None:
            return self.asked, np.arange(len(self))
        start = self.shapes.dependency_start
        n_items = np.diff(start)[self.shape]
        return ragged(start[self.shape], n_items), np.repeat(np.arange(len(self)), n_items)


def group_starts(shapes: Shapes, shape: Ints) -> Ints:
    """Where each sentence's groups begin when all are laid end to end: (N + 1,)."""
    return starts_of(np.diff(shapes.group_start)[shape])


def of_groups(values: Ints, group_start: Ints, shape: Ints) -> Ints:
    """Values of the groups of shapes, for those of sentences (N,): (all groups,)."""
    return values[ragged(group_start[shape], np.diff(group_start)[shape])]


def fill(
    shapes: Shapes,
    shape: Ints,
    plural: Ints,
    rng: np.random.Generator,
    pools: Ints | None = None,
    asked: Ints | None = None,
) -> Sentences:
    """Draw words uniformly for sentences of the given shapes (N,) and numbers (all groups,).

    pools (all groups,): the splits.Pool of each group's noun, Pool.ANY if not given. asked: as
    Sentences has it.
    """
    starts = group_starts(shapes, shape)
    n_slots = np.diff(shapes.slot_start)[shape]
    slot_start = starts_of(n_slots)
    slot = ragged(shapes.slot_start[shape], n_slots)
    kind = shapes.kinds[slot].astype(np.int64) * len(Pool)
    if pools is None:
        kind += Pool.ANY
    else:
        is_noun = np.array([words.kind == "noun" for words in shapes.classes])
        group = np.where(is_noun[shapes.word_class], shapes.group, -1)[slot]
        first = np.repeat(starts[:-1], n_slots)
        kind += np.append(pools, Pool.ANY)[np.where(group < 0, -1, first + group)]
    first_choice, n_choices, choices = _choices(shapes, np.flatnonzero(np.bincount(kind)))
    drawn = (rng.random(len(slot)) * n_choices[kind]).astype(np.int64)
    word = choices[first_choice[kind] + drawn]
    return Sentences(shapes, shape, starts, plural, slot_start, word, asked)


def _choices(shapes: Shapes, kinds: Ints) -> tuple[Ints, Ints, Ints]:
    """Where the words that each of some kinds of slot may take begin, how many they are (by kind),
    and all these words end to end.
    """
    found = []
    for kind in kinds.tolist():
        of_pools, pool = divmod(kind, len(Pool))
        word_class, animacy = divmod(of_pools, len(shapes.animacies))
        found.append(_choice(shapes.classes[word_class], shapes.animacies[animacy], Pool(pool)))
    first, n = np.zeros((2, kinds.max(initial=-1) + 1), dtype=np.int64)
    n[kinds] = [len(words) for words in found]
    first[kinds] = starts_of(n[kinds])[:-1]
    return first, n, np.concatenate([np.empty(0, dtype=np.int16), *found])


def _choice(words: WordClass, animacy: str, pool: Pool) -> Ints:
    """The words of a class that a slot may take. UserError if there are none."""
    fitting = [
        i
        for i, (own, held_out) in enumerate(zip(words.animacy, words.held_out, strict=True))
        if (not animacy or own in ("", animacy)) and held_out in ADMITTED[pool]
    ]
    if not fitting:
        kept = "" if pool is Pool.ANY else f" with held_out {' or '.join(sorted(ADMITTED[pool]))}"
        raise UserError(f"lexicon: no {f'{animacy} word'.strip()} for {words.name}{kept}; add one")
    return np.array(fitting, dtype=np.int16)


class Forms:
    """All forms of all words of some classes: two each, singular and plural, end to end."""

    def __init__(self, classes: Sequence[WordClass]) -> None:
        self._first = 2 * starts_of(np.array([len(words.forms) for words in classes]))[:-1]
        tokens = [form for words in classes for pair in words.forms for form in pair]
        self.text = np.array([" ".join(form) for form in tokens], dtype=object)
        relativizers = [[w.lower() for w in form if w.lower() in RELATIVIZERS] for form in tokens]
        self.relativizer = np.array(
            [1 + RELATIVIZERS.index(some[0]) if some else 0 for some in relativizers]
        )

    def number(self, word_class: Ints, word: Ints, form: Ints) -> Ints:
        """The numbers of forms, of classes, words and numbers of the same shape."""
        found: Ints = self._first[word_class] + 2 * word + form
        return found


def texts(sentences: Sentences) -> list[str]:
    """The sentences as text, tokens separated by one space."""
    forms = Forms(sentences.shapes.classes)
    word_class = sentences.shapes.word_class[sentences.slot]
    number = forms.number(word_class, sentences.word, sentences.form)
    words = forms.text[number].tolist()
    return [" ".join(words[first:last]) for first, last in pairwise(sentences.slot_start.tolist())]
