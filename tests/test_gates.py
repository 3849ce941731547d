"""Gates: the values of a network with hand-set weights, what memory keeps, and the report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import exp, log, prod, sqrt, tanh
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from attractor import checkpoints
from attractor.diagnostics import retention as kept
from attractor.diagnostics.gates import (
    BY_ROLE,
    CONTRASTS,
    FLAGSHIP,
    GATES,
    Gates,
    contrasts,
    half_names,
)
from attractor.diagnostics.gates_units import UNITS
from attractor.diagnostics.protocol import OF_RUN, Case, Report
from attractor.diagnostics.retention import CORRELATION, RETENTION, RETENTION_BY_DISTANCE
from attractor.errors import UserError
from attractor.items import factors_of
from attractor.lexicon import Lexicon
from attractor.models.protocol import Network
from attractor.network import build_network
from attractor.plugins import call_target
from attractor.resources import CONF
from attractor.results import check
from attractor.tasks.cloze import Cloze
from attractor.tasks.grammaticality import Grammaticality
from attractor.tasks.language_model import LanguageModel
from attractor.tasks.number_prediction import NumberPrediction
from attractor.tasks.protocol import Task
from attractor.tasks.verb_inflection import VerbInflection
from attractor.trained import Trained
from attractor.vocab import BEGIN, END, Vocabulary
from tiny import FLAGSHIP as SENTENCE
from tiny import network

WORDS = Vocabulary.of(
    [f"the {noun} near dogs run runs was were full airline cancelling" for noun in ("cat", "cats")]
    + ["dog flights [run] [be]", f"{BEGIN} {END}"]
)
# The gates of two units on reading a word, as the weights are set to give them.
F = {"the": (0.5, 0.9), "near": (0.8, 0.7), "dog": (0.6, 0.2), "dogs": (0.4, 0.3)}
NUMBER = {"cat": 1, "dog": 1, "airline": 1, "cats": -1, "dogs": -1, "flights": -1}
I, O = (0.75, 0.25), (0.6, 0.3)  # noqa: E741
READOUT = (-3.0, 1.0)


def forget(word: str) -> tuple[float, float]:
    return F.get(word, (0.5, 0.5))


def candidate(word: str) -> tuple[float, float]:
    """A noun's number stands in both units, with either sign; other words write nothing."""
    return 0.8 * NUMBER.get(word, 0), -0.4 * NUMBER.get(word, 0)


def memories(text: str) -> list[list[float]]:
    """C of both units after each word, by the recursion."""
    C, found = [0.0, 0.0], []
    for word in text.split(" "):
        C = [forget(word)[j] * C[j] + I[j] * candidate(word)[j] for j in (0, 1)]
        found.append(C)
    return found


def hand_set(both_ends: bool = False) -> Network:
    """A network whose gates are those above, whatever it has read before."""
    made = network("lstm", both_ends, len(WORDS), hidden_size=2, embedding_size=len(WORDS)).double()
    encoder: Any = made.encoder
    head: Any = made.head
    n = len(WORDS)
    # The rows of torch's layer: i, f, C̃, o, two units each; a column a word.
    weights = [
        *logit([I] * n),
        *logit([forget(word) for word in WORDS.words]),
        *np.arctanh([candidate(word) for word in WORDS.words]).T,
        *logit([O] * n),
    ]
    with torch.no_grad():
        encoder.embedding.weight.copy_(torch.eye(n))
        for layer in filter(None, (encoder.forward_layer, encoder.backward_layer)):
            for parameter in layer.parameters():
                parameter.zero_()
            layer.weight_ih_l0.copy_(torch.tensor(np.array(weights)))
        head.weight.copy_(torch.tensor([READOUT * (1 + both_ends)]))
        head.bias.zero_()
    return made


def logit(gates: Sequence[tuple[float, float]]) -> np.ndarray[Any, Any]:
    """Pre-activations (2, n) of the gates (n, 2)."""
    p = np.array(gates)
    return np.log(p / (1 - p)).T


