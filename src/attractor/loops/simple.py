"""The simple network's recurrence (Elman 1990), and the gradients of what it is made of.

hₜ = tanh(aₜ), aₜ = W xₜ + U hₜ₋₁ + b; with gₜ what reaches hₜ from outside the layer,
∂L/∂aₜ = (1 - hₜ²)(gₜ + Uᵀ ∂L/∂aₜ₊₁) (Werbos 1990). T words of B texts, V distinct words, E inputs,
H units.
"""

from __future__ import annotations

import numpy as np

from attractor.loops.compiled import compiled
from attractor.loops.products import Floats, Numbers, add_product, padded_rows, zeros
from attractor.loops.recurrence import gradients_at, put_words, reaching, weight_gradients
from attractor.loops.tanh import tanh
from attractor.loops.vectors import LANES, load, load_until, splat, store, store_until

_ONE, _NONE = np.float32(1), np.float32(0)


@compiled
def read_simple(
    vectors: Floats, which: Numbers, lengths: Numbers, h: Floats,
    W: Floats, U: Floats, b: Floats, second_b: Floats, states: Floats,
) -> None:  # fmt: skip
    """Read the words `which` (B, T) of vectors (V, E) from states h (B, H), of each text its length
    (B,), fastest from the longest text to the shortest; fills states (T, B, H), zeros behind.

    W (H, E), U (H, H), b and second_b (H,): torch's weights.
    """
    (T, B, H), V = states.shape, len(vectors)
    by_unit = padded_rows(np.ascontiguousarray(U.T))
    N = by_unit.shape[1]
    inputs, arguments = zeros(V, N), zeros(B, N)
    for v in range(V):
        for n in range(H):
            inputs[v, n] = b[n] + second_b[n]
    add_product(inputs, vectors, padded_rows(np.ascontiguousarray(W.T)))
    for t in range(T):
        n_texts = reaching(lengths, t)
        put_words(arguments[:n_texts], inputs, which[:, t])
        add_product(arguments[:n_texts], h, by_unit)
        h = states[t]
        h[n_texts:] = _NONE
        for text in range(n_texts):
            for n in range(0, H, LANES):
                store_until(h[text], n, H, tanh(load(arguments[text], n)))


@compiled
def simple_gradients(
    gradient: Floats, rows: Numbers, positions: Numbers,
    vectors: Floats, which: Numbers, lengths: Numbers, h: Floats,
    W: Floats, U: Floats, states: Floats,
    d_vectors: Floats, d_W: Floats, d_U: Floats, d_b: Floats,
) -> None:  # fmt: skip
    """Fills the gradients of vectors and weights that `read_simple` was given, each of the shape of
    what it is of, from the gradient (Q, H) of states of texts `rows` (Q,) after their words
    `positions` (Q,).
    """
    (T, B, H), V = states.shape, len(vectors)
    of_unit, asked = padded_rows(U), gradients_at(gradient, rows, positions, T, B)
    N = of_unit.shape[1]
    d_state, d_inputs = zeros(B, N), zeros(V, N)
    slopes = zeros(T * B, N).reshape(T, B, N)
    for t in range(T - 1, -1, -1):
        n_texts = reaching(lengths, t)
        for text in range(n_texts):
            word, slope = d_inputs[which[text, t]], slopes[t, text]
            for n in range(0, H, LANES):
                state = load_until(states[t, text], n, H)
                d = load(d_state[text], n) + load(asked[t, text], n)
                d = d * (splat(_ONE) - state * state)
                store_until(slope, n, H, d)
                store(word, n, load(word, n) + load(slope, n))
        if t:  # the states before the first word are not learnt
            d_state[:] = _NONE
            add_product(d_state[:n_texts], slopes[t], of_unit)
    weight_gradients(
        slopes, d_inputs, vectors, lengths, h, states, W, d_vectors, d_W, d_U, d_b
    )  # fmt: skip
