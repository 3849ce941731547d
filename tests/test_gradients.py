"""Gradient flow: closed forms on networks with hand-set weights, sums against autograd, fits."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose
from torch import Tensor, nn

from attractor.diagnostics.gradient_flow import check_sum, decay, flow, spectrum
from attractor.diagnostics.gradients import Gradients, directions, running_text
from attractor.diagnostics.gradients_report import by_lag, by_length, decay_rates, report
from attractor.diagnostics.protocol import Case
from attractor.diagnostics.reading import Reading, read
from attractor.errors import UserError
from attractor.lexicon import Lexicon
from attractor.models.protocol import Network
from attractor.models.recurrent import Recurrent
from attractor.tasks.grammaticality import Grammaticality
from attractor.tasks.number_prediction import NumberPrediction
from attractor.trained import SNAPSHOTS
from tiny import examples, network

TASK = NumberPrediction()
DIAGNOSTIC = Gradients(n_items=20, lengths=[4, 9], n_texts=8, longest=6)


@torch.no_grad()
def set_to(layer: nn.RNNBase, **values: object) -> None:
    """Give a layer's weights these values; all others become 0."""
    for name, parameter in layer.named_parameters():
        parameter.copy_(torch.as_tensor(values.get(name, 0.0)).expand_as(parameter))


def linear_network() -> Network:
    """One unit, x = word number / 1000 and h_t = tanh(x_t + h_{t-1} / 2), margin 3 h_T."""
    net = network("srn", vocabulary_size=10, hidden_size=1, embedding_size=1).double()
    encoder = net.encoder
    assert isinstance(encoder, Recurrent)
    assert encoder.forward_layer is not None
    with torch.no_grad():
        encoder.embedding.weight.copy_(torch.arange(10.0, dtype=torch.float64)[:, None] / 1000)
        set_to(encoder.forward_layer, weight_ih_l0=1.0, weight_hh_l0=0.5)
        net.head.weight.fill_(3.0)  # type: ignore[union-attr, operator]
        net.head.bias.zero_()  # type: ignore[union-attr, operator]
    return net


def reading_of(net: Network, texts: list[list[int]]) -> tuple[Reading, Tensor]:
    """A reading of texts with plural targets, and its loss a text."""
    batch = examples(texts, [1] * len(texts)).batch(np.arange(len(texts)))
    reading = read(net, TASK, batch)
    return reading, TASK.losses(reading.outputs, batch.targets.double())


def test_simple_network_in_closed_form() -> None:
    net = linear_network()
    reading, loss = reading_of(net, [[2, 3, 4, 5]])
    assert reading.forward is not None
    found = flow(reading.forward, reading.margin, loss)
    assert found.x.shape == found.h.shape == found.share.shape == (1, 4)
    assert found.C.shape == (1, 0)
    h, states = 0.0, []
    for word in (2, 3, 4, 5):
        h = np.tanh(word / 1000 + h / 2)
        states.append(h)
    slopes = 1 - np.array(states) ** 2
    # dm/dh_t = 3 * product over later steps of 0.5 * (1 - h²); dm/dx_t = that times (1 - h_t²).
    by_hand = [3 * np.prod(0.5 * slopes[t + 1 :]) for t in range(4)]
    assert_allclose(found.h[0], by_hand, rtol=1e-12)
    assert_allclose(found.x[0], by_hand * slopes, rtol=1e-12)
    previous = np.array([0, *states[:-1]])
    size = by_hand * slopes * np.sqrt((np.arange(2, 6) / 1000) ** 2 + previous**2 + 1)
    assert_allclose(found.share[0], size / size.sum(), rtol=1e-10)


