"""What stages leave in their folders, read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from attractor.vocab import Vocabulary


def read_items(folder: Path, split: str = "") -> pd.DataFrame:
    """The items of a stage's folder, or those of one split."""
    from attractor.results import ITEMS, read_csv

    items = read_csv(folder / ITEMS.name, ITEMS)
    return items[items["split"] == split] if split else items


def read_vocabulary(folder: Path) -> Vocabulary:
    """The vocabulary of a text stage's folder."""
    from attractor.vocab import Vocabulary

    return Vocabulary.read(json.loads((folder / "vocabulary.json").read_text(encoding="utf-8")))


def read_facts(path: Path) -> dict[str, Any]:
    """What a stage found out about what it made."""
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return facts