def item(
    sentence: str, subject: int, verb: int, suite: str = "probes", role: str = "outer"
) -> dict[str, Any]:
    """A row with the columns of results.ITEMS that are read."""
    words = sentence.split(" ")
    nouns = {
        i: "singular" if NUMBER[word] > 0 else "plural"
        for i, word in enumerate(words)
        if word in NUMBER
    }
    singular = nouns[subject] == "singular"
    forms = ("was", "were") if words[verb] in ("was", "were") else ("runs", "run")
    return {
        **{
            "sentence": sentence,
            "suite": suite,
            "role": role,
            "probe_set": "balanced" * (suite == "probes"),
        },
        **{"item_id": f"{suite}-{sentence}-{verb}", "prefix_id": " ".join(words[:verb])},
        "correct_form": forms[not singular],
        "wrong_form": forms[singular],
        **factors_of(nouns, {}, subject, verb, len(words)),
    }


NEAR = item("the cat near the dogs runs", 1, 5)
PROBES = pd.DataFrame([NEAR, item("near the dogs the cats run", 4, 5), item("the cats run", 1, 2)])
FLAGSHIP_ITEMS = pd.DataFrame(
    [item(SENTENCE, 3, 4, "flagship", "inner"), item(SENTENCE, 1, 6, "flagship")]
)
# Two items of one cell, and what is read after the subject of NEAR and of these.
FURTHER = [
    item("the cat near the the dogs runs", 1, 6),
    item("the cats near near the dog run", 1, 6),
]
PASSED = ["near the dogs", "near the the dogs", "near near the dog"]
PLURAL = torch.tensor([False, True, True])


def halves(
    made: Network, task: Task | None = None, items: pd.DataFrame = PROBES
) -> tuple[torch.Tensor, list[kept.Half]]:
    return kept.read_halves(made, task or NumberPrediction(), items, WORDS)


def read_by(half: kept.Half, text: int) -> str:
    return " ".join(WORDS.words[i] for i in half.tokens[text].tolist())


def products(*of_items: Sequence[str]) -> np.ndarray[Any, Any]:
    """∏ f (n, 2) over the words of each item."""
    return np.array([[prod(forget(w)[j] for w in words) for j in (0, 1)] for words in of_items])


def test_forward_retention_is_the_product_of_the_forget_gates_after_the_subject() -> None:
    margin, [half] = halves(hand_set())
    found = half.log_retention().exp().numpy()
    assert found.shape == (3, 2)
    np.testing.assert_allclose(found, products(["near", "the", "dogs"], [], []), rtol=1e-12)

    carriers = kept.Carriers(*torch.tensor([[1.0, 1.0], [1.0, 1.0], [0.25, 0.75]]).double())
    rows = kept.retention(half, PROBES, margin, carriers).assign(snapshot="best", direction="x")
    assert len(check(rows, RETENTION, "")) == 3
    first = rows.iloc[0]
    each = 0.8 * 0.5 * 0.4, 0.7 * 0.9 * 0.3
    assert first["retention_mean"] == pytest.approx(sum(each) / 2)
    assert first["retention_weighted"] == pytest.approx(0.25 * each[0] + 0.75 * each[1])
    assert rows["steps"].tolist() == [3, 0, 0]
    assert rows["n_nouns"].tolist() == [1, 0, 0]
    C = [memories("the cat near the dogs")[-1], memories("the cats")[-1]]
    plural = [sum(READOUT[j] * O[j] * tanh(c[j]) for j in (0, 1)) for c in C]
    assert rows["margin"].iloc[[0, 2]].tolist() == pytest.approx([-plural[0], plural[1]])
    assert rows["correct"].tolist() == (rows["margin"] > 0).astype(float).tolist()
    assert set(rows["correct"]) == {0.0, 1.0}  # dogs outweigh a cat of which little is kept


