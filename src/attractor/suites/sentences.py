"""A suite of hand-written sentences, each with its nouns, verbs and their links spelled out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from attractor.errors import UserError
from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.word_classes import NUMBERS


def read_sentences(
    grammar: Grammar, exposure: Exposure, name: str, sentences: Sequence[Mapping[str, Any]]
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Items of the sentences of a yaml (see conf/suite/flagship.yaml); no tables beside them.

    Raises UserError naming the sentence whose indices do not fit.
    """
    rows: list[dict[str, Any]] = []
    for entry in sentences:
        tokens = entry["sentence"].split()
        nouns = {int(index): number for index, number in entry["nouns"].items()}
        marked_verbs = [item["verb"] for item in entry["items"]]
        for item in entry["items"]:
            subject, verb = item["subject"], item["verb"]
            if subject not in nouns or not subject < verb < len(tokens):
                raise UserError(
                    f"suite.{name}, `{entry['sentence']}`: subject {subject} must be one of nouns "
                    f"and stand before verb {verb}, counting words from 0"
                )
            if set(nouns.values()) - set(NUMBERS):
                raise UserError(f"suite.{name}: nouns are {' or '.join(NUMBERS)}")
            number = nouns[subject]
            between = [nouns[i] for i in sorted(nouns) if subject < i < verb]
            before = [nouns[i] for i in sorted(nouns) if i < subject]
            cues = [i for i in (*nouns, *marked_verbs) if i < verb]
            rows.append(
                {
                    "item_id": f"{name}-{len(rows)}",
                    "suite": name,
                    "sentence": " ".join(tokens),
                    "subject_index": subject,
                    "verb_index": verb,
                    "distance": verb - subject,
                    "subject": tokens[subject],
                    "correct_form": tokens[verb],
                    "wrong_form": item["wrong_form"],
                    "subject_number": number,
                    "condition": "".join(n[0].upper() for n in (number, *between)),
                    "preceding": "".join(n[0].upper() for n in before),
                    "n_intervening": len(between),
                    "n_attractors": sum(n != number for n in between),
                    "n_preceding_opposite": sum(n != number for n in before),
                    "last_cue_distance": verb - max(cues),
                    "inner_verb_marked": int(any(v < verb for v in marked_verbs)),
                    "determiner_marked": 0,
                    "split": "probe",
                    "probe_set": "",
                    **{
                        key: item[key]
                        for key in (
                            "role",
                            "construction",
                            "structure",
                            "depth",
                            "tense",
                            "verb_class",
                        )
                    },
                }
            )
    return exposure.mark(pd.DataFrame(rows)), {}
