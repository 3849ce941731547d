"""Locality: networks whose effect of every word is known in closed form give those effects."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from omegaconf import OmegaConf

import tiny
from attractor.diagnose import build_diagnostic
from attractor.diagnostics.locality import (
    BY_LAG,
    FLAGSHIP,
    FLAGSHIP_SHARES,
    LOCALITY,
    Locality,
    by_lag_over_seeds,
)
from attractor.diagnostics.protocol import Case
from attractor.diagnostics.word_effects import effects, other_number
from attractor.errors import UserError
from attractor.items import factors_of
from attractor.lexicon import Lexicon
from attractor.models.protocol import Network
from attractor.resources import CONF
from attractor.results import check
from attractor.tasks.cloze import Cloze
from attractor.tasks.language_model import LanguageModel
from attractor.tasks.number_prediction import NumberPrediction
from attractor.tasks.protocol import Task, WordChoice
from attractor.tasks.verb_inflection import VerbInflection
from attractor.trained import Trained
from attractor.vocab import Vocabulary

LEXICON = Lexicon(
    Path(),
    {
        "nouns": [
            {"singular": "key", "plural": "keys"},
            {"singular": "cabinet", "plural": "cabinets"},
            {"singular": "flight", "plural": "flights"},
            {"singular": "airline", "plural": "airlines"},
            {"singular": "taxi driver", "plural": "taxi drivers"},
            {"singular": "ox", "plural": "oxen"},  # one form unknown to the network
        ],
        "verbs": [
            {"third_singular": "hits", "plural": "hit", "past": "hit"},
            {"third_singular": "runs", "plural": "run", "past": "ran"},
        ],
        "auxiliaries": [{"singular": "was", "plural": "were"}],
        "determiners": [{"singular": "the", "plural": "the"}],
    },
    "",
)
# Each word's embedding, of one dimension, in the order of the vocabulary.
X = {
    **{"<pad>": 0.0, "<unk>": 0.5, "the": 0.25, "near": -0.75, "key": -1.0, "keys": 1.25},
    **{"cabinet": -1.5, "cabinets": 0.75, "flight": -0.5, "flights": 1.5, "airline": -1.25},
    **{"airlines": 2.0, "was": -0.5, "were": 1.75, "cancelling": 0.125, "full": 3.0},
    **{"taxi": 0.0, "driver": -2.0, "drivers": 2.5, "ox": 1.0, "hits": 1.0, "hit": 2.0},
    **{"runs": 1.0, "run": 2.0, "[be]": 0.375, "<s>": -0.25, "</s>": 0.625},
}
WORDS = Vocabulary.read(list(X))
OTHER = other_number(LEXICON, WORDS)
OTHER_FORM = {word: WORDS.words[i] for word, i in zip(WORDS.words, OTHER.tolist(), strict=True)}
ALMOST_LINEAR = 1e-5  # weights of a state so small that tanh z = z to ten digits


def item(sentence: str, nouns: dict[int, str], subject: int, verb: int, **more: str) -> Any:
    """A row of the item table, as far as locality reads it."""
    tokens = sentence.split(" ")
    factors = factors_of(
        nouns, {i: True for i, t in enumerate(tokens) if t == "was"}, subject, verb, 99
    )
    forms = {"correct_form": tokens[verb], "wrong_form": OTHER_FORM[tokens[verb]]}
    prefix = {"prefix_id": " ".join(tokens[:verb])}
    given = {"suite": "probes", "probe_set": "balanced", "role": "outer"}
    return {"sentence": sentence, **factors, **forms, **prefix, **given, **more}


KEYS = item("the keys near the cabinet were full", {1: "plural", 4: "singular"}, 1, 5)
KEY = item("the key was full", {1: "singular"}, 1, 2)
_FLIGHTS = {1: "plural", 3: "singular"}
_FLAGSHIP = {"suite": "flagship", "probe_set": ""}
WERE = item(tiny.FLAGSHIP, _FLIGHTS, 1, 6, **_FLAGSHIP)
WAS = item(tiny.FLAGSHIP, _FLIGHTS, 3, 4, **{**_FLAGSHIP, "role": "inner"})


@torch.no_grad()
def one_unit(cell: str, both_ends: bool = False, task: Task | None = None) -> Network:
    """A network of one unit each way, with embeddings X and all other weights 0; float64."""
    network = tiny.network(cell, both_ends, len(X), hidden_size=1, embedding_size=1)
    if task is not None:
        network.head = task.head(network.encoder.feature_size, len(X))
    for parameter in network.parameters():
        parameter.zero_()
    network.encoder.embedding.weight[:, 0] = torch.tensor(list(X.values()))
    return network.double()


@torch.no_grad()
def linear(network: Network, u: float, half: str = "forward_layer", task: Any = None) -> Network:
    """Make a half's state ALMOST_LINEAR · Σ u^k x_{T-k}, of which the answer is the sum."""
    layer = getattr(network.encoder, half)
    layer.weight_ih_l0.fill_(ALMOST_LINEAR)
    layer.weight_hh_l0.fill_(u)
    if isinstance(task, WordChoice):  # margin: score of the right form minus that of the wrong
        network.head.weight[WORDS.index["were"]] = 0.5 / ALMOST_LINEAR
        network.head.weight[WORDS.index["was"]] = -0.5 / ALMOST_LINEAR
    else:
        column = 0 if half == "forward_layer" else -1
        network.head.weight[:, column] = 1 / ALMOST_LINEAR
    return network


