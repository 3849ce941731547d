"""The simple recurrent layer (Elman 1990), in as few calls as its recurrence allows.

torch's, on a CPU, is a handful of small calls a token, each with a gradient of its own. Here all
tokens' inputs are one product, a step is a product and a tanh in place, and the gradients of either
weight matrix are one product each.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


class SimpleLayer(nn.RNN):
    """torch's RNN of one layer, batch first, and where torch has no kernel of its own, faster."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size, batch_first=True)

    def forward(  # type: ignore[override]
        self, inputs: Tensor, state: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """States (B, T, H) after inputs (B, T, E), from `state` (1, B, H) or zero; and the last."""
        device = inputs.device.type
        if device != "cpu" or torch.is_autocast_enabled(device):
            states, last = super().forward(inputs, state)
            return states, last
        [(of_input, of_state, bias, second_bias)] = self.all_weights
        if state is None:
            state = inputs.new_zeros(1, len(inputs), self.hidden_size)
        states = _Recurrence.apply(  # type: ignore[no-untyped-call]
            inputs.transpose(0, 1), state[0], of_input, of_state, bias + second_bias
        )
        return states.transpose(0, 1), states[-1:]


class _Recurrence(torch.autograd.Function):
    """hₜ = tanh(aₜ), aₜ = W xₜ + U hₜ₋₁ + b; with gₜ what reaches hₜ from outside the layer,
    ∂L/∂aₜ = (1 - hₜ²)(gₜ + Uᵀ ∂L/∂aₜ₊₁) (Werbos 1990)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, start: Tensor, W: Tensor, U: Tensor, b: Tensor) -> Tensor:
        T, B, E = x.shape
        inputs = x.reshape(T * B, E)
        states = torch.addmm(b, inputs, W.T).view(T, B, len(U))
        before, transposed = start, U.T.contiguous()
        for h in states.unbind():
            before = h.addmm_(before, transposed).tanh_()
        ctx.save_for_backward(inputs, start, W, U, states)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        inputs, start, W, U, states = ctx.saved_tensors
        T, B, H = states.shape
        slope = torch.addcmul(states.new_ones(()), states, states, value=-1)
        arguments = torch.empty_like(states)
        after = None
        for argument, own, factor in zip(
            *(reversed(part.unbind()) for part in (arguments, gradient, slope)), strict=True
        ):
            if after is None:
                torch.mul(own, factor, out=argument)
            else:
                torch.addmm(own, after, U, out=argument).mul_(factor)
            after = argument
        flat = arguments.view(T * B, H)
        before = torch.cat([start[None], states[:-1]]).view(T * B, H)
        return (
            (flat @ W).view(T, B, -1),
            arguments[0] @ U,
            flat.T @ inputs,
            flat.T @ before,
            flat.sum(dim=0),
        )