def test_backward_retention_runs_from_the_subject_to_the_first_word() -> None:
    margin, [_, half] = halves(hand_set(both_ends=True))
    found = half.log_retention().exp().numpy()
    assert found.shape == (3, 2)
    expected = products(["the"], ["the", "dogs", "the", "near"], ["the"])
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    rows = kept.retention(half, PROBES, margin, half.carriers(PLURAL))
    assert rows["steps"].tolist() == [1, 4, 1]
    assert rows["n_nouns"].tolist() == [0, 1, 0]
    # By its place in the text: the second text read from its end, up to its first word.
    C = half.values["cell"][1, :5].flip(0).numpy()
    np.testing.assert_allclose(C, memories("cats the dogs the near"), rtol=1e-12)


def test_carriers_hold_slope_and_difference_of_each_unit() -> None:
    _, [half] = halves(hand_set())
    slope, difference, weight = (values.numpy() for values in half.carriers(PLURAL))
    assert slope.shape == difference.shape == weight.shape == (2,)
    texts = PROBES["prefix_id"].tolist()
    last = [memories(text)[-1] for text in texts]
    expected = [np.mean([READOUT[j] * O[j] * (1 - tanh(C[j]) ** 2) for C in last]) for j in (0, 1)]
    np.testing.assert_allclose(slope, expected, rtol=1e-12)
    subject = [memories(text)[at] for text, at in zip(texts, PROBES["subject_index"], strict=True)]
    apart = [(subject[1][j] + subject[2][j]) / 2 - subject[0][j] for j in (0, 1)]
    np.testing.assert_allclose(difference, apart, rtol=1e-12)
    carried = np.abs(slope * difference)
    np.testing.assert_allclose(weight, carried / carried.sum(), rtol=1e-12)
    assert weight[0] > 0.9  # more readout, more gate, more candidate


def test_a_unit_without_the_number_has_no_weight() -> None:
    made = hand_set()
    layer: Any = made.encoder.forward_layer
    with torch.no_grad():
        layer.weight_ih_l0[5] = 1.0  # the second unit's candidate is the same for every word
        layer.weight_ih_l0[3] = 5.0  # its forget gate too
    _, [half] = halves(made, items=PROBES.iloc[[0, 2]])  # two subjects in the same place
    weight = half.carriers(PLURAL[[0, 2]]).weight
    assert weight.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("both_ends", [False, True])
def test_gradient_through_memory_is_slope_times_retention(both_ends: bool) -> None:
    made = network("lstm", both_ends, len(WORDS), seed=3).double()
    encoder: Any = made.encoder
    with torch.no_grad():  # gates that do not depend on the state: memory is the only way
        for layer in filter(None, (encoder.forward_layer, encoder.backward_layer)):
            layer.weight_hh_l0.zero_()
            layer.weight_ih_l0.mul_(3)
    _, found = halves(made)
    assert [half.direction for half in found] == [kept.FORWARD, kept.BACKWARD][: 1 + both_ends]
    reading = kept.read(
        made, NumberPrediction(), kept.ask(NumberPrediction(), PROBES, WORDS, both_ends)
    )
    lengths = reading.batch.lengths
    for half, steps in zip(found, (reading.forward, reading.backward), strict=False):
        assert steps is not None
        step = half.subject if half.direction == kept.FORWARD else lengths - 1 - half.subject
        gradients = torch.autograd.grad(reading.margin.sum(), steps.C, retain_graph=True)
        expected = torch.stack(gradients, dim=1)[torch.arange(3), step]
        torch.testing.assert_close(half.slope * half.log_retention().exp(), expected)


def test_the_verb_has_gates_where_the_task_ends_before_it() -> None:
    made = hand_set()
    _, [half] = halves(made)
    assert half.lengths.tolist() == [6, 6, 3]
    assert read_by(half, 2) == "the cats run <pad> <pad> <pad>"
    alone = halves(made, items=PROBES.iloc[[2]])[1][0]
    for name, values in half.values.items():
        assert values.shape == (3, 6, 2)
        torch.testing.assert_close(values[2, :3], alone.values[name][0])
    torch.testing.assert_close(half.slope[2], alone.slope[0])


