"""Pickles: plain data come back as they are; whatever else a pickle holds is refused, not run."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest

from attractor.errors import UserError
from attractor.suites.safe_pickle import load

PLAIN = {"sing_MS_MV": [("the author laughs", "the author laugh")], "n": [1, 2.5, True, None, {3}]}


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return Path.touch, (self.file,)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_data_come_back(tmp_path: Path, protocol: int) -> None:
    plain = {key: value for key, value in PLAIN.items() if protocol > 3 or key != "n"}
    file = tmp_path / "plain.pickle"
    file.write_bytes(pickle.dumps(plain, protocol))
    assert load(file) == plain


def test_nothing_that_a_pickle_names_is_run(tmp_path: Path) -> None:
    made, file = tmp_path / "made", tmp_path / "bomb.pickle"
    file.write_bytes(pickle.dumps({"case": [Bomb(made)]}))
    with pytest.raises(UserError) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file}: no plain pickle: it asks for ")
    assert not made.exists()
    pickle.loads(file.read_bytes())  # a reader that trusts it makes the file
    assert made.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Ran out of input"),
        (pickle.dumps(PLAIN)[:40], "no plain pickle: "),
        (pickle.dumps(PLAIN) + b".", "more follows its end"),
        (b"cos\nsystem\n(S'true'\ntR.", "it asks for os.system"),
        (b"cbuiltins\neval\n.", "it asks for builtins.eval"),
        (pickle.dumps(OrderedDict(a=1)), "it asks for collections.OrderedDict"),
        (b"Pxyz\n.", "it refers to objects outside the file"),
        (b"]}b.", "no plain pickle: "),
        (b"the author laughs", "no plain pickle: "),
    ],
)
def test_what_is_no_plain_pickle(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "x.pickle"
    file.write_bytes(content)
    with pytest.raises(UserError) as caught:
        load(file)
    said = str(caught.value)
    assert said.startswith(f"{file}: no plain pickle: ")
    assert message in said
    assert said.endswith("fetch it again")
    assert "\n" not in said


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"x: cannot be read \(No such file or directory\)"):
        load(tmp_path / "x")
