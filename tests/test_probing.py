"""Probes find a planted feature on nouns they have not met, and score chance on the control."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from attractor.diagnostics.probe import ALL, CONTROLS, Design, probe
from attractor.diagnostics.probing import (
    BY_STEP,
    PROBING,
    Probing,
    last_noun,
    states_since_subject,
)
from attractor.diagnostics.protocol import Case
from attractor.errors import UserError
from attractor.lexicon import Lexicon
from attractor.models.protocol import Network
from attractor.models.recurrent import Recurrent
from attractor.results import check
from attractor.tasks.cloze import Cloze
from attractor.tasks.number_prediction import NumberPrediction
from attractor.trained import Trained
from attractor.vocab import Vocabulary
from reading_states import states_of
from tiny import network

NOUNS = [f"noun{i}" for i in range(60)]


def planted(n_nouns: int = 60, each: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Labels and nouns (N,): `each` items of both numbers of every noun, in random order."""
    nouns, labels, _ = np.meshgrid(np.arange(n_nouns), [0, 1], np.arange(each), indexing="ij")
    order = np.random.default_rng(1).permutation(nouns.size)
    return labels.ravel()[order], nouns.ravel()[order]


def test_nouns_of_the_new_items_are_not_learnt_from() -> None:
    labels, nouns = planted()
    design = Design.of(labels, nouns)
    masks = np.stack([design.train, design.same, design.new])
    assert masks.shape == (3, 1080)
    assert (masks.sum(axis=0) == 1).all()
    assert masks.sum(axis=1).tolist() == [360, 180, 540]
    learnt = set(nouns[design.train])
    assert len(learnt) == 30
    assert set(nouns[design.same]) == learnt
    assert set(nouns[design.new]).isdisjoint(learnt)


def test_control_labels_are_of_word_types_and_tell_nothing_of_the_number() -> None:
    labels, nouns = planted()
    design = Design.of(labels, nouns)
    assert len(design.controls) == CONTROLS
    for control in design.controls:
        frame = pd.DataFrame({"noun": nouns, "label": labels, "control": control})
        assert len(frame.drop_duplicates()) == 120  # one label each of 60 nouns in two numbers
        for mask in (design.train, design.same, design.new):
            assert (frame[mask].groupby("label")["control"].mean() == 0.5).all()
    assert not np.array_equal(design.controls[0], design.controls[1])


def test_planted_feature_noise_and_memorised_nouns() -> None:
    labels, nouns = planted()
    rng = np.random.default_rng(2)
    N, H = len(labels), 100
    states = rng.normal(size=(N, 3, H))
    states[:, 0, 4] = 10 * labels + 0.1 * states[:, 0, 4]  # the number; then only noise
    by_form = rng.normal(size=(60, 2, H))
    states[:, 2] = by_form[nouns, labels]  # a vector a form: nothing but nouns to know by heart
    rows = probe(states, Design.of(labels, nouns), np.full((N, 3), "none"))
    whole = rows[rows["group"] == ALL].set_index("step")
    assert whole.shape[0] == 3
    assert whole["n_train"].tolist() == [360] * 3
    assert whole["n_test"].tolist() == [540] * 3
    assert whole["n_test_same_nouns"].tolist() == [180] * 3
    assert whole["n_nouns"].tolist() == whole["n_test_nouns"].tolist() == [30] * 3
    assert whole["majority"].tolist() == [0.5] * 3
    number, noise, forms = (whole.loc[t] for t in range(3))
    four_sd = 4 * np.sqrt(0.25 / 540)
    assert number["accuracy"] == number["accuracy_same_nouns"] == 1.0
    assert abs(number["control"] - 0.5) < four_sd
    assert abs(noise["accuracy"] - 0.5) < four_sd
    assert abs(noise["control"] - 0.5) < four_sd
    # Hewitt & Liang's point: what looks like number on nouns met is no more than their names.
    assert forms["accuracy_same_nouns"] == forms["control_same_nouns"] == 1.0
    assert forms["selectivity_same_nouns"] == 0.0
    assert abs(forms["accuracy"] - 0.5) < 4 * np.sqrt(0.25 / 60)  # 60 forms are 60 answers
    for end in ("", "_same_nouns"):
        difference = whole[f"accuracy{end}"] - whole[f"control{end}"]
        assert whole[f"selectivity{end}"].tolist() == difference.tolist()


def test_shuffled_labels_are_at_chance() -> None:
    labels, nouns = planted()
    states = 10.0 * labels[:, None, None] + np.random.default_rng(3).normal(size=(1080, 1, 8))
    shuffled = np.random.default_rng(4).permutation(labels)
    rows = probe(states, Design.of(shuffled, nouns), np.full((1080, 1), "none"))
    assert rows["group"].tolist() == [ALL, "none"]
    assert abs(rows["accuracy"][0] - 0.5) < 4 * np.sqrt(0.25 / rows["n_test"][0])


