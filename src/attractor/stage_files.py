"""What stages leave in their folders, read back."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from attractor.exposure import Exposure
    from attractor.tasks.protocol import Task
    from attractor.vocab import Vocabulary


def read_items(folder: Path, split: str = "") -> pd.DataFrame:
    """The items of a stage's folder, or those of one split."""
    file = (folder / "items.csv").resolve()
    items = _items(file, file.stat().st_mtime_ns)
    return items[items["split"] == split] if split else items.copy()


@lru_cache(maxsize=8)
def _items(file: Path, changed: int) -> pd.DataFrame:
    """Once a process and state of the file: a worker of a sweep reads the same for many jobs."""
    from attractor.results import ITEMS, read_csv

    return read_csv(file, ITEMS)


def read_sentences(folder: Path, split: str) -> pd.DataFrame:
    """All sentences of a split, in order (column `sentence`): a text's own, or its items'."""
    import pandas as pd

    from attractor.sources import read_lines

    file = folder / f"{split}.txt"
    if file.exists():
        return pd.DataFrame({"sentence": read_lines(file)})
    return read_items(folder, split)[["sentence"]].drop_duplicates(ignore_index=True)


def read_learnt(folder: Path, split: str, task: Task) -> pd.DataFrame:
    """What a task learns from: items, or all sentences where it predicts words."""
    return read_sentences(folder, split) if task.predicts_words else read_items(folder, split)


def read_exposure(folder: Path) -> Exposure:
    """What training exposes a model to."""
    from attractor.exposure import Exposure

    return Exposure.of(read_items(folder, "train"), read_sentences(folder, "train")["sentence"])


def read_vocabulary(folder: Path) -> Vocabulary:
    """The vocabulary of a text stage's folder."""
    from attractor.vocab import Vocabulary

    return Vocabulary.read(json.loads((folder / "vocabulary.json").read_text(encoding="utf-8")))


def read_facts(path: Path) -> dict[str, Any]:
    """What a stage found out about what it made."""
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return facts
