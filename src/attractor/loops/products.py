"""Matrix products of float32 in tiles that stay in registers (Goto & van de Geijn 2008).

Rows are a whole number of vectors long, zeros after their own numbers, so no loop has a rest.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from attractor.loops.compiled import compiled
from attractor.loops.vectors import LANES, Vector, load, splat, store

Floats: TypeAlias = NDArray[np.float32]
Numbers: TypeAlias = NDArray[np.int64]

_VECTORS = 4  # of a tile; it has four rows
_COLUMNS = _VECTORS * LANES
_TERMS = 256  # added at once: what a tile takes of both factors is in cache
_TOGETHER = 64  # rows whose outer products are added at once


@compiled
def padded(n: int) -> int:
    """The length of a row of n numbers: whole vectors; from two on a tile of them, and beyond it an
    odd number, for the rows of an even one meet in the same places of the cache.
    """
    vectors = -(-n // LANES)
    if vectors <= 1:
        return LANES
    return LANES * (_VECTORS if vectors <= _VECTORS else vectors + 1 - vectors % 2)


@compiled
def padded_rows(weights: Floats) -> Floats:
    """Weights (m, n) in rows as long as products like them."""
    M, N = weights.shape
    found = zeros(M, padded(N))
    for m in range(M):
        for n in range(N):
            found[m, n] = weights[m, n]
    return found


@compiled
def zeros(M: int, N: int) -> Floats:
    """Zeros (M, N) of float32, whose first stands at the beginning of a line of the cache."""
    room = np.zeros(M * N + LANES, np.float32)
    first = -(room.ctypes.data // 4) % LANES
    return room[first : first + M * N].reshape(M, N)


@compiled
def add_product(out: Floats, A: Floats, B: Floats) -> None:
    """out (M, N) += A (M, at least K) B (K, N), N whole vectors."""
    M, (K, N) = len(out), B.shape
    for first in range(0, K, _TERMS):
        last = min(K, first + _TERMS)
        for n in range(0, N - N % _COLUMNS, _COLUMNS):
            for m in range(0, M - 3, 4):
                _tile(out, m, n, A[m], A[m + 1], A[m + 2], A[m + 3], B, first, last)
            for m in range(M - M % 4, M):
                _row(out[m], n, A[m], B, first, last)
        for n in range(N - N % _COLUMNS, N, LANES):
            for m in range(0, M - 3, 4):
                _column(out, m, n, A[m], A[m + 1], A[m + 2], A[m + 3], B, first, last)
            for m in range(M - M % 4, M):
                _vector(out[m], n, A[m], B, first, last)


@compiled
def add_outer(out: Floats, A: Floats, B: Floats) -> None:
    """out (K, N) += Aᵀ B, of A (M, at most K) and B (M, N), N whole vectors; fastest where K is a
    multiple of four, zeros after A's own.
    """
    M, K = A.shape
    turned = np.zeros((len(out), _TOGETHER), np.float32)
    for first in range(0, M, _TOGETHER):
        last = min(M, first + _TOGETHER)
        for m in range(first, last):
            for k in range(K):
                turned[k, m - first] = A[m, k]
        add_product(out, turned, B[first:last])


@compiled
def _tile(
    out: Floats, m: int, n: int, a0: Floats, a1: Floats, a2: Floats, a3: Floats,
    B: Floats, first: int, last: int,
) -> None:  # fmt: skip
    """Four rows of four vectors, from (m, n) on, of the terms first to last."""
    p, q, r = n + LANES, n + 2 * LANES, n + 3 * LANES
    o0, o1, o2, o3 = out[m], out[m + 1], out[m + 2], out[m + 3]
    s00, s01, s02, s03 = load(o0, n), load(o0, p), load(o0, q), load(o0, r)
    s10, s11, s12, s13 = load(o1, n), load(o1, p), load(o1, q), load(o1, r)
    s20, s21, s22, s23 = load(o2, n), load(o2, p), load(o2, q), load(o2, r)
    s30, s31, s32, s33 = load(o3, n), load(o3, p), load(o3, q), load(o3, r)
    for k in range(first, last):
        b0, b1, b2, b3 = load(B[k], n), load(B[k], p), load(B[k], q), load(B[k], r)
        x0, x1, x2, x3 = splat(a0[k]), splat(a1[k]), splat(a2[k]), splat(a3[k])
        s00, s01, s02, s03 = s00 + x0 * b0, s01 + x0 * b1, s02 + x0 * b2, s03 + x0 * b3
        s10, s11, s12, s13 = s10 + x1 * b0, s11 + x1 * b1, s12 + x1 * b2, s13 + x1 * b3
        s20, s21, s22, s23 = s20 + x2 * b0, s21 + x2 * b1, s22 + x2 * b2, s23 + x2 * b3
        s30, s31, s32, s33 = s30 + x3 * b0, s31 + x3 * b1, s32 + x3 * b2, s33 + x3 * b3
    _put(o0, n, s00, s01, s02, s03)
    _put(o1, n, s10, s11, s12, s13)
    _put(o2, n, s20, s21, s22, s23)
    _put(o3, n, s30, s31, s32, s33)


@compiled
def _put(row: Floats, n: int, s0: Vector, s1: Vector, s2: Vector, s3: Vector) -> None:
    """Four vectors into a row, from n on."""
    store(row, n, s0)
    store(row, n + LANES, s1)
    store(row, n + 2 * LANES, s2)
    store(row, n + 3 * LANES, s3)


@compiled
def _column(
    out: Floats, m: int, n: int, a0: Floats, a1: Floats, a2: Floats, a3: Floats,
    B: Floats, first: int, last: int,
) -> None:  # fmt: skip
    """Four rows of one vector."""
    s0, s1, s2, s3 = load(out[m], n), load(out[m + 1], n), load(out[m + 2], n), load(out[m + 3], n)
    for k in range(first, last):
        b = load(B[k], n)
        s0, s1 = s0 + splat(a0[k]) * b, s1 + splat(a1[k]) * b
        s2, s3 = s2 + splat(a2[k]) * b, s3 + splat(a3[k]) * b
    store(out[m], n, s0)
    store(out[m + 1], n, s1)
    store(out[m + 2], n, s2)
    store(out[m + 3], n, s3)


@compiled
def _row(o: Floats, n: int, a: Floats, B: Floats, first: int, last: int) -> None:
    """One row of four vectors."""
    p, q, r = n + LANES, n + 2 * LANES, n + 3 * LANES
    s0, s1, s2, s3 = load(o, n), load(o, p), load(o, q), load(o, r)
    for k in range(first, last):
        b, x = B[k], splat(a[k])
        s0, s1, s2, s3 = (
            s0 + x * load(b, n), s1 + x * load(b, p), s2 + x * load(b, q), s3 + x * load(b, r),
        )  # fmt: skip
    _put(o, n, s0, s1, s2, s3)


@compiled
def _vector(row: Floats, n: int, a: Floats, B: Floats, first: int, last: int) -> None:
    """One row of one vector."""
    s = load(row, n)
    for k in range(first, last):
        s = s + splat(a[k]) * load(B[k], n)
    store(row, n, s)