def measured(network: Network, *rows: Any, task: Task | None = None) -> dict[str, pd.DataFrame]:
    """The rows of `effects` by method."""
    found = effects(network, task or NumberPrediction(), pd.DataFrame(rows), WORDS, OTHER)
    assert not found.isna().any(axis=None)
    return dict(tuple(found.groupby("method")))


def changes(words: list[str]) -> dict[str, list[float]]:
    """What each method changes of each word's x: gradient × input takes all of it away."""
    return {
        "unknown": [X[w] - X["<unk>"] for w in words],
        "other_number": [X[w] - X[OTHER_FORM[w]] for w in words if OTHER_FORM[w] != w],
        "gradient_x_input": [X[w] for w in words],
    }


def test_simple_network_forgets_a_factor_a_step() -> None:
    u = 0.5
    found = measured(linear(one_unit("srn"), u), KEYS, KEY)
    for method, rows in found.items():
        for i, words, sign in (
            (0, ["the", "keys", "near", "the", "cabinet"], 1),
            (1, ["the", "key"], -1),
        ):
            n = len(words)
            has = [
                t for t in range(n) if method != "other_number" or OTHER_FORM[words[t]] != words[t]
            ]
            expected = np.array(
                [
                    sign * u ** (n - 1 - t) * change
                    for t, change in zip(has, changes(words)[method], strict=True)
                ]
            )
            of_item = rows[rows["item"] == i]
            assert of_item["effect"].shape == expected.shape, (method, i)
            assert of_item["lag"].tolist() == [n - 1 - t for t in has]
            np.testing.assert_allclose(of_item["effect"], expected, rtol=1e-8)
            shares = abs(expected) / abs(expected).sum()
            np.testing.assert_allclose(of_item["share"], shares, rtol=1e-8)
    keys = found["unknown"].iloc[0]
    answer = sum(u**k * X[w] for k, w in enumerate(["cabinet", "the", "near", "keys", "the"]))
    assert keys["margin"] == pytest.approx(answer, rel=1e-8)
    assert keys["p_plural"] == pytest.approx(1 / (1 + math.exp(-answer)), rel=1e-8)
    assert found["unknown"]["role"].tolist() == [
        *("before", "subject", "filler", "filler", "attractor", "before", "subject")
    ]


