"""Where conf/ and data/lexicon/ are: in the checkout, or else inside the installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def _resource(name: str) -> Path:
    checkout = _PACKAGE.parents[1]
    return checkout / name if (checkout / "pyproject.toml").exists() else _PACKAGE / name


CONF = _resource("conf")
LEXICON = _resource("data/lexicon")
