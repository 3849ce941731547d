"""Heads that choose among all words of a vocabulary, and what it costs to learn from them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from attractor.batching import slices
from attractor.errors import UserError
from attractor.loops.softmax import cross_entropy, log_probabilities
from attractor.models.looped import arrays, in_loops

# Ranks that the commonest words, and each group of rarer ones but the last, end at: V / these.
_PARTS = (32, 8, 2)
_SHRINK = 2  # a group's words are scored from half as many numbers as those of the group before
_ENDS = 2  # BEGIN and END, which stand last in a vocabulary


class FullSoftmax(nn.Linear):
    """A score of every word from every feature: (Q, H) to (Q, V)."""

    def loss(self, features: Tensor, targets: Tensor) -> Tensor:
        """Mean -log p () in nats of targets (Q,); scores too many for one slice never exist."""
        if in_loops(features):
            return looped_cross_entropy(features, self.weight, self.bias, targets)
        if len(slices(len(features), self.out_features)) == 1:
            scores = self(features).float()
            return nn.functional.cross_entropy(scores, targets, reduction="none").mean()
        return linear_cross_entropy(features, self.weight, self.bias, targets)

    @property
    def width(self) -> int:
        """How many numbers a question takes to be answered."""
        return self.out_features

    def log_p(self, features: Tensor, targets: Tensor) -> Tensor:
        """log p (Q, k) of the words `targets` (Q, k); no gradient flows through it."""
        if in_loops(features):
            parts = (
                features.detach().contiguous(),
                self.weight.detach(),
                self.bias.detach(),
                targets,
            )
            found = features.new_empty(targets.shape)
            log_probabilities(*arrays(*parts, found))
            return found
        scores: Tensor = self(features).float()
        # In place: a second (Q, V) would take longer to map than to compute.
        return torch.log_softmax(scores, dim=1, out=scores).gather(1, targets)

    @property
    def log_odds_width(self) -> int:
        """How many numbers a question's log-odds take."""
        return 2 * self.in_features

    def log_odds(self, features: Tensor, pairs: Tensor) -> Tensor:
        """log p(right) - log p(wrong) (Q,) of words (Q, 2): what both are divided by cancels."""
        right, wrong = pairs.unbind(dim=1)
        weight = self.weight[right] - self.weight[wrong]
        return (features * weight).sum(dim=1) + self.bias[right] - self.bias[wrong]


