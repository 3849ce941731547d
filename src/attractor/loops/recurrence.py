"""What recurrent layers have in common: words put before units, texts that end, and gradients of
weights. N: the length of a row of what the units are given, their arguments.
"""

from __future__ import annotations

import numpy as np

from attractor.loops.compiled import compiled
from attractor.loops.products import Floats, Numbers, add_outer, add_product, rows, zeros
from attractor.loops.vectors import LANES, load, store

_NONE = np.float32(0)


@compiled
def reaching(lengths: Numbers, t: int) -> int:
    """The number of leading texts behind which none has a word t."""
    n = len(lengths)
    while n > 0 and lengths[n - 1] <= t:
        n -= 1
    return n


@compiled
def put_words(arguments: Floats, inputs: Floats, which: Numbers) -> None:
    """Fill arguments (n, N) with those of inputs (V, N) that `which` (at least n,) says."""
    for text in range(len(arguments)):
        word = inputs[which[text]]
        for n in range(0, len(word), LANES):
            store(arguments[text], n, load(word, n))


@compiled
def weight_gradients(
    slopes: Floats, d_inputs: Floats, vectors: Floats, lengths: Numbers, h: Floats,
    states: Floats, W: Floats,
    d_vectors: Floats, d_W: Floats, d_U: Floats, d_b: Floats,
) -> None:  # fmt: skip
    """Fill the gradients of vectors (V, E), weights W (n, E) and U (n, H), and biases (n,).

    From slopes (T, B, N), those of the units' arguments, d_inputs (V, N), their sums over all
    places of a word, and the states h (B, H) before the first word and (T, B, H) after each.
    """
    (T, _, H), (V, E), N = states.shape, vectors.shape, slopes.shape[2]
    of_input = rows(W)
    d_words = zeros(V, of_input.shape[1])
    add_product(d_words, d_inputs, of_input)
    d_vectors[:] = d_words[:, :E]
    by_input, by_unit = zeros(-(-E // 4) * 4, N), zeros(-(-H // 4) * 4, N)
    add_outer(by_input, vectors, d_inputs)
    add_outer(by_unit, h, slopes[0])
    for t in range(1, T):
        n_texts = reaching(lengths, t)
        add_outer(by_unit, states[t - 1, :n_texts], slopes[t])
    d_b[:] = _NONE
    for n in range(len(d_b)):
        d_W[n] = by_input[:E, n]
        d_U[n] = by_unit[:H, n]
    for v in range(V):
        for n in range(len(d_b)):
            d_b[n] += d_inputs[v, n]
