"""What `train.precision=auto` comes to: bfloat16 where it is the faster one, else float32.

Decided from what the machine and the network are, never by timing: a run's name and numbers follow
from it, and must not depend on how busy the machine is. Known without torch, which planning does
not wait for; only `train.device=cuda` needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from attractor.models.sizes import GATES, matched_size

PRECISION, AUTO = "train.precision", "auto"
PRECISIONS = ("fp32", "bf16", AUTO)
# By cell and task, the units from which training is faster under torch's bfloat16 autocast than in
# compiled loops (on a processor with AVX-512 BF16), where the trained network was shown to be the
# same within noise: docs/precision.md.
LEAST_UNITS = {("lstm", "number_prediction"): 200, ("lstm", "language_model"): 200}
_CPUINFO = Path("/proc/cpuinfo")
_FLAGS = {"amx_bf16", "avx512_bf16"}  # either multiplies bfloat16; without, it is emulated


def best(model: Mapping[str, Any], task: Mapping[str, Any], device: str) -> str:
    """fp32 or bf16 for a network with these settings; fp32 where its units cannot be told."""
    cell, (module, *_) = model.get("cell"), str(task.get("_target_")).split(".")[-2:]
    least = LEAST_UNITS.get((str(cell), module))
    if least is None or _units(model) < least:
        return "fp32"
    return "bf16" if _is_fast(device) else "fp32"


def _units(model: Mapping[str, Any]) -> int:
    """Units of each direction, the fewest that it may be where they follow from `parameters`; 0
    where nothing tells.
    """
    units, embedding, parameters = (
        model.get(name) for name in ("hidden_size", "embedding_size", "parameters")
    )
    if units is None and isinstance(embedding, int) and isinstance(parameters, int):
        blocks = GATES[model["cell"]] * (1 + bool(model.get("both_ends")))
        units = matched_size(blocks, embedding, parameters)
    return units if isinstance(units, int) else 0


def _is_fast(device: str) -> bool:
    """Whether a device has units that multiply bfloat16; GPUs: from compute capability 8.0 (Ampere)
    on.
    """
    if device == "cpu":
        return multiplies_bfloat16()
    import torch

    return torch.cuda.is_available() and torch.cuda.get_device_capability() >= (8, 0)


@cache
def multiplies_bfloat16() -> bool:
    """Whether Linux tells of this processor that it does."""
    try:
        lines = _CPUINFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "")
    return not _FLAGS.isdisjoint(flags.split())
