"""Gradient flow: from the margin at the verb back to every word, and what reaches the weights.

Bengio, Simard & Frasconi (1994); Pascanu, Mikolov & Bengio (2013) for vanishing and exploding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from attractor.batching import Batch
from attractor.diagnostics.gradient_flow import Decay, Flow, check_sum, decay, flow, spectrum
from attractor.diagnostics.gradients_tables import BY_LENGTH, DECAY, GRADIENTS, SPECTRA
from attractor.diagnostics.protocol import Case, Diagnostic, Report, Tables
from attractor.diagnostics.reading import (
    Reading,
    ask,
    check_recurrent,
    distinct,
    headline,
    read,
)
from attractor.errors import UserError
from attractor.models.protocol import Network
from attractor.models.recurrent import Recurrent
from attractor.models.reference import LSTMWeights, SimpleWeights, Trace
from attractor.tasks.protocol import Task
from attractor.trained import SNAPSHOTS


class _Direction(NamedTuple):
    """One direction of a reading: its steps, the step that answers each text, its fused layer."""

    name: str
    trace: Trace
    answers: Tensor  # (B,)
    layer: nn.RNNBase


@dataclass(frozen=True)
class Gradients(Diagnostic):
    """n_items: headline probes; lengths: of running text, in words; n_texts: texts of each length;
    longest: lags that decay is fitted to, from 1."""

    n_items: int
    lengths: list[int]
    n_texts: int
    longest: int

    tables = (GRADIENTS, DECAY, BY_LENGTH, SPECTRA)

    def check(self, network: Network, task: Task, model: str) -> None:
        """Refuse what has no step-by-step reference, and sizes that are none."""
        check_recurrent("gradients", network, task, model)
        sizes = {"n_items": self.n_items, "n_texts": self.n_texts, "longest": self.longest - 1}
        for name, value in {**sizes, "lengths": min(self.lengths, default=0)}.items():
            if value < 1:
                raise UserError(f"diagnostic.gradients.{name}: give whole numbers above 0")

    def measure(self, case: Case) -> Tables:
        """The four tables, at every snapshot."""
        task, words = case.trained.task, case.trained.vocabulary
        items = distinct(headline(case.items), self.n_items)
        rows: dict[str, list[dict[str, Any]]] = {table.name: [] for table in self.tables}
        for snapshot in SNAPSHOTS:
            network = case.trained.network(snapshot).double()
            batch = ask(task, items, words, network.reads_both_ends)
            reading = read(network, task, batch)
            loss = _losses(task, reading.outputs, batch)
            fused = _losses(task, network(batch), batch).sum()
            subjects = torch.as_tensor(items["subject_index"].to_numpy() + task.offset)
            for way in directions(network, reading):
                check_sum(way.trace, loss.sum(), way.layer, fused)
                found = flow(way.trace, reading.margin, loss)
                where = {"snapshot": snapshot, "direction": way.name}
                lags = way.answers[:, None] - torch.arange(len(way.trace.h))
                subject = subjects if way.name == "forward" else batch.lengths - 1 - subjects
                picked = {"any": lags >= 0, "first": _at(lags, torch.zeros_like(subject))}
                picked["subject"] = (lags >= 0) & _at(lags, subject)
                for word, mask in picked.items():
                    rows[GRADIENTS.name] += [
                        {**where, "word": word, **row} for row in _by_lag(found, lags, mask)
                    ]
                rows[DECAY.name] += [
                    {**where, **row} for row in _decays(found, lags.numpy(), self.longest)
                ]
                rows[SPECTRA.name] += [{**where, **row} for row in _spectra(way.layer)]
            if snapshot == "halfway":
                continue
            for length in self.lengths:
                texts = running_text(case.training, length, self.n_texts)
                asked = ask(task, texts, words, network.reads_both_ends)
                rows[BY_LENGTH.name] += [
                    {"snapshot": snapshot, "length": length, "clip": case.clip, **row}
                    for row in _at_length(network, task, asked)
                ]
        return {t.name: pd.DataFrame(rows[t.name], columns=list(t.columns)) for t in self.tables}

    @classmethod
    def report(cls, found: Tables) -> Report:
        """Decay rates with intervals over seeds, and four figures."""
        from attractor.diagnostics.gradients_report import report

        return report(found)


def directions(network: Network, reading: Reading) -> Iterator[_Direction]:
    """The directions that a reading has."""
    encoder, batch = network.encoder, reading.batch
    assert isinstance(encoder, Recurrent)
    if reading.forward is not None and encoder.forward_layer is not None:
        yield _Direction("forward", reading.forward, batch.positions, encoder.forward_layer)
    if reading.backward is not None and encoder.backward_layer is not None:
        answers = batch.lengths - 1 - batch.backward_positions
        yield _Direction("backward", reading.backward, answers, encoder.backward_layer)


def running_text(training: pd.DataFrame, length: int, n: int) -> pd.DataFrame:
    """n items asked after `length` words: sentences of the text end to end, up to a verb."""
    drawn = training.sample(frac=1, random_state=length).reset_index(drop=True)
    picked: list[int] = []
    texts: list[str] = []
    before: list[str] = []
    for i, (sentence, verb) in enumerate(zip(drawn["sentence"], drawn["verb_index"], strict=True)):
        words = sentence.split(" ")
        read = [*before, *words[:verb]][-length:]
        before = [*before, *words][-length:]
        if len(read) == length:
            picked.append(i)
            texts.append(" ".join([*read, *words[verb:]]))
    asked = drawn.iloc[picked].assign(sentence=texts, verb_index=length, prefix_id=texts)
    return distinct(asked, n)


def _losses(task: Task, outputs: Tensor, batch: Batch) -> Tensor:
    """The loss (B,) of the right answer; where a question has two forms, of the correct one."""
    targets = batch.targets if batch.targets.ndim == 1 else batch.targets[:, 0]
    return task.losses(outputs, targets.double() if targets.is_floating_point() else targets)


def _at(lags: Tensor, step: Tensor) -> Tensor:
    """Which (B, T) are each text's `step` (B,)."""
    return torch.arange(lags.shape[1]) == step[:, None]


