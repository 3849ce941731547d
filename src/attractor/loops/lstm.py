"""The LSTM's recurrence, and the gradients of what it is made of.

Gates stand beside each other in a row, in torch's order i, f, C̃, o, each of H units. A logistic
gate is σ(x) = 1/2 + tanh(x/2)/2; so with its weights halved a row of gates is one row of tanh, and
that is what is kept of it. T words of B texts, V distinct words, E inputs, H units, G: the length
of a row of gates, 4H and zeros.
"""

from __future__ import annotations

import numpy as np

from attractor.loops.compiled import compiled
from attractor.loops.products import Floats, Numbers, add_product, padded, padded_rows, zeros
from attractor.loops.recurrence import gradients_at, put_words, reaching, weight_gradients
from attractor.loops.tanh import tanh
from attractor.loops.vectors import LANES, load, load_until, splat, store, store_until

_QUARTER, _HALF, _ONE, _NONE = (np.float32(x) for x in (0.25, 0.5, 1.0, 0.0))


@compiled
def read_lstm(
    vectors: Floats, which: Numbers, lengths: Numbers, h: Floats, C: Floats,
    W: Floats, U: Floats, b: Floats, second_b: Floats,
    gates: Floats, memories: Floats, states: Floats,
) -> None:  # fmt: skip
    """Read the words `which` (B, T) of vectors (V, E) from states h and memories C (B, H); of each
    text its length (B,), fastest from the longest text to the shortest, and zeros behind it.

    W (4H, E), U (4H, H), b and second_b (4H,): torch's weights. Fills states (T, B, H), gates
    (T, B, G) and memories (T, B, H); with fewer than T places, these hold the last ones.
    Behind the gates there must be room that can be read, of a vector: the last units' are read with
    it, and left.
    """
    (T, _, H), V, G = states.shape, len(vectors), gates.shape[2]
    half = splat(_HALF)
    inputs = zeros(V, G)
    for v in range(V):
        for n in range(4 * H):
            inputs[v, n] = (b[n] + second_b[n]) * _factor(n, H)
    add_product(inputs, vectors, _turned(W, G))
    by_unit = _turned(U, G)
    for t in range(T):
        gate, memory, state = gates[t % len(gates)], memories[t % len(memories)], states[t]
        n_texts = reaching(lengths, t)
        put_words(gate[:n_texts], inputs, which[:, t])
        add_product(gate[:n_texts], h, by_unit)
        for text in range(n_texts):
            g, before, after, s = gate[text], C[text], memory[text], state[text]
            for n in range(0, G, LANES):
                store(g, n, tanh(load(g, n)))
            for n in range(0, H, LANES):
                i, f = half + half * load(g, n), half + half * load(g, H + n)
                o = half + half * load(g, 3 * H + n)
                c = f * load_until(before, n, H) + i * load(g, 2 * H + n)
                store_until(after, n, H, c)
                store_until(s, n, H, o * tanh(c))
        memory[n_texts:], state[n_texts:] = _NONE, _NONE
        h, C = state, memory


@compiled
def lstm_gradients(
    gradient: Floats, rows: Numbers, positions: Numbers,
    vectors: Floats, which: Numbers, lengths: Numbers, h: Floats, C: Floats,
    W: Floats, U: Floats, gates: Floats, memories: Floats, states: Floats,
    d_vectors: Floats, d_W: Floats, d_U: Floats, d_b: Floats,
) -> None:  # fmt: skip
    """Fills the gradients (Werbos 1990) of vectors and weights that `read_lstm` was given, each of
    the shape of what it is of, from the gradient (Q, H) of states of texts `rows` (Q,) after their
    words `positions` (Q,).
    """
    (T, B, H), V, G = states.shape, len(vectors), gates.shape[2]
    slopes = zeros(T * B, G).reshape(T, B, G)
    d_state, d_C, d_inputs = zeros(B, padded(H)), zeros(B, padded(H)), zeros(V, G)
    of_unit, asked = padded_rows(U), gradients_at(gradient, rows, positions, T, B)
    for t in range(T - 1, -1, -1):
        before = memories[t - 1] if t else C
        n_texts = reaching(lengths, t)
        for text in range(n_texts):
            _slope(
                gates[t, text], before[text], memories[t, text], asked[t, text],
                d_state[text], d_C[text], slopes[t, text],
            )  # fmt: skip
            word = d_inputs[which[text, t]]
            for n in range(0, G, LANES):
                store(word, n, load(word, n) + load(slopes[t, text], n))
        if t:  # the states before the first word are not learnt
            d_state[:] = _NONE
            add_product(d_state[:n_texts], slopes[t], of_unit)
    weight_gradients(
        slopes, d_inputs, vectors, lengths, h, states, W, d_vectors, d_W, d_U, d_b
    )  # fmt: skip


@compiled
def _slope(
    g: Floats, before: Floats, memory: Floats, own: Floats,
    d_state: Floats, d_C: Floats, slope: Floats,
) -> None:  # fmt: skip
    """∂L/∂z (G,) of the arguments z of one text's gates at one word.

    From the gates g, the memory before the word and after it, and what reaches the state from
    outside and from behind; in the place of d_C what reaches the memory before.
    """
    H = len(memory)
    one, half, quarter = splat(_ONE), splat(_HALF), splat(_QUARTER)
    for n in range(0, H, LANES):
        i, f, candidate, o = load(g, n), load(g, H + n), load(g, 2 * H + n), load(g, 3 * H + n)
        c = tanh(load_until(memory, n, H))
        d = load(d_state, n) + load(own, n)
        d_c = load(d_C, n) + d * (half + half * o) * (one - c * c)
        d_i = quarter * d_c * candidate * (one - i * i)
        d_f = quarter * d_c * load_until(before, n, H) * (one - f * f)
        d_candidate = d_c * (half + half * i) * (one - candidate * candidate)
        store_until(slope, n, H, d_i)
        store_until(slope, H + n, 2 * H, d_f)
        store_until(slope, 2 * H + n, 3 * H, d_candidate)
        store_until(slope, 3 * H + n, 4 * H, quarter * d * c * (one - o * o))
        store_until(d_C, n, H, d_c * (half + half * f))


@compiled
def _factor(n: int, H: int) -> np.float32:
    """What weights of a row's number n are multiplied by: 1/2, and 1 for the candidates."""
    return _ONE if 2 * H <= n < 3 * H else _HALF


@compiled
def _turned(weights: Floats, G: int) -> Floats:
    """Weights (4H, n) as `read_lstm` multiplies by them (n, G)."""
    N, M = weights.shape
    turned = zeros(M, G)
    for n in range(N):
        factor = _factor(n, N // 4)
        for m in range(M):
            turned[m, n] = factor * weights[n, m]
    return turned