class AdaptiveSoftmax(nn.Module):
    """log p of every word, (Q, H) to (Q, V): the commonest directly, others by way of their group.

    Exactly normalised over all words. The rarer a group's words, the fewer numbers they are scored
    from, and a group is only read where a question's word is in it (Grave et al. 2017, §4).
    """

    def __init__(self, feature_size: int, vocabulary_size: int) -> None:
        super().__init__()
        if feature_size < _SHRINK ** len(_PARTS):
            raise UserError(
                f"task.softmax=adaptive: {feature_size} features are too few; give "
                f"model.hidden_size={_SHRINK ** len(_PARTS)} or more, or choose task.softmax=full"
            )
        ends = sorted({max(1, vocabulary_size // part) for part in _PARTS})
        self.groups = nn.AdaptiveLogSoftmaxWithLoss(
            feature_size, vocabulary_size, ends, div_value=_SHRINK, head_bias=True
        )

    def forward(self, features: Tensor) -> Tensor:
        """log p (Q, V) of every word."""
        by_rank: Tensor = self.groups.log_prob(features)
        return by_rank.roll(-_ENDS, dims=1)

    @property
    def width(self) -> int:
        """How many numbers a question takes to be answered: mostly, of common words."""
        return int(self.groups.n_classes) // _PARTS[1]

    def loss(self, features: Tensor, targets: Tensor) -> Tensor:
        """Mean -log p () in nats of targets (Q,)."""
        return -self.log_p(features, targets[:, None]).mean()

    def log_p(self, features: Tensor, targets: Tensor) -> Tensor:
        """log p (Q, k) of the words `targets` (Q, k), from their own groups alone."""
        # A vocabulary is in the order of frequency, but for its end, which holds END: turned by
        # two, the ends of sentences stand first.
        ranks = (targets + _ENDS) % self.groups.n_classes
        with torch.autocast(features.device.type, enabled=False):
            own = features.to(self.groups.head.weight.dtype)
            return torch.stack([self.groups(own, rank).output for rank in ranks.unbind(1)], dim=1)

    @property
    def log_odds_width(self) -> int:
        """How many numbers a question's log-odds take."""
        return self.width

    def log_odds(self, features: Tensor, pairs: Tensor) -> Tensor:
        """log p(right) - log p(wrong) (Q,) of words (Q, 2)."""
        right, wrong = self.log_p(features, pairs).unbind(dim=1)
        return right - wrong


def looped_cross_entropy(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """The same as linear_cross_entropy, in float32 on a processor, in compiled loops."""
    loss: Tensor = _LoopedCrossEntropy.apply(features, weight, bias, targets)  # type: ignore[no-untyped-call]
    return loss


class _LoopedCrossEntropy(torch.autograd.Function):
    """Features (Q, H), weight (V, H), bias (V,) and targets (Q,) to their mean loss ()."""

    @staticmethod
    def forward(ctx: Any, *given: Tensor) -> Tensor:
        parts = [part.detach().contiguous() for part in given]
        ctx.gradients = [torch.empty_like(part) for part in parts[:3]]
        return parts[0].new_tensor(cross_entropy(*arrays(*parts, *ctx.gradients)))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, scale: Tensor) -> tuple[Tensor | None, ...]:
        return _handed_over(ctx, scale)


def linear_cross_entropy(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy () of scores features @ weight.T + bias (Q, V) against targets (Q,).

    Exact, in float32 at least, by torch. features (Q, H), weight (V, H), bias (V,). The scores of a
    slice of questions at a time become its gradients in place, already on the way forwards, so that
    (Q, V) numbers never exist and none is computed twice (Wijmans et al. 2024; Hsu et al. 2024,
    Liger).
    """
    loss: Tensor = _LinearCrossEntropy.apply(features, weight, bias, targets)  # type: ignore[no-untyped-call]
    return loss


class _LinearCrossEntropy(torch.autograd.Function):
    """With s = x Wᵀ + b and p = softmax(s): ∂loss/∂s = (p - 1 at the target) / Q =: g, hence
    ∂loss/∂x = g W, ∂loss/∂W = gᵀ x and ∂loss/∂b = Σ g over questions."""

    @staticmethod
    def forward(
        ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor
    ) -> Tensor:
        Q = len(features)
        x = features.to(weight.dtype)  # half precision, under autocast
        dx, dW, db = torch.empty_like(x), torch.zeros_like(weight), torch.zeros_like(bias)
        loss = x.new_zeros(())
        parts = slices(Q, len(weight))
        # One for all slices: memory never touched before is slow to write.
        buffer = x.new_empty(max(part.stop - part.start for part in parts), len(weight))
        # Products with a given place for what they make are never taken in half precision.
        for part in parts:
            target = targets[part, None]
            scores = torch.addmm(bias, x[part], weight.T, out=buffer[: len(target)])
            log_p = torch.log_softmax(scores, dim=1, out=scores)
            loss -= log_p.gather(1, target).sum()
            g = log_p.exp_()  # but for 1 / Q
            g.scatter_add_(1, target, -torch.ones_like(target, dtype=g.dtype))
            torch.mm(g, weight, out=dx[part])
            dW.addmm_(g.T, x[part], alpha=1 / Q)
            db += g.sum(dim=0)
        ctx.gradients = dx.div_(Q).to(features.dtype), dW, db.div_(Q)
        return loss / Q

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, scale: Tensor) -> tuple[Tensor | None, ...]:
        return _handed_over(ctx, scale)


def _handed_over(ctx: Any, scale: Tensor) -> tuple[Tensor | None, ...]:
    """The gradients that were found on the way forwards, and none of the targets.

    Not copied: of weights of many words a copy takes as long as an update.
    """
    gradients, ctx.gradients = ctx.gradients, None
    return (*(gradient.mul_(scale) for gradient in gradients), None)
