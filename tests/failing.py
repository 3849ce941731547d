"""Suites that fail when they are drawn, each in another way, for sweeps of failing jobs."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, NoReturn


class UnpicklableError(Exception):
    """An error that cannot be sent from a worker to its launcher."""

    def __init__(self) -> None:
        super().__init__("it holds a function")
        self.function = lambda: None


def raises(**_: Any) -> NoReturn:
    raise RuntimeError("half the items are missing")


def unpicklable(**_: Any) -> NoReturn:
    raise UnpicklableError


def exits(**_: Any) -> NoReturn:
    sys.exit(3)


def is_killed(**_: Any) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def needs_too_much(**_: Any) -> NoReturn:
    raise MemoryError


def recurses(**options: Any) -> Any:
    return recurses(**options)


def returns_nothing(**_: Any) -> None:
    return None
