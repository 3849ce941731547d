"""`attractor-trace RUN... TEXT`: p(plural) and the gates, word by word, of trained networks."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from attractor.errors import UserError
from attractor.free_text import words
from attractor.tracing.runs import Run

# torch, spacy and altair are imported where they are needed: --help and bad input take no time.


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0, or 2 for bad input."""
    parser = argparse.ArgumentParser(
        prog="attractor-trace",
        usage="%(prog)s [-h] [--file PATH] [--output FOLDER] RUN... [TEXT]",
        description="Read a sentence with trained networks; print p(plural) of the next verb and "
        "the gates after every word, and draw them.",
        epilog="The last argument is the text, unless --file is given. Where all arguments are "
        "folders, standard input is read, a sentence a line. Exit codes: 0 fine; 2 bad input.",
    )
    parser.add_argument("given", nargs="+", metavar="RUN", help="a run: outputs/distance/<run_id>")
    parser.add_argument(
        "--file", metavar="PATH", help="a UTF-8 file, a sentence a line; - for stdin"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="of figures; else figures/ beside the first run",
    )
    options = parser.parse_intermixed_args(arguments)
    try:
        folders, lines = _sorted_out(options.given, options.file)
        runs = {run.run_id: run for run in map(Run.of, folders)}
        output = options.output or folders[0].resolve().parent / "figures"
        print_and_draw(list(runs.values()), [words(line) for line in lines], output)
    except UserError as error:
        print(f"attractor-trace: {error}", file=sys.stderr)
        return 2
    return 0


def print_and_draw(runs: Sequence[Run], texts: Sequence[list[str]], output: Path) -> None:
    """Print the tables of each text (its words) and put its figure into the folder `output`."""
    import torch

    from attractor.plan import THREADS
    from attractor.report.style import save
    from attractor.tracing.figure import figure, name
    from attractor.tracing.measure import measure
    from attractor.tracing.table import table

    torch.set_num_threads(THREADS)
    for traced in [[measure(run, text) for run in runs] for text in texts]:
        try:
            paths = save(figure(traced), output, name(traced))
        except OSError as error:
            raise UserError(
                f"{error.filename or output}: {error.strerror}; give a folder with --output"
            ) from error
        print("\n\n".join(map(table, traced)))
        print("", *paths, "", sep="\n")


def _sorted_out(given: list[str], file: str | None) -> tuple[list[Path], list[str]]:
    """The folders of the runs, and the texts."""
    *folders, last = given
    if file is not None:
        return [*map(Path, given)], _lines(file)
    if os.path.isdir(last):  # noqa: PTH112 (an empty Path is this very folder)
        if sys.stdin.isatty():
            raise UserError('no text: give it last, "The keys to the cabinet", or with --file')
        return [*map(Path, given)], _lines("-")
    is_path = os.sep in last and " " not in last
    if not folders or is_path:
        raise UserError(
            f"{last}: no such run folder; give outputs/<experiment>/<run_id>, then TEXT"
        )
    return [*map(Path, folders)], [last]


def _lines(file: str) -> list[str]:
    """The lines of a file, or of standard input, that are not blank."""
    place = "standard input" if file == "-" else file
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        lines = [line for line in content.decode("utf-8-sig").split("\n") if line.strip()]
    except OSError as error:
        raise UserError(f"{place}: {error.strerror}; give a UTF-8 file of sentences") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{place}: not UTF-8 ({error.reason}); save it as UTF-8") from error
    if not lines:
        raise UserError(f"{place}: no text in it; give a sentence a line")
    return lines


if __name__ == "__main__":
    sys.exit(main())