@pytest.mark.parametrize(
    ("task", "steps", "read"),
    [
        (NumberPrediction(), 3, "the cat near the dogs runs"),
        (VerbInflection(), 4, "the cat near the dogs [run]"),
        (LanguageModel(), 3, "<s> the cat near the dogs runs"),
    ],
)
def test_every_task_is_measured_from_its_subject_to_its_answer(
    task: Task, steps: int, read: str
) -> None:
    made = hand_set()
    made.head = task.head(2, len(WORDS)).double()
    _, [half] = halves(made, task, PROBES.iloc[[0]])
    assert read_by(half, 0) == read
    assert half.kept().sum().item() == steps
    between = ["near", "the", "dogs", "[run]"][:steps]
    np.testing.assert_allclose(half.log_retention().exp().numpy(), products(between), rtol=1e-12)


def test_the_backward_half_of_a_cloze_never_reads_the_subject() -> None:
    made = hand_set(both_ends=True)
    made.head = Cloze().head(4, len(WORDS)).double()
    _, [half] = halves(made, Cloze())
    assert half.direction == kept.FORWARD
    expected = products(["near", "the", "dogs"], [], [])
    np.testing.assert_allclose(half.log_retention().exp().numpy(), expected, rtol=1e-12)


def saved(folder: Path, model: str, made: Network | None = None) -> Trained:
    """A training stage's folder with one network at all moments, random or given."""
    options = {
        **yaml.safe_load((CONF / f"model/{model}.yaml").read_text("utf-8"))["model"],
        **{"embedding_size": len(WORDS), "hidden_size": 2},
    }
    task = NumberPrediction()
    made = made or build_network(options, task, len(WORDS), seed=1)
    for snapshot in ("initial", "best"):
        weights = {name: value.float() for name, value in made.state_dict().items()}
        checkpoints.save_weights(weights, folder / f"{snapshot}.safetensors")
    return Trained(options, task, WORDS, folder)


def case(trained: Trained, lexicon: Lexicon, probes: pd.DataFrame = PROBES) -> Case:
    items = pd.concat([probes, FLAGSHIP_ITEMS], ignore_index=True)
    return Case(trained, items, items, lexicon, 1.0)


def test_measured_gates_by_role_are_those_of_the_words(tmp_path: Path, lexicon: Lexicon) -> None:
    tables = Gates(100).measure(case(saved(tmp_path, "lstm", hand_set()), lexicon))
    for table in Gates.tables:
        frame = check(tables[table.name], table, table.name)
        assert list(frame) == list(table.columns)
    gates = tables[GATES.name]
    assert set(gates["direction"]) == {kept.FORWARD}
    assert len(gates) == 2 * 6 * 6  # snapshots, quantities, roles
    best = gates[gates["snapshot"] == "best"].set_index(["quantity", "role"])
    units = tables[UNITS.name]
    weight = units[(units["snapshot"] == "best") & (units["steps"] == 0)].set_index("unit")[
        "weight"
    ]
    assert weight.sum() == pytest.approx(1.0)
    # cat, cats, cats; dogs after the subject; dogs before it; near, the; runs, run, run
    for role, words in {
        "subject": ["cat", "cats", "cats"],
        "attractor": ["dogs"],
        "noun before": ["dogs"],
        "filler": ["near", "the"],
        "before": ["the", "near", "the", "the", "the"],
        "verb": ["runs", "run", "run"],
    }.items():
        assert best["n_tokens"]["forget", role] == len(words)
        for quantity, of_word in (
            ("forget", forget),
            ("input", lambda _: I),
            ("candidate", candidate),
            ("output", lambda _: O),
        ):
            sizes = np.abs([of_word(word) for word in words]).mean(axis=0)
            row = best.loc[(quantity, role)]
            assert row["mean"] == pytest.approx(sizes.mean(), abs=1e-6)
            assert row["weighted"] == pytest.approx(sizes @ weight.to_numpy(), abs=1e-6)
    C = abs(np.array(memories("the cat near the dogs")[-1]))
    assert best["mean"]["cell", "attractor"] == pytest.approx(C.mean(), abs=1e-6)
    h = np.array(O) * np.tanh(C)
    assert best["mean"]["hidden", "attractor"] == pytest.approx(h.mean(), abs=1e-6)


