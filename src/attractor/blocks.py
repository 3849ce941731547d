"""Blocks of yaml text inside a configuration: long tables that Hydra need not take apart."""

from __future__ import annotations

from typing import Any

import yaml

from attractor.errors import UserError


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Safe yaml that refuses a key given twice, of which yaml would keep only the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        if len(mapping) < len(node.value):
            keys = [str(key.value) for key, _ in node.value]
            double = next(key for key in keys if keys.count(key) > 1)
            raise UserError(f"{double} is defined twice; rename one, or join the two")
        return mapping


def read_block(value: Any, place: str) -> Any:
    """What a block of text says; anything but text is returned as it is.

    place: the configuration's name for it. Raises UserError for text that is no yaml, or that
    defines a key twice.
    """
    if not isinstance(value, str):
        return value
    try:
        return yaml.load(value, _Loader)
    except UserError as error:
        raise UserError(f"{place}: {error}") from error
    except yaml.YAMLError as error:
        raise UserError(f"{place}: this is no yaml: {' '.join(str(error).split())}") from error
