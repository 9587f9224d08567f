"""Encoded rows are the same in memory and in a temporary file."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.batches import pad
from seqloom.data.encoded import Encoded


@given(st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=5), max_size=20), st.integers(0, 12))
def test_rows_come_back_whatever_the_limit(rows: list[list[int]], limit: int) -> None:
    encoded = Encoded.collect(iter(rows), limit)
    assert [encoded[place] for place in range(len(encoded))] == rows
    assert encoded.lengths.tolist() == [len(row) for row in rows]


def test_past_the_limit_the_ids_are_on_disk() -> None:
    assert isinstance(Encoded.collect([[1, 2], [3]], 1)._ids, np.memmap)
    assert not isinstance(Encoded.collect([[1, 2], [3]], 9)._ids, np.memmap)


@pytest.mark.parametrize("limit", [4, 1000])
@pytest.mark.parametrize("chosen", [[0, 1, 2, 3], [3, 0, 3], [1], [1, 1], []])
def test_rows_side_by_side_are_those_padded_one_by_one(limit: int, chosen: list[int]) -> None:
    rows = [[5, 6, 7], [], [8], [9, 10, 11, 12]]
    encoded = Encoded.collect(rows, limit)
    field, wanted = encoded.padded(chosen), pad([rows[row] for row in chosen])
    assert field.mask is not None and wanted.mask is not None
    assert torch.equal(field.values, wanted.values) and torch.equal(field.mask, wanted.mask)
