"""Ways to spoil a published run, and what attractor-report says of each; a quick report."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from attractor.diagnostics.protocol import Diagnostic, Report
from attractor.report import VERSION, accuracy
from attractor.report.collect import collect
from attractor.report.contracts import RESULTS
from attractor.report.diagnostics import diagnosed
from attractor.report.runs import Found
from attractor.results import HISTORY, PREDICTIONS, read_csv, write_csv
from attractor.runs import STAGE_VERSIONS
from fake_runs import as_published

AGAIN = "; delete the folder and run again"
BROKEN = "lstm-natural-1"
SPARED = "srn-natural-1"  # of the same seed


class Counted(Diagnostic):
    """A diagnostic of one table."""

    tables = (
        replace(
            HISTORY,
            name="counted.csv",
            columns={name: HISTORY.columns[name] for name in ("epoch", "train_loss")},
        ),
    )

    def check(self, network: object, task: object, model: str) -> None: ...
    def measure(self, case: object) -> dict[str, pd.DataFrame]:
        return {}

    @classmethod
    def report(cls, found: object) -> Report:
        return Report([])


def build_quickly(folder: Path, found: Found) -> None:
    """As `build`, but only results, history, diagnostics and report.json: they take no time."""
    collected = collect(found)
    tables = [(RESULTS, accuracy.results(collected)), (HISTORY, collected.history)]
    for report in diagnosed(collected).values():
        tables += report.tables
    for contract, frame in tables:
        write_csv(frame, contract, folder / contract.name)
    (folder / "table.txt").write_text("")
    noted = {"version": VERSION, "made_from": found.digest, "files": {}}
    (folder / "report.json").write_text(json.dumps(noted))


def rewrite(path: Path, **changes: Any) -> None:
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps({**manifest, **changes}))


def without_notes(run: Path) -> None:
    """The manifest as the first release wrote it: neither sizes nor checksums."""
    manifest = json.loads((run / "manifest.json").read_text())
    for key in ("files", "sha256", "stage_versions"):
        del manifest[key]
    (run / "manifest.json").write_text(json.dumps(manifest))


def edit(path: Path) -> None:
    """One digit, the last, becomes another: the same size, and the same time."""
    times = path.stat()
    text = path.read_bytes()
    at = max(text.rfind(digit) for digit in (b"0", b"1", b"2"))
    path.write_bytes(text[:at] + (b"1" if text[at : at + 1] != b"1" else b"2") + text[at + 1 :])
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert path.stat().st_size == times.st_size


def fail(run: Path) -> None:
    (run / "manifest.json").unlink()
    (run / "error.txt").write_text("Traceback\nRuntimeError: no memory left\n\n")


def cut(path: Path, lines: int = 0, characters: int = 0) -> None:
    text = path.read_text()
    kept = "".join(text.splitlines(keepends=True)[:-lines]) if lines else text[:-characters]
    path.write_text(kept)


def lengthen(path: Path) -> None:
    path.write_text(path.read_text() + path.read_text().splitlines(keepends=True)[-1])


def drop_item(run: Path) -> None:
    answers = read_csv(run / "predictions.csv", PREDICTIONS)
    last = answers.index[answers["suite"] == "probes"][-1]
    write_csv(answers.drop(last), PREDICTIONS, run / "predictions.csv")


def spoil_margin(run: Path) -> None:
    answers = pd.read_csv(run / "predictions.csv")
    answers["margin"] = answers["margin"].astype(object)
    answers.loc[4, "margin"] = "much"
    answers.to_csv(run / "predictions.csv", index=False)


def older(run: Path) -> None:
    rewrite(run / "manifest.json", stage_versions=STAGE_VERSIONS | {"train": 1})


KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "failed": (fail, "RuntimeError: no memory left"),
    "unfinished": (
        lambda run: (run / "manifest.json").unlink(),
        "not finished: run the experiment again, it resumes",
    ),
    "manifest cut": (
        lambda run: cut(run / "manifest.json", characters=9),
        "manifest.json is not JSON (",
    ),
    "manifest of another kind": (
        lambda run: (run / "manifest.json").write_text("[1]"),
        "manifest.json has no run_id, config_id, model, ",
    ),
    "manifest edited": (
        lambda run: rewrite(run / "manifest.json", suites=3),
        f"manifest.json was edited (suites is 3){AGAIN}",
    ),
    "predictions absent": (
        lambda run: (run / "predictions.csv").unlink(),
        f"predictions.csv is absent{AGAIN}",
    ),
    "predictions cut": (
        lambda run: cut(run / "predictions.csv", characters=40),
        "predictions.csv was cut short or edited (",
    ),
    "predictions cut at a line's end": (
        lambda run: cut(run / "predictions.csv", lines=3),
        "predictions.csv was cut short or edited (",
    ),
    "predictions emptied": (
        lambda run: (run / "predictions.csv").write_text(""),
        "predictions.csv was cut short or edited (0 of ",
    ),
    "predictions longer": (
        lambda run: lengthen(run / "predictions.csv"),
        "predictions.csv was edited (",
    ),
    "predictions edited": (
        lambda run: edit(run / "predictions.csv"),
        f"predictions.csv was edited (its checksum is not the manifest's){AGAIN}",
    ),
    "history absent": (
        lambda run: (run / "history.csv").unlink(),
        f"history.csv is absent{AGAIN}",
    ),
    "history cut": (
        lambda run: cut(run / "history.csv", lines=1),
        "history.csv was cut short or edited (",
    ),
    "history edited": (
        lambda run: edit(run / "history.csv"),
        f"history.csv was edited (its checksum is not the manifest's){AGAIN}",
    ),
    "fewer items": (
        lambda run: (drop_item(run), as_published(run)),
        "predictions.csv has 223 items of suite probes where other runs have 224",
    ),
    "first release, cut": (
        lambda run: (cut(run / "predictions.csv", characters=40), without_notes(run)),
        f"predictions.csv was cut short (its last line has no end){AGAIN}",
    ),
    "first release, cut at a line's end": (
        lambda run: (drop_item(run), without_notes(run)),
        "predictions.csv has 223 items of suite probes where other runs have 224",
    ),
    "first release, edited": (
        lambda run: (spoil_margin(run), without_notes(run)),
        "predictions.csv: column margin is not float64",
    ),
    "another run's predictions": (
        lambda run: (
            shutil.copy(run.parent / SPARED / "predictions.csv", run),
            as_published(run),
        ),
        f"predictions.csv names srn, {SPARED}, its manifest says {BROKEN}{AGAIN}",
    ),
    "out of date": (
        older,
        "out of date: made by version 1 of train, now "
        f"{STAGE_VERSIONS['train']}; delete the folder and run again",
    ),
}
