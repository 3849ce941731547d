"""The linter on releases that nobody here wrote: counts that other tools (grep, wc) confirm."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from attractor.linting.contents import Contents
from attractor.linting.formats import read_path
from attractor.linting.report import lint

DATA = Path(__file__).parents[2] / "shared" / "data"
pytestmark = [
    pytest.mark.third_party,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"needs the data of others in {DATA}"),
]


def found_in(name: str) -> tuple[Contents, Counter[str]]:
    (contents,) = read_path(DATA / name)
    assert isinstance(contents, Contents)
    faults, _ = lint(contents, None, rules=False)
    return contents, Counter(fault.kind for fault in faults)


@pytest.mark.parametrize(
    ("name", "pairs", "faults"),
    [
        (
            "clams_en/simple_agrmt.txt",
            140,
            {"no_final_newline": 1, "multi_word_verb": 80, "no_final_stop": 140, "lower_case": 1},
        ),
        (
            "clams_en/simple_reflexives.txt",
            280,
            {
                "no_final_newline": 1,
                "forms": 280,
                "duplicate_good": 70,
                "no_final_stop": 210,
                "lower_case": 1,
            },
        ),
        ("blimp/distractor_agreement_relational_noun.jsonl", 1000, {"tense": 122}),
        (
            "blimp/irregular_plural_subject_verb_agreement_1.jsonl",
            1000,
            {"tense": 162, "ambiguous_prefix": 9, "number_imbalance": 1},
        ),
        (
            "blimp/regular_plural_subject_verb_agreement_1.jsonl",
            1000,
            {"tense": 101, "ambiguous_prefix": 35, "number_imbalance": 1},
        ),
        ("lakretz/nounpp.txt", 2400, {}),
        (
            "gulordava_en/generated.tab",
            100,
            {
                "index_form": 86,
                "prefix_text": 1,
                "number_imbalance": 1,
                "unbalanced": 2,
                "end_mark": 100,
                "no_final_stop": 5,
                "mixed_case": 4,
            },
        ),
        (
            "gulordava_en/generated.gold",
            200,
            {
                "index_form": 179,
                "prefix_text": 183,
                "number_imbalance": 2,
                "unbalanced": 4,
                "end_mark": 200,
                "no_final_stop": 6,
                "mixed_case": 4,
            },
        ),
        (
            "linzen/subj_agr_filtered.gold",
            5000,
            {
                "index_form": 3,
                "identical": 2,
                "forms": 1,
                "ambiguous_prefix": 2,
                "number_imbalance": 5,
                "penn_quote": 247,
                "unbalanced": 71,
                "broken_off": 98,
                "end_mark": 5000,
                "lower_case": 1,
                "stray_capital": 11,  # only A to Z was put in lower case
            },
        ),
        (
            "lm_syneval/simple_agrmt.pickle",
            140,
            {"multi_word_verb": 80, "no_final_stop": 140, "lower_case": 1},
        ),
        (
            "syntaxgym/number_prep.json",
            38,
            {"no_final_newline": 1, "conditions": 4, "no_final_stop": 38},
        ),
    ],
)
def test_the_faults_of_a_release(name: str, pairs: int, faults: dict[str, int]) -> None:
    contents, found = found_in(name)
    assert len(contents.pairs) == pairs
    assert dict(found) == faults


def test_a_treebank_and_running_text_are_read_too() -> None:
    bank, faults = found_in("ud/en_ewt-ud-dev.conllu")
    assert len(bank.texts) == bank.n_rows == 2001
    assert faults["not_in_format"] == faults["text_form"] == 0
    text, faults = found_in("corpora/wikitext2-valid.txt")
    assert (len(text.texts), faults["unknown_word"], faults["escape"]) == (2461, 1838, 1016)