def test_groups_are_tested_apart() -> None:
    labels, nouns = planted()
    reversed_ = np.arange(len(labels)) % 3 == 0
    states = (2.0 * labels - 1) * np.where(reversed_, -1, 1)
    groups = np.where(reversed_, "reversed", "kept")
    rows = probe(states[:, None, None], Design.of(labels, nouns), groups[:, None])
    rows = rows.set_index("group")
    assert rows.index.tolist() == [ALL, "kept", "reversed"]
    assert rows.loc[["kept", "reversed"], "accuracy"].tolist() == [1.0, 0.0]
    n_kept, n_reversed = rows.loc[["kept", "reversed"], "n_test"]
    assert n_kept + n_reversed == rows.loc[ALL, "n_test"] == 540
    assert rows.loc[ALL, "accuracy"] == n_kept / 540


def probes(fillers: int = 2) -> pd.DataFrame:
    """Headline items: a noun before, the subject at 2, the other noun at 4, the verb at 6."""
    rows = []
    for i, noun in enumerate(NOUNS):
        for number, form in (("singular", noun), ("plural", f"{noun}s")):
            other = ("bees", "P") if number == "singular" else ("bee", "S")
            for k in range(fillers):
                prefix = f"pig word{k} {form} near {other[0]} word{(k + i) % 7}"
                rows.append(
                    {
                        "sentence": f"{prefix} run",
                        "prefix_id": prefix,
                        "subject": form,
                        "subject_number": number,
                        "subject_index": 2,
                        "verb_index": 6,
                        "distance": 4,
                        "preceding": "S",
                        "condition": ("S" if number == "singular" else "P") + other[1],
                        "noun_indices": "0 2 4",
                        "probe_set": "balanced",
                        "role": "outer",
                        "correct_form": "run",
                        "wrong_form": "runs",
                    }
                )
    return pd.DataFrame(rows)


ITEMS = probes()
VOCABULARY = Vocabulary.of([*ITEMS["sentence"], "runs"]).with_words(["<s>", "</s>"])


@torch.no_grad()
def keeper(recurrent: float) -> Network:
    """h = tanh(5 x + recurrent · h) of one unit in both directions: x is 1 at plural subjects, -1
    at singular ones and 0 at any other word. A weight of 3 keeps the number, one of 0 forgets."""
    made = network("srn", both_ends=True, vocabulary_size=len(VOCABULARY), hidden_size=1,
                   embedding_size=1)  # fmt: skip
    encoder = made.encoder
    assert isinstance(encoder, Recurrent)
    encoder.embedding.weight.zero_()
    for noun in NOUNS:
        singular, plural = VOCABULARY.encode([noun, f"{noun}s"])
        encoder.embedding.weight[singular], encoder.embedding.weight[plural] = -1.0, 1.0
    for layer in (encoder.forward_layer, encoder.backward_layer):
        assert layer is not None
        for parameter, value in zip(layer.parameters(), (5.0, recurrent, 0.0, 0.0), strict=True):
            parameter.fill_(value)
    return made


@dataclass(frozen=True)
class HandSet(Trained):
    """Networks that no training left."""

    networks: dict[str, Callable[[], Network]]

    def network(self, snapshot: str = "best") -> Network:
        return self.networks[snapshot]()


def case(items: pd.DataFrame = ITEMS) -> Case:
    networks = {"initial": lambda: keeper(0.0), "best": lambda: keeper(3.0)}
    trained = HandSet({"name": "birnn"}, NumberPrediction(), VOCABULARY, Path(), networks)
    rows = [{"singular": noun, "plural": f"{noun}s"} for noun in NOUNS]
    return Case(trained, items, items, Lexicon(Path(), {"nouns": rows}, ""), clip=1.0)


@pytest.fixture(scope="module")
def measured() -> pd.DataFrame:
    return Probing(n_items=240, longest=3).measure(case())[PROBING.name]


def curve(frame: pd.DataFrame, snapshot: str, direction: str) -> dict[int, float]:
    rows = frame[(frame["snapshot"] == snapshot) & (frame["direction"] == direction)]
    rows = rows[rows["last_noun"] == ALL]
    return dict(zip(rows["steps"].tolist(), rows["accuracy"].tolist(), strict=True))


def test_a_network_that_keeps_the_number_and_one_that_forgets_it(measured: pd.DataFrame) -> None:
    assert list(check(measured, PROBING, "").columns) == list(PROBING.columns)
    assert set(measured["state"]) == {"h"}
    # Before the subject is read nothing is known; then it is kept up to the word before the verb,
    # and in the backward half, which reads on to the first word, down to that one.
    assert curve(measured, "best", "forward") == {-1: 0.5, 0: 1.0, 1: 1.0, 2: 1.0, 3: 1.0}
    assert curve(measured, "best", "backward") == {-1: 0.5, 0: 1.0, 1: 1.0, 2: 1.0}
    assert curve(measured, "initial", "forward") == {-1: 0.5, 0: 1.0, 1: 0.5, 2: 0.5, 3: 0.5}
    assert curve(measured, "initial", "backward") == {-1: 0.5, 0: 1.0, 1: 0.5, 2: 0.5}


