"""Writes the whole report of an experiment: tables, figures, text, and the page of them all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from attractor import results
from attractor.files import sha256
from attractor.report import VERSION, figures, page, style, suites, table, words
from attractor.report.analysis import Analysis, analyse
from attractor.report.collect import collect
from attractor.report.interactive import specification
from attractor.report.runs import Found, Run
from attractor.results import PREDICTIONS


def build(folder: Path, found: Found) -> None:
    """Make the whole report of `found` in `folder`; report.json, which vouches for it, is last."""
    collected = collect(found)
    # vl-convert holds no lock of Python's: it works beside the analysis, on another core.
    with ThreadPoolExecutor(1) as aside:
        bundle = aside.submit(page.bundle)
        analysis = analyse(collected)
        charts = {name: specification(c) for name, c in figures.figures(analysis).items()}
        drawn = [
            aside.submit(style.save, chart, folder / "figures", name)
            for name, chart in charts.items()
        ]
        paths = []
        for contract, frame in analysis.tables:
            results.write_csv(frame, contract, folder / contract.name)
            paths.append(folder / contract.name)
        html = page.page(folder, found, analysis, charts, bundle.result())
        paths += [path for saved in drawn for path in saved.result()]
    for path in _made_before(folder) - set(paths):
        path.unlink(missing_ok=True)  # these runs do not bear out what an earlier report said
    results.write_atomically(folder / "table.txt", _text(folder, analysis))
    results.write_atomically(folder / page.NAME, html)
    paths += [folder / "table.txt", folder / page.NAME]
    made = {
        "version": VERSION,
        "made_from": {**found.digest, "predictions": _predictions(analysis.collected.runs)},
        "files": {str(path.relative_to(folder)): sha256(path) for path in sorted(paths)},
    }
    results.write_atomically(folder / "report.json", json.dumps(made, indent=1) + "\n")


def _text(folder: Path, analysis: Analysis) -> str:
    """What the terminal shows: the table, the suites, and what the diagnostics found."""
    collected = analysis.collected
    paragraphs = [
        table.table(analysis.summary, analysis.flagship, analysis.by_suite, collected).splitlines(),
        suites.suites_table(analysis.suites, collected, table.WIDTH),
        suites.kept_out(folder, set(collected.predictions["suite"].unique())),
        *(report.lines for report in analysis.diagnostics.values()),
        words.lines(analysis, table.WIDTH),
    ]
    return "\n".join("".join(f"{line}\n" for line in lines) for lines in paragraphs if lines)


def _predictions(runs: Sequence[Run]) -> dict[str, str]:
    """By folder, the checksum of the predictions of each run that the report is made of."""
    name = PREDICTIONS.name
    return {
        run.folder.name: run.manifest.get("sha256", {}).get(name) or sha256(run.folder / name)
        for run in runs
    }


def _made_before(folder: Path) -> set[Path]:
    """The files that the last report made; none elsewhere, whatever was written into its list."""
    try:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        listed = {folder / name for name in report["files"]} - {folder / "table.txt"}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    places = (folder.resolve(), folder.resolve() / "figures")
    return {path for path in listed if path.is_file() and path.resolve().parent in places}
