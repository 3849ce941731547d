"""`attractor-report outputs/<experiment>`: collect finished runs, write tables, draw figures."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from attractor.errors import UserError
from attractor.report import VERSION
from attractor.report.runs import Found, find_runs, sha256


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
            # pandas and altair are imported here only: an unchanged report is printed in no time.
            from attractor.report.build import build

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


def _up_to_date(folder: Path, found: Found) -> bool:
    try:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        return (report["version"], report["made_from"]) == (VERSION, found.digest) and all(
            sha256(folder / name) == digest for name, digest in report["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False  # absent or broken: make it anew


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
