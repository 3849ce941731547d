"""`attractor-report outputs/<experiment>`: collect finished runs, write tables, draw figures."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from attractor.errors import UserError
from attractor.report import VERSION
from attractor.report.runs import Found, find_runs

# pandas and altair are imported in `build` only: an unchanged report is printed in no time.


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0, 1 if runs failed or are unfinished, 2 for bad input."""
    parser = argparse.ArgumentParser(
        prog="attractor-report",
        description="Merge the finished runs of an experiment into CSVs, figures and a table.",
        epilog="Exit codes: 0 fine; 1 some runs failed or are unfinished; 2 bad input.",
    )
    parser.add_argument("folder", type=Path, help="an experiment's folder: outputs/distance")
    parser.add_argument("--force", action="store_true", help="make it anew though nothing changed")
    options = parser.parse_args(arguments)
    try:
        found = find_runs(options.folder)
        if options.force or not _up_to_date(options.folder, found):
            build(options.folder, found)
    except UserError as error:
        print(f"attractor-report: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        place = error.filename or options.folder
        print(
            f"attractor-report: {place}: {error.strerror}; make the folder readable and writable",
            file=sys.stderr,
        )
        return 2
    print((options.folder / "table.txt").read_text(encoding="utf-8"))
    print("\n".join(_places(options.folder)))
    for name, why in found.failed.items():
        print(f"attractor-report: {name}: {why}", file=sys.stderr)
    return 1 if found.failed else 0


def build(folder: Path, found: Found) -> None:
    """Make the whole report of `found` in `folder`; report.json, which vouches for it, is last."""
    from attractor import results
    from attractor.report import (
        accuracy,
        constructions,
        contracts,
        errors,
        figures,
        style,
        suites,
        summary,
        table,
    )
    from attractor.report.collect import IN_DISTRIBUTION, REVEALED, collect
    from attractor.report.diagnostics import diagnosed
    from attractor.report.readouts import accuracy_by_error_position

    collected = collect(found)
    by_distance = accuracy.accuracy_by(collected, ["distance", "n_intervening"])
    by_attractors = accuracy.accuracy_by(collected, ["n_intervening"])
    by_position = accuracy.accuracy_by(collected, ["subject_index", "n_intervening"])
    by_error_position = accuracy_by_error_position(collected)
    natural_errors = errors.errors(collected)
    side_by_side = suites.suites(collected)
    by_suite = constructions.constructions(collected)
    by_suite.pop(f"{IN_DISTRIBUTION}{REVEALED}", None)  # no more of a suite than the rest of them
    flagship = accuracy.flagship(collected)
    summarised = summary.summary(collected)
    findings = diagnosed(collected)
    tables = [
        (contracts.RESULTS, accuracy.results(collected)),
        (contracts.ACCURACY_BY_DISTANCE, by_distance),
        (contracts.ACCURACY_BY_ATTRACTORS, by_attractors),
        (contracts.ACCURACY_BY_SUBJECT_POSITION, by_position),
        (
            contracts.ACCURACY_BY_CONSTRUCTION,
            constructions.accuracy_by_construction(collected),
        ),
        (contracts.ACCURACY_BY_ERROR_POSITION, by_error_position),
        (contracts.ERRORS, natural_errors),
        (contracts.SUITES, side_by_side),
        (contracts.FLAGSHIP, flagship),
        (contracts.SUMMARY, summarised),
        (results.HISTORY, collected.history),
        *(pair for report in findings.values() for pair in report.tables),
    ]
    paths = []
    for contract, frame in tables:
        if len(frame.columns):  # baselines alone have no history, other tasks no error
            results.write_csv(frame, contract, folder / contract.name)
            paths.append(folder / contract.name)
    charts = figures.figures(
        by_distance,
        by_attractors,
        by_position,
        by_suite,
        by_error_position,
        summarised,
        collected,
    )
    charts |= errors.errors_figure(natural_errors, collected)
    for report in findings.values():
        charts |= report.charts
    for name, chart in charts.items():
        if chart is not None:
            paths += style.save(chart, folder / "figures", name)
    for path in _made_before(folder) - set(paths):
        path.unlink(missing_ok=True)  # these runs do not bear out what an earlier report said
    text = table.table(summarised, flagship, by_suite, collected)
    overview = suites.suites_table(side_by_side, collected, table.WIDTH)
    for lines in (overview, suites.kept_out(folder, set(collected.predictions["suite"].unique()))):
        text += "\n" * bool(lines) + "".join(f"{line}\n" for line in lines)
    text += "".join(
        "\n" + "\n".join(found.lines) + "\n" for found in findings.values() if found.lines
    )
    results.write_atomically(folder / "table.txt", text)
    paths.append(folder / "table.txt")
    made = {
        "version": VERSION,
        "made_from": found.digest,
        "files": {str(path.relative_to(folder)): _sha256(path) for path in sorted(paths)},
    }
    results.write_atomically(folder / "report.json", json.dumps(made, indent=1) + "\n")


def _up_to_date(folder: Path, found: Found) -> bool:
    try:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        return (report["version"], report["made_from"]) == (VERSION, found.digest) and all(
            _sha256(folder / name) == digest for name, digest in report["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False  # absent or broken: make it anew


def _made_before(folder: Path) -> set[Path]:
    """The files that the last report made."""
    try:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        return {folder / name for name in report["files"]} - {folder / "table.txt"}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _places(folder: Path) -> list[str]:
    names = sorted(path.name for path in folder.glob("*.csv"))
    drawn = sorted(path.name for path in (folder / "figures").glob("*.png"))
    return [
        f"report: {folder}",
        *(f"  {name}" for name in names),
        *(f"  figures/{name} (and .svg)" for name in drawn),
    ]


if __name__ == "__main__":
    sys.exit(main())
