"""docs/results.md is what the contracts say, and its example runs."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from attractor import registry, results_docs
from attractor.report import cli, figures
from attractor.results import ITEMS, Column, Table, write_csv
from fake_runs import MODELS, items, write_runs

DOCUMENT = Path(__file__).parents[1] / "docs" / "results.md"
TABLES = [*registry.of_runs(), *registry.of_report(), *registry.of_diagnostics()]
# What a meaning is to name: a unit, or that the column tells rows apart.
UNITS = (
    *("label", "name", "hash", "letters S or P", "part of the suite", "word that", "config_id"),
    *("token", "tokens", "steps", "count", "seed number", "unit number", "1 if"),
    *("share", "log-odds", "nats", "probability", "perplexity", "seconds", "norm", "ratio"),
    *("correlation", "activation", "radians", "standard deviations", "95 % interval"),
    *("the same mean", "the same, adjusted", "the factor's value"),
)


def test_the_committed_document_is_what_the_contracts_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == results_docs.document(), (
        f"a contract changed: run {results_docs.COMMAND}"
    )


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_has_a_meaning_that_names_a_unit_or_is_a_label(table: Table) -> None:
    assert len(table.rows.split()) > 2
    for name, column in table.columns.items():
        assert column.dtype in ("str", "int64", "float64"), name
        assert len(column.meaning.split()) > 2, name
        assert any(re.search(rf"\b{re.escape(unit)}", column.meaning) for unit in UNITS), (
            f"{name}: {column.meaning}"
        )


def test_a_meaning_does_not_break_its_table() -> None:
    text = results_docs.document()
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) == sum(len(table.columns) for table in TABLES)
    for row in rows:
        assert len(re.findall(r"(?<!\\)\|", row)) == 4, row


def test_a_table_is_written_as_hand_written(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table("toy.csv", "thing × run", {"a_b": Column("float64", "share of a|b: `a_b` *")})
    monkeypatch.setattr(registry, "of_runs", lambda: [table])
    assert (
        "### toy.csv\n\nOne row: thing × run.\n\n"
        "| column | type | meaning and unit |\n| --- | --- | --- |\n"
        "| `a_b` | number | share of a\\|b: `a_b` \\* |\n"
    ) in results_docs.document()


def test_the_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "outputs" / "distance"
    models = {"srn": MODELS["srn"]}
    write_runs(folder, seeds=2, models=models, per_cell=4, longest=4)
    probes = items(per_cell=4, longest=4)
    words = ("sentence", "subject", "correct_form", "wrong_form")
    words += ("noun_indices", "verb_indices", "relativizer")
    write_csv(probes.assign(**dict.fromkeys(words, "1")), ITEMS, folder / "probes.csv")
    monkeypatch.setattr(figures, "figures", lambda analysis: {})
    assert cli.main([str(folder)]) == 0
    capsys.readouterr()
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 2
    assert len(list(filter(None, blocks[0].splitlines()))) == 3  # the promise
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, DOCUMENT.name, "exec"), names)
    answers, summary = names["answers"], names["r"].summary
    assert isinstance(answers, pd.DataFrame)
    srn = answers[(answers["model"] == "srn") & (answers["suite"] == "probes")]
    assert len(srn) == 2 * (probes["suite"] == "probes").sum()  # a row a seed and item
    assert len(set(srn["config_id"])) == 1
    printed = capsys.readouterr().out
    assert f"[{len(summary)} rows x {summary.shape[1]} columns]" in printed
    assert "Name: correct" in printed
