"""What holds of every task: order, padding and batches change nothing, and networks learn it."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from attractor.errors import UserError
from attractor.network import build_network, build_task
from attractor.resources import CONF
from attractor.scoring import answers, scores, words_known
from attractor.tasks.cloze import Cloze
from attractor.tasks.grammaticality import Grammaticality
from attractor.tasks.language_model import LanguageModel
from attractor.tasks.number_prediction import NumberPrediction
from attractor.tasks.protocol import Task
from attractor.tasks.verb_inflection import VerbInflection
from attractor.training import train
from attractor.vocab import Vocabulary
from minimal_pairs import PLURAL, SINGULAR, answering, pairs, untrained, words_of
from tiny import MODELS, job, settings

LEFT_TO_RIGHT, BOTH = ("srn", "lstm", "gru"), ("birnn", "bilstm")
SENSE = {
    "number_prediction": MODELS,
    "verb_inflection": MODELS,
    "grammaticality": MODELS,
    "language_model": LEFT_TO_RIGHT,
    "cloze": BOTH,
}
# Every task with readings that it makes sense for.
CASES: list[tuple[Task, str, bool]] = [
    (NumberPrediction(), "srn", False),
    (NumberPrediction(), "lstm", True),
    (VerbInflection(), "lstm", False),
    (VerbInflection(), "srn", True),
    (LanguageModel(), "srn", False),
    (LanguageModel(), "gru", False),
    (Cloze(), "lstm", True),
    (Cloze(), "srn", True),
    (Grammaticality("forward_last"), "srn", False),
    (Grammaticality("backward_first"), "lstm", True),
    (Grammaticality("both"), "srn", True),
]
IDS = [f"{type(task).__name__}-{task.readout}-{cell}-{both}" for task, cell, both in CASES]
over_tasks = pytest.mark.parametrize(("task", "cell", "both_ends"), CASES, ids=IDS)

NOUNS = ("key", "keys", "cabinet", "cabinets")
VERBS = (*PLURAL, *SINGULAR)
EVERYTHING = pairs(*((f"the near here {' '.join(NOUNS)} {verb}", 7) for verb in VERBS))
fillers = st.lists(st.sampled_from(("the", "near", "here", *NOUNS)), min_size=1, max_size=5)


@st.composite
def item_tables(draw: st.DrawFn) -> pd.DataFrame:
    """Items of random sentences with one or two verbs."""
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        words: list[str] = []
        verbs = []
        for _ in range(draw(st.integers(1, 2))):
            words += draw(fillers)
            verbs.append(len(words))
            words.append(draw(st.sampled_from(VERBS)))
        words += draw(fillers)[1:]
        rows += [(" ".join(words), verb) for verb in verbs]
    return pairs(*rows)


@over_tasks
@hypothesis_settings(deadline=None, max_examples=12)
@given(items=item_tables(), size=st.integers(1, 5), data=st.data())
def test_order_duplicates_padding_and_batches_change_no_score(
    task: Task,
    cell: str,
    both_ends: bool,
    items: pd.DataFrame,
    size: int,
    data: st.DataObject,
) -> None:
    vocabulary = words_of(task, EVERYTHING)
    net = untrained(task, vocabulary, cell, both_ends)
    alone = [scores(net, task, items.iloc[[i]], vocabulary) for i in range(len(items))]
    which = data.draw(st.lists(st.sampled_from(range(len(items))), min_size=1, max_size=12))
    together = task.scores(answering(net, size), items.iloc[which], vocabulary, net.reads_both_ends)
    for name, found in together.items():
        assert found.shape == (len(which),)
        if name == "absolute":  # a sign, and so a jump where log-odds are next to 0
            assert set(found) <= {0.0, 0.25, 0.5, 0.75, 1.0}
            continue
        expected = [alone[i][name][0] for i in which]
        np.testing.assert_allclose(found, expected, atol=2e-6)


@over_tasks
@pytest.mark.parametrize("asked", ["examples", "questions"])
def test_answers_stand_in_the_order_of_the_questions(
    task: Task, cell: str, both_ends: bool, asked: str
) -> None:
    rows = [("the keys near the cabinet were here", 5), ("key is", 1), ("the cabinets laugh", 2)]
    items = pairs(*rows, ("the key the cabinet was near is", 4))
    vocabulary = words_of(task, EVERYTHING)
    net = untrained(task, vocabulary, cell, both_ends)
    examples = getattr(task, asked)(items, vocabulary, net.reads_both_ends)
    read = task.losses if asked == "examples" else task.margins
    whole = answers(net, examples, read)
    assert whole.shape == (examples.n_queries,)
    assert len(set(whole.round(6))) > 0.7 * len(whole)  # an order could be told
    for size in (1, 2, 3):
        np.testing.assert_allclose(answers(net, examples, read, batch_size=size), whole, atol=1e-6)
    if asked == "questions":
        singly = [
            answers(net, task.questions(one, vocabulary, net.reads_both_ends), read)
            for one in (items.iloc[[i]] for i in range(4))
        ]
        np.testing.assert_allclose(whole, np.concatenate(singly), atol=1e-6)


@over_tasks
def test_asked_names_the_words_that_the_margin_depends_on(
    task: Task, cell: str, both_ends: bool
) -> None:
    """A word of the sentence counts if and only if `asked` names it; so do the verb's forms."""
    sentence = "these flights an airline was cancelling were full yesterday"
    vocabulary = words_of(task, pairs((sentence, 6), ("keys laugh", 1), ("key laughs", 1)))
    net = untrained(task, vocabulary, cell, both_ends).double()

    def margin(item: pd.DataFrame) -> float:
        return float(scores(net, task, item, vocabulary)["margin"][0])

    item = pairs((sentence, 6))
    before, words = margin(item), sentence.split()
    named = set(task.asked(item)[0].split())
    assert set(words[:6]) <= named
    for i in set(range(len(words))) - {6}:
        other = pairs((" ".join([*words[:i], "keys", *words[i + 1 :]]), 6))
        assert (margin(other) != before) == (words[i] in named), words[i]
    verb = pairs((sentence.replace("were", "laugh"), 6))
    verb_named = bool({"were", "[be]"} & named)
    assert (margin(verb) != before) == verb_named
    wrong = item.assign(wrong_form="laughs")
    assert (margin(wrong) != before) == ("was" in task.asked(item)[0].split()[6:])
    # An unknown word is told where it counts, and nowhere else.
    unheard = pairs((sentence.replace("yesterday", "tomorrow"), 6), (sentence, 6))
    known = words_known(task.asked(unheard), vocabulary)
    assert known.tolist() == ["yesterday" not in named, True]


