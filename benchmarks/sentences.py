"""Sentences with the two forms of a verb, as items: of natural text, and made from templates."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from attractor.sources import read_lines
from attractor.suites.pairs import number_of


def read_sentences(file: Path) -> pd.DataFrame:
    """An item a line of X.text: sentence, verb_index, both forms of the verb, subject_number.

    As Gulordava et al. (2018) filtered the sentences of Linzen et al. (2016). X.gold says where the
    verb stands and which its forms are. Lines whose two forms do not differ in number alone are
    left out.
    """
    rows = []
    for text, gold in zip(read_lines(file), read_lines(file.with_suffix(".gold")), strict=True):
        index, form, wrong, _ = gold.split("\t")
        if number := number_of(form, wrong):
            tokens = text.split()[:-1]  # the last is <eos>
            rows.append((" ".join(tokens), int(index), form, wrong, number))
    columns = ["sentence", "verb_index", "correct_form", "wrong_form", "subject_number"]
    return pd.DataFrame(rows, columns=columns)


def read_pairs(files: Iterable[Path]) -> pd.DataFrame:
    """The same but for subject_number of CLAMS (Mueller et al. 2020): a right and a wrong sentence
    on two lines, each after a tab. Pairs that differ in more than one word are left out.
    """
    rows = []
    for file in files:
        lines = [line.split("\t")[1].split(" ") for line in read_lines(file)]
        for right, wrong in zip(lines[::2], lines[1::2], strict=True):
            differ = [i for i, (a, b) in enumerate(zip(right, wrong, strict=False)) if a != b]
            if len(differ) == 1 and len(right) == len(wrong):
                (verb,) = differ
                rows.append((" ".join(right), verb, right[verb], wrong[verb]))
    return pd.DataFrame(rows, columns=["sentence", "verb_index", "correct_form", "wrong_form"])
