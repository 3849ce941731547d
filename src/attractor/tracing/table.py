"""A traced text as plain text: one row a word."""

from __future__ import annotations

import textwrap

import pandas as pd

from attractor.tracing.measure import BACKWARD, FORWARD, Traced

WIDTH = 100
_LONGEST_WORD = 30


def table(traced: Traced) -> str:
    """p(plural) and gates by word, at most WIDTH columns wide, with what is to be known of them."""
    answers = traced.answers
    marked = [
        _shortened(f"{word} <unk>" if unknown else word)
        for word, unknown in zip(answers["word"], answers["unknown"], strict=True)
    ]
    columns = {
        "p(plural)": [f"{p:.3f}" for p in answers["p_plural"]],
        "log-odds": [f"{x:+.2f}" for x in answers["log_odds"]],
    }
    sizes = {direction: _sizes(frame) for direction, frame in traced.readings.items()}
    lines = [traced.run_id, *_remarks(answers)]
    lines += ["", *_columns(marked, columns | sizes.get(FORWARD, {}))]
    if BACKWARD in sizes:
        lines += ["", "the whole text read from right to left"]
        lines += _columns(marked, sizes[BACKWARD])
    return "\n".join([*lines, "", *_legend(traced)])


def _shortened(word: str) -> str:
    return word if len(word) <= _LONGEST_WORD else f"{word[: _LONGEST_WORD - 7]}…{word[-6:]}"


def _sizes(frame: pd.DataFrame) -> dict[str, list[str]]:
    return {str(name): [f"{x:.2f}" for x in column] for name, column in frame.items()}


def _columns(words: list[str], columns: dict[str, list[str]]) -> list[str]:
    """Words on the left, columns of numbers on the right."""
    left = max(map(len, ["word", *words]))
    widths = {name: max(map(len, [name, *cells])) + 2 for name, cells in columns.items()}
    heading = "word".ljust(left) + "".join(name.rjust(width) for name, width in widths.items())
    rows = [
        word.ljust(left) + "".join(cells[t].rjust(widths[name]) for name, cells in columns.items())
        for t, word in enumerate(words)
    ]
    return [heading, *rows]


def _remarks(answers: pd.DataFrame) -> list[str]:
    """Which words were not read as they were given."""
    lowered = answers[answers["given"] != answers["word"]].drop_duplicates("given")
    unknown = answers.loc[answers["unknown"], "word"].drop_duplicates()
    lines = []
    if len(lowered):
        pairs = zip(lowered["given"], lowered["word"], strict=True)
        lines += _wrapped("read as: " + ", ".join(f"{given} → {word}" for given, word in pairs))
    if len(unknown):
        lines += _wrapped(
            f"unknown: {' '.join(unknown)} (read as <unk>, a word that training never held)"
        )
    return lines


def _legend(traced: Traced) -> list[str]:
    lines = _wrapped(f"p(plural): after each word, {traced.question}")
    if not traced.readings:
        return [*lines, "no gates: this model has no step-by-step reference"]
    columns = next(iter(traced.readings.values())).columns
    what = (
        "forget, input, output: gates; |cand|, |C|, |h|: size of candidate, memory, state"
        if "forget" in columns
        else "|h|: size of the state"
    )
    return lines + _wrapped(f"{what}; means of {traced.units} units")


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, WIDTH, subsequent_indent="  ")
