"""Adam (Kingma & Ba 2015, arXiv:1412.6980) by torch's own fused kernel, and clipped gradients.

torch.optim.Adam calls the same kernel, but imports torch's compiler when it is made and at every
step: two seconds a process, of which nothing is used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

from attractor.deferred import BETA1, BETA2, EPSILON, Deferred, Reading
from attractor.models.embedding import Embedding

_MOMENTS = ("exp_avg", "exp_avg_sq", "step")  # as torch.optim.Adam names them
# Numbers from which on a table of vectors is cheaper to learn by the rows that a step reads.
MANY = 2**17


class Adam:
    """Updates a network's parameters in place; those without a gradient stay as they are.

    state: by parameter's index and moment, "3.exp_avg", what the next step depends on. An Embedding
    of MANY numbers or more has to `expect` what is read of it, and is up to date after `settle`.
    """

    def __init__(self, network: nn.Module, learning_rate: float) -> None:
        self._parameters = list(network.parameters())
        self._learning_rate = learning_rate
        self.state: dict[str, Tensor] = {}
        self._tables = _large_tables(network)
        self._deferred: dict[int, Deferred] = {}
        self._keep_tables()

    def resume(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a copy of another's `state`, of the same parameters, after `settle`."""
        self.state = {
            name: value.to(self._parameters[int(name.partition(".")[0])].device, copy=True)
            for name, value in state.items()
        }
        self._keep_tables()

    def expect(self, batches: Sequence[Tensor]) -> None:
        """Say which tokens (...) each of the next steps reads."""
        for table in self._deferred.values():
            table.expect(batches)

    def settle(self) -> None:
        """Bring all vectors up to date."""
        for table in self._deferred.values():
            table.settle()

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for parameter in self._parameters:
            parameter.grad = None

    @torch.no_grad()
    def clip(self, most: float) -> float:
        """Scale gradients so that their norm over all parameters is no more than `most`.

        Returns the norm before (Pascanu, Mikolov & Bengio 2013, algorithm 1).
        """
        gradients = [gradient for _, _, gradient in self._found()]
        norms = torch.stack(torch._foreach_norm(gradients))
        norm = float(torch.linalg.vector_norm(norms))
        if norm > most:
            torch._foreach_mul_(gradients, most / (norm + 1e-6))
        return norm

    @torch.no_grad()
    def step(self) -> None:
        """One update by the parameters' gradients."""
        found = self._found()
        moments = [self._moments(index) for index, _, _ in found]
        adam(
            [values for _, values, _ in found],
            [gradient for _, _, gradient in found],
            [mean for mean, _, _ in moments],
            [square for _, square, _ in moments],
            [],
            [step for _, _, step in moments],
            fused=True,  # a third of the time of a loop over the parameters
            amsgrad=False,
            beta1=BETA1,
            beta2=BETA2,
            lr=self._learning_rate,
            weight_decay=0.0,
            eps=EPSILON,
            maximize=False,
        )
        for table in self._deferred.values():
            if table.reading is not None:
                table.write()

    def _found(self) -> list[tuple[int, Tensor, Tensor]]:
        """Index, values and gradient of each parameter, or what was read of it, that has one."""
        found = []
        for index, parameter in enumerate(self._parameters):
            read = self._read(index)
            values = read.vectors if read else parameter
            if values.grad is not None:
                found.append((index, values, values.grad))
        return found

    def _moments(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        """Both moments and the number of steps of a parameter, or of what was read of it."""
        read = self._read(index)
        if read:
            return read.mean, read.square, self.state[f"{index}.step"]
        return self._state(index)

    def _read(self, index: int) -> Reading | None:
        """What this step read of a parameter that is learnt by rows."""
        table = self._deferred.get(index)
        return table.reading if table else None

    def _state(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        """A parameter's part of `state`, made where there is none."""
        names = [f"{index}.{name}" for name in _MOMENTS]
        if names[0] not in self.state:
            parameter = self._parameters[index]
            made = torch.zeros_like(parameter), torch.zeros_like(parameter), parameter.new_zeros(())
            self.state.update(zip(names, made, strict=True))
        mean, square, step = (self.state[name] for name in names)
        return mean, square, step

    def _keep_tables(self) -> None:
        self._deferred = {
            index: Deferred(table, *self._state(index), self._learning_rate)
            for index, table in self._tables.items()
        }


def _large_tables(network: nn.Module) -> dict[int, Embedding]:
    """Embeddings by their parameter's index, of MANY numbers and read by no one else."""
    users = Counter(id(p) for _, p in network.named_parameters(remove_duplicate=False))
    place = {id(parameter): index for index, parameter in enumerate(network.parameters())}
    return {
        place[id(module.weight)]: module
        for module in network.modules()
        if isinstance(module, Embedding)
        and module.weight.numel() >= MANY
        and users[id(module.weight)] == 1
    }
