"""What recurrent layers have in common: words put before units, texts that end, states that are
asked for, and gradients of weights. N: the length of a row of what the units are given, their
arguments.
"""

from __future__ import annotations

import numpy as np

from attractor.loops.compiled import compiled
from attractor.loops.products import (
    Floats,
    Numbers,
    add_outer,
    add_product,
    padded,
    padded_rows,
    zeros,
)
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
def states_at(states: Floats, rows: Numbers, positions: Numbers) -> Floats:
    """Of states (T, B, H) those (Q, H) of texts `rows` after words `positions`. Raises IndexError
    where there is no such place.
    """
    T, B, H = states.shape
    found = np.empty((len(rows), H), np.float32)
    for q in range(len(rows)):
        if not (0 <= rows[q] < B and 0 <= positions[q] < T):
            raise IndexError("a question beyond the texts")
        found[q] = states[positions[q], rows[q]]
    return found


@compiled
def gradients_at(gradient: Floats, rows: Numbers, positions: Numbers, T: int, B: int) -> Floats:
    """What reaches each state, in rows of whole vectors (T, B, N), from the gradient (Q, H) of what
    `states_at` found.
    """
    H = gradient.shape[1]
    N = padded(H)
    found = zeros(T * B, N)
    for q in range(len(rows)):
        own = found[positions[q] * B + rows[q]]
        for n in range(H):
            own[n] += gradient[q, n]
    return found.reshape(T, B, N)


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
    of_input = padded_rows(W)
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
