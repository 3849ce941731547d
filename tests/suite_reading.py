"""Published suites as their yamls have them read, checked against the item table's contract."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from attractor.errors import UserError
from attractor.resources import CONF
from attractor.results import ITEMS, check
from clams_data import EXPOSURE

Found = tuple[pd.DataFrame, dict[str, pd.DataFrame]]
SHARED = Path(__file__).parents[2] / "shared" / "data"


def spec(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CONF / f"suite/{name}.yaml").read_text("utf-8"))
    return found


def read(name: str, path: Path, **changed: Any) -> Found:
    """A suite's items, counts.csv and excluded.csv; changed: options other than the yaml's."""
    given = spec(name)
    module, _, function = given["_target_"].rpartition(".")
    apart = ("_target_", "version", "citation", "licence", "path")
    options = {key: value for key, value in given.items() if key not in apart}
    reader = getattr(importlib.import_module(module), function)
    items, tables = reader(None, EXPOSURE, path=str(path), **{**options, **changed})
    assert items["item_id"].is_unique
    assert list(tables) == ["counts.csv", "excluded.csv"]
    return check(items, ITEMS, name), tables


def told(name: str, path: Path, **changed: Any) -> str:
    """What a person is told of a suite that cannot be read: one line."""
    with pytest.raises(UserError) as caught:
        read(name, path, **changed)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def write(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def release(name: str) -> Path:
    """The folder of a release; skips the test where it is absent."""
    if not (folder := SHARED / name).is_dir():
        pytest.skip(f"no {folder}")
    return folder
