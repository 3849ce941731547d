"""Pickles of plain data, read without running what a pickle can hold: it may name any function."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, NoReturn

from attractor.errors import UserError

_REMEDY = "this file is not the release's, or was cut short: fetch it again"


class _Plain(pickle.Unpickler):
    """Makes containers, texts and numbers, which a pickle spells out; it looks nothing up."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(
            f"it asks for {module}.{name}, and only plain lists, tuples, sets, mappings, texts and "
            "numbers are read"
        )

    def persistent_load(self, pid: Any) -> NoReturn:
        raise pickle.UnpicklingError("it refers to objects outside the file")


def load(file: Path) -> Any:
    """What a pickle holds: lists, tuples, sets, mappings, texts, numbers, True, False and None.

    Nothing that it names is imported or called. Raises UserError naming the file for anything else
    and for what is no whole pickle.
    """
    try:
        with file.open("rb") as stream:
            found = _Plain(stream).load()
            rest = stream.read(1)
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"{file}: cannot be read ({reason}); open it to yourself") from error
    except Exception as error:  # the format's own checks end in errors of any kind
        said = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{file}: no plain pickle: {said}; {_REMEDY}") from error
    if rest:
        raise UserError(f"{file}: no plain pickle: more follows its end; {_REMEDY}")
    return found
