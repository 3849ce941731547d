"""Losses and gradients are those of the softmax over all words, however it is computed."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from attractor import batching
from attractor.errors import UserError
from attractor.tasks.softmax import (
    AdaptiveSoftmax,
    FullSoftmax,
    linear_cross_entropy,
    looped_cross_entropy,
)

Q, H, V = 23, 8, 37


def question(dtype: torch.dtype = torch.float64) -> tuple[list[Tensor], Tensor]:
    """Features, weights and biases to learn, and targets, in which some word stands twice."""
    dice = torch.Generator().manual_seed(0)
    sizes = [(Q, H), (V, H), (V,)]
    learnt = [torch.randn(size, generator=dice, dtype=dtype).requires_grad_() for size in sizes]
    return learnt, torch.randint(V, (Q,), generator=dice)


def by_autograd(learnt: list[Tensor], targets: Tensor) -> Tensor:
    features, weight, bias = learnt
    return nn.functional.cross_entropy(features @ weight.T + bias, targets)


def fused(learnt: list[Tensor], targets: Tensor) -> Tensor:
    features, weight, bias = learnt
    return linear_cross_entropy(features, weight, bias, targets)


@pytest.mark.parametrize("most", [1, V, 5 * V, Q * V - 1, Q * V])
def test_fused_loss_and_gradients_are_those_of_autograd(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "MOST_OUTPUTS", most)
    learnt, targets = question()
    assert len(set(targets.tolist())) < Q
    expected = by_autograd(learnt, targets)
    found = fused(learnt, targets)
    assert found.shape == ()
    torch.testing.assert_close(found, expected, atol=1e-10, rtol=0)
    for factor in (1.0, -2.5):
        wanted = torch.autograd.grad(factor * by_autograd(learnt, targets), learnt)
        given = torch.autograd.grad(factor * fused(learnt, targets), learnt)
        for one, other, value in zip(given, wanted, learnt, strict=True):
            assert one.shape == value.shape
            torch.testing.assert_close(one, other, atol=1e-10, rtol=0)


@pytest.mark.parametrize(("Q", "H", "V"), [(1, 1, 2), (5, 8, 37), (64, 20, 130), (150, 33, 300)])
def test_looped_loss_and_gradients_are_those_of_autograd(Q: int, H: int, V: int) -> None:
    torch.manual_seed(0)
    learnt = [torch.randn(size).requires_grad_() for size in [(Q, H), (V, H), (V,)]]
    double = [value.detach().double().requires_grad_() for value in learnt]
    targets = torch.randint(V, (Q,))
    expected = by_autograd(double, targets)
    found = looped_cross_entropy(learnt[0], learnt[1], learnt[2], targets)
    assert found.shape == ()
    assert found.item() == pytest.approx(expected.item(), abs=2e-6, rel=1e-6)
    given = torch.autograd.grad(-2.5 * found, learnt)
    wanted = torch.autograd.grad(-2.5 * expected, double)
    for one, other, value in zip(given, wanted, learnt, strict=True):
        assert one.shape == value.shape
        torch.testing.assert_close(one.double(), other, atol=5e-6, rtol=1e-4)


@torch.no_grad()
def test_looped_log_p_is_that_of_all_scores() -> None:
    torch.manual_seed(0)
    head, features, words = (
        FullSoftmax(20, 300),
        9 * torch.randn(70, 20),
        torch.randint(300, (70, 3)),
    )
    expected = torch.log_softmax(head.double()(features.double()), dim=1).gather(1, words)
    found = head.float().log_p(features, words)
    assert found.shape == (70, 3)
    torch.testing.assert_close(found.double(), expected, atol=2e-5, rtol=1e-6)


@pytest.mark.parametrize("word", [-1, 40])
def test_a_target_that_is_no_word_is_refused(word: int) -> None:
    head, features = FullSoftmax(3, 40), torch.ones(2, 3)
    with pytest.raises(IndexError, match="beyond the vocabulary"):
        head.loss(features, torch.tensor([0, word]))
    with torch.no_grad(), pytest.raises(IndexError, match="beyond the vocabulary"):
        head.log_p(features, torch.tensor([[0], [word]]))


def test_a_looped_loss_of_what_is_no_number_is_none() -> None:
    """A diverging run is stopped by its loss."""
    features, weight, bias = torch.ones(2, 3), torch.ones(40, 3), torch.zeros(40)
    targets = torch.tensor([0, 1])
    assert looped_cross_entropy(features, weight, bias, targets).item() == pytest.approx(
        math.log(40)
    )
    weight[17, 1] = math.nan
    assert looped_cross_entropy(features, weight, bias, targets).isnan()
    weight[17, 1] = math.inf
    assert looped_cross_entropy(features, weight, bias, targets).isnan()


def test_fused_gradient_by_hand() -> None:
    """Two words of scores 0 and log 3: p = 1/4, 3/4; the gradient is p less 1 at the target."""
    features = torch.tensor([[2.0]], requires_grad=True)
    weight = torch.tensor([[0.0], [math.log(3.0) / 2]], requires_grad=True)
    bias = torch.zeros(2, requires_grad=True)
    loss = linear_cross_entropy(features, weight, bias, torch.tensor([0]))
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == pytest.approx(math.log(4), abs=1e-6)
    assert bias.grad is not None
    assert weight.grad is not None
    assert features.grad is not None
    assert bias.grad.tolist() == pytest.approx([-0.75, 0.75], abs=1e-6)
    assert weight.grad[:, 0].tolist() == pytest.approx([-1.5, 1.5], abs=1e-6)
    assert features.grad.item() == pytest.approx(0.75 * math.log(3.0) / 2, abs=1e-6)


def test_a_word_that_is_all_but_impossible_has_a_finite_loss() -> None:
    weight = torch.tensor([[0.0], [500.0]], requires_grad=True)
    bias = torch.zeros(2, requires_grad=True)
    loss = linear_cross_entropy(torch.ones(1, 1), weight, bias, torch.tensor([0]))
    assert loss.item() == 500.0


class Largest(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The largest tensor that any operation under it makes."""

    numbers = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, tuple | list) else (made,):
            if isinstance(tensor, Tensor):
                self.numbers = max(self.numbers, tensor.numel())
        return made


