"""The sentences of Linzen et al. (2016), as Gulordava et al. (2018) filtered them, as items."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from attractor.sources import read_lines
from attractor.suites.pairs import number_of


def read_sentences(file: Path) -> pd.DataFrame:
    """An item a line of X.text: sentence, verb_index, both forms of the verb, subject_number.

    X.gold says where the verb stands and which its forms are. Lines whose two forms do not differ
    in number alone are left out.
    """
    rows = []
    for text, gold in zip(read_lines(file), read_lines(file.with_suffix(".gold")), strict=True):
        index, form, wrong, _ = gold.split("\t")
        if number := number_of(form, wrong):
            tokens = text.split()[:-1]  # the last is <eos>
            rows.append((" ".join(tokens), int(index), form, wrong, number))
    columns = ["sentence", "verb_index", "correct_form", "wrong_form", "subject_number"]
    return pd.DataFrame(rows, columns=columns)
