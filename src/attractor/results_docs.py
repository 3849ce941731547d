"""`python -m attractor.results_docs` prints docs/results.md from the contracts of all tables."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from attractor import registry
from attractor.results import Table

COMMAND = "python -m attractor.results_docs > docs/results.md"
_TYPES = {"str": "text", "int64": "whole number", "float64": "number"}

_READING = f"""\
# Results: every table and column

<!-- Made by `{COMMAND}` from the contracts in src/attractor; do not edit. -->

An experiment leaves its tables in `outputs/<experiment>/`: CSV files in UTF-8 with a header, `.`
for decimals and natural logarithms. One row is one observation. Columns are only ever appended.
`attractor-report outputs/<experiment>` merges them from all finished runs.

## Reading them

```python
import attractor

r = attractor.load("outputs/distance")
print(r.summary)
```

`r` shows which tables there are, and `r.NAME` is the file `NAME.csv` as a pandas data frame: text
as strings, whole numbers as int64, numbers as float64, empty ones NaN. A table is read when it is
first asked for, and must be as the report left it. `r.predictions` are those of the report's runs;
the sentences are in `r.probes`, and which run is of which configuration in `r.results`:

```python
runs = r.results[["run_id", "config_id"]].drop_duplicates()
answers = r.predictions.merge(runs, on="run_id")
answers = answers.merge(r.probes[["suite", "item_id", "sentence"]], on=["suite", "item_id"])
print(answers.groupby(["config_id", "model", "distance"])["correct"].mean())
```

Beside the columns below, the merged tables of accuracies, `suites.csv`, `errors.csv` and
`summary.csv` end with one column for each choice that a sweep varied, under its dotted name
(`data.n_sentences`). A *configuration* is all that was chosen but the seed. 95 % intervals hold the
variance that the column `interval` names, by the `method` beside it (docs/statistics.md); those of
diagnostics are t intervals over seeds.

In the type column, *text* is never missing but may be the empty string, a *whole number* is never
missing, and a *number* may be. Nouns *between* stand between subject and verb; an *attractor* is
one of them whose number is not the subject's.
"""
_RUNS = """\
## Items and run folders

Items stand in `outputs/<experiment>/<suite>.csv` (`probes.csv`, `text.csv` …), predictions in each
run's folder, `outputs/<experiment>/<run_id>/`. There also stand the run's `history.csv`, which is
the merged one below without its last three columns, and a folder for each diagnostic with its
tables, which are the merged ones below without the columns from `run_id` to `seed`.
"""
_REPORT = """\
## Merged tables

In `outputs/<experiment>/`, where the runs have what they tell.
"""
_DIAGNOSTICS = """\
## Diagnostics

In `outputs/<experiment>/`, of the diagnostics that were run: `attractor model=lstm
diagnostic=[gates]`. A *network half* is a snapshot (before training or after it) × a direction of
reading.
"""


def document() -> str:
    """The text of docs/results.md."""
    parts = [_READING, _RUNS, *_sections(registry.of_runs(), "###")]
    parts += [_REPORT, *_sections(registry.of_report(), "###"), _DIAGNOSTICS]
    for name, tables in groupby(registry.of_diagnostics(), registry.diagnostic_of):
        parts += [f"### {name}\n", *_sections(tables, "####")]
    return "\n".join(parts)


def _sections(tables: Iterable[Table], heading: str) -> list[str]:
    return [
        f"{heading} {table.name}\n\n"
        f"One row: {table.rows}.\n\n"
        "| column | type | meaning and unit |\n| --- | --- | --- |\n"
        + "".join(
            f"| `{name}` | {_TYPES[column.dtype]} | {_cell(column.meaning)} |\n"
            for name, column in table.columns.items()
        )
        for table in tables
    ]


def _cell(meaning: str) -> str:
    """As a cell of a Markdown table, where a bar would end it and `_` and `*` may mark words."""
    plain = meaning.split("`")
    for i in range(0, len(plain), 2):  # beside what stands between backquotes
        for letter in "|*_<":
            plain[i] = plain[i].replace(letter, f"\\{letter}")
    return "`".join(plain)


if __name__ == "__main__":
    print(document(), end="")
