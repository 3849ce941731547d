"""`attractor-lint PATH...`: the faults of suites of minimal pairs, in their files as they are."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from attractor.errors import UserError
from attractor.linting.contents import read_source
from attractor.linting.formats import read_path
from attractor.linting.report import WIDTH, lint


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 without faults, 1 with some, 2 for bad input."""
    parser = argparse.ArgumentParser(
        prog="attractor-lint",
        description="List the faults of suites of minimal pairs: of CLAMS, BLiMP, Lakretz et al., "
        "Gulordava et al., Linzen et al., SyntaxGym, LM_syneval, an items.csv, a treebank.",
        epilog="Formats are told by content. Exit codes: 0 no faults; 1 faults; 2 bad input.",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or a folder")
    parser.add_argument(
        "--vocabulary",
        type=Path,
        metavar="FILE",
        help="list texts with other words: a word a line, or a run's vocabulary.json",
    )
    parser.add_argument(
        "--no-heuristics", action="store_true", help="do not score rules on nouns (needs no spaCy)"
    )
    options = parser.parse_args(arguments)
    try:
        words = _vocabulary(options.vocabulary) if options.vocabulary else None
        return _lint(options.paths, words, not options.no_heuristics)
    except UserError as error:
        print(f"attractor-lint: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # of `attractor-lint … | head`
        sys.stderr.close()
        return 1


def _lint(paths: Sequence[Path], vocabulary: set[str] | None, rules: bool) -> int:
    n_files, n_pairs, kinds, broken = 0, 0, Counter[str](), False
    for path in paths:
        for contents in read_path(path):
            if isinstance(contents, UserError):
                print(f"attractor-lint: {contents}", file=sys.stderr)
                broken = True
                continue
            if isinstance(contents, Path):
                print(f"{contents}\n  of no format that is known: left out\n")
                continue
            faults, text = lint(contents, vocabulary, rules)
            print(text, end="\n\n", flush=True)
            n_files += 1
            n_pairs += len(contents.pairs)
            kinds.update(fault.kind for fault in faults)
    if vocabulary is None:
        print("Words outside a vocabulary: not looked for; give one with --vocabulary FILE.")
    if not rules:
        print("Heuristics: not scored (--no-heuristics).")
    said = ", ".join(f"{kind} {n:,}" for kind, n in kinds.most_common()) or "no faults"
    print(textwrap.fill(f"{n_files:,} suites, {n_pairs:,} pairs: {said}.", WIDTH))
    return 2 if broken else int(bool(kinds))


def _vocabulary(file: Path) -> set[str]:
    """The words of a list, a word a line, or of a vocabulary.json."""
    lines = read_source(file).lines
    if not lines[0].startswith(("[", "{")):
        return {line.strip() for line in lines if line.strip()}
    try:
        words = json.loads("\n".join(lines))
    except json.JSONDecodeError as error:
        raise UserError(
            f"{file} line {error.lineno}: this is no JSON ({error.msg}); give a run's "
            "vocabulary.json, or a word a line"
        ) from error
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise UserError(f"{file}: no list of words; give a run's vocabulary.json, or a word a line")
    return set(words)


if __name__ == "__main__":
    sys.exit(main())
