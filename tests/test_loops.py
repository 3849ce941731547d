"""Compiled loops: products beside numpy's, tanh beside float64's; where machine code is kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from attractor.loops import compiled as compiling
from attractor.loops.exponential import exponential
from attractor.loops.products import add_outer, add_product, padded, padded_rows, zeros
from attractor.loops.tables import distinct
from attractor.loops.tanh import tanh
from attractor.loops.vectors import LANES, load, load_until, splat, store, store_until

Floats = NDArray[np.float32]
few = st.integers(1, 11)


def _random(*shape: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def _long(M: int, N: int) -> Floats:
    """Rows of N numbers, the room behind them zero."""
    return padded_rows(_random(M, N, seed=N))


@pytest.mark.parametrize("n", [1, 16, 17, 40, 64, 65, 200, 256, 650])
def test_rows_are_whole_vectors_and_long_ones_an_odd_number_of_them(n: int) -> None:
    length = padded(n)
    assert length >= n
    assert length % LANES == 0
    assert length in (LANES, 4 * LANES) or length // LANES % 2 == 1
    assert length < n + 2 * LANES or length == 4 * LANES


@settings(deadline=None, max_examples=60)
@given(few, st.integers(1, 300), st.integers(1, 150))
def test_a_product_is_added(M: int, K: int, N: int) -> None:
    A, B, out = _random(M, K + 3), _long(K, N), _long(M, N)
    expected = out + A[:, :K].astype(np.float64) @ B
    add_product(out, A, B)
    assert out.shape == (M, padded(N))
    np.testing.assert_allclose(out, expected, rtol=0, atol=3e-6 * K**0.5 + 1e-5)
    assert not out[:, N:].any()


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 150), few, st.integers(1, 150))
def test_an_outer_product_is_added(M: int, K: int, N: int) -> None:
    A, B, out = _random(M, K), _long(M, N), zeros(K + 2, padded(N))
    expected = A.T.astype(np.float64) @ B
    add_outer(out, A, B)
    np.testing.assert_allclose(out[:K], expected, rtol=0, atol=3e-6 * M**0.5 + 1e-5)
    assert not out[K:].any()


def test_what_is_no_number_stays_none() -> None:
    A, B, out = _random(5, 7), _long(7, 70), zeros(5, padded(70))
    A[2, 3] = np.nan
    add_product(out, A, B)
    assert np.isnan(out[2, :70]).all()
    assert np.isfinite(np.delete(out, 2, axis=0)).all()


def test_zeros_begin_a_line_of_the_cache() -> None:
    for M in range(1, 9):
        found = zeros(M, LANES)
        assert found.ctypes.data % (4 * LANES) == 0
        assert found.shape == (M, LANES)
        assert not found.any()


@compiling.compiled
def _tanh_of(x: Floats, out: Floats) -> None:
    for n in range(0, len(x), LANES):
        store_until(out, n, len(x), tanh(load_until(x, n, len(x))))


def test_tanh_is_right_to_float32() -> None:
    x = np.concatenate([np.linspace(-12, 12, 20_001), np.geomspace(1e-30, 1, 500)])
    x, out = x.astype(np.float32), np.empty(len(x), np.float32)
    _tanh_of(x, out)
    np.testing.assert_allclose(out, np.tanh(x.astype(np.float64)), rtol=4e-7, atol=0)
    assert np.abs(out).max() <= 1


def test_tanh_of_what_is_no_number_is_none() -> None:
    out = np.empty(3, np.float32)
    _tanh_of(np.array([np.nan, np.inf, -np.inf], np.float32), out)
    np.testing.assert_allclose(out, [np.nan, 1, -1], rtol=1e-6)


@compiling.compiled
def _exponential_of(x: Floats, out: Floats) -> None:
    for n in range(0, len(x), LANES):
        store_until(out, n, len(x), exponential(load_until(x, n, len(x))))


def test_exp_is_right_to_float32() -> None:
    x = -np.concatenate([np.linspace(0, 87, 20_001), np.geomspace(1e-30, 1, 500)])
    x, out = x.astype(np.float32), np.empty(len(x), np.float32)
    _exponential_of(x, out)
    np.testing.assert_allclose(out, np.exp(x.astype(np.float64)), rtol=3e-7, atol=0)
    assert out[0] == 1


def test_exp_of_very_little_is_next_to_nothing_and_of_no_number_none() -> None:
    out = np.empty(3, np.float32)
    _exponential_of(np.array([-1e9, -np.inf, np.nan], np.float32), out)
    assert (out[:2] < 2e-38).all()
    assert np.isnan(out[2])


@compiling.compiled
def _twice(x: Floats, out: Floats, end: int) -> None:
    two = splat(np.float32(2))
    store(out, 0, two * load(x, 0))
    store_until(out, LANES, end, two * load_until(x, LANES, end) - two / two)


@pytest.mark.parametrize("end", [LANES, LANES + 1, 2 * LANES - 1, 2 * LANES])
def test_vectors_stop_where_they_are_told(end: int) -> None:
    x = np.arange(2 * LANES, dtype=np.float32)
    out = np.full(2 * LANES, -1, np.float32)
    _twice(x, out, end)
    assert out[:LANES].tolist() == (2 * x[:LANES]).tolist()
    assert out[LANES:end].tolist() == (2 * x[LANES:end] - 1).tolist()
    assert (out[end:] == -1).all()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 8), max_size=30))
def test_distinct_tokens_and_which_each_is(tokens: list[int]) -> None:
    given_tokens = np.array(tokens, dtype=np.int64)
    places = np.full(9, -1)
    found, which = distinct(given_tokens, places)
    assert (places == -1).all()
    assert found.tolist() == list(dict.fromkeys(tokens))
    assert found[which].tolist() == tokens


@pytest.mark.parametrize("token", [-1, 9])
def test_a_token_beyond_the_vocabulary_is_refused(token: int) -> None:
    places = np.full(9, -1)
    with pytest.raises(IndexError, match="beyond the vocabulary"):
        distinct(np.array([0, token]), places)
    assert (places == -1).all()


def test_machine_code_belongs_to_the_contents_of_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """numba would keep a function whose callee in another file has changed."""
    monkeypatch.setattr(compiling, "_FOLDER", tmp_path)
    (tmp_path / "callee.py").write_text("a = 1\n")
    first = compiling._contents()
    (tmp_path / "caller.py").write_text("b = 2\n")
    second = compiling._contents()
    (tmp_path / "callee.py").write_text("a = 3\n")
    assert len({first, second, compiling._contents()}) == 3


def test_machine_code_is_kept_where_files_can_be_put(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    own, other = tmp_path / "package" / "0123", tmp_path / "user" / "0123"
    assert compiling._writable([own, other]) == own
    assert own.is_dir()
    assert compiling._writable([blocked / "0123", other]) == other
    assert compiling._writable([blocked / "0123"]) is None


def test_without_such_a_place_every_process_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "_KEPT", None)
    twice = compiling.compiled(lambda x: 2 * x)
    assert twice(3) == 6
    assert twice.stats.cache_path is None  # type: ignore[attr-defined]
    kept = compiling.compiled(lambda x: 3 * x)
    monkeypatch.undo()
    assert kept(3) == 9


def test_a_second_process_compiles_nothing() -> None:
    code = (
        "import numpy as np; from attractor.loops.products import add_product, zeros; "
        "add_product(zeros(1, 16), zeros(1, 1), zeros(1, 16)); "
        "print(sum(add_product.stats.cache_misses.values()))"
    )
    found = [subprocess.run([sys.executable, "-c", code], capture_output=True) for _ in range(2)]
    assert found[1].stdout.strip() == b"0", found[1].stderr


def test_a_plugin_keeps_its_own_place_for_machine_code() -> None:
    import numba

    before: Any = numba.config.CACHE_DIR
    compiling.compiled(lambda x: x)
    assert before == numba.config.CACHE_DIR