def test_measured_units_and_flagship_sentence(tmp_path: Path, lexicon: Lexicon) -> None:
    probes = pd.concat([PROBES, pd.DataFrame(FURTHER)], ignore_index=True)
    tables = Gates(100).measure(case(saved(tmp_path, "lstm", hand_set()), lexicon, probes))
    units = tables[UNITS.name]
    units = units[units["snapshot"] == "best"].set_index(["steps", "n_nouns", "unit"])
    # Both texts of cats end at their subject; the others pass what PASSED says.
    assert sorted(units.index) == [(0, 0, 0), (0, 0, 1), (3, 1, 0), (3, 1, 1), (4, 1, 0), (4, 1, 1)]
    assert units["n_items"].tolist() == [2, 2, 1, 1, 2, 2]
    assert units.loc[0, "forget"].isna().all()
    assert (units.loc[0, "log_retention"] == 0).all()
    gates = [[forget(word) for word in text.split(" ")] for text in PASSED]
    np.testing.assert_allclose(units.loc[3, "forget"], np.mean(gates[0], axis=0), atol=1e-6)
    np.testing.assert_allclose(
        units.loc[3, "log_retention"], np.log(gates[0]).sum(axis=0), atol=1e-6
    )
    both = np.array(gates[1:])
    np.testing.assert_allclose(units.loc[4, "forget"], both.mean(axis=(0, 1)), atol=1e-6)
    logs = np.log(both).sum(axis=1).mean(axis=0)
    np.testing.assert_allclose(units.loc[4, "log_retention"], logs, atol=1e-6)
    for name in ("weight", "slope", "difference"):  # of the unit, whatever the cell
        of_cells = units[name].to_numpy().reshape(3, 2)
        assert (of_cells == of_cells[0]).all()
    units = units.loc[0].droplevel("n_nouns")

    words = tables[FLAGSHIP.name]
    best = words[words["snapshot"] == "best"].set_index(["token_index", "unit"])
    assert len(best) == 8 * 2
    assert best["token"].xs(0, level="unit").tolist() == SENTENCE.split(" ")
    C = memories(SENTENCE)
    for t, word in enumerate(SENTENCE.split(" ")):
        for j in (0, 1):
            row = best.loc[(t, j)]
            expected = [
                *(units["weight"][j], units["slope"][j], forget(word)[j], I[j]),
                *(candidate(word)[j], O[j], C[t][j], O[j] * tanh(C[t][j])),
            ]
            names = ["weight", "slope", *kept.QUANTITIES]
            assert row[names].tolist() == pytest.approx(expected, abs=1e-6)


def test_items_of_one_number_are_refused(tmp_path: Path, lexicon: Lexicon) -> None:
    trained = saved(tmp_path, "lstm", hand_set())
    with pytest.raises(UserError, match="subjects of both numbers"):
        Gates(100).measure(case(trained, lexicon, pd.DataFrame([NEAR])))


@pytest.mark.parametrize("cell", ["srn", "gru"])
@pytest.mark.parametrize("both_ends", [False, True])
def test_a_network_without_these_gates_is_refused(cell: str, both_ends: bool) -> None:
    made = network(cell, both_ends)
    with pytest.raises(UserError) as error:
        Gates(1).check(made, NumberPrediction(), "mine")
    assert str(error.value) == (
        "diagnostic=gates: mine has no forget, input and output gates; "
        "it fits model=lstm and bilstm"
    )


