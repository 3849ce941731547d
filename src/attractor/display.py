"""What `attractor stages=[generate]` shows: sentences with subject and verb marked, and cells."""

from __future__ import annotations

from attractor.plan import Plan

_N_SENTENCES = 30


def mark(sentence: str, subject_index: int, verb_index: int) -> str:
    """The sentence with its subject in [brackets] and its verb in *stars*."""
    tokens = sentence.split(" ")
    tokens[subject_index] = f"[{tokens[subject_index]}]"
    tokens[verb_index] = f"*{tokens[verb_index]}*"
    return " ".join(tokens)


def show_generated(job: Plan) -> None:
    """Print thirty items, half training text and half probes, and the probes' cells."""
    import pandas as pd

    from attractor.results import ITEMS, read_csv

    text = read_csv(job.folder / "text.csv", ITEMS)
    frames = [("training text", text[text["split"] == "train"])]
    if "probes" in job.stages.suites:
        frames.append(("probes", read_csv(job.folder / "probes.csv", ITEMS)))
    for title, items in frames:
        print(f"\n{title}: {len(items):,} items, {items['sentence'].nunique():,} sentences")
        shown = items.sample(min(_N_SENTENCES // len(frames), len(items)), random_state=0)
        for sentence, subject, verb in zip(
            shown["sentence"], shown["subject_index"], shown["verb_index"], strict=True
        ):
            print("  " + mark(sentence, subject, verb))
    if "probes" in job.stages.suites:
        cells = pd.read_csv(job.folder / "probes_cells.csv")
        factors = ["probe_set", "role", "structure", "n_intervening", "distance"]
        items = frames[-1][1]
        n_items = items.groupby(factors).size().rename("items")
        shapes = cells.groupby(factors)["derivations"].sum()
        print("\nprobe cells (over subject positions, numbers and attractors):")
        print(pd.concat([n_items, shapes], axis=1).to_string())
    print(f"\n{job.folder}/: text.csv, {', '.join(f'{name}.csv' for name in job.stages.suites)}")
