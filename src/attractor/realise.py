"""Words for shapes, many sentences at a time, and the items that they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attractor.errors import UserError
from attractor.shapes import Dependency, Shape
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


def fill(shapes: Sequence[Shape], shape: Ints, plural: Ints, rng: np.random.Generator) -> Sentences:
    """Draw words uniformly for sentences of the given shapes (N,) and numbers (all groups,)."""
    n_slots = np.array([len(s.slots) for s in shapes], dtype=np.int64)
    classes, kinds = _slot_kinds(shapes)
    template_start = starts_of(n_slots)
    slot_start = starts_of(n_slots[shape])
    kind = kinds[ragged(template_start[shape], n_slots[shape])]
    word = np.zeros(len(kind), dtype=np.int64)
    for index, (words, animacy) in enumerate(classes):
        places = np.flatnonzero(kind == index)
        choice = np.array(
            [i for i, a in enumerate(words.animacy) if not animacy or a in ("", animacy)]
        )
        if not len(choice):
            raise UserError(f"lexicon: no {animacy} word for {words.name}; add one")
        word[places] = choice[rng.integers(0, len(choice), len(places))]
    return Sentences(shapes, shape, group_starts(shapes, shape), plural, slot_start, word)


def _slot_kinds(shapes: Sequence[Shape]) -> tuple[list[tuple[WordClass, str]], Ints]:
    """Distinct (class, animacy asked of it), and each template slot's index among them."""
    index: dict[tuple[str, str], int] = {}
    classes: list[tuple[WordClass, str]] = []
    kinds = []
    for shape in shapes:
        for words, group in zip(shape.slots, shape.groups, strict=True):
            animacy = shape.animacy[group] if words.kind == "noun" else ""
            if (words.name, animacy) not in index:
                index[words.name, animacy] = len(classes)
                classes.append((words, animacy))
            kinds.append(index[words.name, animacy])
    return classes, np.array(kinds, dtype=np.int64)


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
                (forms[words.name], max(group, 0))  # without a group both forms are the same
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
    template, dependencies = _dependency_templates(sentences.shapes)
    n_dependencies = np.array([len(s.dependencies) for s in sentences.shapes], dtype=np.int64)
    per_sentence = n_dependencies[sentences.shape]
    which = ragged(starts_of(n_dependencies)[sentences.shape], per_sentence)
    number = np.repeat(np.arange(len(sentences)), per_sentence)
    first_group = sentences.group_start[number]

    def plurals(groups: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """Numbers of groups (templates, K) padded with -1, for each item; and which are real."""
        mine = groups[which]
        return sentences.plural[first_group[:, None] + np.maximum(mine, 0)], mine >= 0

    def letters(values: Ints, real: NDArray[np.bool_]) -> NDArray[np.str_]:
        text = np.full(len(values), "", dtype=f"<U{max(values.shape[1], 1)}")
        for column in range(values.shape[1]):
            letter = np.where(values[:, column] == 1, "P", "S")
            text = np.strings.add(text, np.where(real[:, column], letter, ""))
        return text

    subject, is_real = plurals(_padded([[d.group] for d in dependencies]))
    between, is_between = plurals(_padded([list(d.intervening) for d in dependencies]))
    before, is_before = plurals(_padded([list(d.preceding) for d in dependencies]))
    frame = template.iloc[which].reset_index(drop=True)
    frame["sentence_number"] = number
    frame["sentence"] = np.array(text, dtype=object)[number]
    frame["subject_number"] = np.array(NUMBERS)[subject[:, 0]]
    frame["condition"] = np.strings.add(letters(subject, is_real), letters(between, is_between))
    frame["preceding"] = letters(before, is_before)
    frame["n_attractors"] = (is_between & (between != subject)).sum(axis=1)
    frame["n_preceding_opposite"] = (is_before & (before != subject)).sum(axis=1)
    noun = _forms(sentences, dependencies, which, number, "noun_slot")
    verb = _forms(sentences, dependencies, which, number, "verb_slot")
    is_plural = subject[:, 0].tolist()
    frame["subject"] = [pair[p] for pair, p in zip(noun, is_plural, strict=True)]
    frame["correct_form"] = [pair[p] for pair, p in zip(verb, is_plural, strict=True)]
    frame["wrong_form"] = [pair[1 - p] for pair, p in zip(verb, is_plural, strict=True)]
    return frame


def _dependency_templates(shapes: Sequence[Shape]) -> tuple[pd.DataFrame, list[Dependency]]:
    dependencies = [d for shape in shapes for d in shape.dependencies]
    verbs = [shape.slots[d.verb_slot] for shape in shapes for d in shape.dependencies]
    frame = pd.DataFrame(
        {
            "construction": [d.construction for d in dependencies],
            "structure": [d.structure for d in dependencies],
            "opening": [d.opening for d in dependencies],
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
        }
    )
    return frame, dependencies


def _padded(groups: list[list[int]]) -> Ints:
    """Lists of groups as one array (n, longest), padded with -1."""
    longest = max((len(some) for some in groups), default=1)
    rows = [some + [-1] * (longest - len(some)) for some in groups]
    return np.array(rows, dtype=np.int64).reshape(len(groups), longest)


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