def test_memory_keeps_what_the_forget_gate_keeps() -> None:
    """Gates set by their biases alone: ∂m/∂C_t = w o (1 - tanh² C_T) f^(T - t)."""
    net = network("lstm", vocabulary_size=10, hidden_size=2, embedding_size=1).double()
    encoder = net.encoder
    assert isinstance(encoder, Recurrent)
    assert encoder.forward_layer is not None
    forget, candidate = np.array([3.0, -1.0]), 0.2
    bias = torch.tensor([0.0, 0.0, *forget, candidate, candidate, 0.5, 0.5]).double()
    with torch.no_grad():
        set_to(encoder.forward_layer, bias_ih_l0=bias)
        net.head.weight.copy_(torch.tensor([[2.0, 1.0]]))  # type: ignore[union-attr, operator]
    reading, loss = reading_of(net, [[2, 3, 4, 5, 6]])
    assert reading.forward is not None
    found = flow(reading.forward, reading.margin, loss)
    f, o = 1 / (1 + np.exp(-forget)), 1 / (1 + np.exp(-0.5))
    last = 0.5 * np.tanh(candidate) * (1 - f**5) / (1 - f)
    at_end = np.array([2.0, 1.0]) * o * (1 - np.tanh(last) ** 2)
    by_hand = [np.linalg.norm(at_end * f ** (4 - t)) for t in range(5)]
    assert_allclose(found.C[0], by_hand, rtol=1e-12)
    assert_allclose(found.h[0], [0, 0, 0, 0, np.sqrt(5)], atol=1e-15)  # no recurrent weights


@pytest.mark.parametrize(("cell", "both_ends"), [("srn", False), ("lstm", True)])
def test_contributions_add_up_to_the_gradient_of_the_fused_layer(
    cell: str, both_ends: bool
) -> None:
    net = network(cell, both_ends).double()
    texts = [[2, 3, 4, 5], [6, 7], [8, 9, 2]]
    reading, loss = reading_of(net, texts)
    fused = TASK.losses(net(reading.batch), reading.batch.targets.double()).sum()
    ways = list(directions(net, reading))
    assert [way.name for way in ways] == ["forward", "backward"][: 1 + both_ends]
    for way in ways:
        check_sum(way.trace, loss.sum(), way.layer, fused)
        with pytest.raises(ArithmeticError, match="weight_ih_l0"):
            check_sum(way.trace, 1.001 * loss.sum(), way.layer, fused)
        # Of one text after the other, as of the batch; padding has no share.
        together = flow(way.trace, reading.margin, loss)
        for b, text in enumerate(texts):
            alone, alone_loss = reading_of(net, [text])
            trace = alone.forward if way.name == "forward" else alone.backward
            assert trace is not None
            found = flow(trace, alone.margin, alone_loss)
            for name in ("x", "h", "share"):
                one, some = getattr(found, name)[0], getattr(together, name)[b]
                assert_allclose(some[: len(text)], one, atol=1e-12)
                assert_allclose(some[len(text) :], 0, atol=1e-15)


def test_decay_is_fitted_within_items() -> None:
    """Long texts with small gradients do not pass for decay: the slope is each item's own."""
    lag = np.array([1.0, 2, 3, 1, 2, 3, 4, 5])
    item = np.array([0, 0, 0, 7, 7, 7, 7, 7])
    level = np.array([100.0, 100, 100, 1, 1, 1, 1, 1])
    found = decay(lag, item, level * 0.8**lag)
    assert found.factor == pytest.approx(0.8)
    assert (found.r2, found.n_items) == (pytest.approx(1.0), 2)
    noisy = decay(lag, item, level * 0.8**lag * np.array([1, 2, 1, 2, 1, 2, 1, 2.0]))
    assert 0 < noisy.r2 < 1
    assert np.isnan(decay(np.array([1.0, 1.0]), np.array([0, 1]), np.array([1.0, 2.0])).factor)
    some_zero = decay(np.array([1.0, 2, 3]), np.zeros(3, dtype=np.int64), np.array([0.5, 0.25, 0]))
    assert some_zero.factor == pytest.approx(0.5)