def test_a_task_without_a_margin_at_the_verb_is_refused() -> None:
    Gates(1).check(network("lstm"), NumberPrediction(), "lstm")
    Gates(1).check(network("lstm", both_ends=True), NumberPrediction(), "bilstm")
    with pytest.raises(UserError, match=r"^diagnostic=gates: this task's answer cannot be"):
        Gates(1).check(network("lstm"), Grammaticality(None), "lstm")


@pytest.mark.parametrize("n_items", [0, -1, 1.5, "all"])
def test_a_number_of_items_that_is_none_is_refused(n_items: Any) -> None:
    with pytest.raises(UserError, match=r"^diagnostic.gates.n_items="):
        Gates(n_items)


def test_the_yaml_makes_the_diagnostic() -> None:
    spec = yaml.safe_load((CONF / "diagnostic/gates.yaml").read_text("utf-8"))
    assert spec.pop("version") >= 1
    assert spec.pop("suites") == ["probes", "flagship"]
    assert isinstance(call_target("diagnostic.gates", spec), Gates)


def of_run(frame: pd.DataFrame, label: str, seed: int, model: str = "lstm") -> pd.DataFrame:
    run = {"run_id": f"{label}-{seed}", "config_id": label, "label": label, "model": model}
    return frame.assign(**run, task="number_prediction", seed=seed)[[*OF_RUN, *frame]]


def retained(rows: Sequence[tuple[int, int, float, float]]) -> pd.DataFrame:
    """RETENTION of (steps, n_attractors, retention, margin) an item."""
    frame = pd.DataFrame(rows, columns=["steps", "n_attractors", "retention_weighted", "margin"])
    return frame.assign(
        snapshot="best",
        direction=kept.FORWARD,
        item_id=[str(i) for i in range(len(rows))],
        subject_number="plural",
        distance=frame["steps"] + 1,
        n_nouns=frame["n_attractors"],
        correct=(frame["margin"] > 0).astype(float),
        retention_mean=frame["retention_weighted"] / 2,
    )[list(RETENTION.columns)]


def test_correlation_is_within_cells() -> None:
    # In each cell more kept is more right; across cells what keeps more is further off.
    near = [(1, 0, 0.5, 1.0), (1, 0, 0.4, -8.0), (1, 0, 0.3, -9.0)]
    far = [(5, 1, 0.90, 9.0), (5, 1, 0.89, 8.0), (5, 1, 0.88, -1.0)]
    sure = [(9, 0, 0.01, 3.0), (9, 0, 0.99, 2.0), (9, 0, 0.02, 1.0)]  # all right: cannot tell
    found = kept.correlations(of_run(retained([*near, *far, *sure]), "lstm", 0))
    assert len(check(found, CORRELATION, "")) == 1
    row = found.iloc[0]
    assert (row["n_items"], row["n_seeds"]) == (6, 1)
    assert row["with_margin"] == pytest.approx(1.0)
    # Ranks -1, 0, 1 against right less its mean: 2/3, -1/3, -1/3 and 1/3, 1/3, -2/3.
    assert row["with_right"] == pytest.approx(2 / sqrt(4 * 12 / 9))
    assert np.isnan(row["with_right_low"])


def test_correlation_leaves_out_a_run_that_cannot_tell() -> None:
    told = [(1, 0, 0.5, 1.0), (1, 0, 0.4, -1.0)]
    silent = [(1, 0, 0.5, 1.0), (1, 0, 0.4, 2.0)]
    both = [of_run(retained(told), "lstm", 0), of_run(retained(silent), "lstm", 1)]
    found = kept.correlations(pd.concat(both))
    assert found["n_seeds"].tolist() == [1]
    assert found["with_right"].tolist() == pytest.approx([1.0])
    assert kept.correlations(both[1]).empty


