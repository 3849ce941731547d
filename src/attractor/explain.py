"""Exceptions told in one line with a remedy."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf.errors import ConfigKeyError, OmegaConfBaseException

from attractor.errors import UserError
from attractor.files import describe_write_error
from attractor.resources import CONF

BAD_INPUT = 2  # the exit code; 1 is a failure within
# Hydra knows no launcher by this name where the extra that it needs is absent.
_EXTRAS = {
    "Unknown plugin class : 'hydra_plugins.attractor_launchers.SlurmLauncher'": (
        "hydra/launcher=submitit_slurm is not installed: pip install 'attractor[slurm]'"
    ),
    "Unknown plugin class : 'hydra_plugins.attractor_launchers.RayLauncher'": (
        "hydra/launcher=ray is not installed: pip install 'attractor[ray]'"
    ),
}


def explain(error: BaseException) -> tuple[str, int]:
    """A line for a person, and the exit code: BAD_INPUT, or 1 for a failure within."""
    root = error
    if str(error) in _EXTRAS:
        return _EXTRAS[str(error)], BAD_INPUT
    while root.__cause__ is not None and not isinstance(root, UserError):
        root = root.__cause__
    if isinstance(root, UserError):
        return str(root), BAD_INPUT
    if isinstance(error, MissingConfigException):  # an OSError too, so it comes first
        return _missing(str(error.missing_cfg_file or _first_line(error).split("'")[-2])), BAD_INPUT
    if isinstance(root, OSError):
        return describe_write_error(root, Path()), BAD_INPUT
    if isinstance(error, (HydraException, OmegaConfBaseException)):
        return _configuration(error, root), BAD_INPUT
    if isinstance(root, MemoryError) or "can't allocate memory" in str(root):
        return "out of memory; give the job more, run fewer at once, or lower train.batch_size", 1
    return f"{type(root).__name__}: {_first_line(root)}", 1


def _configuration(error: Exception, root: BaseException) -> str:
    message = _first_line(error)
    if isinstance(error, OverrideParseException):
        return f"{message}; write key=value, and quote what the shell would read"
    if "Could not override" in message or isinstance(root, ConfigKeyError):
        key = message.split("'")[1] if "'" in message else message
        return f"{key}: there is no such key; `attractor --cfg job` lists those that exist"
    if root is not error:
        reason = _first_line(root)
        wanted = "a whole number" if "Integer" in reason else "a value of that type"
        return f"{message}: {reason}; give {wanted}"
    return message


def _missing(config: str) -> str:
    """A choice that a group does not have: "model/lsmt"."""
    group, _, name = config.rpartition("/")
    there = sorted(path.stem for path in (CONF / group).glob("*.yaml"))
    close = get_close_matches(name, there, 1)
    hint = f"; did you mean {group}={close[0]}?" if close else ""
    return f"{group}={name}: there is no such choice; choose from {', '.join(there)}{hint}"


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "")
