"""`attractor-report outputs/<experiment>`: collect finished runs, write tables, draw figures."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from attractor.errors import UserError
from attractor.files import sha256
from attractor.report import VERSION
from attractor.report.runs import Found, find_runs
from attractor.threads import one_thread


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0, 1 if runs were set aside, 2 if nothing can be reported."""
    parser = argparse.ArgumentParser(
        prog="attractor-report",
        description="Merge the finished runs of an experiment into a page, tables and figures.",
        epilog="Exit codes: 0 fine; 1 some runs are failed, unfinished, broken or out of date, "
        "and left out (--status: some jobs are not done); 2 bad input.",
    )
    parser.add_argument("folder", type=Path, help="an experiment's folder: outputs/distance")
    parser.add_argument("--force", action="store_true", help="make it anew though nothing changed")
    parser.add_argument(
        "--status", action="store_true", help="only say what is done and what would finish the rest"
    )
    options = parser.parse_args(arguments)
    one_thread()
    try:
        if options.status:
            return _status(options.folder)
        found = find_runs(options.folder)
        failed = None if options.force else _set_aside_before(options.folder, found)
        if failed is None:
            # pandas and altair are imported here only: an unchanged report is printed in no time.
            from attractor.report.build import build

            build(options.folder, found)  # checks all files, and adds to found.failed
            failed = found.failed
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
    for name, why in sorted(failed.items()):
        print(f"attractor-report: {name}: {why}", file=sys.stderr)
    return 1 if failed else 0


def _status(folder: Path) -> int:
    from attractor.report.status import status, table

    jobs, commands = status(folder)
    print(table(folder, jobs, commands))
    return 0 if all(job.state == "done" for job in jobs) else 1


def _set_aside_before(folder: Path, found: Found) -> dict[str, str] | None:
    """What the report that stands there left out, and why; None if it is not of these files."""
    try:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        made_from, files = report["made_from"], report["files"].items()
        unchanged = (report["version"], made_from["state"]) == (VERSION, found.state)
        if unchanged and all(sha256(folder / name) == digest for name, digest in files):
            return {str(name): str(why) for name, why in made_from["failed"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # absent or broken: make it anew
    return None


def _places(folder: Path) -> list[str]:
    names = sorted(path.name for path in folder.glob("*.csv"))
    drawn = sorted(path.name for path in (folder / "figures").glob("*.png"))
    return [
        f"report: {folder / 'report.html'}",
        *(f"  {name}" for name in names),
        *(f"  figures/{name} (and .svg)" for name in drawn),
    ]


if __name__ == "__main__":
    sys.exit(main())
