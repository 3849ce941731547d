"""Natural text as a job reads it: items and sentences of three splits, spelt as config says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from attractor.config import CorpusConfig
from attractor.corpus.agreement import REASONS, Dependency, Excluded, dependencies
from attractor.corpus.natural import item_of
from attractor.corpus.spelling import FORMS, spell, without_ends, without_final
from attractor.corpus.trees import Tree
from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.vocab import SPECIAL, UNKNOWN_WORD

BLOCK = 100  # consecutive sentences that go to one split: neighbours share words and topics
SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class NaturalText:
    """items: results.ITEMS and `original`, `place`, `noun_number`; sentences: split and sentence,
    in order; excluded: reason, what it means and how many; facts: what was found, for people.
    """

    items: pd.DataFrame
    sentences: pd.DataFrame
    excluded: pd.DataFrame
    facts: dict[str, int | float | str]


@dataclass(frozen=True)
class Source:
    """Sentences, their tags word by word, and the items in them (column `row`: the sentence)."""

    sentences: list[list[str]]
    tags: list[Sequence[str]]
    items: pd.DataFrame
    excluded: Counter[str]


def read_source(trees: Iterable[Tree], past: bool) -> Source:
    """Sentences and items of trees; past: *was* and *were* make items too."""
    sentences: list[list[str]] = []
    tags: list[Sequence[str]] = []
    rows, excluded = [], Counter[str]()
    for tree in trees:
        for found in dependencies(tree):
            if isinstance(found, Excluded):
                excluded[found.reason] += 1
            elif isinstance(found, Dependency):
                item = item_of(tree, found)
                if item["tense"] == "past" and not past:
                    excluded["past"] += 1
                else:
                    rows.append({"row": len(sentences), "place": tree.place, **item})
        sentences.append(list(tree.words))
        tags.append(tree.tags)
    return Source(sentences, tags, pd.DataFrame(rows), excluded)


def natural_text(source: Source, settings: CorpusConfig) -> NaturalText:
    """Split, spell and mark the sentences and items of a source.

    Words are those that are most frequent in training. Items of validation and test whose prefix of
    distance 3 or more opens a training sentence are left out, and counted. Raises UserError where a
    split has no items.
    """
    split = _splits(len(source.sentences), settings)
    words = [[spell(word, settings.case) for word in sentence] for sentence in source.sentences]
    of_training = (words[i] for i, name in enumerate(split) if name == "train")
    known = _most_frequent(of_training, settings.n_words)
    texts = _texts(words, source.tags, known, settings)
    items = _items(source.items, texts, split, settings)
    training = [text for text, name in zip(texts, split, strict=True) if name == "train"]
    exposure = Exposure.of(items[items["split"] == "train"], training)
    leaking = exposure.leaks(items) & (items["split"] != "train").to_numpy()
    items = exposure.mark(items[~leaking]).reset_index(drop=True)
    items["item_id"] = items["split"] + "-" + items.groupby("split").cumcount().astype(str)
    counts = items["split"].value_counts().reindex(SPLITS, fill_value=0)
    if not counts.all():
        raise UserError(
            f"data.files: the {counts.idxmin()} split of {len(source.sentences):,} sentences has "
            f"no item, and {leaking.sum():,} items whose beginnings training holds are left out; "
            "give more text, or another data.seed"
        )
    replaced = [word not in known for sentence in words for word in sentence]
    differ = items["noun_number"] != items["subject_number"]
    facts: dict[str, int | float | str] = {
        "sentences": len(source.sentences),
        "tokens": len(replaced),
        **{f"{name}_items": int(n) for name, n in counts.items()},
        "leaking_items_left_out": int(leaking.sum()),
        "excluded_verbs": source.excluded.total(),
        "numbers_of_noun_and_verb_differ": int(differ.sum()),
        "words": len(known),
        "share_of_tokens_replaced": sum(replaced) / len(replaced),
    }
    sentences = pd.DataFrame({"split": split, "sentence": texts})
    return NaturalText(items, sentences, _excluded(source.excluded), facts)


def _texts(
    words: Sequence[Sequence[str]],
    tags: Sequence[Sequence[str]],
    known: set[str],
    settings: CorpusConfig,
) -> list[str]:
    """The sentences, with what stands for rare words in their place."""
    texts = []
    for sentence, of_words in zip(words, tags, strict=True):
        rare = of_words if settings.rare == "pos" else [UNKNOWN_WORD] * len(sentence)
        pairs = zip(sentence, rare, strict=True)
        text = " ".join(word if word in known else instead for word, instead in pairs)
        texts.append(without_final(text) if settings.final == "strip" else text)
    return texts


def _items(
    found: pd.DataFrame, texts: Sequence[str], split: Sequence[str], settings: CorpusConfig
) -> pd.DataFrame:
    """The items with their sentences as they are read; `original` keeps the source's spelling.

    The verb in question stands as it is, also where it is rare.
    """
    rows = found["row"].tolist()
    items = found.drop(columns=["row", "tags"], errors="ignore").assign(
        original=found["sentence"],
        split=[split[row] for row in rows],
        probe_set="",
        **{form: [spell(word, settings.case) for word in found[form]] for form in FORMS},
    )
    verbs = zip(rows, items["verb_index"], items["correct_form"], strict=True)
    items["sentence"] = [_with_word(texts[row], verb, form) for row, verb, form in verbs]
    items["suite"] = items["split"].map({"train": "text", "valid": "text", "test": "test"})
    return without_ends(items, settings)


def _with_word(text: str, index: int, word: str) -> str:
    tokens = text.split(" ")
    tokens[index] = word
    return " ".join(tokens)


def _excluded(counts: Counter[str]) -> pd.DataFrame:
    reasons = {**REASONS, "past": "was and were: data.past=true makes items of them"}
    rows = [(reason, meaning, counts[reason]) for reason, meaning in reasons.items()]
    return pd.DataFrame(rows, columns=["reason", "meaning", "n"])


def _splits(n: int, settings: CorpusConfig) -> list[str]:
    """The split of each sentence: blocks of neighbours go to one, at random."""
    n_blocks = -(-n // BLOCK)
    rng = np.random.default_rng([settings.seed, 0])
    order = rng.permutation(n_blocks)
    n_test = max(1, round(settings.test_share * n_blocks))
    n_valid = max(1, round(settings.valid_share * n_blocks))
    of_block = np.full(n_blocks, "train", dtype="<U5")
    of_block[order[:n_test]] = "test"
    of_block[order[n_test : n_test + n_valid]] = "valid"
    return [str(name) for name in np.repeat(of_block, BLOCK)[:n]]


def _most_frequent(sentences: Iterable[Sequence[str]], n_words: int | None) -> set[str]:
    """The `n_words` most frequent words (all, where that is None); of equals, the alphabet's."""
    counts = Counter(word for sentence in sentences for word in sentence)
    ordered = sorted(set(counts) - set(SPECIAL), key=lambda word: (-counts[word], word))
    return set(ordered[:n_words])
