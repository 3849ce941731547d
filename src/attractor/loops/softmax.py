"""A softmax over all words, and its cross-entropy's gradients, exact, a few questions at a time.

With scores s = x Wᵀ + b and p = softmax(s): ∂loss/∂s = p - 1 at the target =: g, hence ∂loss/∂x =
g W, ∂loss/∂W = gᵀ x and ∂loss/∂b = Σ g. Scores stand by word (V, questions), so that no product
needs W turned, and a vector is one word's scores for several questions. Those of all questions
never exist together, nor is one computed twice (Wijmans et al. 2024; Hsu et al. 2024, Liger).
"""

from __future__ import annotations

import numpy as np

from attractor.loops.compiled import compiled
from attractor.loops.exponential import exponential
from attractor.loops.products import (
    Floats,
    Numbers,
    add_outer,
    add_product,
    padded,
    padded_rows,
    zeros,
)
from attractor.loops.vectors import LANES, load, maximum, store

_QUESTIONS = 4 * LANES  # at once: a tile's columns; more scores would leave the cache
_WORDS = 128  # whose probabilities are added up by themselves: long sums lose digits
_NONE, _ONE = np.float32(0), np.float32(1)


@compiled
def cross_entropy(
    x: Floats, W: Floats, b: Floats, targets: Numbers, d_x: Floats, d_W: Floats, d_b: Floats
) -> float:
    """The mean -log p in nats of targets (Q,), for x (Q, H), W (V, H) and b (V,); fills its
    gradients. Raises IndexError where a target is no word.
    """
    (Q, H), V = x.shape, len(W)
    _check(targets, V)
    scale = _ONE / np.float32(Q)
    wide, d_wide = padded_rows(x), zeros(V, padded(H))
    N = padded(min(Q, _QUESTIONS))
    scores, turned, d_turned = zeros(V, N), zeros(H, N), zeros(-(-H // 4) * 4, N)
    most, total = zeros(1, N)[0], zeros(1, N)[0]
    loss = 0.0
    d_b[:] = _NONE
    for first in range(0, Q, N):
        n = min(N, Q - first)
        _score(x[first : first + n], W, b, turned, scores)
        for q in range(n):
            loss -= scores[targets[first + q], q]
        _exponentiate(scores, most, total)
        for q in range(n):
            loss += most[q] + np.log(total[q])
        for q in range(N):
            total[q] = scale / total[q] if q < n else _NONE
        for v in range(V):
            for q in range(0, N, LANES):
                store(scores[v], q, load(scores[v], q) * load(total, q))
        for q in range(n):
            scores[targets[first + q], q] -= scale
        for v in range(V):
            for q in range(n):
                d_b[v] += scores[v, q]
        add_product(d_wide, scores, wide[first : first + n])
        d_turned[:] = _NONE
        add_outer(d_turned, W, scores)
        for q in range(n):
            for k in range(H):
                d_x[first + q, k] = d_turned[k, q]
    d_W[:] = d_wide[:, :H]
    return float(loss / Q)


@compiled
def log_probabilities(x: Floats, W: Floats, b: Floats, targets: Numbers, found: Floats) -> None:
    """Fills found (Q, n) with log p in nats of the words `targets` (Q, n) of each question; raises
    IndexError where one is no word.
    """
    (Q, H), V = x.shape, len(W)
    _check(targets.reshape(-1), V)
    N = padded(min(Q, _QUESTIONS))
    scores, turned = zeros(V, N), zeros(H, N)
    most, total = zeros(1, N)[0], zeros(1, N)[0]
    for first in range(0, Q, N):
        n = min(N, Q - first)
        _score(x[first : first + n], W, b, turned, scores)
        for q in range(n):
            for k in range(targets.shape[1]):
                found[first + q, k] = scores[targets[first + q, k], q]
        _exponentiate(scores, most, total)
        for q in range(n):
            for k in range(targets.shape[1]):
                found[first + q, k] -= most[q] + np.float32(np.log(total[q]))


@compiled
def _check(targets: Numbers, V: int) -> None:
    for target in targets:
        if target < 0 or target >= V:
            raise IndexError("a target beyond the vocabulary")


@compiled
def _score(x: Floats, W: Floats, b: Floats, turned: Floats, scores: Floats) -> None:
    """Fills scores (V, N) of n questions x (n, H), N at least; needs room in turned (H, N)."""
    n, H = x.shape
    turned[:] = _NONE
    for q in range(n):
        for k in range(H):
            turned[k, q] = x[q, k]
    for v in range(len(W)):
        scores[v] = b[v]
    add_product(scores, W, turned)


@compiled
def _exponentiate(scores: Floats, most: Floats, total: Floats) -> None:
    """exp(s - most) in the place of scores s (V, N); fills most (N,) and the sums total (N,)."""
    V, N = scores.shape
    for q in range(0, N, LANES):
        m = load(scores[0], q)
        for v in range(1, V):
            m = maximum(m, load(scores[v], q))
        store(most, q, m)
        store(total, q, m - m)
    for first in range(0, V, _WORDS):
        for q in range(0, N, LANES):
            m = load(most, q)
            part = m - m
            for v in range(first, min(V, first + _WORDS)):
                e = exponential(load(scores[v], q) - m)
                store(scores[v], q, e)
                part = part + e
            store(total, q, load(total, q) + part)
