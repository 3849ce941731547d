"""Words become numbers: the most frequent first, ties by spelling, the unknown as one."""

from __future__ import annotations

from attractor.vocab import PADDING, UNKNOWN, Vocabulary


def test_order_is_by_frequency_then_spelling() -> None:
    vocabulary = Vocabulary.of(["b a c", "c a", "c"])
    assert vocabulary.words == ("<pad>", "<unk>", "c", "a", "b")
    assert vocabulary.encode(["a", "b", "c"]) == [3, 4, 2]
    assert len(vocabulary) == 5
    assert Vocabulary.of(["c", "a c", "c b a"]) == vocabulary  # the text's order does not count


def test_unknown_word_has_its_own_number_and_never_padding() -> None:
    vocabulary = Vocabulary.of(["keys"])
    assert vocabulary.encode(["key", "keys", "Keys", ""]) == [UNKNOWN, 2, UNKNOWN, UNKNOWN]
    assert PADDING not in vocabulary.encode(["key", "keys"])


def test_words_read_back_give_the_same_numbers() -> None:
    vocabulary = Vocabulary.of(["the keys are here", "the key is here"])
    assert Vocabulary.read(list(vocabulary.words)) == vocabulary
