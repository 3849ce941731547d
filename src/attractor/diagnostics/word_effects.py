"""What each word of a text does to a network's answer: by occlusion, and by gradient × input.

Occlusion (Zeiler & Fergus 2014; Li, Monroe & Jurafsky 2016) puts another word in a word's place:
what that takes from the margin is the word's effect. An unknown word is one that training never
meets, so its embedding is as it was drawn, another in each seed. Gradient × input (Denil, Demiraj &
de Freitas 2014) asks what an infinitely small change of the word's embedding would do.
B texts, T words.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import torch
from torch import Tensor

from attractor.batching import Batch
from attractor.diagnostics.reading import ask, read
from attractor.diagnostics.roles import roles
from attractor.lexicon import Lexicon
from attractor.models.protocol import Network
from attractor.models.reference import Trace, reversed_order
from attractor.tasks.protocol import Task
from attractor.vocab import UNKNOWN, Vocabulary


def other_number(lexicon: Lexicon, vocabulary: Vocabulary) -> Tensor:
    """Each word's number in the vocabulary (V,) to that of its form in the other grammatical
    number; to itself where it has none that the vocabulary holds.

    Of a noun of several tokens it is the token that differs. A past that is spelled like the
    plural ("hit") shows no number, and its verb is left as it is.
    """
    pairs: list[tuple[str, str]] = []
    for table in ("nouns", "auxiliaries", "determiners"):
        pairs += [(row["singular"], row["plural"]) for row in lexicon.tables[table]]
    pairs += [
        (row["third_singular"], row["plural"])
        for row in lexicon.tables["verbs"]
        if row["plural"] != row["past"]
    ]
    other = torch.arange(len(vocabulary))
    for forms in pairs:
        for tokens in zip(*(form.split() for form in forms), strict=True):
            if all(token in vocabulary.index for token in tokens):
                singular, plural = vocabulary.encode(tokens)
                other[singular], other[plural] = plural, singular
    return other


def effects(
    network: Network, task: Task, items: pd.DataFrame, vocabulary: Vocabulary, other: Tensor
) -> pd.DataFrame:
    """A row for each method, item and word before its verb, with the word's effect and share.

    items: as `reading.ask` takes them. other: as `other_number` gives it.
    Columns: method, token, token_index, lag, role, n_intervening, verb, effect, share, and the
    item's margin and p_plural. A word that a method cannot replace has no row of it.
    """
    batch = ask(task, items, vocabulary, network.reads_both_ends)
    words = _words(items)
    item = torch.tensor(words["item"].to_numpy())
    position = torch.tensor(words["token_index"].to_numpy()) + task.offset
    margin, gradient_x_input = gradient_times_input(network, task, batch)
    plural = torch.tensor((items["subject_number"] == "plural").to_numpy())
    p_plural = torch.sigmoid(torch.where(plural, margin, -margin))
    words = words.assign(margin=margin[item].numpy(), p_plural=p_plural[item].numpy())

    unknown = torch.full_like(batch.tokens, UNKNOWN)
    found = []
    for method, other_words in (("unknown", unknown), ("other_number", other[batch.tokens])):
        taken = margin[:, None] - occluded_margins(network, task, batch, other_words)
        replaced = (other_words != batch.tokens)[item, position].numpy()
        rows = words.assign(method=method, effect=taken[item, position].numpy())
        found.append(rows[replaced])
    products = gradient_x_input[item, position].numpy()
    found.append(words.assign(method="gradient_x_input", effect=products))
    rows = pd.concat(found, ignore_index=True)
    size = rows["effect"].abs()
    total = size.groupby([rows["method"], rows["item"]]).transform("sum")
    return rows.assign(share=(size / total).fillna(0.0))  # 0 where no word has any effect


@torch.no_grad()
def occluded_margins(network: Network, task: Task, batch: Batch, other_words: Tensor) -> Tensor:
    """Margins (B, T) with the token at each position replaced by that of other_words (B, T).

    One question a text; it stays the same, and so does what is right.
    """
    T = batch.tokens.shape[1]
    margins = task.margins(network(batch), batch.targets)[:, None].repeat(1, T)
    for t in range(T):
        changed = (other_words[:, t] != batch.tokens[:, t]).nonzero()[:, 0]
        if len(changed):
            some = batch.take(changed)
            some.tokens[:, t] = other_words[changed, t]
            margins[changed, t] = task.margins(network(some), some.targets)
    return margins


def gradient_times_input(network: Network, task: Task, batch: Batch) -> tuple[Tensor, Tensor]:
    """Margins (B,), and x_t · ∂margin/∂x_t (B, T) of every token, over both readings' embeddings.

    No text's margin depends on another's, so the sum's gradient holds each text's own.
    """
    reading = read(network, task, batch)
    total = torch.zeros(batch.tokens.shape, dtype=reading.margin.dtype)
    if reading.forward is not None:
        total = total + _products(reading.forward, reading.margin)
    if reading.backward is not None:
        order = reversed_order(batch.lengths, batch.tokens.shape[1])
        total = total + _products(reading.backward, reading.margin).gather(1, order)
    return reading.margin.detach(), total


def _products(steps: Trace, margin: Tensor) -> Tensor:
    """x · ∂margin/∂x (B, T) at each step; margin (B,)."""
    gradients = torch.autograd.grad(margin.sum(), steps.x, retain_graph=True)
    return (steps.stacked("x") * torch.stack(gradients, dim=1)).sum(dim=2).detach()


def _words(items: pd.DataFrame) -> pd.DataFrame:
    """A row for each word before each item's verb (items counted from 0), with what the word is."""
    rows: list[tuple[Any, ...]] = []
    item: Any
    for i, item in enumerate(items.itertuples()):
        verb, n, form = item.verb_index, item.n_intervening, item.correct_form
        before = zip(item.sentence.split(" ")[:verb], roles(item)[:verb], strict=True)
        rows += [(i, word, t, verb - 1 - t, role, n, form) for t, (word, role) in enumerate(before)]
    columns = ["item", "token", "token_index", "lag", "role", "n_intervening", "verb"]
    return pd.DataFrame(rows, columns=columns)
