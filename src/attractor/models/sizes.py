"""How large a recurrent network is, from its settings alone: planning does without torch."""

from __future__ import annotations

from attractor.errors import UserError

GATES = {"srn": 1, "lstm": 4, "gru": 3}  # weight blocks of each cell


def check_sizes(embedding_size: int, hidden_size: int | None, parameters: int) -> None:
    """Raise UserError naming the size that is no size."""
    for name, value in (
        ("embedding_size", embedding_size),
        ("hidden_size", hidden_size),
        ("parameters", parameters),
    ):
        if name == "hidden_size" and value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise UserError(f"model.{name}={value}: give a whole number of at least 1")


def matched_size(blocks: int, embedding_size: int, parameters: int) -> int:
    """The most units whose recurrent weights and biases number at most `parameters`.

    `blocks` weight blocks of H units hold blocks * H * (E + H + 2) parameters (torch keeps two
    biases). Raises UserError where not even one unit fits.
    """
    units = 0
    while blocks * (units + 1) * (embedding_size + units + 3) <= parameters:
        units += 1
    if not units:
        raise UserError(f"model.parameters={parameters}: too few for one unit; give more")
    return units
