"""What `attractor stages=[generate]` shows: sentences with subject and verb marked, and cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attractor.plan import Plan

if TYPE_CHECKING:
    import pandas as pd

_N_SENTENCES = 30


def mark(sentence: str, subject_index: int, verb_index: int) -> str:
    """The sentence with its subject in [brackets] and its verb in *stars*."""
    tokens = sentence.split(" ")
    tokens[subject_index] = f"[{tokens[subject_index]}]"
    tokens[verb_index] = f"*{tokens[verb_index]}*"
    return " ".join(tokens)


def show_generated(job: Plan) -> None:
    """Print some thirty items of training text and suites, and the cells of the probes."""
    import pandas as pd

    from attractor.results import ITEMS, read_csv

    text = read_csv(job.items_file("text"), ITEMS)
    frames = {"training text": text[text["split"] == "train"]}
    for name in job.stages.suites:
        frames[name] = read_csv(job.items_file(name), ITEMS)
    for title, items in frames.items():
        print(f"\n{title}: {len(items):,} items, {items['sentence'].nunique():,} sentences")
        shown = items.sample(min(_N_SENTENCES // len(frames), len(items)), random_state=0)
        for sentence, subject, verb in zip(
            shown["sentence"], shown["subject_index"], shown["verb_index"], strict=True
        ):
            print("  " + mark(sentence, subject, verb))
    existing = None  # the same for every suite: what the grammar allows
    for name in job.stages.suites:
        path = job.items_file(f"{name}_cells")
        if path.exists():
            print(f"\ncells of {name}, and the derivations that each has:")
            print(_cells(pd.read_csv(path)).to_string(index=False))
            existing = job.items_file(f"{name}_existing")
    if existing:
        print("\ncells that exist (outermost constructions, at most four deep):")
        print(_existing(pd.read_csv(existing)).to_string(index=False))
    tables = ", ".join(sorted(path.name for path in job.folder.glob("*.csv")))
    print(f"\n{job.folder}/: {tables}")


def _cells(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells with their derivations, those that differ in start symbol and position together."""
    what = cells["structure"].fillna(cells["construction"]).fillna(cells["coordination"])
    grouped = cells.assign(between=what.fillna("any")).groupby(
        ["probe_set", "role", "between", "n_intervening", "distance"], dropna=False, sort=False
    )
    return grouped["derivations"].sum().reset_index()


def _existing(cells: pd.DataFrame) -> pd.DataFrame:
    """A row for each role and number of nouns between."""
    grouped = cells.groupby(["role", "n_intervening"])
    table = grouped.agg(
        constructions=("construction", "nunique"),
        nearest=("distance", "min"),
        farthest=("distance", "max"),
        derivations=("derivations", "sum"),
    )
    return table.reset_index()
