"""Why a run's folder, or a diagnostic's in it, is not to be trusted: one line with its remedy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from attractor.errors import UserError
from attractor.files import sha256
from attractor.job_marks import ERROR, last_line
from attractor.runs import MANIFEST, STAGE_VERSIONS, vouches_for_itself

AGAIN: Final = "delete the folder and run again"
PREDICTIONS: Final = "predictions.csv"
HISTORY: Final = "history.csv"
LEFT_BEHIND: Final = (ERROR, "config.yaml", PREDICTIONS)  # by a run that is not finished
OF_RUN: Final[Mapping[str, type]] = {
    **dict.fromkeys(("run_id", "config_id", "model", "task", "fingerprint", "trained"), str),
    **dict.fromkeys(("seed", "data_seed"), int),
    **dict.fromkeys(("choices", "suites", "suite_config_ids"), dict),
}
OF_DIAGNOSTIC: Final[Mapping[str, type]] = {
    **dict.fromkeys(("_target_", "fingerprint", "form"), str),
    "files": dict,
}
# Manifests of older releases lack some of these: what they do not say is not judged.
_NOTED: Final = dict.fromkeys(("files", "sha256", "stage_versions"), dict)


def why_unfinished(folder: Path) -> str:
    """The last line of the error that a folder holds, or that it was not finished."""
    if not (folder / ERROR).is_file():
        return "not finished: run the experiment again, it resumes"
    return last_line(folder / ERROR)


def manifest_of(folder: Path, needed: Mapping[str, type]) -> dict[str, Any]:
    """A folder's manifest. Raises UserError for one that is not JSON, or not as `needed`."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{MANIFEST} is not JSON ({error}); {AGAIN}") from error
    manifest: dict[str, Any] = found if isinstance(found, dict) else {}
    if missing := [key for key in needed if key not in manifest]:
        raise UserError(f"{MANIFEST} has no {', '.join(missing)}; {AGAIN}")
    for key, kind in {**needed, **_NOTED}.items():
        if key in manifest and not isinstance(manifest[key], kind):
            raise UserError(f"{MANIFEST} was edited ({key} is {manifest[key]!r:.40}); {AGAIN}")
    if not vouches_for_itself(manifest):
        raise UserError(f"{MANIFEST} was edited (its own checksum is another); {AGAIN}")
    return manifest


def tables_of(manifest: Mapping[str, Any]) -> list[str]:
    """The tables that the report reads of a run: baselines have no history."""
    return [PREDICTIONS, *([] if is_of_baselines(manifest) else [HISTORY])]


def is_of_baselines(manifest: Mapping[str, Any]) -> bool:
    """Whether a run's manifest is that of a text's baselines."""
    return str(manifest["model"]).startswith("baseline")


def check_at_sight(folder: Path, manifest: Mapping[str, Any], tables: list[str]) -> None:
    """Raises UserError for files that are absent or of another size, and for an older program."""
    for stage, version in manifest.get("stage_versions", {}).items():
        if version != (today := STAGE_VERSIONS.get(stage, "gone")):
            made = f"made by version {version} of {stage}, now {today}"
            raise UserError(f"out of date: {made}; {AGAIN}")
    sizes: dict[str, Any] = dict.fromkeys(tables) | manifest.get("files", {})
    for name, noted in sizes.items():
        if not (folder / name).is_file():
            raise UserError(f"{name} is absent; {AGAIN}")
        size = (folder / name).stat().st_size
        if noted is not None and size != noted:
            what = "edited" if isinstance(noted, int) and size > noted else "cut short or edited"
            raise UserError(f"{name} was {what} ({size} of {noted} bytes); {AGAIN}")


def check_contents(folder: Path, manifest: Mapping[str, Any], tables: list[str]) -> None:
    """Raises UserError for files that are not what was published; reads all of them."""
    checksums = manifest.get("sha256", {})
    try:
        for name, noted in checksums.items():
            if sha256(folder / name) != noted:
                reason = "its checksum is not the manifest's"
                raise UserError(f"{name} was edited ({reason}); {AGAIN}")
        for name in tables:
            if name not in checksums and not (folder / name).read_bytes().endswith(b"\n"):
                raise UserError(f"{name} was cut short (its last line has no end); {AGAIN}")
    except OSError as error:
        raise UserError(f"{name} cannot be read ({error.strerror}); {AGAIN}") from error
