"""Words for shapes, many sentences at a time, and the items that they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attractor.errors import UserError
from attractor.items import join_indices, relativizer_of
from attractor.shapes import Dependency, Shape
from attractor.splits import ADMITTED, Pool
from attractor.word_classes import NUMBERS, WordClass

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Sentences:
    """N sentences: the shape, the numbers and the words of each.

    shape (N,): index into `shapes`; group_start (N + 1,): where the sentence's groups begin in
    `plural` (0 singular, 1 plural); slot_start (N + 1,): where its slots begin in `word`.
    """

    shapes: Sequence[Shape]
    shape: Ints
    group_start: Ints
    plural: Ints
    slot_start: Ints
    word: Ints

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
        )


def ragged(starts: Ints, lengths: Ints) -> Ints:
    """Indices `starts[i] … starts[i] + lengths[i] - 1` for every i, end to end."""
    ends = np.cumsum(lengths)
    return np.repeat(starts - (ends - lengths), lengths) + np.arange(ends[-1] if len(ends) else 0)


def starts_of(lengths: Ints) -> Ints:
    """Where each of several runs begins, and where the last one ends: (N + 1,)."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def group_starts(shapes: Sequence[Shape], shape: Ints) -> Ints:
    """Where each sentence's groups begin when all are laid end to end: (N + 1,)."""
    return starts_of(np.array([len(s.animacy) for s in shapes], dtype=np.int64)[shape])


def of_groups(values: Sequence[Sequence[int]], shape: Ints) -> Ints:
    """A value of each group of each shape, for the groups of sentences (N,): (all groups,)."""
    n_groups = np.array([len(some) for some in values], dtype=np.int64)
    flat = np.concatenate([np.array(some, dtype=np.int64) for some in values])
    return flat[ragged(starts_of(n_groups)[shape], n_groups[shape])]


