"""Unit by unit: what memory carries of the subject's number, and how long it is kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch

from attractor.diagnostics.retention import N_NOUNS, OF_HALF, STEPS, Carriers, Half
from attractor.results import Table, count, number

UNITS = Table(
    "gates_units.csv",
    "network half × unit × steps × nouns on the way",
    {
        **OF_HALF,
        "unit": count("unit number, from 0"),
        "weight": number("share of |slope * difference| in its sum over units"),
        "slope": number(
            "log-odds of plural that 1 more of its memory at the answer adds: mean of items"
        ),
        "difference": number("activation of its memory at the subject: plural less singular"),
        "steps": STEPS,
        "n_nouns": N_NOUNS,
        "n_items": count("count of items with these steps and nouns"),
        "forget": number(
            "share: its forget gate, mean over steps and items; empty where there are no steps"
        ),
        "log_retention": number(
            "nats: ln of the product of its forget gate over the steps, mean over items"
        ),
    },
)


def units(half: Half, items: pd.DataFrame, carriers: Carriers) -> pd.DataFrame:
    """UNITS of one direction: what each unit carries of the number, and how long it keeps it.

    items: as `retention` gives them, whose steps and nouns are the cells.
    """
    kept = half.kept()
    forget = torch.where(kept[..., None], half.values["forget"], 0.0).sum(dim=1)
    forget = forget / kept.sum(dim=1, keepdim=True)
    B, H = forget.shape
    each = pd.DataFrame(
        {
            "steps": items["steps"].repeat(H).to_numpy(),
            "n_nouns": items["n_nouns"].repeat(H).to_numpy(),
            "unit": np.tile(np.arange(H), B),
            "forget": forget.flatten(),
            "log_retention": half.log_retention().flatten(),
        }
    )
    cells = each.groupby(["steps", "n_nouns", "unit"], as_index=False).agg(
        n_items=("unit", "size"),
        forget=("forget", "mean"),
        log_retention=("log_retention", "mean"),
    )
    carried = {name: values.numpy() for name, values in carriers._asdict().items()}
    return cells.merge(pd.DataFrame(carried).rename_axis("unit").reset_index(), on="unit")
