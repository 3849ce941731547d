"""Unit by unit: what memory carries of the subject's number, and how long it is kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch

from attractor.diagnostics.retention import OF_HALF, Carriers, Half
from attractor.results import Table

UNITS = Table(
    "gates_units.csv",
    {
        **OF_HALF,
        "unit": "int64",
        "weight": "float64",  # its part of |slope * difference| over units
        "slope": "float64",  # of the log-odds of plural on its memory at the answer
        "difference": "float64",  # of its memory at the subject, plural less singular
        "steps": "int64",  # as in gates_retention.csv; what follows is of the items with these
        "n_nouns": "int64",
        "n_items": "int64",
        "forget": "float64",  # its forget gate, mean over steps and items; empty for no steps
        "log_retention": "float64",  # ln of the product of its forget gate, mean over items
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
