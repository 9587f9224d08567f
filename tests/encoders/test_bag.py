"""The bag: a mean, whatever the order."""

import torch

from seqloom.encoders.bag import Bag, running_mean


def test_the_summary_is_the_mean_of_the_valid_steps() -> None:
    x = torch.tensor([[[1.0, 2], [3, 4], [5, 9]], [[7, 8], [100, 100], [100, 100]]])
    memory, state = Bag(2)(x, torch.tensor([[True, True, True], [True, False, False]]))
    assert memory.summary.tolist() == [[3, 5], [7, 8]]
    assert memory.outputs[1].tolist() == [[7, 8], [0, 0], [0, 0]]
    assert state["sum"].tolist() == [[9, 15], [7, 8]] and state["count"].tolist() == [[3], [1]]
    assert memory.final is None


def test_order_changes_nothing() -> None:
    x, mask = torch.randn(1, 5, 3, dtype=torch.float64), torch.ones(1, 5, dtype=torch.bool)
    torch.testing.assert_close(Bag(3)(x, mask)[0].summary, Bag(3)(x.flip(1), mask)[0].summary)


def test_the_mean_runs_on_over_pieces() -> None:
    ones = torch.ones(1, 2, 1)
    mask = torch.ones(1, 2, dtype=torch.bool)
    _, state = running_mean(ones, mask, None)
    memory, _ = running_mean(4 * ones, mask, state)
    assert memory.summary.item() == 2.5