def test_lstm_keeps_what_its_forget_gate_keeps() -> None:
    """Gates fixed by biases: C = i Σ f^k tanh(w x_{T-k}) and h = o tanh(C), whatever the words."""
    bias_i, bias_f, bias_o, w, a = 0.4, 1.1, -0.3, 0.8, 2.5
    network = one_unit("lstm")
    with torch.no_grad():
        layer = network.encoder.forward_layer
        layer.bias_ih_l0[:] = torch.tensor([bias_i, bias_f, 0.0, bias_o], dtype=torch.float64)
        layer.weight_ih_l0[2] = w
        network.head.weight.fill_(a)
    i, f, o = (1 / (1 + math.exp(-bias)) for bias in (bias_i, bias_f, bias_o))

    def memory(xs: list[float]) -> float:
        return sum(i * f**k * math.tanh(w * x) for k, x in enumerate(reversed(xs)))

    words = ["the", "flights", "the", "airline", "was", "cancelling"]
    xs = [X[word] for word in words]
    whole = a * o * math.tanh(memory(xs))

    def without(t: int, x: float) -> float:
        return whole - a * o * math.tanh(memory([*xs[:t], x, *xs[t + 1 :]]))

    slope = a * o * (1 - math.tanh(memory(xs)) ** 2)
    expected = {
        "unknown": [without(t, X["<unk>"]) for t in range(6)],
        "other_number": [without(t, X[OTHER_FORM[words[t]]]) for t in (1, 3, 4)],
        "gradient_x_input": [
            slope * i * f ** (5 - t) * w * x * (1 - math.tanh(w * x) ** 2) for t, x in enumerate(xs)
        ],
    }
    found = measured(network, WERE)
    for method, values in expected.items():
        assert found[method]["effect"].shape == (len(values),), method
        np.testing.assert_allclose(found[method]["effect"], values, rtol=1e-10)
        np.testing.assert_allclose(found[method]["margin"], whole, rtol=1e-10)


def test_backward_half_is_near_to_the_first_word() -> None:
    network = linear(linear(one_unit("srn", both_ends=True), 0.5), 0.25, "backward_layer")
    found = measured(network, KEYS, KEY)
    for i, words, sign in (
        (0, ["the", "keys", "near", "the", "cabinet"], 1),
        (1, ["the", "key"], -1),
    ):
        n = len(words)
        weight = np.array([0.5 ** (n - 1 - t) + 0.25**t for t in range(n)])
        for method in ("unknown", "gradient_x_input"):
            rows = found[method][found[method]["item"] == i]
            assert rows["effect"].shape == (n,)
            expected = sign * weight * changes(words)[method]
            np.testing.assert_allclose(rows["effect"], expected, rtol=1e-8)


@pytest.mark.parametrize(
    ("task", "behind"), [(LanguageModel(), 0), (Cloze(), 0), (VerbInflection(), 1)]
)
def test_words_of_the_sentence_are_those_occluded(task: Task, behind: int) -> None:
    """Two tasks read `<s>` before them, and verb inflection a lemma behind: neither counts."""
    network = one_unit("srn", both_ends=isinstance(task, Cloze), task=task)
    found = measured(linear(network, 0.5, task=task), KEYS, task=task)
    words = ["the", "keys", "near", "the", "cabinet"]
    for method in ("unknown", "gradient_x_input"):
        assert found[method]["token"].tolist() == words
        expected = [
            0.5 ** (4 - t + behind) * change for t, change in enumerate(changes(words)[method])
        ]
        np.testing.assert_allclose(found[method]["effect"], expected, rtol=1e-8)


def test_other_number_is_the_other_form_where_it_is_known_and_shows_number() -> None:
    assert OTHER.shape == (len(X),)
    for one, other in (("key", "keys"), ("was", "were"), ("driver", "drivers"), ("run", "runs")):
        assert OTHER_FORM[one] == other
        assert OTHER_FORM[other] == one
    for word in ("the", "taxi", "ox", "hit", "hits", "near", "<unk>", "<pad>"):
        assert OTHER_FORM[word] == word


def test_a_word_that_is_unknown_already_has_no_row() -> None:
    ship = item("the keys near the ship were full", {1: "plural", 4: "singular"}, 1, 5)
    found = measured(linear(one_unit("srn"), 0.5), ship)
    assert found["unknown"]["token"].tolist() == ["the", "keys", "near", "the"]
    assert found["other_number"]["token"].tolist() == ["keys"]
    assert found["gradient_x_input"]["token"].tolist() == ["the", "keys", "near", "the", "ship"]


def test_shares_are_0_where_no_word_has_an_effect() -> None:
    found = measured(one_unit("srn"), KEYS)
    assert found["unknown"]["share"].tolist() == [0.0] * 5


