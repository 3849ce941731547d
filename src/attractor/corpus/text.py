"""Natural text as a job reads it: items and sentences of three splits, spelt as config says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from attractor.config import CorpusConfig
from attractor.corpus.agreement import REASONS, Dependency, Excluded, dependencies
from attractor.corpus.natural import item_of
from attractor.corpus.trees import Tree
from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.vocab import SPECIAL, UNKNOWN_WORD

BLOCK = 100  # consecutive sentences that go to one split: neighbours share words and topics
SPLITS = ("train", "valid", "test")
_FINAL = frozenset(".?!")
_FORMS = ("subject", "correct_form", "wrong_form")


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
    known = _most_frequent(
        (sentence for sentence, of in zip(words, split, strict=True) if of == "train"),
        settings.n_words,
    )
    texts = [
        " ".join(
            word if word in known else (tag if settings.rare == "pos" else UNKNOWN_WORD)
            for word, tag in zip(sentence, tags, strict=True)
        )
        for sentence, tags in zip(words, source.tags, strict=True)
    ]
    items = source.items.assign(
        original=source.items["sentence"],
        sentence=[texts[row] for row in source.items["row"]],
        split=[split[row] for row in source.items["row"]],
        probe_set="",
        **{form: [spell(word, settings.case) for word in source.items[form]] for form in _FORMS},
    ).drop(columns="tags", errors="ignore")
    items = _without_ends(items, settings)
    sentences = pd.DataFrame({"split": split, "sentence": texts})
    if settings.final == "strip":
        sentences["sentence"] = [without_final(text) for text in sentences["sentence"]]
    training = sentences.loc[sentences["split"] == "train", "sentence"]
    exposure = Exposure.of(items[items["split"] == "train"], training)
    leaking = exposure.leaks(items) & (items["split"] != "train").to_numpy()
    items = exposure.mark(items[~leaking].drop(columns="row")).reset_index(drop=True)
    items["suite"] = items["split"].map({"train": "text", "valid": "text", "test": "test"})
    items["item_id"] = items["split"] + "-" + items.groupby("split").cumcount().astype(str)
    counts = items["split"].value_counts()
    for name in SPLITS:
        if not counts.get(name, 0):
            raise UserError(
                f"data.files: the {name} split of {len(source.sentences):,} sentences has no "
                f"item, and {leaking.sum():,} items whose beginnings training holds are left out; "
                "give more text, or another data.seed"
            )
    reasons = {**REASONS, "past": "was and were: data.past=true makes items of them"}
    excluded = pd.DataFrame(
        [(reason, meaning, source.excluded[reason]) for reason, meaning in reasons.items()],
        columns=["reason", "meaning", "n"],
    )
    tokens = sum(map(len, source.sentences))
    facts: dict[str, int | float | str] = {
        "sentences": len(source.sentences),
        "tokens": tokens,
        **{f"{name}_items": int(counts[name]) for name in SPLITS},
        "leaking_items_left_out": int(leaking.sum()),
        "excluded_verbs": source.excluded.total(),
        "numbers_of_noun_and_verb_differ": int(
            (items["noun_number"] != items["subject_number"]).sum()
        ),
        "words": len(known),
        "share_of_tokens_replaced": 1 - _share_known(words, known, tokens),
    }
    return NaturalText(items, sentences, excluded, facts)


def respelt(items: pd.DataFrame, settings: CorpusConfig, known: Container[str]) -> pd.DataFrame:
    """Items of a suite, spelt as the training text is.

    known: the words of the vocabulary. Where rare words are replaced by their tags and the items
    have `tags`, those of the suite are too; the forms of the verb in question stay as they are.
    """
    sentences = []
    tags = items["tags"] if "tags" in items and settings.rare == "pos" else [""] * len(items)
    columns = zip(items["sentence"], tags, items["verb_index"], strict=True)
    for sentence, of_words, verb in columns:
        words = [spell(word, settings.case) for word in sentence.split(" ")]
        pos = of_words.split(" ") if of_words else words
        words = [
            word if word in known or i == verb else tag
            for i, (word, tag) in enumerate(zip(words, pos, strict=True))
        ]
        sentences.append(" ".join(words))
    return _without_ends(
        items.assign(
            sentence=sentences,
            **{form: [spell(word, settings.case) for word in items[form]] for form in _FORMS},
        ),
        settings,
    )


def _without_ends(items: pd.DataFrame, settings: CorpusConfig) -> pd.DataFrame:
    """Items whose sentences have lost the marks that end them, where config says so."""
    if settings.final == "keep":
        return items
    items = items.assign(sentence=[without_final(text) for text in items["sentence"]])
    following = [text.count(" ") for text in items["sentence"]] - items["verb_index"]
    return items.assign(n_following=following)


def spell(word: str, case: str) -> str:
    """A word in the case that config asks for."""
    return word.lower() if case == "lower" else word


def without_final(text: str) -> str:
    """A sentence without the marks that end it."""
    tokens = text.split(" ")
    while len(tokens) > 1 and set(tokens[-1]) <= _FINAL:
        tokens.pop()
    return " ".join(tokens)


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


def _share_known(words: Iterable[Sequence[str]], known: set[str], tokens: int) -> float:
    return sum(word in known for sentence in words for word in sentence) / tokens
