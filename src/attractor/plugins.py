"""Calling what a yaml names as its `_target_`, with its options checked against the signature."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

from attractor.errors import UserError


def call_target(place: str, options: Mapping[str, Any], **given: Any) -> Any:
    """Call `options["_target_"]` with the other options and with what the pipeline gives.

    place: the configuration's name for it, for messages. Raises UserError for a target that cannot
    be imported and for options that its signature does not take.
    """
    target = options.get("_target_", "")
    module, _, name = str(target).rpartition(".")
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise UserError(f"{place}._target_={target}: cannot be imported ({error})") from error
    arguments = {key: value for key, value in options.items() if key != "_target_"}
    try:
        inspect.signature(function).bind(**given, **arguments)
    except TypeError as error:
        takes = ", ".join(p for p in inspect.signature(function).parameters if p not in given)
        raise UserError(f"{place}: {error}; {name} takes {takes or 'no options'}") from error
    return function(**given, **arguments)
