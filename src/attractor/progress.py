"""Progress bars: rate and time left on a terminal, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm


@contextmanager
def progress_bar(title: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, gone when done; yields what to call with each step's amount."""
    with tqdm(
        total=total, desc=title, unit=unit, unit_scale=True, leave=False, disable=None
    ) as bar:

        def advance(amount: int) -> None:
            bar.update(amount)

        yield advance
