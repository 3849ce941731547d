"""The two members of a minimal pair, as text."""

from __future__ import annotations

import pandas as pd


def with_wrong_form(items: pd.DataFrame) -> list[str]:
    """Each item's sentence with the wrong form of its verb."""
    texts = []
    columns = zip(items["sentence"], items["verb_index"], items["wrong_form"], strict=True)
    for sentence, verb, wrong_form in columns:
        tokens = sentence.split(" ")
        tokens[verb] = wrong_form
        texts.append(" ".join(tokens))
    return texts