def fill(
    shapes: Sequence[Shape],
    shape: Ints,
    plural: Ints,
    rng: np.random.Generator,
    pools: Ints | None = None,
) -> Sentences:
    """Draw words uniformly for sentences of the given shapes (N,) and numbers (all groups,).

    pools (all groups,): the splits.Pool of each group's noun, Pool.ANY if not given.
    """
    n_slots = np.array([len(s.slots) for s in shapes], dtype=np.int64)
    classes, kinds, noun_groups = _slot_kinds(shapes)
    slots = ragged(starts_of(n_slots)[shape], n_slots[shape])
    starts = group_starts(shapes, shape)
    if pools is None:
        pools = np.full(starts[-1], Pool.ANY)
    first_group, noun_group = np.repeat(starts[:-1], n_slots[shape]), noun_groups[slots]
    # The last pool is for slots without a noun, at index -1.
    pool = np.append(pools, Pool.ANY)[np.where(noun_group < 0, -1, first_group + noun_group)]
    word = np.zeros(len(slots), dtype=np.int64)
    kind = kinds[slots] * len(Pool) + pool
    for index in np.unique(kind).tolist():
        places = np.flatnonzero(kind == index)
        words, animacy = classes[index // len(Pool)]
        choice = _choice(words, animacy, Pool(index % len(Pool)))
        word[places] = choice[rng.integers(0, len(choice), len(places))]
    return Sentences(shapes, shape, starts, plural, starts_of(n_slots[shape]), word)


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
    return np.array(fitting, dtype=np.int64)


def _slot_kinds(shapes: Sequence[Shape]) -> tuple[list[tuple[WordClass, str]], Ints, Ints]:
    """Distinct (class, animacy asked of it), each template slot's index among them, and the group
    of each slot that holds a noun (-1: it holds none).
    """
    index: dict[tuple[str, str], int] = {}
    classes: list[tuple[WordClass, str]] = []
    kinds, groups = [], []
    for shape in shapes:
        for words, group in zip(shape.slots, shape.groups, strict=True):
            is_noun = words.kind == "noun"
            animacy = shape.animacy[group] if is_noun else ""
            if (words.name, animacy) not in index:
                index[words.name, animacy] = len(classes)
                classes.append((words, animacy))
            kinds.append(index[words.name, animacy])
            groups.append(group if is_noun else -1)
    return classes, np.array(kinds, dtype=np.int64), np.array(groups, dtype=np.int64)


def texts(sentences: Sentences) -> list[str]:
    """The sentences as text, tokens separated by one space."""
    forms: dict[str, list[tuple[str, str]]] = {}
    templates = []
    for shape in sentences.shapes:
        for words in shape.slots:
            if words.name not in forms:
                forms[words.name] = [(" ".join(one), " ".join(many)) for one, many in words.forms]
        templates.append(
            [
                (forms[words.name], group if group > 0 else 0)  # no group: both forms are the same
                for words, group in zip(shape.slots, shape.groups, strict=True)
            ]
        )
    # One more than there are: a last sentence without nouns looks one up, to no effect.
    plural, word = [*sentences.plural.tolist(), 0], sentences.word.tolist()
    starts = zip(sentences.slot_start.tolist(), sentences.group_start.tolist(), strict=True)
    return [
        " ".join(
            slot_forms[word[slot]][plural[first_group + group]]
            for slot, (slot_forms, group) in enumerate(templates[shape], first_slot)
        )
        for shape, (first_slot, first_group) in zip(sentences.shape.tolist(), starts, strict=False)
    ]


def items(sentences: Sentences, text: Sequence[str]) -> pd.DataFrame:
    """One row a dependency, with the factors that its sentence decides.

    text (N,): the sentences as `texts` wrote them. Beside the columns of results.ITEMS that can be
    known here, `sentence_number` (from 0) tells which sentence an item is of.
    """
    template = _templates(sentences.shapes)
    dependencies, which, number = _dependencies(sentences.shapes, sentences.shape)
    numbers = partial(_numbers, sentences.plural, sentences.group_start[number], which)

    def letters(values: Ints, real: NDArray[np.bool_]) -> NDArray[np.str_]:
        text = np.full(len(values), "", dtype=f"<U{max(values.shape[1], 1)}")
        for column in range(values.shape[1]):
            letter = np.where(values[:, column] == 1, "P", "S")
            text = np.strings.add(text, np.where(real[:, column], letter, ""))
        return text

    subject, is_real = numbers([(d.group,) for d in dependencies])
    between, is_between = numbers([d.intervening for d in dependencies])
    before, is_before = numbers([d.preceding for d in dependencies])
    frame = template.iloc[which].reset_index(drop=True)
    frame["sentence_number"] = number
    frame["sentence"] = np.array(text, dtype=object)[number]
    frame["subject_number"] = np.array(NUMBERS)[subject[:, 0]]
    frame["condition"] = np.strings.add(letters(subject, is_real), letters(between, is_between))
    frame["preceding"] = letters(before, is_before)
    frame["n_attractors"] = (is_between & (between != subject)).sum(axis=1)
    frame["n_preceding_opposite"] = (is_before & (before != subject)).sum(axis=1)
    frame["n_following"] = [t.count(" ") for t in frame["sentence"]] - frame["verb_index"]
    noun = _forms(sentences, dependencies, which, number, "noun_slot")
    verb = _forms(sentences, dependencies, which, number, "verb_slot")
    frame["relativizer"] = _relativizers(frame)
    is_plural = subject[:, 0].tolist()
    frame["subject"] = [pair[p] for pair, p in zip(noun, is_plural, strict=True)]
    frame["correct_form"] = [pair[p] for pair, p in zip(verb, is_plural, strict=True)]
    frame["wrong_form"] = [pair[1 - p] for pair, p in zip(verb, is_plural, strict=True)]
    return frame


def _relativizers(frame: pd.DataFrame) -> list[str]:
    columns = frame[["construction", "sentence", "subject_index", "verb_index"]]
    return [
        relativizer_of(construction, sentence.split(" ")[subject + 1 : verb])
        for construction, sentence, subject, verb in columns.itertuples(index=False)
    ]


def most_attractors(shapes: Sequence[Shape], shape: Ints, plural: Ints) -> Ints:
    """For each sentence (N,) the attractors of the item that has most; 0 where there is no item."""
    dependencies, which, number = _dependencies(shapes, shape)
    numbers = partial(_numbers, plural, group_starts(shapes, shape)[number], which)
    subject, _ = numbers([(d.group,) for d in dependencies])
    between, is_between = numbers([d.intervening for d in dependencies])
    most = np.zeros(len(shape), dtype=np.int64)
    np.maximum.at(most, number, (is_between & (between != subject)).sum(axis=1))
    return most


def _dependencies(shapes: Sequence[Shape], shape: Ints) -> tuple[list[Dependency], Ints, Ints]:
    """All dependencies of the shapes; for each item which of them it is, and of which sentence."""
    dependencies = [d for s in shapes for d in s.dependencies]
    n_dependencies = np.array([len(s.dependencies) for s in shapes], dtype=np.int64)
    per_sentence = n_dependencies[shape]
    which = ragged(starts_of(n_dependencies)[shape], per_sentence)
    return dependencies, which, np.repeat(np.arange(len(shape)), per_sentence)


def _numbers(
    plural: Ints, first_group: Ints, which: Ints, groups: Sequence[Sequence[int]]
) -> tuple[Ints, NDArray[np.bool_]]:
    """Numbers of some `groups` of each dependency, for each item, padded; and which are real."""
    longest = max((len(some) for some in groups), default=1)
    rows = [[*some, *[-1] * (longest - len(some))] for some in groups]
    mine = np.array(rows, dtype=np.int64).reshape(len(groups), longest)[which]
    return plural[first_group[:, None] + np.maximum(mine, 0)], mine >= 0


def _templates(shapes: Sequence[Shape]) -> pd.DataFrame:
    dependencies = [d for shape in shapes for d in shape.dependencies]
    verbs = [shape.slots[d.verb_slot] for shape in shapes for d in shape.dependencies]
    return pd.DataFrame(
        {
            "construction": [d.construction for d in dependencies],
            "structure": [d.structure for d in dependencies],
            "opening": [d.opening for d in dependencies],
            "coordination": [d.coordination for d in dependencies],
            "within": [d.within for d in dependencies],
            "role": [d.role for d in dependencies],
            "subject_index": [d.subject_index for d in dependencies],
            "verb_index": [d.verb_index for d in dependencies],
            "distance": [d.verb_index - d.subject_index for d in dependencies],
            "n_intervening": [len(d.intervening) for d in dependencies],
            "last_cue_distance": [d.last_cue_distance for d in dependencies],
            "depth": [d.depth for d in dependencies],
            "tense": [words.tense for words in verbs],
            "verb_class": [words.verb_class for words in verbs],
            "inner_verb_marked": [int(d.inner_verb_marked) for d in dependencies],
            "determiner_marked": [int(d.determiner_marked) for d in dependencies],
            "right_context_reveals": [int(d.right_context_reveals) for d in dependencies],
            "noun_indices": [join_indices(d.noun_indices) for d in dependencies],
            "verb_indices": [join_indices(d.verb_indices) for d in dependencies],
        }
    )


def _forms(
    sentences: Sentences,
    dependencies: list[Dependency],
    which: Ints,
    number: Ints,
    slot: str,
) -> list[tuple[str, str]]:
    """(singular, plural) text of the word in each item's noun or verb slot."""
    slots = np.array([getattr(d, slot) for d in dependencies], dtype=np.int64)[which]
    words = sentences.word[sentences.slot_start[number] + slots]
    classes = [
        sentences.shapes[shape].slots[index].forms
        for shape, index in zip(sentences.shape[number].tolist(), slots.tolist(), strict=True)
    ]
    return [
        (" ".join(forms[word][0]), " ".join(forms[word][1]))
        for forms, word in zip(classes, words.tolist(), strict=True)
    ]
