"""Every question reaches the model once, about its own text, in batches of near-equal length."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attractor.batching import MOST_OUTPUTS, Examples, Memory, prepare, slices
from attractor.vocab import PADDING

TEXTS = [[5, 6, 7], [8], [9, 2, 3, 4], [2, 2]]
ROWS = np.array([2, 0, 2, 3, 0])
POSITIONS = np.array([3, 2, 0, 1, 1])
TARGETS = np.array([1, 0, 0, 1, 1], dtype=np.float32)


@pytest.fixture
def prepared() -> Examples:
    return prepare(TEXTS, ROWS, POSITIONS, TARGETS)


def test_prepare_pads_texts_and_sorts_questions_by_text(prepared: Examples) -> None:
    assert prepared.tokens.tolist() == [[5, 6, 7, 0], [8, 0, 0, 0], [9, 2, 3, 4], [2, 2, 0, 0]]
    assert prepared.lengths.tolist() == [3, 1, 4, 2]
    assert prepared.query_start.tolist() == [0, 2, 2, 4, 5]
    assert prepared.queries.tolist() == [1, 4, 0, 2, 3]
    assert prepared.positions.tolist() == [2, 1, 3, 0, 1]
    assert prepared.targets.tolist() == [0, 1, 1, 0, 1]
    assert (prepared.n_queries, prepared.n_tokens) == (5, 10)


def test_batch_is_cut_to_its_own_longest_text(prepared: Examples) -> None:
    short, long = prepared.batches(2)
    assert short.tokens.tolist() == [[2, 2], [8, PADDING]]
    assert short.lengths.tolist() == [2, 1]
    assert long.tokens.tolist() == [[9, 2, 3, 4], [5, 6, 7, PADDING]]
    assert (short.rows.tolist(), short.positions.tolist()) == ([0], [1])
    assert (long.rows.tolist(), long.positions.tolist()) == ([0, 0, 1, 1], [3, 0, 2, 1])
    assert long.queries.tolist() == [0, 2, 1, 4]
    assert long.targets.tolist() == [1, 0, 0, 1]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(st.integers(2, 99), min_size=1, max_size=9), min_size=1, max_size=20),
    st.integers(1, 8),
    st.integers(0, 10**6),
    st.booleans(),
    st.sampled_from([1, 3, 1000]),
)
def test_batches_hold_each_question_once_about_its_text(
    texts: list[list[int]], size: int, seed: int, shuffled: bool, spread: int
) -> None:
    rng = np.random.default_rng(seed)
    rows = np.concatenate([rng.permutation(len(texts)), rng.integers(0, len(texts), 7)])
    positions = np.array([rng.integers(0, len(texts[row])) for row in rows])
    asked = np.array([texts[r][p] for r, p in zip(rows, positions, strict=True)])
    given_examples = prepare(texts, rows, positions, asked.astype(np.float32))
    found: dict[int, float] = {}
    n_texts = 0
    for batch in given_examples.batches(size, rng if shuffled else None, spread):
        n_texts += len(batch.lengths)
        assert len(batch.lengths) <= size
        assert batch.lengths.diff().le(0).all()  # the longest first
        assert batch.tokens.shape == (len(batch.lengths), int(batch.lengths.max()))
        assert ((batch.tokens != PADDING).sum(1) == batch.lengths).all()
        # The word that a question is asked after is the one the caller meant.
        assert torch.equal(batch.tokens[batch.rows, batch.positions].float(), batch.targets)
        for query, target in zip(batch.queries.tolist(), batch.targets.tolist(), strict=True):
            assert query not in found
            found[query] = target
    assert n_texts == len(texts)
    assert [found[i] for i in range(len(rows))] == asked.tolist()


def test_lengths_within_a_batch_are_nearly_equal() -> None:
    rng = np.random.default_rng(0)
    texts = [[2] * n for n in rng.integers(1, 21, 200)]
    n = len(texts)
    prepared = prepare(texts, np.arange(n), np.zeros(n, dtype=np.int64), np.zeros(n, np.float32))
    wasted = sum(
        int((batch.lengths.max() - batch.lengths).sum()) for batch in prepared.batches(10, rng)
    )
    assert wasted < 0.05 * prepared.n_tokens


@pytest.mark.parametrize("spread", [1, 4, 1000])
def test_lengths_lie_apart_as_far_as_they_may(spread: int) -> None:
    """Neighbours in a random order of all lengths, from 1 to 20, 10 to a batch."""
    lengths = np.random.default_rng(0).integers(1, 21, 400)
    n = len(lengths)
    prepared = prepare(
        [[2] * k for k in lengths], np.arange(n), np.zeros(n, np.int64), np.zeros(n, np.float32)
    )
    batches = prepared.batches(10, np.random.default_rng(0), spread)
    apart = [int(batch.lengths.max() - batch.lengths.min()) for batch in batches]
    assert max(apart) <= spread
    assert np.mean(apart) > {1: 0.1, 4: 2, 1000: 12}[spread]


def test_random_order_depends_on_the_generator_alone() -> None:
    n = 50
    prepared = prepare(
        [[2, 3]] * n, np.arange(n), np.ones(n, dtype=np.int64), np.zeros(n, np.float32)
    )

    def order(seed: int) -> list[int]:
        batches = prepared.batches(8, np.random.default_rng(seed))
        return [query for batch in batches for query in batch.queries.tolist()]

    assert order(1) == order(1)
    assert order(1) != order(2)
    assert sorted(order(1)) == list(range(n))
    # Texts of equal length change batches too, not only the batches their order.
    assert {frozenset(order(1)[i : i + 8]) for i in range(0, n, 8)} != {
        frozenset(order(2)[i : i + 8]) for i in range(0, n, 8)
    }


@settings(deadline=None)
@given(st.integers(0, 2000), st.integers(1, 10**7))
def test_slices_cover_all_questions_within_the_bound(n: int, width: int) -> None:
    found = slices(n, width)
    ends = [0, *(part.stop for part in found)]
    assert [part.start for part in found] == ends[:-1]
    assert ends[-1] == n
    sizes = {part.stop - part.start for part in found}
    assert all(size == 1 or 1 < size * width <= MOST_OUTPUTS for size in sizes)
    assert not sizes or max(sizes) - min(sizes) <= 1
    assert (len(found) == 1) == (0 < n * width <= MOST_OUTPUTS or n == 1)


def test_a_memory_keeps_states_and_no_gradient() -> None:
    memory, state = Memory(), torch.ones(1, 2, 3, requires_grad=True)
    assert memory.state is None
    memory.keep(2 * state)
    assert isinstance(memory.state, torch.Tensor)
    assert memory.state.tolist() == torch.full((1, 2, 3), 2.0).tolist()
    assert not memory.state.requires_grad
    memory.keep((2 * state, 3 * state))
    assert isinstance(memory.state, tuple)
    assert [part[0, 0, 0].item() for part in memory.state] == [2.0, 3.0]
    assert not any(part.requires_grad for part in memory.state)


def test_a_batch_moves_with_its_memory(prepared: Examples) -> None:
    memory = Memory()
    batch = dataclasses.replace(prepared.batch(np.array([1, 3])), memory=memory)
    moved = batch.to("cpu")
    assert moved.memory is memory
    assert moved.tokens.tolist() == [[8, PADDING], [2, 2]]
    assert prepared.batch(np.array([1, 3])).memory is None
