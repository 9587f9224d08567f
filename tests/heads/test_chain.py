"""Sums and searches over rows of labels, against every row written out."""

from itertools import pairwise, product

import pytest
import torch
from torch import Tensor

from seqloom.heads.chain import best, log_partition, score

LABELS = 3


def drawn(seed: int, lengths: list[int], labels: int = LABELS) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    g = torch.Generator().manual_seed(seed)
    steps = torch.randn(len(lengths), max(lengths), labels, generator=g, dtype=torch.float64)
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    weights = [torch.randn(*shape, generator=g, dtype=torch.float64) for shape in ((labels, labels), (labels,))]
    return steps, mask, *weights, torch.randn(labels, generator=g, dtype=torch.float64)


def every(
    steps: Tensor, length: int, moves: Tensor, first: Tensor, last: Tensor
) -> list[tuple[float, tuple[int, ...]]]:
    """Score every row of labels of one row of steps, by the definition."""
    found = []
    for row in product(range(steps.shape[1]), repeat=length):
        total = sum(float(steps[time, label]) for time, label in enumerate(row))
        total += sum(float(moves[a, b]) for a, b in pairwise(row))
        total += float(first[row[0]] + last[row[-1]]) if row else 0.0
        found.append((total, row))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_the_partition_function_is_the_sum_over_all_rows(seed: int) -> None:
    lengths = [4, 1, 0, 6]
    steps, mask, *weights = drawn(seed, lengths)
    found = log_partition(steps, mask, *weights)
    for row, length in enumerate(lengths):
        scores = torch.tensor([one for one, _ in every(steps[row], length, *weights)], dtype=torch.float64)
        assert float(found[row]) == pytest.approx(float(scores.logsumexp(0)), abs=1e-11)


@pytest.mark.parametrize("seed", range(3))
def test_the_score_of_a_row_is_its_sum(seed: int) -> None:
    lengths = [5, 2, 0, 1]
    steps, mask, *weights = drawn(seed, lengths)
    labels = torch.randint(0, LABELS, mask.shape, generator=torch.Generator().manual_seed(seed))
    found = score(steps, labels, mask, *weights)
    for row, length in enumerate(lengths):
        wanted = {ids: one for one, ids in every(steps[row], length, *weights)}
        assert float(found[row]) == pytest.approx(wanted[tuple(labels[row, :length].tolist())], abs=1e-11)


def test_what_stands_in_padding_is_nothing() -> None:
    steps, mask, *weights = drawn(1, [2, 4])
    noisy = steps.masked_fill(~mask.unsqueeze(2), 1e6)
    labels = torch.zeros_like(mask, dtype=torch.long)
    far = labels.masked_fill(~mask, 99)
    assert torch.equal(log_partition(noisy, mask, *weights), log_partition(steps, mask, *weights))
    assert torch.equal(score(noisy, far, mask, *weights), score(steps, labels, mask, *weights))
    assert best(noisy, mask, *weights, k=3) == best(steps, mask, *weights, k=3)


def test_gradients_are_those_of_small_differences() -> None:
    steps, mask, *weights = drawn(2, [3, 1, 4])
    inputs = [one.requires_grad_() for one in (steps, *weights)]
    labels = torch.tensor([[0, 1, 2, 0], [2, 0, 0, 0], [1, 1, 0, 2]])

    def nats(steps: Tensor, *weights: Tensor) -> Tensor:
        return log_partition(steps, mask, *weights) - score(steps, labels, mask, *weights)

    assert torch.autograd.gradcheck(nats, inputs)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("k", [1, 2, 5, 40])
def test_the_search_finds_the_best_rows_in_order(seed: int, k: int) -> None:
    lengths = [4, 1, 3, 0, 5]
    steps, mask, *weights = drawn(seed, lengths)
    for row, (found, length) in enumerate(zip(best(steps, mask, *weights, k=k), lengths, strict=True)):
        wanted = sorted(every(steps[row], length, *weights), reverse=True)[:k]
        assert [tuple(ids) for _, ids in found] == [ids for _, ids in wanted]
        assert [one for one, _ in found] == pytest.approx([one for one, _ in wanted], abs=1e-11)


def test_what_is_forbidden_is_never_found() -> None:
    steps, mask, moves, first, last = drawn(0, [3])
    never = float("-inf")
    moves, first = moves.clone(), first.clone()
    moves[0], first[1:] = never, never  # begins with 0, after which nothing may come
    assert best(steps, mask, moves, first, last, k=4) == [[]]
    alone = mask & (torch.arange(3) < 1)
    assert [ids for _, ids in best(steps, alone, moves, first, last, k=4)[0]] == [[0]]


def test_no_steps_at_all() -> None:
    steps, mask, *weights = drawn(0, [1, 1])
    steps, mask = steps[:, :0], mask[:, :0]
    assert log_partition(steps, mask, *weights).tolist() == [0, 0]
    assert score(steps, mask.long(), mask, *weights).tolist() == [0, 0]
    assert best(steps, mask, *weights, k=2) == [[(0.0, [])], [(0.0, [])]]


def test_far_scores_neither_overflow_nor_lose_their_gradient() -> None:
    steps, mask, moves, first, last = (one.float() if one.dtype != torch.bool else one for one in drawn(3, [5, 2]))
    steps, moves = (steps * 1e3).requires_grad_(), (moves * 1e3).requires_grad_()
    found = log_partition(steps, mask, moves, first, last)
    best_row = torch.tensor([rows[0][0] for rows in best(steps.detach(), mask, moves.detach(), first, last)])
    torch.testing.assert_close(found, best_row, atol=2.0, rtol=1e-4)
    for grad in torch.autograd.grad(found.sum(), [steps, moves]):
        assert grad.isfinite().all() and grad.abs().sum() > 0
