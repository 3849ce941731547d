"""Rows end to end, and the distinct ones among many, against plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from attractor.ragged import distinct, ragged, sequences, starts_of


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 4)), max_size=20))
def test_ragged_lays_the_indices_of_all_rows_end_to_end(rows: list[tuple[int, int]]) -> None:
    starts, lengths = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    expected = [start + place for start, length in rows for place in range(length)]
    assert ragged(starts, lengths).tolist() == expected
    assert starts_of(lengths)[-1] == len(expected)


@given(st.lists(st.sampled_from([-3, 0, 1, 2, 5, 7, 10**12])), st.booleans())
def test_distinct_numbers_equal_values_alike_and_shows_one_of_each(
    values: list[int], narrow: bool
) -> None:
    """Whether the values lie close together, so that a table serves, or far apart."""
    column = np.array([v for v in values if not narrow or v < 10**12], dtype=np.int64)
    code, example = distinct(column)
    assert sorted(set(code.tolist())) == list(range(len(set(column.tolist()))))
    assert column[example][code].tolist() == column.tolist()


@given(st.lists(st.lists(st.integers(0, 3), max_size=4), min_size=1, max_size=12))
def test_sequences_are_told_apart_by_all_their_values(rows: list[list[int]]) -> None:
    values = np.array([value for row in rows for value in row], dtype=np.int64)
    lengths = np.array([len(row) for row in rows])
    code, found = sequences(values, starts_of(lengths)[:-1], lengths)
    assert [list(found[i]) for i in code] == rows
    assert len(set(found)) == len(found)
