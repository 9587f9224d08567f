"""Batch: masks are prefixes, and what is wrong says so at once."""

import dataclasses

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqloom.batch import Batch, Field


@given(st.lists(st.integers(0, 6), min_size=1, max_size=5))
def test_every_prefix_mask_is_taken(lengths: list[int]) -> None:
    time = max(lengths)
    mask = torch.arange(time) < torch.tensor(lengths)[:, None]
    assert Field(torch.zeros(len(lengths), time), mask).mask is mask


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=4))
def test_a_mask_with_a_hole_is_refused(rows: list[list[bool]]) -> None:
    hole = any(row != sorted(row, reverse=True) for row in rows)
    values, mask = torch.zeros(len(rows), 4), torch.tensor(rows)
    if hole:
        with pytest.raises(ValueError, match="a mask must be a prefix of each row: data first, padding after"):
            Field(values, mask)
        assert Field(values, mask, prefix=False).mask is mask
    else:
        Field(values, mask)


@pytest.mark.parametrize(
    "mask", [torch.ones(2, 4, dtype=torch.bool), torch.ones(2, 3), torch.ones(2, 3, 1, dtype=torch.bool)]
)
def test_a_mask_of_another_shape_or_type_is_refused(mask: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=r"mask \(2, .*for values \(2, 3, 5\)"):
        Field(torch.zeros(2, 3, 5), mask)


def test_a_label_has_no_mask() -> None:
    assert Field(torch.tensor([1, 0])).mask is None


def test_a_batch_moves_inputs_and_targets_and_keeps_the_rest() -> None:
    mask = torch.ones(2, 3, dtype=torch.bool)
    batch = Batch(
        inputs={"source": Field(torch.zeros(2, 3), mask)},
        target={"words": Field(torch.zeros(2, 3), mask.flip(1), prefix=False), "label": Field(torch.tensor([0, 1]))},
        rows=(7, 3),
        tokens=6,
    )
    moved = batch.to("meta")
    fields = [*moved.inputs.values(), *moved.target.values()]
    assert all(part.values.device.type == "meta" for part in fields)
    assert [part.mask.device.type for part in fields if part.mask is not None] == ["meta", "meta"]
    assert moved.target["words"].prefix is False and moved.target["label"].mask is None
    assert (moved.rows, moved.tokens) == ((7, 3), 6)
    assert batch.inputs["source"].values.device.type == "cpu"


def test_the_first_rows_of_a_batch() -> None:
    mask = torch.tensor([[True, False], [True, True], [True, True]])
    batch = Batch({"source": Field(torch.arange(6).view(3, 2), mask)}, {"label": Field(torch.arange(3))}, (4, 5, 6), 5)
    few = batch.first(2)
    assert few.inputs["source"].values.tolist() == [[0, 1], [2, 3]] and few.rows == (4, 5)
    assert few.inputs["source"].mask is not None and few.inputs["source"].mask.tolist() == [[True, False], [True, True]]
    assert few.target["label"].values.tolist() == [0, 1] and few.target["label"].mask is None


def test_a_batch_cannot_be_changed() -> None:
    batch = Batch(inputs={})
    with pytest.raises(dataclasses.FrozenInstanceError):
        batch.tokens = 3  # type: ignore[misc]
    assert Batch(inputs={}).target is not batch.target
