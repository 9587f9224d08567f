"""Token accuracy counts what counts."""

import torch

from seqloom.metrics.tokens import Tokens


def test_padding_does_not_count() -> None:
    metric = Tokens()
    true = torch.tensor([[5, 6, 2], [7, 2, 0]])
    mask = torch.tensor([[True, True, True], [True, True, False]])
    metric.add(torch.tensor([[5, 9, 2], [7, 7, 0]]), true, mask)
    assert metric.result() == {"token_accuracy": 3 / 5}
    metric.add(torch.tensor([[1]]), torch.tensor([[1]]), torch.tensor([[True]]))
    assert metric.result() == {"token_accuracy": 4 / 6}


def test_nothing_of_nothing_is_0() -> None:
    assert Tokens().result() == {"token_accuracy": 0}
