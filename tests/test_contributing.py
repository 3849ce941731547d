"""The recipe of CONTRIBUTING.md for a construction: its yaml diff, applied and used."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import yaml

from attractor.cells import CellCounter
from attractor.derivations import Forest
from attractor.drawn_items import items
from attractor.flattener import Flattener
from attractor.grammar import Grammar
from attractor.lexicon import Lexicon
from attractor.notation import read_grammar
from attractor.realise import fill, group_starts, texts
from attractor.resources import CONF
from attractor.suites.requests import requests_of
from attractor.text import draw_text, shapes_of
from test_ambiguity import ambiguous_prefix
from tiny import ROOT


def diff_of_the_recipe() -> list[str]:
    """The lines of the ```diff block."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    (block,) = re.findall(r"```diff\n(.*?)```", text, flags=re.DOTALL)
    return block.splitlines()


def patched(text: str, diff: list[str]) -> str:
    """`text` with the added lines of a diff behind its context lines, which come in order."""
    lines, at = text.splitlines(), 0
    for line in diff:
        if line.startswith("+"):
            lines.insert(at, line[1:])
            at += 1
        else:
            at = lines.index(line[1:], at) + 1
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def extended(lexicon: Lexicon) -> Grammar:
    bundled = (CONF / "grammar/english.yaml").read_text("utf-8")
    return read_grammar(yaml.safe_load(patched(bundled, diff_of_the_recipe())), lexicon)


def test_recipe_is_at_most_ten_lines() -> None:
    added = [line for line in diff_of_the_recipe() if line.startswith("+")]
    assert 0 < len(added) <= 10
    assert all(line[:1] in "+ " for line in diff_of_the_recipe())


def test_the_construction_is_in_the_text(extended: Grammar, grammar: Grammar) -> None:
    assert "WhileClause" not in grammar.constructions
    text = draw_text(extended, 1_000, 10, 10, seed=0)
    mine = text[text["structure"] == "while_clause"]
    assert len(mine) > 5
    assert mine["sentence"].str.contains(" , while ").all()
    assert set(mine["n_intervening"]) == {1}
    assert set(mine["role"]) == {"outer"}


def test_probes_of_the_construction_can_be_drawn(extended: Grammar) -> None:
    counter = CellCounter(replace(extended, start="Clause", max_depth=1), 1, 7, 1)
    (cell, count) = next(
        (m, n) for m, n in counter.cells("outer").items() if m.structure == "while_clause"
    )
    assert (cell.subject_index, cell.distance, cell.n_intervening, cell.depth) == (1, 7, 1, 1)
    assert count > 1
    forest, rng = Forest(), np.random.default_rng(0)
    trees = counter.draw("outer", {cell: 20}, rng, forest)
    shapes, shape = shapes_of(Flattener(extended, forest), trees)
    plural = np.ones(group_starts(shapes, shape)[-1], dtype=np.int64)
    sentences = fill(shapes, shape, plural, rng)
    found = items(sentences, texts(sentences))
    for sentence in found.loc[found["construction"] == "while_clause", "sentence"]:
        assert re.match(r"\w+ \w+ , while \w+ \w+ \w+ , \w+", sentence), sentence


def test_the_set_of_the_recipe_can_be_drawn(extended: Grammar) -> None:
    recipe = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    (line,) = re.findall(r"```yaml\n(  while_clause: .*\n)```", recipe)
    suite = (CONF / "suite/constructions.yaml").read_text("utf-8")
    sets = yaml.safe_load(suite + line)["sets"]
    requests, table = requests_of(
        extended, "suite.constructions.sets.while_clause", sets["while_clause"]
    )
    assert set(table["construction"]) == {"while_clause"}
    assert (table["derivations"] > 0).all()
    assert {r.n_attractors for r in requests} == {0, 1}


def test_the_construction_leaves_every_prefix_one_number(extended: Grammar) -> None:
    assert ambiguous_prefix(replace(extended, max_depth=1), by_words=True) is None
