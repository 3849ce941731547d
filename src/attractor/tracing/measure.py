"""What a trained network answers after every word of a text, and what its gates do at each."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import torch
from scipy.special import expit

from attractor.diagnostics.reading import ask, read
from attractor.errors import UserError
from attractor.free_text import as_known
from attractor.models.protocol import Network
from attractor.models.recurrent import Recurrent
from attractor.models.reference import Trace
from attractor.scoring import scores
from attractor.tasks.cloze import Cloze
from attractor.tasks.protocol import Task, WordChoice
from attractor.tasks.verb_inflection import VerbInflection
from attractor.tracing.runs import Run
from attractor.vocab import Vocabulary

PLURAL, SINGULAR = "were", "was"
FORWARD, BACKWARD = "left to right", "right to left"
# Columns of a reading, and the fields of models.reference.Trace whose mean size they are.
SIZES = {
    "forget": "f",
    "input": "i",
    "output": "o",
    "|cand|": "candidate",
    "|C|": "C",
    "|h|": "h",
}


@dataclass(frozen=True)
class Traced:
    """A text of n words through one run.

    answers (n rows): the word as given, as read (`word`), whether it is `unknown`, and, asked after
    it, `log_odds` of plural and `p_plural`. readings: by direction, n rows with columns of SIZES
    (the simple network's: |h|), each a mean over `units`; empty where no gates can be read.
    """

    run_id: str
    question: str
    units: int
    answers: pd.DataFrame
    readings: dict[str, pd.DataFrame]


def measure(run: Run, given: list[str]) -> Traced:
    """Ask a run's best network after every word. given (n): the words of the text.

    Raises UserError where the network never met the verb that it would be asked about.
    """
    trained, network = run.load()
    task, vocabulary = trained.task, trained.vocabulary
    text = as_known(given, vocabulary)
    items = questions(text, task)
    added = {word for asked in task.asked(items) for word in asked.split(" ")} - set(text)
    if not added <= vocabulary.index.keys():
        missing = ", ".join(sorted(added - vocabulary.index.keys()))
        raise UserError(f"{run.run_id}: cannot be asked, as its training text never held {missing}")
    log_odds = scores(network, task, items, vocabulary)["margin"]
    answers = pd.DataFrame(
        {
            "given": given,
            "word": text,
            "unknown": [word not in vocabulary.index for word in text],
            "log_odds": log_odds,
            "p_plural": expit(log_odds),
        }
    )
    found, units = readings(network, task, items, vocabulary)
    question = _question(task, network.reads_both_ends)
    return Traced(run.run_id, question, units, answers, found)


def questions(text: list[str], task: Task) -> pd.DataFrame:
    """n items, of which item t asks for the verb that would follow word t.

    Its sentence ends there, but for the cloze task, which masks word t + 1 of the whole text.
    """
    n = len(text)
    ends = [n if isinstance(task, Cloze) and t + 1 < n else t + 1 for t in range(n)]
    return pd.DataFrame(
        {
            "sentence": [
                " ".join(text[:end] if end > t + 1 else [*text[:end], PLURAL])
                for t, end in enumerate(ends)
            ],
            "verb_index": range(1, n + 1),
            "subject_number": "plural",
            "correct_form": PLURAL,
            "wrong_form": SINGULAR,
        }
    )


@torch.no_grad()
def readings(
    network: Network, task: Task, items: pd.DataFrame, vocabulary: Vocabulary
) -> tuple[dict[str, pd.DataFrame], int]:
    """The mean sizes at each of n words, by direction, and the number of units of a direction.

    items: those of `questions`. The whole text is read, in float64; a reading from the right is
    that of the last question. Empty, of 0 units, without a step-by-step reference.
    """
    encoder, n = network.encoder, len(items)
    if not isinstance(encoder, Recurrent):
        return {}, 0
    layers = [layer for layer in (encoder.forward_layer, encoder.backward_layer) if layer]
    if not {layer.mode for layer in layers} <= {"RNN_TANH", "LSTM"}:
        return {}, 0
    last = items.iloc[[-1]]
    if isinstance(task, Cloze):  # the text as it is, without a verb after it
        last = last.assign(
            sentence=last["sentence"].str.removesuffix(f" {PLURAL}"), verb_index=n - 1
        )
    batch = ask(task, last, vocabulary, network.reads_both_ends)
    reading = read(network.double(), task, batch)
    step = range(task.offset, task.offset + n)
    length = int(batch.lengths[0])
    found = {}
    if reading.forward:
        found[FORWARD] = _mean_sizes(reading.forward, list(step))
    if reading.backward:
        found[BACKWARD] = _mean_sizes(reading.backward, [length - 1 - i for i in step])
    return found, layers[0].hidden_size


def _mean_sizes(trace: Trace, steps: list[int]) -> pd.DataFrame:
    fields = {column: name for column, name in SIZES.items() if getattr(trace, name)}
    return pd.DataFrame(
        {
            column: trace.stacked(name)[0, steps].abs().mean(dim=1).numpy()
            for column, name in fields.items()
        }
    )


def _question(task: Task, reads_both_ends: bool) -> str:
    """What p(plural) is the probability of."""
    if isinstance(task, Cloze):
        return (
            f"of {PLURAL} against {SINGULAR} in place of the next word, "
            "given all words before and after it"
        )
    if isinstance(task, WordChoice):
        return f"of {PLURAL} against {SINGULAR} as the next word, given the words so far"
    lemma = " and its lemma [be]" if isinstance(task, VerbInflection) else ""
    ends = ", read from both ends" if reads_both_ends else ""
    return f"that the next verb is plural, given the words so far{lemma}{ends}"
