"""Language model (Elman 1991; Gulordava et al. 2018): which word comes next?

A text is read once and the model is asked at every word: sentence by sentence, each between `<s>`
and `</s>`, or as one stream, in which `</s>` stands between sentences. At a verb the margin is
log p(correct) - log p(wrong); that of the whole sentence adds what either form does to the words
that follow.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attractor.batching import Examples, prepare
from attractor.errors import UserError
from attractor.exposure import prefixes
from attractor.models.protocol import Encoder
from attractor.tasks.minimal_pairs import distinct_pairs
from attractor.tasks.protocol import Answer, WordChoice, at_verbs, forms
from attractor.tasks.stream import Stream
from attractor.vocab import BEGIN, END, Vocabulary


class LanguageModel(WordChoice):
    """The task: a score for every word at every position.

    softmax, tied: as WordChoice has them. context: `sentence`, or `stream`, where a network is
    trained and validated on sentences in their order, and has the state that those before have left
    it in. bptt: the tokens of a stream that a gradient flows back through. Items are always read
    from a state of zero, after the token that a sentence begins after. Raises UserError for values
    that make no task.
    """

    def __init__(
        self,
        softmax: str = "full",
        tied: bool = False,
        context: str = "sentence",
        bptt: int = 35,
    ) -> None:
        super().__init__(softmax, tied)
        if context not in ("sentence", "stream"):
            raise UserError(f"task.context={context}: choose sentence or stream")
        if not isinstance(bptt, int) or isinstance(bptt, bool) or bptt < 1:
            raise UserError(f"task.bptt={bptt}: give a whole number of at least 1")
        self.is_stream = context == "stream"
        self.bptt = bptt
        self.before = END if self.is_stream else BEGIN  # a sentence's first word

    def check(self, encoder: Encoder, model: str) -> None:
        """Refuse a model that would see the word it is asked for, or that cannot read a stream."""
        if encoder.reads_both_ends:
            raise UserError(
                f"task=language_model: {model} reads from both ends and would see the next word; "
                "choose model=srn, lstm or gru, or task=cloze"
            )
        if self.is_stream and not getattr(encoder, "carries_state", False):
            raise UserError(
                f"task.context=stream: {model} carries no state from piece to piece; "
                "choose task.context=sentence"
            )
        super().check(encoder, model)

    def examples(
        self, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> Examples:
        """A question at every word of every sentence, and at its end; targets are the words.

        Of items only the sentences are read, each once, in the order that they first stand in.
        """
        sentences = items["sentence"].unique().tolist()
        encoded = [vocabulary.encode(sentence.split(" ")) for sentence in sentences]
        if not self.is_stream:
            return self._every_word(encoded, vocabulary)
        (end,) = vocabulary.encode([END])
        return Stream.of([end, *(w for text in encoded for w in (*text, end))], self.bptt)

    def questions(
        self, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> Examples:
        """A question before each item's verb; targets (Q, 2) are its correct and its wrong form."""
        texts = _longest([f"{self.before} {prefix}".rstrip() for prefix in prefixes(items)])
        verbs = items["verb_index"].to_numpy() + self.offset
        return at_verbs(texts, verbs, vocabulary, forms(items, vocabulary))

    def scores(
        self, answer: Answer, items: pd.DataFrame, vocabulary: Vocabulary, reads_both_ends: bool
    ) -> dict[str, NDArray[np.float64]]:
        """`margin` at the verb, and `sentence_margin` of the whole pair.

        What comes before the verb is the same in both and is not asked for.
        """
        found = super().scores(answer, items, vocabulary, reads_both_ends)
        rows, distinct = distinct_pairs(items, vocabulary)
        after = np.tile(items["verb_index"].to_numpy() + 1, 2)
        first = np.full(len(distinct), after.max())
        np.minimum.at(first, rows, after)
        words = answer.log_p(self._every_word(distinct, vocabulary, first))[:, 0]
        lengths = np.array([len(text) + 1 for text in distinct])
        ends = np.cumsum(lengths - first)[rows]
        spans = np.stack([ends - (lengths[rows] - after), ends], axis=1).ravel()
        good, bad = np.split(np.add.reduceat([*words, 0.0], spans)[::2], 2)
        return {**found, "sentence_margin": found["margin"] + good - bad}

    def _every_word(
        self,
        encoded: list[list[int]],
        vocabulary: Vocabulary,
        first: NDArray[np.int64] | None = None,
    ) -> Examples:
        """A question at each of the n words of every text and one at its end: n + 1 a text.

        first (n_texts,): the word of each text from which on it is asked about.
        """
        before, end = vocabulary.encode([self.before, END])
        begins = np.zeros(len(encoded), np.int64) if first is None else first
        ranges = [np.arange(b, len(text) + 1) for b, text in zip(begins, encoded, strict=True)]
        return prepare(
            [[before, *text] for text in encoded],
            np.repeat(np.arange(len(encoded)), [len(places) for places in ranges]),
            np.concatenate(ranges),
            np.concatenate([[*text[b:], end] for b, text in zip(begins, encoded, strict=True)]),
        )


def _longest(texts: list[str]) -> list[str]:
    """For each text one of them that begins with all of its words, and is the beginning of no
    other: what is read for it serves the text too.
    """
    longest: dict[str, str] = {}
    last = ""
    # A space sorts before all that words are made of: what a text begins follows it at once.
    for text in sorted(set(texts), reverse=True):
        if not last.startswith(f"{text} "):
            last = text
        longest[text] = last
    return [longest[text] for text in texts]