def test_last_noun_in_either_direction() -> None:
    items = pd.DataFrame(
        {
            "noun_indices": ["1 3 5 7", "0 2"],
            "preceding": ["S", "P"],
            "condition": ["SPS", "P"],
            "subject_index": [3, 2],
        }
    )
    none, same, other = "none", "same number", "other number"
    steps = np.arange(-1, 5)
    forward = last_noun(items, steps, "forward")
    assert forward.shape == (2, 6)
    assert forward.tolist() == [[none, none, none, other, other, same], [none] * 6]
    backward = last_noun(items, steps, "backward")
    assert backward.tolist() == [[none] * 3 + [same] * 3] * 2


def test_states_of_an_lstm_are_those_of_its_layer() -> None:
    made = network("lstm", vocabulary_size=len(VOCABULARY), hidden_size=4).double()
    items = ITEMS.iloc[[0, 130]].reset_index(drop=True)
    found = list(states_since_subject(made, NumberPrediction(), items, VOCABULARY, 3))
    assert [(direction, state) for direction, state, *_ in found] == [
        ("forward", "h"),
        ("forward", "C"),
    ]
    tokens = torch.tensor([VOCABULARY.encode(text.split(" ")[:6]) for text in items["sentence"]])
    encoder = made.encoder
    assert isinstance(encoder, Recurrent)
    expected, _ = states_of(encoder, tokens, torch.tensor([6, 6]))
    assert expected is not None
    _, _, steps, h = found[0]
    assert steps.tolist() == [-1, 0, 1, 2, 3]
    assert h.shape == (2, 5, 4)
    np.testing.assert_allclose(h, expected.detach().numpy()[:, 1:], atol=1e-12)


def test_cloze_has_not_read_the_subject_from_the_right() -> None:
    task, V = Cloze(), len(VOCABULARY)
    encoder = network("srn", both_ends=True, vocabulary_size=V).encoder
    assert isinstance(encoder, Recurrent)
    made = Network(encoder, task.head(encoder.feature_size, V)).double()
    found = list(states_since_subject(made, task, ITEMS.iloc[:4], VOCABULARY, 3))
    assert [direction for direction, *_ in found] == ["forward"]


def test_too_few_probes_and_options_that_are_none() -> None:
    with pytest.raises(UserError, match="longest=4: 0 headline probes"):
        Probing(n_items=240, longest=4).measure(case())
    with pytest.raises(UserError, match="n_items=99: give a whole number of at least 100"):
        Probing(n_items=99, longest=4)
    with pytest.raises(UserError, match="longest=0"):
        Probing(n_items=100, longest=0)


def runs(frame: pd.DataFrame, *seeds: int) -> pd.DataFrame:
    """Tables of runs whose accuracies differ by the seed's hundredth."""
    found = [
        frame.assign(run_id=f"r{s}", config_id="c", label="birnn", model="birnn", seed=s,
                     task="number_prediction", accuracy=frame["accuracy"] * (1 - s / 100))
        for s in seeds
    ]  # fmt: skip
    return pd.concat(found, ignore_index=True)


def test_report_over_seeds_and_of_one(measured: pd.DataFrame) -> None:
    report = Probing.report({PROBING.name: runs(measured, 0, 2)})
    [(table, frame)] = report.tables
    assert table is BY_STEP
    assert list(check(frame, table, "").columns) == list(BY_STEP.columns)
    assert len(frame) == len(measured)
    assert (frame["n_seeds"] == 2).all()
    kept = frame[(frame["snapshot"] == "best") & (frame["steps"] == 1)]
    assert kept["accuracy"].tolist() == pytest.approx([0.99] * len(kept))
    assert (kept["accuracy_high"] == 1.0).all()  # 0.99 + 12.7 · 0.01, but no accuracy is above 1
    assert kept["accuracy_low"].tolist() == pytest.approx([0.99 - 12.7062 * 0.01] * len(kept))
    assert "forward, 3 words after the subject: birnn 0.99 [0.86, 1.00]" in report.lines[1]
    alone = Probing.report({PROBING.name: runs(measured, 0)})
    assert alone.tables[0][1]["accuracy_low"].isna().all()
    assert alone.lines[1].endswith("birnn 1.00")
    for charts in (report.charts, alone.charts):
        panels = [p for row in charts["probing"].to_dict()["vconcat"] for p in row["hconcat"]]
        assert [p["title"]["text"] for p in panels] == [
            "h, trained",
            "h, trained, last noun of other number",
            "h, untrained",
            "h of the backward half, trained",
        ]
