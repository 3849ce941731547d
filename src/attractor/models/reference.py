"""Simple network and LSTM step by step, as their equations stand: for reading, tracing and testing.

Training keeps faster layers; these take a torch layer's weights and agree with it. A step
is a node of the autograd graph, so that a gradient can be asked for at any word. B texts, T words,
E inputs, H units, G pre-activations: H in the simple network, 4H in the LSTM, ordered f, i, C̃, o.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from attractor.errors import UserError


@dataclass(frozen=True)
class SimpleWeights:
    """W (H, E), U (H, H) and b (H,) of h_t = tanh(W x_t + U h_{t-1} + b)."""

    W: Tensor
    U: Tensor
    b: Tensor

    @classmethod
    def of(cls, layer: nn.RNNBase) -> SimpleWeights:
        """Those of a torch.nn.RNN, still its parameters to autograd; b is the sum of its two."""
        [(W, U, input_bias, state_bias)] = layer.all_weights
        return cls(W, U, input_bias + state_bias)


class Affine(NamedTuple):
    """W (H, H + E) over [h_{t-1}, x_t], and b (H,)."""

    W: Tensor
    b: Tensor


@dataclass(frozen=True)
class LSTMWeights:
    """What forget gate, input gate, candidate C̃ and output gate make of [h_{t-1}, x_t]."""

    f: Affine
    i: Affine
    C: Affine
    o: Affine

    @classmethod
    def of(cls, layer: nn.RNNBase) -> LSTMWeights:
        """Those of a torch.nn.LSTM (its rows: i, f, C̃, o), still its parameters to autograd."""
        [(input_weights, state_weights, input_bias, state_bias)] = layer.all_weights
        W = torch.cat([state_weights, input_weights], dim=1)
        b = input_bias + state_bias
        i, f, C, o = map(Affine, W.chunk(4), b.chunk(4))
        return cls(f, i, C, o)


class LSTMStep(NamedTuple):
    """Pre-activations z (B, 4H) of f, i, C̃, o; then gates, memory and state, each (B, H)."""

    z: Tensor
    f: Tensor
    i: Tensor
    candidate: Tensor
    C: Tensor
    o: Tensor
    h: Tensor


def simple_step(x: Tensor, h: Tensor, weights: SimpleWeights) -> tuple[Tensor, Tensor]:
    """z and h (B, H) of a simple network (Elman 1990): x (B, E), h (B, H) the state before it."""
    z = x @ weights.W.T + h @ weights.U.T + weights.b
    return z, torch.tanh(z)


def lstm_step(x: Tensor, h: Tensor, C: Tensor, weights: LSTMWeights) -> LSTMStep:
    """One word of the LSTM (Hochreiter & Schmidhuber 1997) with forget gate (Gers et al. 2000).

    x (B, E), and the state h (B, H) and memory C (B, H) before it.
    """
    hx = torch.cat([h, x], dim=1)
    z = torch.cat([hx @ W.T + b for W, b in (weights.f, weights.i, weights.C, weights.o)], dim=1)
    z_f, z_i, z_C, z_o = z.chunk(4, dim=1)
    f = torch.sigmoid(z_f)
    i = torch.sigmoid(z_i)
    candidate = torch.tanh(z_C)
    C = f * C + i * candidate
    o = torch.sigmoid(z_o)
    h = o * torch.tanh(C)
    return LSTMStep(z, f, i, candidate, C, o, h)


@dataclass(frozen=True)
class Trace:
    """A reading of T words, each field T tensors: x (B, E), z (B, G), the others (B, H).

    The simple network has only x, z and h. Each tensor is a node of the autograd graph:
    torch.autograd.grad(margin, trace.h) gives ∂margin/∂h_t at every word.
    """

    x: tuple[Tensor, ...]
    z: tuple[Tensor, ...]
    h: tuple[Tensor, ...]
    C: tuple[Tensor, ...] = ()
    f: tuple[Tensor, ...] = ()
    i: tuple[Tensor, ...] = ()
    candidate: tuple[Tensor, ...] = ()
    o: tuple[Tensor, ...] = ()

    @property
    def has_memory(self) -> bool:
        """Whether the network keeps a memory C beside its state h."""
        return bool(self.C)

    def stacked(self, name: str) -> Tensor:
        """The field of that name as one tensor, (B, T, its width)."""
        return torch.stack(getattr(self, name), dim=1)


def trace(layer: nn.RNNBase, inputs: Tensor) -> Trace:
    """Read inputs (B, T, E) from zero states with the weights of a torch.nn.RNN or nn.LSTM."""
    start = inputs.new_zeros(len(inputs), layer.hidden_size)
    words = inputs.unbind(dim=1)
    match layer.mode:
        case "RNN_TANH":
            return _trace_simple(words, start, SimpleWeights.of(layer))
        case "LSTM":
            return _trace_lstm(words, start, LSTMWeights.of(layer))
    name = layer.mode.lower()
    raise UserError(f"{name}: no step-by-step reference; choose srn, lstm, birnn or bilstm")


def _trace_simple(words: tuple[Tensor, ...], h: Tensor, weights: SimpleWeights) -> Trace:
    steps = []
    for x in words:
        z, h = simple_step(x, h, weights)
        steps.append((z, h))
    return Trace(words, *zip(*steps, strict=True))


def _trace_lstm(words: tuple[Tensor, ...], start: Tensor, weights: LSTMWeights) -> Trace:
    h = C = start
    steps = []
    for x in words:
        step = lstm_step(x, h, C, weights)
        h, C = step.h, step.C
        steps.append(step)
    by_field = zip(LSTMStep._fields, zip(*steps, strict=True), strict=True)
    return Trace(x=words, **dict(by_field))


def reversed_order(lengths: Tensor, T: int) -> Tensor:
    """Positions (B, T) that reverse texts of `lengths` (B,): inputs[row, order], row (B, 1).

    Position t becomes length - 1 - t and padding stays in its place; so it is its own inverse.
    """
    t = torch.arange(T, device=lengths.device)
    mirrored = lengths[:, None] - 1 - t
    return torch.where(mirrored >= 0, mirrored, t)


def contribution_norms(reading: Trace, deltas: Sequence[Tensor]) -> Tensor:
    """Size (B, T) of what each step adds to the weights' gradient; T deltas δ_t = ∂L/∂z_t (B, G).

    Step t adds δ_t ⊗ x_t to that of W, δ_t ⊗ h_{t-1} to that of U and δ_t to that of b. Their joint
    Frobenius norm is ‖δ_t‖ · √(‖x_t‖² + ‖h_{t-1}‖² + 1).
    """
    delta, x, previous = _factors(reading, deltas)
    read = torch.cat([x, previous, torch.ones_like(x[..., :1])], dim=2)
    return torch.mul(delta.norm(dim=2), read.norm(dim=2))


def weight_gradients(reading: Trace, deltas: Sequence[Tensor]) -> dict[str, Tensor]:
    """The contributions of T deltas (B, G), summed over steps and texts: the weights' gradients.

    By the names and in the row order of torch's layer: weight_ih_l0 (G, E), weight_hh_l0 (G, H),
    bias_ih_l0 and bias_hh_l0 (G,); what autograd gives for the layer.
    """
    delta, x, previous = _factors(reading, deltas)
    if reading.has_memory:
        f, i, candidate, o = delta.chunk(4, dim=2)
        delta = torch.cat([i, f, candidate, o], dim=2)
    bias = delta.sum(dim=(0, 1))
    return {
        "weight_ih_l0": torch.einsum("btg,bte->ge", delta, x),
        "weight_hh_l0": torch.einsum("btg,bth->gh", delta, previous),
        "bias_ih_l0": bias,
        "bias_hh_l0": bias,
    }


def _factors(reading: Trace, deltas: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """δ_t (B, T, G), x_t (B, T, E) and h_{t-1} (B, T, H)."""
    h = reading.stacked("h")
    previous = torch.cat([torch.zeros_like(h[:, :1]), h[:, :-1]], dim=1)
    return torch.stack(tuple(deltas), dim=1), reading.stacked("x"), previous
