"""Adam (Kingma & Ba 2015, arXiv:1412.6980), and clipped gradients.

On a processor a step is a compiled loop, elsewhere torch's own kernel. torch.optim.Adam calls that
too, but imports torch's compiler: two seconds a process, of which nothing is used.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from attractor.models.embedding import Embedding
from attractor.optimizer.block import Block, learn, norm_of
from attractor.optimizer.deferred import Deferred

# Numbers from which on a table of vectors is cheaper to learn by the rows that a step reads, and
# any parameter is better left where it is.
MANY = 2**17


class Adam:
    """Updates a network's parameters in place; one without a gradient has one of zero.

    state: by parameter's index and moment, "3.exp_avg" as torch.optim.Adam has them, what the next
    step depends on. A CPU's Embedding of MANY numbers or more is learnt by the rows that are read,
    and up to date after `settle`. Smaller parameters there become views of one tensor: the step of
    a small network is made of calls.
    """

    def __init__(self, network: nn.Module, learning_rate: float) -> None:
        self._learning_rate = learning_rate
        self._parameters = list(network.parameters())
        self._blocks: list[Block] = []
        self._tables: list[Deferred] = []
        self.state: dict[str, Tensor] = {}
        tables, small = _large_tables(network), []
        for index, parameter in enumerate(self._parameters):
            if index in tables:
                block = self._block([index])
                self._tables.append(Deferred(tables[index], block, learning_rate))
            elif parameter.is_cpu and parameter.numel() < MANY:
                small.append(index)
            else:
                self._blocks.append(self._block([index]))
        if small:
            self._blocks.append(self._block(small))

    def resume(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a copy of another's `state`, of the same parameters, after `settle`."""
        for name, value in state.items():
            self.state[name].copy_(value)
        for table in self._tables:
            table.resume()

    def settle(self) -> None:
        """Bring all vectors up to date."""
        for table in self._tables:
            table.settle()

    def zero_grad(self) -> None:
        """Forget all gradients, before a step reads anything."""
        for parameter in self._parameters:
            parameter.grad = None
        for table in self._tables:
            table.forget()

    @torch.no_grad()
    def step(self, most: float = math.inf) -> float:
        """One update by the gradients, scaled down to a norm over all of `most` where it is more.

        Returns the norm before (Pascanu, Mikolov & Bengio 2013, algorithm 1); where that is no
        number, nothing is updated.
        """
        gradients = [block.gradient() for block in self._blocks]
        of_tables = [table.gradient() for table in self._tables]
        norm = norm_of([*gradients, *(one for one in of_tables if one is not None)])
        if not math.isfinite(norm):
            return norm
        scale = most / (norm + 1e-6) if norm > most else 1.0
        learn(self._blocks, gradients, scale, self._learning_rate)
        for table, gradient in zip(self._tables, of_tables, strict=True):
            table.learn(gradient, scale)
        return norm

    def _block(self, indices: Sequence[int]) -> Block:
        """The parameters of these numbers as a block, whose moments enter `state`."""
        parts = [self._parameters[index] for index in indices]
        for part in parts:
            part.data = part.data.contiguous()  # the loops walk through values in order
        block = Block.together(parts) if len(parts) > 1 else Block.of(parts[0].detach(), parts)
        means, squares = block.split(block.mean), block.split(block.square)
        for index, mean, square in zip(indices, means, squares, strict=True):
            self.state[f"{index}.exp_avg"] = mean
            self.state[f"{index}.exp_avg_sq"] = square
            self.state[f"{index}.step"] = block.step
        return block


def _large_tables(network: nn.Module) -> dict[int, Embedding]:
    """A CPU's Embeddings by their parameter's index, of MANY numbers and read by no one else."""
    users = Counter(id(p) for _, p in network.named_parameters(remove_duplicate=False))
    place = {id(parameter): index for index, parameter in enumerate(network.parameters())}
    return {
        place[id(module.weight)]: module
        for module in network.modules()
        if isinstance(module, Embedding)
        and module.weight.is_cpu
        and module.weight.requires_grad
        and module.weight.numel() >= MANY
        and users[id(module.weight)] == 1
    }