def test_spectrum_of_a_rotation_and_of_a_nilpotent_matrix() -> None:
    turn = torch.tensor([[0.0, -0.7], [0.7, 0.0]]).double()
    assert spectrum(turn) == pytest.approx((0.7, 0.7))
    assert spectrum(torch.tensor([[0.0, 5.0], [0.0, 0.0]])) == pytest.approx((0.0, 5.0))


SENTENCES = ("the cat is here", "the dogs near the cat are there", "a cat laughs")
TRAINING = pd.DataFrame(
    {
        "sentence": SENTENCES * 6,
        "verb_index": [2, 5, 2] * 6,
        "subject_number": ["singular", "plural", "singular"] * 6,
        "prefix_id": range(18),
    }
)


def test_running_text_has_the_length_asked_for_and_ends_at_the_verb() -> None:
    for length in (3, 12):
        found = running_text(TRAINING, length, 5)
        assert len(found) == 5
        assert set(found["verb_index"]) == {length}
        assert found["sentence"].is_unique
        for item in found.itertuples():
            verb = {"singular": {"is", "laughs"}, "plural": {"are"}}[item.subject_number]
            assert item.sentence.split(" ")[length] in verb
            read_words = item.sentence.split(" ")[:length]
            assert " ".join(read_words) in " ".join(word for word in [item.sentence])


class FixedTraining:
    """Networks as a training would leave them."""

    name = "lstm"
    task = TASK

    def __init__(self, cell: str, both_ends: bool, items: pd.DataFrame) -> None:
        from attractor.vocab import Vocabulary

        self.vocabulary = Vocabulary.of(items["sentence"])
        self.cell, self.both_ends = cell, both_ends

    def network(self, snapshot: str) -> Network:
        seed = SNAPSHOTS.index(snapshot)
        return network(self.cell, self.both_ends, len(self.vocabulary), seed=seed)