@dataclass(frozen=True)
class _Given(Trained):
    """A network that forgets faster before training; nothing is read from a folder."""

    def network(self, snapshot: str = "best") -> Network:
        return linear(one_unit("srn"), {"initial": 0.25, "best": 0.5}[snapshot])


def case(*rows: Any) -> Case:
    trained = _Given({"name": "srn"}, NumberPrediction(), WORDS, Path())
    return Case(trained, pd.DataFrame(rows), pd.DataFrame(), LEXICON, 1.0)


def test_measure_averages_over_probes_of_known_words() -> None:
    unknown = item("the keys near the ship were full", {1: "plural", 4: "singular"}, 1, 5)
    cabinet = item("the key near the cabinet was full", {1: "singular", 4: "singular"}, 1, 5)
    found = Locality(10).measure(case(KEYS, KEY, unknown, cabinet, WERE, WAS))
    curve = check(found[LOCALITY.name], LOCALITY, "test")
    assert list(curve) == list(LOCALITY.columns)
    first = curve[(curve["lag"] == 0) & (curve["method"] == "unknown")]
    counts = first[first["snapshot"] == "best"].set_index("role")["n_items"]
    assert counts.to_dict() == {"subject": 1, "attractor": 1, "noun of same number": 1}
    rows = curve.set_index(["snapshot", "method", "lag", "role", "n_intervening"])
    for snapshot, u in (("initial", 0.25), ("best", 0.5)):
        # lag 3: *keys* and *key*, of which one is plural and one is singular
        row = rows.loc[(snapshot, "other_number", 3, "subject", 1)]
        assert row["n_items"] == 2
        assert row["effect"] == pytest.approx(u**3 * 2.25, rel=1e-8)
        row = rows.loc[(snapshot, "gradient_x_input", 3, "subject", 1)]
        assert row["effect"] == pytest.approx(u**3 * (1.25 + 1.0) / 2, rel=1e-8)
        # lag 1: *the*, right for one and wrong for the other
        row = rows.loc[(snapshot, "gradient_x_input", 1, "filler", 1)]
        assert row["effect"] == pytest.approx(0.0, abs=1e-8)
        assert row["size"] == pytest.approx(u * 0.25, rel=1e-8)
    assert len(Locality(1).measure(case(KEYS, KEY, WERE, WAS))[LOCALITY.name]["lag"].unique()) < 6


def test_measure_takes_the_flagship_sentence_verb_by_verb() -> None:
    found = Locality(10).measure(case(KEYS, WERE, WAS))
    words = check(found[FLAGSHIP.name], FLAGSHIP, "test")
    rows = words[(words["snapshot"] == "best") & (words["method"] == "other_number")]
    assert rows[["verb", "token", "lag", "role"]].to_numpy().tolist() == [
        ["were", "flights", 4, "subject"],
        ["were", "airline", 2, "attractor"],
        ["were", "was", 1, "inner verb"],
        ["was", "flights", 2, "noun before"],
        ["was", "airline", 0, "subject"],
    ]
    # x minus that of the other number, times 2^-lag: 2/16, -3.25/4, -2.25/2; at *was*: 2/4, -3.25
    expected = [0.125, -0.8125, -1.125, -0.5, 3.25]
    np.testing.assert_allclose(rows["effect"], expected, rtol=1e-8)
    total = 0.125 + 0.8125 + 1.125
    shares = [0.125 / total, 0.8125 / total, 1.125 / total, 0.5 / 3.75, 3.25 / 3.75]
    np.testing.assert_allclose(rows["share"], shares, rtol=1e-8)
    plural = rows.groupby("verb")["p_plural"].first()
    at_was = -1.25 + 0.25 / 2 + 1.5 / 4 + 0.25 / 8
    assert plural["was"] == pytest.approx(1 / (1 + math.exp(-at_was)), rel=1e-8)


def runs(*seeds: int) -> dict[str, pd.DataFrame]:
    """Tables of runs as the report is given them, with shares that fall by a tenth a seed."""
    # Twenty probes, so that figures draw them.
    probes = [{**KEYS, "sentence": f"{KEYS['sentence']} {i}", "prefix_id": i} for i in range(20)]
    of_config = {"config_id": "a", "label": "srn", "model": "srn", "task": "number_prediction"}
    return {
        name: pd.concat(
            [
                frame.assign(
                    run_id=f"a{s}", seed=s, share=frame["share"] * (1 - s / 10), **of_config
                )
                for s in seeds
            ],
            ignore_index=True,
        )
        for name, frame in Locality(99).measure(case(*probes, WERE, WAS)).items()
    }


