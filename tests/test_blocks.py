"""Blocks of yaml text in a configuration."""

from __future__ import annotations

import pytest

from attractor.blocks import read_block
from attractor.errors import UserError


def test_text_is_read_and_data_is_left_alone() -> None:
    assert read_block("a: [1, 2]\nb: {c: x}\n", "here") == {"a": [1, 2], "b": {"c": "x"}}
    data = {"a": [1, 2]}
    assert read_block(data, "here") is data


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", "here: a is defined twice; rename one, or join the two"),
        ("b:\n  a: 1\n  a: 2\n", "here: a is defined twice"),
        ("a: [1,\n", "here: this is no yaml: "),
        ("a: !!python/object/apply:os.system [ls]\n", "here: this is no yaml: "),
    ],
)
def test_refused_text_is_one_line_that_names_the_place(text: str, message: str) -> None:
    with pytest.raises(UserError) as refused:
        read_block(text, "here")
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)
