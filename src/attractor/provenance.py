"""Where a result comes from: versions, commit, machine."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

_PACKAGES = ("attractor", "torch", "numpy", "pandas", "scipy", "scikit-learn")


@cache
def provenance() -> dict[str, Any]:
    """Versions of what the numbers depend on, git commit and dirty flag, platform."""
    commit, dirty = _git()
    return {
        "versions": {name: version(name) for name in _PACKAGES},
        "git_commit": commit,
        "git_dirty": dirty,
        "platform": f"{platform.system()} {platform.machine()}, {_processor()}",
        "python": platform.python_version(),
    }


def _git() -> tuple[str, bool]:
    """The commit of the checkout that the package is run from; empty outside one."""
    here = Path(__file__).resolve().parents[2]
    if not (here / ".git").exists():
        return "", False
    try:
        commands = (["rev-parse", "--short=12", "HEAD"], ["status", "--porcelain"])
        commit, status = (
            subprocess.run(
                ["git", "-C", str(here), *arguments], capture_output=True, text=True, check=True
            ).stdout.strip()
            for arguments in commands
        )
    except (OSError, subprocess.CalledProcessError):
        return "", False
    return commit, bool(status)


def _processor() -> str:
    """The processor's name as Linux tells it, or as Python does elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
