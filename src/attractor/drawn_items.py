"""The items that drawn sentences hold: as whole numbers, and as rows of the item table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attractor.items import RELATIVIZERS, join_indices
from attractor.ragged import Ints, sequences, starts_of
from attractor.realise import Forms, Sentences, group_starts
from attractor.shapes import Dependencies, Shapes
from attractor.word_classes import NUMBERS

_LETTERS = str.maketrans("01", "SP")


@dataclass(frozen=True)
class Annotations:
    """What the items of sentences are, as whole numbers (n_items,).

    dependency: their dependencies, a row an item; sentence: from 0; plural: the subject's number;
    condition and preceding: the numbers of the subject and the nouns between, and of those before,
    the first noun's in the lowest bit.
    """

    dependency: Dependencies
    sentence: Ints
    plural: Ints
    condition: Ints
    preceding: Ints
    n_attractors: Ints
    n_preceding_opposite: Ints


def annotate(sentences: Sentences) -> Annotations:
    """The items of sentences, with the factors that their words' numbers decide."""
    which, number = sentences.items()
    dependency = sentences.shapes.dependencies.take(which)
    group, k = dependency.group, dependency.n_intervening
    first = sentences.group_start[number]
    plural = sentences.plural[first + group]
    n_plural = starts_of(sentences.plural)
    before = n_plural[first + group] - n_plural[first]
    between = n_plural[first + group + k + 1] - n_plural[first + group + 1]
    return Annotations(
        dependency=dependency,
        sentence=number,
        plural=plural,
        condition=_bits(sentences.plural, first + group, k + 1),
        preceding=_bits(sentences.plural, first, group),
        n_attractors=np.where(plural == 1, k - between, between),
        n_preceding_opposite=np.where(plural == 1, group - before, before),
    )


def most_attractors(shapes: Shapes, shape: Ints, plural: Ints) -> Ints:
    """For each sentence (N,) the attractors of the item that has most; 0 where there is no item."""
    no_words = np.empty(0, dtype=np.int64)
    found = annotate(
        Sentences(shapes, shape, group_starts(shapes, shape), plural, no_words, no_words)
    )
    most = np.zeros(len(shape), dtype=np.int64)
    np.maximum.at(most, found.sentence, found.n_attractors)
    return most


def _bits(plural: Ints, first: Ints, n: Ints) -> Ints:
    """Numbers of `n` groups (n_items,) from `first` on, the first one's in the lowest bit."""
    found = np.zeros(len(first), dtype=np.int64)
    for place in range(int(n.max(initial=0))):
        some = np.flatnonzero(n > place)
        found[some] |= plural[first[some] + place] << place
    return found


def items(sentences: Sentences, text: Sequence[str]) -> pd.DataFrame:
    """One row a dependency, with the factors that its sentence decides, in words.

    text (N,): the sentences as `texts` wrote them. Beside the columns of results.ITEMS that can be
    known here, `sentence_number` (from 0) tells which sentence an item is of.
    """
    found, shapes = annotate(sentences), sentences.shapes
    names = shapes.names
    # Narrow columns are for many items as numbers: whoever reads the table expects whole ones.
    columns = vars(found.dependency).items()
    asked = Dependencies(**{name: column.astype(np.int64) for name, column in columns})
    shape = asked.shape
    structures = names.structures
    first_slot = sentences.slot_start[found.sentence] - shapes.slot_start[shape]
    noun, verb = first_slot + asked.noun_slot, first_slot + asked.verb_slot
    forms = Forms(shapes.classes)
    verb_class = [shapes.classes[i] for i in shapes.word_class[asked.verb_slot].tolist()]
    frame = pd.DataFrame(
        {
            "construction": _named([s.construction for s in structures], asked.structure),
            "structure": _named([s.spelled for s in structures], asked.structure),
            "opening": _named(names.openings, asked.opening),
            "coordination": _named([s.coordination for s in structures], asked.structure),
            "within": _named(names.within, asked.within),
            "role": np.where(asked.within > 0, "inner", "outer").astype(object),
            "subject_index": asked.subject_index,
            "verb_index": asked.verb_index,
            "distance": asked.verb_index - asked.subject_index,
            "n_intervening": asked.n_intervening,
            "last_cue_distance": asked.last_cue_distance,
            "depth": np.array([s.depth for s in structures], dtype=np.int64)[asked.structure],
            "tense": [words.tense for words in verb_class],
            "verb_class": [words.verb_class for words in verb_class],
            "inner_verb_marked": asked.inner_verb_marked,
            "determiner_marked": asked.determiner_marked,
            "right_context_reveals": asked.right_context_reveals,
        }
    )
    n_nouns = asked.group + 1 + asked.n_intervening
    return frame.assign(
        noun_indices=_joined(shapes.noun_index, shapes.group_start[shape], n_nouns),
        verb_indices=_joined(shapes.verb_index, shapes.verb_start[shape], asked.n_verbs),
        sentence_number=found.sentence,
        sentence=np.array([*text, ""], dtype=object)[found.sentence],
        subject_number=_named(NUMBERS, found.plural),
        condition=_letters(found.condition, 1 + asked.n_intervening),
        preceding=_letters(found.preceding, asked.group),
        n_attractors=found.n_attractors,
        n_preceding_opposite=found.n_preceding_opposite,
        n_following=shapes.n_tokens[shape] - 1 - asked.verb_index,
        relativizer=_relativizers(sentences, forms, frame["construction"], noun, verb),
        subject=forms.text[_number(sentences, forms, noun, found.plural)],
        correct_form=forms.text[_number(sentences, forms, verb, found.plural)],
        wrong_form=forms.text[_number(sentences, forms, verb, 1 - found.plural)],
    )


def _number(sentences: Sentences, forms: Forms, place: Ints, form: Ints) -> Ints:
    """The numbers of forms of the words at some places (n_items,)."""
    word_class = sentences.shapes.word_class[sentences.slot[place]]
    return forms.number(word_class, sentences.word[place], form)


def _named(names: Sequence[str], numbers: Ints) -> NDArray[np.object_]:
    found: NDArray[np.object_] = np.array([*names], dtype=object)[numbers]
    return found


def _letters(bits: Ints, n: Ints) -> NDArray[np.object_]:
    """The letters of `n` numbers each (n_items,), "SP…", from their bits."""
    code, distinct = pd.factorize(bits | (1 << n))
    spelled = [f"{marked:b}"[:0:-1].translate(_LETTERS) for marked in distinct.tolist()]
    return _named(spelled, code)


def _joined(indices: Ints, starts: Ints, n: Ints) -> NDArray[np.object_]:
    """The `n` indices (n_items,) from each start on, as the item table holds them."""
    code, distinct = sequences(indices, starts, n)
    return _named([join_indices(some) for some in distinct], code)


def _relativizers(
    sentences: Sentences, forms: Forms, construction: pd.Series, noun: Ints, verb: Ints
) -> NDArray[np.object_]:
    """The word that opens the relative clause between each noun and verb: who, that …, or none.

    Without a relative clause, the empty string.
    """
    everywhere = np.arange(len(sentences.word))
    which = forms.relativizer[_number(sentences, forms, everywhere, sentences.form)]
    known = np.append(np.flatnonzero(which), len(which))
    first = known[np.searchsorted(known, noun + 1)]
    which = np.where(first < verb, np.append(which, 0)[first], 0)
    is_relative = construction.str.contains("relative", regex=False).to_numpy(dtype=np.bool_)
    return _named(["", "none", *RELATIVIZERS], np.where(is_relative, 1 + which, 0))
