"""The contracts of what gradients tell: of one run, and of many."""

from __future__ import annotations

from attractor.diagnostics.protocol import OF_CONFIG
from attractor.results import Table, count, number, text, with_intervals

_WHERE = {
    "snapshot": text("label: initial (before training), halfway, best (the weights scored)"),
    "direction": text("label: forward or backward, the direction of reading"),
}
_PATH = text("label: x (embedding), h (state) or C (memory)")
_WORD = text("label: any; subject; first: the first that this direction reads")
_LAG = count("steps in tokens from the word to the state that answers")
_LENGTH = count("tokens of running text read before the question")
GRADIENTS = Table(
    "gradients.csv",
    "snapshot × direction × kind of word × lag",
    {
        **_WHERE,
        "word": _WORD,
        "lag": _LAG,
        "n_items": count("count of items with such a word"),
        "grad_x": number("norm ‖∂margin/∂x_t‖ at the word's embedding: geometric mean over items"),
        "grad_h": number("norm ‖∂margin/∂h_t‖ at the state: geometric mean over items"),
        "grad_c": number(
            "norm ‖∂margin/∂C_t‖ at the memory: geometric mean over items; empty without a memory"
        ),
        "share": number("share of ‖∇_W,t L‖, the step's, in its sum over steps: mean over items"),
    },
)
DECAY = Table(
    "gradients_decay.csv",
    "snapshot × direction × path",
    {
        **_WHERE,
        "path": _PATH,
        "factor": number(
            "ratio: what ‖∂margin/∂·‖ is multiplied by a token farther back; empty without a fit"
        ),
        "r2": number(
            "share of the variance of ln ‖∂margin/∂·‖ within items that the fit explains; or empty"
        ),
        "n_items": count("count of items that the fit is of"),
    },
)
BY_LENGTH = Table(
    "gradients_by_length.csv",
    "snapshot × direction × length of text",
    {
        **_WHERE,
        "length": _LENGTH,
        "n_texts": count("count of texts of this length"),
        "grad_first_h": number("norm ‖∂margin/∂h_1‖ at the first word read: geometric mean"),
        "grad_first_c": number(
            "norm ‖∂margin/∂C_1‖ at the first word read: geometric mean; empty without a memory"
        ),
        "first_share": number("share of the first word read in the sum of ‖∇_W,t L‖: mean"),
        "grad_norm": number("norm of the gradient of the texts' mean loss, before clipping"),
        "clip": number("norm to which training clips the gradient"),
    },
)
SPECTRA = Table(
    "gradients_spectra.csv",
    "snapshot × direction × matrix of recurrent weights",
    {
        **_WHERE,
        "weights": text("label: recurrent (simple network); forget, input, candidate, output"),
        "spectral_radius": number("ratio: absolute value of the matrix's largest eigenvalue"),
        "largest_singular_value": number("ratio: the most that the matrix can stretch a state"),
        "mean_bias": number(
            "activation: mean over units of the bias, which is added to their input"
        ),
    },
)
DECAY_RATES = Table(
    "gradients_decay_rates.csv",
    "configuration × snapshot × direction × path",
    {
        **OF_CONFIG,
        **_WHERE,
        "path": _PATH,
        "n_seeds": count("count of runs that are averaged"),
        **with_intervals(
            factor="ratio: what ‖∂margin/∂·‖ is multiplied by a token farther back; geometric mean "
            "over seeds"
        ),
        "r2": number("share of the variance within items that the fit explains: mean over seeds"),
        "n_items": number("count of items of one seed: mean over seeds"),
    },
)
BY_LAG = Table(
    "gradients_by_lag.csv",
    "configuration × snapshot × direction × kind of word × path × lag",
    {
        **OF_CONFIG,
        **_WHERE,
        "word": _WORD,
        "path": _PATH,
        "lag": _LAG,
        "n_seeds": count("count of runs that are averaged"),
        "n_items": number("count of items of one seed: mean over seeds"),
        **with_intervals(norm="norm ‖∂margin/∂·‖ of the path: geometric mean of items and seeds"),
    },
)
LENGTHS = Table(
    "gradients_norm_by_length.csv",
    "configuration × snapshot × direction × length of text × quantity",
    {
        **OF_CONFIG,
        **_WHERE,
        "length": _LENGTH,
        "quantity": text("label: grad_norm, grad_first_h or grad_first_c"),
        "n_seeds": count("count of runs that are averaged"),
        **with_intervals(value="norm: geometric mean of the quantity over seeds"),
        "clip": number("norm to which training clips the gradient: mean over seeds"),
        "n_texts": number("count of texts of one seed: mean over seeds"),
    },
)