def planted() -> pd.DataFrame:
    """A sentence of each noun with each verb that agrees with it, some with words between."""
    rows = []
    for noun, between, singular in itertools.product(NOUNS, ("", "here "), ("is", "laughs")):
        verb = PLURAL[singular] if noun.endswith("s") else singular
        rows.append((f"the {noun} {between}{verb} here", 2 + between.count(" ")))
    return pairs(*rows)


@over_tasks
def test_a_network_learns_a_planted_rule(task: Task, cell: str, both_ends: bool) -> None:
    items = planted()
    vocabulary = task.vocabulary(items, Vocabulary.of(items["sentence"]))
    net = untrained(task, vocabulary, cell, both_ends, hidden_size=16)
    text = task.examples(items, vocabulary, net.reads_both_ends)
    given = settings(learning_rate=0.02, batch_size=4, max_epochs=25, patience=25)
    state = train(net, text, text, task, given, seed=0)
    losses = [row["train_loss"] for row in state.history]
    assert min(losses) < 0.4 * losses[0]
    net.load_state_dict(state.snapshots()["best"])
    found = scores(net, task, items, vocabulary)
    assert (found["margin"] > 0).all()
    if "absolute" in found:
        assert found["absolute"].mean() > 0.95


def test_every_task_has_a_yaml_and_every_yaml_is_tested() -> None:
    assert {path.stem for path in (CONF / "task").glob("*.yaml")} == set(SENSE)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", SENSE)
def test_a_task_is_built_with_each_model_that_it_makes_sense_for(name: str, model: str) -> None:
    config = job(f"task={name}", f"model={model}").config
    task = build_task(config.task)
    if model in SENSE[name]:
        net = build_network(config.model, task, 40, seed=0)
        words = Vocabulary.read([f"word{i}" for i in range(40)])
        (batch,) = task.questions(pairs(("the keys are here", 2)), words, False).batches(1)
        n = 40 if task.predicts_words else 1
        assert net(batch).shape == (1, n)
    else:
        with pytest.raises(UserError, match=rf"^task={name}: {model} .+; choose model=.+$"):
            build_network(config.model, task, 40, seed=0)


@pytest.mark.parametrize("name", sorted(set(SENSE) - {"grammaticality"}))
def test_a_task_without_a_readout_takes_none(name: str) -> None:
    config = job(f"task={name}").config
    with pytest.raises(UserError, match=r"^task: .*'readout'; \w+ takes"):
        build_task({**config.task, "readout": "both"})
