"""Probe sets as a yaml gives them: their keys and values, checked before anything is counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attractor.blocks import read_block
from attractor.errors import UserError
from attractor.splits import NOUNS
from attractor.word_classes import NUMBERS

# What a cell may fix of a derivation.
NUMBER_FACTORS = ("subject_index", "distance", "n_intervening", "depth")
NAME_FACTORS = ("role", "construction", "coordination", "structure")
FACTORS = (*NUMBER_FACTORS, *NAME_FACTORS)
ROLES = ("outer", "inner")

_MOST_DEPTH = 20  # far beyond what anyone reads; deeper, Python's own stack is the limit
_NEEDED = {"balanced", "start", "without", "max_depth"}
_OF_CELLS = {*FACTORS, "n_attractors", "subject_number", "items_per_cell"}
_KNOWN = _NEEDED | _OF_CELLS | {"cells", "nouns"}
_CHOICES = {"role": ROLES, "subject_number": NUMBERS}


def entries_of(place: str, spec: Any) -> list[dict[str, Any]]:
    """The cells of a set, each with what the set says of all of them. UserError if one is wrong."""
    if not isinstance(spec, Mapping):
        raise UserError(f"{place}={spec}: give a mapping, as conf/suite/probes.yaml does")
    if wrong := (_NEEDED - set(spec)) | (set(spec) - _KNOWN):
        raise UserError(
            f"{place}: {', '.join(sorted(map(str, wrong)))} missing or unknown; "
            f"give {', '.join(sorted(_NEEDED))}"
        )
    if not isinstance(spec["balanced"], bool):
        raise UserError(f"{place}.balanced={spec['balanced']}: give true or false")
    if "nouns" in spec and str(spec["nouns"]) not in NOUNS:
        raise UserError(f"{place}.nouns={spec['nouns']}: choose {' or '.join(NOUNS)}")
    whole_number(f"{place}.max_depth", spec["max_depth"], 0, _MOST_DEPTH)
    _list(f"{place}.start", spec["start"], str)
    _list(f"{place}.without", spec["without"], str, least=0)
    common = {key: value for key, value in spec.items() if key in _OF_CELLS}
    cells = read_block(spec.get("cells", [{}]), f"{place}.cells")
    return [
        _entry(f"{place}.cells.{number}", common | some)
        for number, some in enumerate(_list(f"{place}.cells", cells, dict))
    ]


def _entry(here: str, entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of `cells`, checked."""
    if wrong := set(entry) - _OF_CELLS:
        raise UserError(
            f"{here}: {', '.join(sorted(map(str, wrong)))} unknown; "
            f"choose from {', '.join(sorted(_OF_CELLS))}"
        )
    whole_number(f"{here}.items_per_cell", entry.get("items_per_cell"), 1)
    for key in sorted(set(entry) - {"items_per_cell"}):
        names = key in NAME_FACTORS or key == "subject_number"
        values = _list(f"{here}.{key}", entry[key], str if names else int)
        for value in () if names else values:
            whole_number(f"{here}.{key}", value, 0)
        if key in _CHOICES and (unknown := set(values) - set(_CHOICES[key])):
            raise UserError(f"{here}.{key}: {unknown.pop()}; choose {' or '.join(_CHOICES[key])}")
    return entry


def whole_number(key: str, value: Any, least: int, most: int | None = None) -> None:
    """Refuse what is no whole number from `least` to `most`."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise UserError(f"{key}={value}: give a whole number of at least {least}")
    if most is not None and value > most:
        raise UserError(f"{key}={value}: give a whole number of at most {most}")


def _list(key: str, values: Any, kind: type, least: int = 1) -> list[Any]:
    what = {int: "whole numbers", str: "names", dict: "cells"}[kind]
    if not isinstance(values, list) or not all(isinstance(v, kind) for v in values):
        raise UserError(f"{key}={values}: give a list of {what}")
    if len(values) < least:
        raise UserError(f"{key}={values}: give a list of {what}, of at least {least}")
    if kind is not dict and len(set(values)) < len(values):
        raise UserError(f"{key}={values}: one stands there twice; write each once")
    return values