def test_retention_by_distance_is_a_geometric_mean_with_nouns_held_fixed() -> None:
    first = of_run(retained([(3, 0, 0.1, 1.0), (3, 0, 0.4, -1.0), (3, 1, 0.7, 1.0)]), "lstm", 0)
    second = of_run(retained([(3, 0, 0.05, 1.0), (3, 1, 0.7, 1.0)]), "lstm", 1)
    found = kept.by_distance(pd.concat([first, second]))
    assert len(check(found, RETENTION_BY_DISTANCE, "")) == 2
    row = found[found["n_nouns"] == 0].iloc[0]
    assert (row["n_items"], row["n_seeds"], row["accuracy"]) == (1.5, 2, 0.75)
    logs = np.log([0.2, 0.05])
    half = 12.706204736 * logs.std(ddof=1) / sqrt(2)  # t of one degree of freedom
    assert row["retention_weighted"] == pytest.approx(0.1)
    assert row["retention_mean"] == pytest.approx(0.05)
    assert row["retention_weighted_low"] == pytest.approx(exp(log(0.1) - half))
    assert row["retention_weighted_high"] == 1.0  # of which no memory keeps more


def test_contrasts_are_differences_within_a_run() -> None:
    rows = [("subject", 0.2, 0.1), ("filler", 0.7, 0.9), ("attractor", 0.5, 0.3)]
    gates = pd.DataFrame(rows, columns=["role", "mean", "weighted"]).assign(
        snapshot="best", direction="forward", quantity="forget", n_tokens=1
    )
    shifted = gates.assign(mean=gates["mean"] + 0.1, weighted=gates["weighted"] + 0.05)
    runs = pd.concat([of_run(gates, "lstm", 0), of_run(shifted, "lstm", 1)])
    found = check(contrasts(runs), CONTRASTS, "").set_index(["role", "than"])
    assert set(found.index) == {
        ("subject", "filler"), ("attractor", "filler"), ("subject", "attractor")
    }  # fmt: skip
    row = found.loc[("subject", "filler")]
    assert row["n_seeds"] == 2
    # Both runs agree on the difference, so that its interval has no width.
    names = ["weighted", "weighted_low", "weighted_high", "mean"]
    assert row[names].tolist() == pytest.approx([-0.8, -0.8, -0.8, -0.5])


def reported(tmp_path: Path, lexicon: Lexicon, *runs: tuple[str, str, int]) -> Report:
    """The report of random networks: (model, label, seed)."""
    found: dict[str, list[pd.DataFrame]] = {table.name: [] for table in Gates.tables}
    for model, label, seed in runs:
        for name, frame in Gates(9).measure(case(saved(tmp_path, model), lexicon)).items():
            found[name].append(of_run(frame, label, seed, model))
    return Gates.report({name: pd.concat(frames) for name, frames in found.items()})


@pytest.mark.parametrize(
    "runs",
    [
        [("lstm", "lstm", 0)],
        [("lstm", "lstm, much text", 0), ("lstm", "lstm, much text", 1), ("bilstm", "bilstm", 0)],
    ],
)
def test_report_has_its_tables_figures_and_lines(
    tmp_path: Path, lexicon: Lexicon, runs: list[tuple[str, str, int]]
) -> None:
    report = reported(tmp_path, lexicon, *runs)
    tables = {table.name: check(frame, table, table.name) for table, frame in report.tables}
    assert list(tables) == [
        table.name for table in (BY_ROLE, CONTRASTS, RETENTION_BY_DISTANCE, CORRELATION)
    ]
    halves_ = set(half_names(tables[BY_ROLE.name]))
    assert len(halves_) == (1 if len(runs) == 1 else 3)
    assert len(report.lines) == 1 + len(halves_)
    assert sorted(line.split(": input gate")[0] for line in report.lines[1:]) == sorted(halves_)
    assert list(report.charts) == [
        "gates_by_role",
        "gates_retention",
        "gates_units",
        "gates_flagship",
    ]
    for chart in report.charts.values():
        assert chart is not None
        drawn = json.dumps(chart.to_dict(validate=False))
        assert all(label in drawn for _, label, _ in runs)
    heat = report.charts["gates_flagship"]
    assert heat is not None
    rows = heat.vconcat
    assert [len(row.hconcat) for row in rows] == [5] * len({label for _, label, _ in runs})
