"""Memory moves as one: reordered rows of every part belong together."""

from dataclasses import replace

import torch
from hypothesis import given
from hypothesis import strategies as st

from seqloom.memory import Memory

ROWS, SOURCE, SIZE = 3, 4, 2


def memory(final: bool = True, tokens: bool = True) -> Memory:
    """Mark every number of row r with r, so that a mix-up of rows shows."""
    row = torch.arange(ROWS)
    lengths = torch.tensor([4, 2, 3])
    return Memory(
        outputs=row.view(-1, 1, 1).expand(ROWS, SOURCE, SIZE).float(),
        mask=torch.arange(SOURCE) < lengths[:, None],
        summary=row.view(-1, 1).expand(ROWS, SIZE).float(),
        final={"0": {"h": row.view(-1, 1).expand(ROWS, SIZE).float()}} if final else None,
        tokens=row.view(-1, 1).expand(ROWS, SOURCE) if tokens else None,
        parts={"image": slice(0, 1), "question": slice(1, 4)},
        scale=(row.view(-1, 1).float(), row.view(-1, 1).float() + 10),
        known=row.view(-1, 1, 1).expand(ROWS, 5, 2).float(),
        keys={"decoder": {"0": {"keys": row.view(-1, 1, 1).expand(ROWS, SOURCE, SIZE).float()}}, "heads": {}},
    )


@given(st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=6))
def test_reorder_moves_every_part_alike(index: list[int]) -> None:
    moved = memory().reorder(torch.tensor(index))
    assert moved.final is not None and moved.tokens is not None
    assert moved.scale is not None and moved.known is not None
    for place, row in enumerate(index):
        assert (moved.outputs[place] == row).all()
        assert (moved.summary[place] == row).all()
        assert (moved.final["0"]["h"][place] == row).all()  # type: ignore[index]
        assert (moved.tokens[place] == row).all()
        assert (moved.keys["decoder"]["0"]["keys"][place] == row).all()
        assert moved.scale[0][place].item() == row and moved.scale[1][place].item() == row + 10
        assert (moved.known[place] == row).all()
        assert moved.mask[place].tolist() == memory().mask[row].tolist()
    assert len(moved.summary) == len(index)


def test_reorder_keeps_absent_parts_absent_and_slices_as_they_are() -> None:
    moved = memory(final=False, tokens=False).reorder(torch.tensor([2, 2]))
    assert moved.final is None and moved.tokens is None
    assert moved.parts == {"image": slice(0, 1), "question": slice(1, 4)}


def test_reorder_leaves_the_original_alone() -> None:
    original = memory()
    original.reorder(torch.tensor([2, 1, 0]))
    assert original.summary[:, 0].tolist() == [0, 1, 2]


def test_at_keeps_the_outputs_of_some_steps() -> None:
    whole = memory()
    steps = torch.arange(ROWS * SOURCE * SIZE).view(ROWS, SOURCE, SIZE).float()
    whole = replace(whole, outputs=steps)
    places = torch.tensor([[0, 3], [1, 0], [2, 0]])
    mask = torch.tensor([[True, True], [True, False], [True, False]])
    kept = whole.at(places, mask)
    assert kept.outputs[0].tolist() == [steps[0, 0].tolist(), steps[0, 3].tolist()]
    assert kept.outputs[1].tolist() == [steps[1, 1].tolist(), [0, 0]]
    assert kept.mask is mask and kept.tokens is None and kept.parts == {}
    assert kept.summary is whole.summary and kept.final is whole.final