def _by_lag(found: Flow, lags: Tensor, mask: Tensor) -> Iterator[dict[str, Any]]:
    """Means over the words that `mask` (B, T) picks, a row a lag."""
    for lag in torch.unique(lags[mask]).tolist():
        at = (mask & (lags == lag)).numpy()
        yield {
            "lag": lag,
            "n_items": int(at.any(axis=1).sum()),
            "grad_x": _geometric_mean(found.x[at]),
            "grad_h": _geometric_mean(found.h[at]),
            "grad_c": _geometric_mean(found.C[at]) if found.C.size else np.nan,
            "share": float(found.share[at].mean()),
        }


def _geometric_mean(values: np.ndarray) -> float:
    positive = values[values > 0]
    return float(np.exp(np.log(positive).mean())) if len(positive) else 0.0


def _decays(found: Flow, lags: np.ndarray, longest: int) -> Iterator[dict[str, Any]]:
    """A row a path. From lag 1 on: the state that answers has the head's weights as gradient."""
    fitted = (lags >= 1) & (lags <= longest)
    item = np.broadcast_to(np.arange(len(lags))[:, None], lags.shape)
    for path in ("x", "h", "C"):
        norms = getattr(found, path)
        if norms.size:
            fit: Decay = decay(lags[fitted].astype(float), item[fitted], norms[fitted])
            yield {"path": path, "factor": fit.factor, "r2": fit.r2, "n_items": fit.n_items}


def _at_length(network: Network, task: Task, batch: Batch) -> Iterator[dict[str, Any]]:
    """A row a direction: what reaches the first word of texts of one length, and the weights."""
    reading = read(network, task, batch)
    loss = _losses(task, reading.outputs, batch)
    found = torch.autograd.grad(loss.mean(), list(network.parameters()), retain_graph=True)
    norm = float(torch.stack([gradient.norm() for gradient in found]).norm())
    for way in directions(network, reading):
        sizes = flow(way.trace, reading.margin, loss)
        yield {
            "direction": way.name,
            "n_texts": len(batch.lengths),
            "grad_first_h": _geometric_mean(sizes.h[:, 0]),
            "grad_first_c": _geometric_mean(sizes.C[:, 0]) if sizes.C.size else np.nan,
            "first_share": float(sizes.share[:, 0].mean()),
            "grad_norm": norm,
        }


def _spectra(layer: nn.RNNBase) -> Iterator[dict[str, Any]]:
    """A row each recurrent matrix of a layer."""
    H = layer.hidden_size
    if layer.mode == "LSTM":
        of = LSTMWeights.of(layer)
        blocks = {"forget": of.f, "input": of.i, "candidate": of.C, "output": of.o}
        pairs = {name: (affine.W[:, :H], affine.b) for name, affine in blocks.items()}
    else:
        simple = SimpleWeights.of(layer)
        pairs = {"recurrent": (simple.U, simple.b)}
    for name, (weights, bias) in pairs.items():
        radius, largest = spectrum(weights.detach())
        yield {
            "weights": name,
            "spectral_radius": radius,
            "largest_singular_value": largest,
            "mean_bias": float(bias.detach().mean()),
        }