def case(cell: str, both_ends: bool) -> Case:
    nouns = ["cat", "dog", "cow", "hen", "ape", "fox"]
    rows = [
        {
            "sentence": f"near the {one} , the {two} {'that slept ' * (i % 2)}laughs",
            "verb_index": 6 + 2 * (i % 2),
            "subject_index": 5,
            "subject_number": "singular",
            "prefix_id": f"{i}-{one}-{two}",
            "probe_set": "balanced",
            "role": "outer",
        }
        for i, (one, two) in enumerate((a, b) for a in nouns for b in nouns if a != b)
    ]
    items = pd.DataFrame(rows)
    trained = FixedTraining(cell, both_ends, pd.concat([items, TRAINING]))
    return Case(trained, items, TRAINING, Lexicon({}, "", ""), clip=0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(("cell", "both_ends"), [("srn", False), ("bilstm", True)])
def test_tables_and_figures(cell: str, both_ends: bool) -> None:
    found = DIAGNOSTIC.measure(case(cell.removeprefix("bi"), both_ends))
    assert set(found) == {table.name for table in DIAGNOSTIC.tables}
    ways = ["forward", "backward"] if both_ends else ["forward"]
    gradients = found["gradients.csv"]
    assert set(gradients["snapshot"]) == set(SNAPSHOTS)
    assert list(gradients["direction"].unique()) == ways
    any_word = gradients[(gradients["word"] == "any") & (gradients["snapshot"] == "best")]
    forward = any_word[any_word["direction"] == "forward"].set_index("lag")
    assert forward.index.tolist() == list(range(8))  # texts of 6 and 8 words
    assert forward.loc[0, "n_items"] == 20
    assert forward.loc[7, "n_items"] < 20
    assert (forward["share"] * forward["n_items"]).sum() == pytest.approx(20)  # shares add to 1
    subject = gradients[(gradients["word"] == "subject") & (gradients["snapshot"] == "best")]
    lags = {way: set(part["lag"]) for way, part in subject.groupby("direction")}
    assert lags["forward"] == {0, 2}  # the subject is the last word, or three before the verb
    if both_ends:
        assert lags["backward"] == {5}  # its distance from the first word
    assert gradients["grad_c"].notna().all() == both_ends
    lengths = found["gradients_by_length.csv"]
    assert set(lengths["length"]) == {4, 9}
    assert set(lengths["clip"]) == {0.5}
    blocks = {"recurrent"} if not both_ends else {"forget", "input", "candidate", "output"}
    assert set(found["gradients_spectra.csv"]["weights"]) == blocks
    runs = [{name: f.assign(**of_run(seed)) for name, f in found.items()} for seed in range(2)]
    merged = {name: pd.concat([run[name] for run in runs]) for name in found}
    told = report(merged)
    assert {table.name for table, _ in told.tables} == {
        "gradients_decay_rates.csv",
        "gradients_by_lag.csv",
        "gradients_norm_by_length.csv",
    }
    assert all(list(frame.columns) == list(table.columns) for table, frame in told.tables)
    drawn = {name: json.dumps(chart.to_dict()) for name, chart in told.charts.items() if chart}
    texts = "\\u2013".join(["6", "8"])  # an en dash, as JSON has it
    assert f"read left to right, {texts} texts a point, 2 seeds" in drawn["gradients_by_length"]
    assert "fitted within 20 items, 2 seeds" in drawn["gradients_decay"]
    assert "a token" in told.lines[0]


def of_run(seed: int) -> dict[str, object]:
    names = {"config_id": "c", "label": "srn", "model": "srn", "task": "number_prediction"}
    return {"run_id": f"r{seed}", "seed": seed, **names}


def test_rates_are_geometric_means_with_the_interval_of_the_logarithm() -> None:
    where = {"snapshot": "best", "direction": "forward", "path": "h"}
    rows = [
        {**of_run(seed), **where, "factor": factor, "r2": r2, "n_items": 9 + seed}
        for seed, (factor, r2) in enumerate([(0.5, 0.9), (0.8, 0.7)])
    ]
    (row,) = decay_rates(pd.DataFrame(rows)).to_dict("records")
    assert (row["n_seeds"], row["n_items"], row["r2"]) == (2, 9.5, pytest.approx(0.8))
    assert row["factor"] == pytest.approx(np.sqrt(0.4))
    half = 12.706205 * np.std(np.log([0.5, 0.8]), ddof=1) / np.sqrt(2)
    assert row["factor_low"] == pytest.approx(np.sqrt(0.4) * np.exp(-half), rel=1e-5)
    assert row["factor_high"] == pytest.approx(np.sqrt(0.4) * np.exp(half), rel=1e-5)
    lag = {**where, "word": "any", "lag": 3, "grad_x": 0.0, "grad_h": 2.0, "grad_c": np.nan}
    frame = pd.DataFrame([{**of_run(0), **lag, "n_items": 7, "share": 0.1}])
    (only,) = by_lag(frame).to_dict("records")  # a norm of 0 has no logarithm, and no row
    assert (only["path"], only["norm"], only["n_items"]) == ("h", pytest.approx(2.0), 7)
    length = {"grad_norm": 4.0, "grad_first_h": 0.0, "grad_first_c": np.nan, "clip": 1.0}
    length |= {"length": 5, "n_texts": 8}
    (only,) = by_length(pd.DataFrame([{**of_run(0), **where, **length}])).to_dict("records")
    assert (only["quantity"], only["value"]) == ("grad_norm", pytest.approx(4.0))
    assert (only["n_texts"], only["clip"]) == (8, 1.0)


def test_what_it_does_not_fit_is_refused_in_one_line() -> None:
    with pytest.raises(UserError, match=r"diagnostic=gradients: gru has no step-by-step"):
        DIAGNOSTIC.check(network("gru"), TASK, "gru")
    with pytest.raises(UserError, match=r"diagnostic=gradients: this task's answer cannot be"):
        DIAGNOSTIC.check(network("lstm"), Grammaticality(), "lstm")
    with pytest.raises(UserError, match=r"diagnostic\.gradients\.lengths: give whole numbers"):
        Gradients(20, [], 8, 6).check(network("lstm"), TASK, "lstm")