def test_curves_are_pooled_by_number_of_items_and_then_over_seeds() -> None:
    row = {"config_id": "a", "label": "srn", "model": "srn", "task": "t", "snapshot": "best"}
    row |= {"method": "unknown", "lag": 2, "size": 1.0, "effect": 0.0}
    rows = [
        {**row, "run_id": "x", "role": "subject", "n_intervening": 1, "n_items": 3, "share": 0.1},
        {**row, "run_id": "x", "role": "subject", "n_intervening": 2, "n_items": 1, "share": 0.5},
        {**row, "run_id": "x", "role": "filler", "n_intervening": 1, "n_items": 4, "share": 0.4},
        {**row, "run_id": "y", "role": "subject", "n_intervening": 1, "n_items": 8, "share": 0.3},
    ]
    found = by_lag_over_seeds(pd.DataFrame(rows)).set_index(["role", "n_intervening"])
    assert found.shape == (6, len(BY_LAG.columns) - 2)
    assert found.loc[("all", "all"), "share"] == pytest.approx((0.3 + 0.3) / 2)
    assert found.loc[("subject", "all"), "share"] == pytest.approx((0.2 + 0.3) / 2)
    subject = found.loc[("subject", "1")]
    assert subject["share"] == pytest.approx(0.2)
    # t of one degree of freedom: 12.7 standard errors of 0.1 reach beyond what a share can be
    assert (subject["share_low"], subject["share_high"]) == (0.0, 1.0)
    assert subject["n_items"] == 5.5
    assert math.isnan(found.loc[("filler", "all"), "share_low"])


@pytest.mark.parametrize("seeds", [(0,), (0, 1)])
def test_report_has_its_tables_figures_and_a_line_a_model(seeds: tuple[int, ...]) -> None:
    report = Locality.report(runs(*seeds))
    tables = {table.name: check(frame, table, "test") for table, frame in report.tables}
    assert list(tables) == [BY_LAG.name, FLAGSHIP_SHARES.name]
    assert all((frame["n_seeds"] == len(seeds)).all() for frame in tables.values())
    # The unknown word takes 2^-lag (x - 0.5); the shares of the second seed are nine tenths.
    sizes = {"flights": 1 / 16, "airline": 1.75 / 4, "was": 1 / 2, "cancelling": 0.375}
    total = sum(sizes.values()) + 0.25 / 32 + 0.25 / 8
    said = []
    for word, size in sizes.items():
        mean = size / total * (1 - 0.05 * (len(seeds) - 1))
        half = 12.706 * 0.05 * size / total  # t of one degree of freedom; standard error
        interval = f" [{mean - half:.2f}, {mean + half:.2f}]" if len(seeds) > 1 else ""
        said.append(f"{word} {mean:.2f}{interval}")
    assert report.lines[1:] == ["srn: " + ", ".join(said)]
    assert set(report.charts) == {"locality", "locality_by_role", "locality_flagship"}
    for chart in report.charts.values():
        assert chart is not None
        assert chart.to_dict()["vconcat"]


def test_figures_without_probes_enough_are_left_out() -> None:
    found = runs(0)
    found[LOCALITY.name]["n_items"] = 1
    charts = Locality.report(found).charts
    assert [name for name, chart in charts.items() if chart is not None] == ["locality_flagship"]


def test_it_refuses_what_it_cannot_read() -> None:
    with pytest.raises(UserError, match="n_items=0: give a number from 1 on"):
        Locality(0)
    with pytest.raises(UserError, match="diagnostic=locality: gru has no step-by-step reference"):
        Locality(1).check(tiny.network("gru"), NumberPrediction(), "gru")


def test_yaml_makes_it() -> None:
    spec = OmegaConf.to_container(OmegaConf.load(CONF / "diagnostic" / "locality.yaml"))
    assert isinstance(spec, dict)
    assert isinstance(build_diagnostic("locality", {str(k): v for k, v in spec.items()}), Locality)
