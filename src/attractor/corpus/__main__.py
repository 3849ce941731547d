"""`python -m attractor.corpus TREEBANK.conllu`: are the items of parsed text those of gold trees?

Parses the raw text of a treebank's sentences, reads items off both kinds of trees by the same
rules, and lists every item that only one of them has.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from attractor.corpus.compare import compare
from attractor.corpus.conllu import raw_texts, read_trees
from attractor.corpus.parser import parse
from attractor.errors import UserError
from attractor.sources import read_lines


def main(arguments: list[str] | None = None) -> int:
    """Console entry; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m attractor.corpus",
        description="Items of parsed text beside items of gold trees (CoNLL-U with `# text`).",
    )
    parser.add_argument("treebank", type=Path, help="a .conllu file")
    parser.add_argument("--pipeline", default="en_core_web_sm", help="spaCy's, by its name")
    parser.add_argument("--csv", type=Path, help="also write the disagreements to this file")
    options = parser.parse_args(arguments)
    try:
        print(_report(options.treebank, options.pipeline, options.csv))
    except UserError as error:
        print(f"attractor: {error}", file=sys.stderr)
        return 2
    return 0


def _report(treebank: Path, pipeline: str, file: Path | None) -> str:
    lines = read_lines(treebank)
    gold = list(read_trees(str(treebank), lines))
    texts = list(raw_texts(str(treebank), lines))
    if len(texts) != len(gold):
        raise UserError(
            f"{treebank}: {len(gold)} sentences and {len(texts)} comments `# text = `; "
            "each sentence needs its raw text"
        )
    for tree in gold:
        if not tree.starts:
            raise UserError(f"{tree.place}: the words are not those of `# text = `; mend either")
    parsed = parse([(text, place) for place, text in texts], pipeline, one_sentence=True)
    found = compare(gold, parsed, [text for _, text in texts])
    if file is not None:
        found.disagreements.to_csv(file, index=False)
    rows = [
        f"{row.who:6} {row.subject} … {row.verb} | {row.the_other} | {row.sentence}"
        for row in found.disagreements.itertuples()
    ]
    return "\n".join(
        [
            *rows,
            f"{len(gold):,} sentences: {found.n_gold} items of gold trees, {found.n_parser} of "
            f"the parser's, {found.n_both} of both",
            f"precision {found.precision:.1%}, recall {found.recall:.1%}",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
