"""The CLAMS suite's yaml, a few hand-made pairs to read with it, and the kind of each file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from attractor.exposure import Exposure
from attractor.grammar import Grammar
from attractor.resources import CONF
from attractor.suites.clams import read_clams

FIXTURES = Path(__file__).parent / "fixtures" / "clams"
SPEC: dict[str, Any] = yaml.safe_load((CONF / "suite/clams.yaml").read_text("utf-8"))
WORDS: dict[str, Any] = yaml.safe_load(SPEC["words"])
FILES: dict[str, dict[str, Any]] = yaml.safe_load(SPEC["files"])
OPTIONS = {key: SPEC[key] for key in ("files", "words")}
# Training held one sentence, "the author laughs".
EXPOSURE = Exposure(
    frozenset({"the", "the author", "the author laughs"}),
    pd.Series(
        [1],
        pd.MultiIndex.from_tuples(
            [("outer", 1, 0, 0)], names=["role", "distance", "n_intervening", "n_attractors"]
        ),
        name="train_frequency",
    ),
)


def read(
    grammar: Grammar, folder: Path | str, **changed: Any
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    return read_clams(grammar, EXPOSURE, str(folder), **{**OPTIONS, **changed})


ONE_NOUN = {
    "construction": "simple",
    "structure": "simple",
    "role": "outer",
    "within": "none",
    "opening": "none",
    "coordination": "none",
    "depth": 0,
}


def modified(construction: str) -> dict[str, Any]:
    return ONE_NOUN | {"construction": construction, "structure": construction, "depth": 1}


OF_FILE = {
    "simple_agrmt": ONE_NOUN,
    "sent_comp": ONE_NOUN | {"opening": "matrix_clause"},
    "vp_coord": ONE_NOUN
    | {"structure": "short_vp_coordination", "coordination": "short_vp_coordination"},
    "prep_anim": modified("prep_phrase"),
    "subj_rel": modified("subject_relative"),
    "obj_rel_across_anim": modified("object_relative"),
    "obj_rel_no_comp_across_anim": modified("object_relative_no_that"),
    "obj_rel_no_comp_within_anim": ONE_NOUN
    | {"role": "inner", "within": "object_relative_no_that"},
}
