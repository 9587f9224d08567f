"""Ratios: nothing of nothing is 0, and float64 whatever came in."""

import torch

from seqloom.metrics.ratio import f1, ratio


def test_nothing_of_nothing_is_zero() -> None:
    assert ratio(torch.tensor([0, 1, 0]), torch.tensor([0, 2, 3])).tolist() == [0.0, 0.5, 0.0]


def test_float64_from_small_types() -> None:
    assert ratio(torch.tensor([1.0]), torch.tensor([3.0])).item() == 1 / 3


def test_f1_is_the_harmonic_mean() -> None:
    right, predicted, present = torch.tensor([3, 0]), torch.tensor([4, 0]), torch.tensor([6, 0])
    precision, recall = 3 / 4, 3 / 6
    assert f1(right, predicted, present).tolist() == [2 * precision * recall / (precision + recall), 0.0]
