"""A suite of hand-written sentences, each with its nouns, verbs and their links spelled out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from attractor.blocks import read_block
from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.items import factors_of, relativizer_of
from attractor.word_classes import NUMBERS

# What an item says of itself, taken over as it is; the other factors follow from the indices.
_GIVEN = (
    *("role", "within", "construction", "structure", "opening", "coordination"),
    *("depth", "tense", "verb_class"),
)
_ITEM_KEYS = {"subject", "verb", "wrong_form", *_GIVEN}


def read_sentences(
    grammar: Grammar,
    exposure: Exposure,
    name: str,
    sentences: str | Sequence[Mapping[str, Any]],
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Items of the sentences of a yaml (see conf/suite/flagship.yaml); no tables beside them.

    Raises UserError naming the sentence whose indices do not fit.
    """
    rows: list[dict[str, Any]] = []
    for entry in read_block(sentences, f"suite.{name}.sentences"):
        _check(name, entry)
        tokens = entry["sentence"].split()
        nouns: dict[int, str] = entry["nouns"]
        marked = {item["verb"] for item in entry["items"]}
        verbs = {index: index in marked for index in entry["verbs"]}
        for item in entry["items"]:
            subject, verb = item["subject"], item["verb"]
            rows.append(
                {
                    "item_id": f"{name}-{len(rows)}",
                    "suite": name,
                    "sentence": " ".join(tokens),
                    "subject": tokens[subject],
                    "correct_form": tokens[verb],
                    "wrong_form": item["wrong_form"],
                    "relativizer": relativizer_of(item["construction"], tokens[subject + 1 : verb]),
                    **factors_of(nouns, verbs, subject, verb, len(tokens)),
                    "determiner_marked": 0,
                    "split": "probe",
                    "probe_set": "",
                    "right_context_reveals": int(
                        any(i["subject"] == subject and i["verb"] > verb for i in entry["items"])
                    ),
                    **{key: item[key] for key in _GIVEN},
                }
            )
    if not rows:
        raise UserError(f"suite.{name}: it holds no items; give sentences with nouns and items")
    return exposure.mark(pd.DataFrame(rows)), {}


def _check(name: str, entry: Mapping[str, Any]) -> None:
    """Refuse a sentence whose keys, indices or forms do not fit."""
    if set(entry) != {"sentence", "nouns", "verbs", "items"}:
        raise UserError(
            f"suite.{name}: give each sentence `sentence`, `nouns`, `verbs` and `items`"
        )
    place = f"suite.{name}, `{entry['sentence']}`"
    tokens, nouns = entry["sentence"].split(), entry["nouns"]
    for index, number in nouns.items():
        if not isinstance(index, int) or not 0 <= index < len(tokens):
            raise UserError(f"{place}: noun {index} is no word, counting from 0")
        if number not in NUMBERS:
            raise UserError(f"{place}: noun {index} is {number}; write {' or '.join(NUMBERS)}")
    if set(entry["verbs"]) - set(range(len(tokens))) or set(entry["verbs"]) & set(nouns):
        raise UserError(f"{place}: verbs {entry['verbs']} must be words, counting from 0, no nouns")
    for item in entry["items"]:
        if wrong := sorted(set(item) ^ _ITEM_KEYS):
            raise UserError(f"{place}: {', '.join(wrong)} missing or unknown in an item")
        subject, verb, form = item["subject"], item["verb"], str(item["wrong_form"])
        if subject not in nouns or verb not in entry["verbs"] or subject >= verb:
            raise UserError(
                f"{place}: subject {subject} must be one of nouns "
                f"and stand before verb {verb}, one of verbs, counting words from 0"
            )
        if len(form.split()) != 1 or form == tokens[verb]:
            raise UserError(
                f"{place}: wrong_form {form} must be one word other than {tokens[verb]}"
            )
        if item["role"] not in ("outer", "inner"):
            raise UserError(f"{place}: role {item['role']}; write outer or inner")