@pytest.mark.parametrize(("most", "largest"), [(Q * V, Q * V), (3 * V, V * H)])
def test_scores_of_all_questions_never_exist_where_they_would_be_too_many(
    most: int, largest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights' gradient, V * H, is then the largest tensor."""
    monkeypatch.setattr(batching, "MOST_OUTPUTS", most)
    (features, _, _), targets = question()
    with Largest() as seen:  # type: ignore[no-untyped-call]
        FullSoftmax(H, V).double().loss(features, targets).backward()  # type: ignore[no-untyped-call]
    assert seen.numbers == largest


def test_few_scores_are_computed_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the bit what cross_entropy makes of the head's outputs, where torch computes; many, and
    those of compiled loops, to rounding."""
    torch.manual_seed(0)
    head = FullSoftmax(H, V).double()
    (features, _, _), targets = question()
    losses = nn.functional.cross_entropy(head(features).float(), targets, reduction="none")
    loss = head.loss(features, targets)
    assert torch.equal(loss, losses.mean())
    assert loss.grad_fn is not None
    assert losses.mean().grad_fn is not None
    assert loss.grad_fn.name() == losses.mean().grad_fn.name()  # type: ignore[union-attr]
    monkeypatch.setattr(batching, "MOST_OUTPUTS", 1)
    many = head.loss(features, targets).float()
    looped = head.float().loss(features.detach().float(), targets)
    for other in (many, looped):
        torch.testing.assert_close(other, losses.mean(), atol=1e-6, rtol=0)


def adaptive(feature_size: int = H, vocabulary_size: int = V) -> AdaptiveSoftmax:
    torch.manual_seed(0)
    return AdaptiveSoftmax(feature_size, vocabulary_size).double()


@pytest.mark.parametrize("words", [2, 3, 4, 9, V, 200])
def test_adaptive_softmax_is_a_distribution_and_learns_from_it(words: int) -> None:
    head = adaptive(vocabulary_size=words)
    features = 3 * torch.randn(words, H, dtype=torch.float64)
    log_p = head(features)
    assert log_p.shape == (words, words)
    torch.testing.assert_close(log_p.exp().sum(dim=1), torch.ones(words, dtype=torch.float64))
    every = torch.arange(words)
    expected = -log_p[every, every]
    torch.testing.assert_close(head.loss(features, every), expected.mean(), atol=1e-10, rtol=0)
    for word in (0, words - 1):
        one = head.loss(features[:1], torch.tensor([word]))
        torch.testing.assert_close(one, -log_p[0, word], atol=1e-10, rtol=0)


def test_adaptive_log_p_is_that_of_the_group_and_of_the_word_in_it() -> None:
    """64 words: ranks 0-1 by themselves, then 2-7, 8-31 and 32-63; ranks begin at the ends."""
    head, features = adaptive(16, 64), torch.randn(1, 16, dtype=torch.float64)
    groups = head.groups
    assert groups.cutoffs == [2, 8, 32, 64]
    assert groups.head.weight.shape == (2 + 3, 16)
    widths = [[layer.weight.shape[0] for layer in group] for group in groups.tail]  # type: ignore[attr-defined]
    assert widths == [[8, 6], [4, 24], [2, 32]]
    first = torch.log_softmax(groups.head(features), dim=1)[0]
    log_p = head(features)[0]
    # BEGIN and END, 62 and 63, are the first two ranks; then padding, unknown, the commonest.
    torch.testing.assert_close(log_p[[62, 63]], first[:2])
    for group, (begin, end) in enumerate([(2, 8), (8, 32), (32, 64)]):
        within = torch.log_softmax(groups.tail[group](features), dim=1)[0]
        torch.testing.assert_close(log_p[begin - 2 : end - 2], first[2 + group] + within)


def test_adaptive_softmax_needs_a_few_features() -> None:
    AdaptiveSoftmax(8, 50)
    with pytest.raises(UserError, match=r"^task\.softmax=adaptive: 7 features .*hidden_size=8"):
        AdaptiveSoftmax(7, 50)


@pytest.mark.parametrize("make", [FullSoftmax, AdaptiveSoftmax])
def test_half_precision_learns_from_a_loss_in_full(
    make: type[FullSoftmax | AdaptiveSoftmax], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "MOST_OUTPUTS", 1)
    torch.manual_seed(0)
    head = make(H, V)
    (features, _, _), targets = question(torch.float32)
    half = features.detach().bfloat16().requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = head.loss(half, targets)
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.dtype == torch.float32
    assert half.grad is not None
    assert half.grad.dtype == torch.bfloat16
    again = head.loss(half.detach().float(), targets)
    torch.testing.assert_close(loss, again, atol=1e-6, rtol=0)
