"""Words to numbers: the vocabulary of the training text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat

PADDING = 0
UNKNOWN = 1
SPECIAL = ("<pad>", "<unk>")  # the words of these numbers; corpora write the second too
UNKNOWN_WORD = SPECIAL[UNKNOWN]
BEGIN, END = "<s>", "</s>"  # of a sentence, for tasks that read them


@dataclass(frozen=True)
class Vocabulary:
    """Types of the training text, most frequent first; 0 is padding and 1 any unknown word."""

    words: tuple[str, ...]
    index: dict[str, int]

    @classmethod
    def of(cls, sentences: Iterable[str]) -> Vocabulary:
        """The vocabulary of sentences whose tokens are separated by one space."""
        counts = Counter(token for sentence in sentences for token in sentence.split(" "))
        ordered = sorted(set(counts) - set(SPECIAL), key=lambda word: (-counts[word], word))
        return cls.read([*SPECIAL, *ordered])

    @classmethod
    def read(cls, words: Sequence[str]) -> Vocabulary:
        """The vocabulary whose words, in order of their numbers, are given."""
        return cls(tuple(words), {word: i for i, word in enumerate(words)})

    def with_words(self, words: Sequence[str]) -> Vocabulary:
        """This vocabulary and more words, which it does not hold yet."""
        return Vocabulary.read([*self.words, *words])

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, tokens: Sequence[str]) -> list[int]:
        """Numbers of tokens; UNKNOWN where training never held the word."""
        return list(map(self.index.get, tokens, repeat(UNKNOWN)))
