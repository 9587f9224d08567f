"""Rows of any order are put back in the order of the data."""

import numpy as np
import pytest
import torch

from seqloom.batch import Field
from seqloom.comparing import gathered
from seqloom.comparing.gathered import Gathered, counts_by, lengths_of, plain
from seqloom.errors import InputError


def test_rows_come_back_in_their_order() -> None:
    kept = Gathered()
    kept.put([4, 0], [[4, 1], [0, 1]], [14, 10], [1, 0], [0.4, 0.0])
    kept.put([2], [[2, 1]], [12])
    items = kept.items("accuracy", ("a", "나"))
    assert items.stats[:, 0].tolist() == [0, 2, 4] and items.lengths.tolist() == [10, 12, 14]
    assert items.classes is not None and items.classes[1].tolist() == [0, -1, 1]
    assert items.rarity is not None and np.isnan(items.rarity[1]) and items.rarity[2] == 0.4


def test_what_nobody_knows_is_left_out() -> None:
    kept = Gathered()
    kept.put([0], [[1, 1]])
    items = kept.items("accuracy")
    assert (items.lengths.tolist(), items.classes, items.rarity) == ([-1], None, None)


def test_no_row_is_nothing_to_measure() -> None:
    with pytest.raises(InputError, match="there is nothing to measure: the data has no row"):
        Gathered().items("accuracy")


def test_more_than_memory_should_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathered, "ROOM", 10)
    kept = Gathered()
    kept.put([0, 1], np.zeros((2, 5)))
    with pytest.raises(InputError, match=r"5 numbers for each of so many rows .* such as accuracy"):
        kept.put([2], np.zeros((1, 5)))


def test_lengths_counts_and_plain_values() -> None:
    mask = torch.tensor([[True, True], [False, False]])
    assert lengths_of(Field(torch.zeros(2, 2), mask)).tolist() == [2, 0]
    assert counts_by(4, [1, 1, 3]).tolist() == [0, 2, 0, 1] and counts_by(2, []).tolist() == [0, 0]
    assert plain(torch.ones(2, requires_grad=True)).dtype == np.float64 and plain(torch.ones(2, dtype=torch.bool)).all()
