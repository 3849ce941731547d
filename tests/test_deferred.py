"""A table learnt by the rows that a step reads ends where torch's Adam on the whole table does."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from attractor.models.embedding import Embedding
from attractor.optimizer import adam
from attractor.optimizer.adam import Adam
from attractor.vocab import PADDING

V, E = 40, 5


class Words(nn.Module):
    """A score of a text: what stands in for a network."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.embedding = Embedding(V, E)
        self.head = nn.Linear(E, 1)
        self.double()  # so that what differs is the method, and not the order of sums

    def loss(self, tokens: Tensor) -> Tensor:
        """Any loss ()."""
        scores = self.head(self.embedding(tokens).tanh())[..., 0]
        loss: Tensor = (scores * 0.95 ** tokens.float()).sum(dim=1).sigmoid().mean()
        return loss


@pytest.fixture(autouse=True)
def _every_table_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adam, "MANY", 1)


def _texts(n: int, seed: int = 1) -> list[Tensor]:
    """Texts (3, 4) for n steps: rare words wait for hundreds of steps, some for all."""
    rng = np.random.default_rng(seed)
    p = 1 / np.arange(1, V) ** 2.5
    return [torch.from_numpy(rng.choice(V - 1, size=(3, 4), p=p / p.sum())) for _ in range(n)]


def _by_torch(texts: list[Tensor], rate: float) -> Words:
    words = Words()
    optimizer = torch.optim.Adam(words.parameters(), lr=rate)
    for tokens in texts:
        optimizer.zero_grad()
        words.loss(tokens).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return words


def _steps(words: Words, optimizer: Adam, texts: list[Tensor]) -> None:
    for tokens in texts:
        optimizer.zero_grad()
        words.loss(tokens).backward()  # type: ignore[no-untyped-call]
        optimizer.step()


@pytest.mark.parametrize("rate", [0.001, 0.01])
def test_vectors_are_those_of_adam_on_the_whole_table(rate: float) -> None:
    texts = _texts(600)
    reference, words = _by_torch(texts, rate), Words()
    start = words.embedding.weight.detach().clone()
    optimizer = Adam(words, rate)
    _steps(words, optimizer, texts)
    behind = words.embedding.weight.detach().clone()
    optimizer.settle()
    unread = sorted(set(range(V)) - set(torch.cat(texts).unique().tolist()))
    assert PADDING in torch.cat(texts)
    assert unread
    assert torch.equal(words.embedding.weight[[PADDING, *unread]], start[[PADDING, *unread]])
    assert not torch.equal(behind, words.embedding.weight)
    for own, theirs in zip(words.parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(own, theirs, rtol=0, atol=1e-4 * rate)


def test_a_gradient_as_small_as_epsilon_is_followed_too() -> None:
    """There ε decides how far a vector moves, and the sum is a first order's."""
    rate = 0.01
    table, dense = Embedding(3, 1), Embedding(3, 1)
    dense.load_state_dict(table.state_dict())
    for size in (1e-6, 1e-8, 1e-10):
        ours, theirs = Adam(table, rate), torch.optim.Adam(dense.parameters(), lr=rate)
        for word in [*[2] * 100, 1, *[2] * 100]:
            tokens = torch.tensor([[word]])
            ours.zero_grad()
            (table(tokens).sum() * size).backward()
            ours.step()
            theirs.zero_grad()
            (dense(tokens).sum() * size).backward()
            theirs.step()
        ours.settle()
        torch.testing.assert_close(table.weight, dense.weight, rtol=0, atol=rate / 500)


def test_going_on_from_a_settled_state_is_never_having_stopped() -> None:
    texts = _texts(60)
    whole, stopped, resumed = Words(), Words(), Words(seed=9)
    first, second = Adam(whole, 0.03), Adam(stopped, 0.03)
    for part in (texts[:30], texts[30:]):
        _steps(whole, first, part)
        first.settle()
    _steps(stopped, second, texts[:30])
    second.settle()
    resumed.load_state_dict(stopped.state_dict())
    third = Adam(resumed, 0.03)
    third.resume(second.state)
    _steps(resumed, third, texts[30:])
    third.settle()
    assert all(map(torch.equal, whole.parameters(), resumed.parameters()))
    assert second.state["0.step"].item() == 30
    assert first.state["0.exp_avg"].shape == (V, E)


def test_the_norm_of_what_was_read_is_that_of_the_whole_gradient() -> None:
    (tokens,) = _texts(1)
    words, reference = Words(), Words()
    optimizer = Adam(words, 0.1)
    words.loss(tokens).backward()  # type: ignore[no-untyped-call]
    reference.loss(tokens).backward()  # type: ignore[no-untyped-call]
    theirs = nn.utils.clip_grad_norm_(reference.parameters(), 0.01).item()
    assert theirs > 0.01
    assert optimizer.step(0.01) == pytest.approx(theirs, rel=1e-6)


def test_vectors_that_the_head_reads_too_are_learnt_whole() -> None:
    words = Words()
    words.head = nn.Linear(E, V)
    words.head.weight = words.embedding.weight
    Adam(words, 0.1)
    assert words.embedding.reader is None


def test_reading_without_training_asks_no_optimiser() -> None:
    words = Words()
    Adam(words, 0.1)
    words.eval()
    tokens = torch.tensor([[1, 2]])
    assert torch.equal(words.embedding(tokens), words.embedding.weight[tokens])


def test_a_second_reading_in_a_step_is_refused() -> None:
    """It would be learnt from the one alone."""
    words, tokens = Words(), torch.tensor([[1, 2, 3]])
    optimizer = Adam(words, 0.1)
    assert words.embedding(tokens).shape == (1, 3, E)
    with pytest.raises(ValueError, match="once a step"):
        words.embedding(tokens)
    optimizer.zero_grad()
    assert words.embedding(tokens).shape == (1, 3, E)


def test_a_step_that_reads_nothing_moves_what_was_read_before() -> None:
    """As Adam's moments do."""
    words, reference = Words(), Words()
    ours, theirs = Adam(words, 0.1), torch.optim.Adam(reference.parameters(), lr=0.1)
    (tokens,) = _texts(1)
    for own, optimizer in ((words, ours), (reference, theirs)):
        own.loss(tokens).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        for parameter in own.parameters():
            parameter.grad = None if optimizer is ours else torch.zeros_like(parameter)
        optimizer.step()
    ours.settle()
    torch.testing.assert_close(list(words.parameters()), list(reference.parameters()))


def test_words_are_given_as_they_differ() -> None:
    words = Words()
    tokens = torch.tensor([[5, 1], [1, 5], [2, 2]])
    for training in (False, True):
        words.embedding.train(training)
        vectors, which = words.embedding.words(tokens)
        assert vectors.shape == (3, E)
        assert which.tolist() == [[0, 1], [1, 0], [2, 2]]
        assert torch.equal(vectors, words.embedding.weight[[5, 1, 2]])
        Adam(words, 0.1)


def test_a_table_that_is_not_to_be_learnt_stays() -> None:
    words = Words()
    words.embedding.requires_grad_(False)
    Adam(words, 0.1)
    assert words.embedding.reader is None


def test_gradients_beside_what_is_read_are_refused() -> None:
    words, tokens = Words(), torch.tensor([[1, 2]])
    optimizer = Adam(words, 0.1)
    (words.loss(tokens) + words.embedding.weight.sum()).backward()  # type: ignore[no-untyped-call]
    with pytest.raises(ValueError, match="not from its weight"):
        optimizer.step()
