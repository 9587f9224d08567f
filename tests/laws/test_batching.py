"""Rows of a batch know nothing of each other: their order, their company and their age change no number."""

import grid
import pytest
import torch
from grid import Case, close
from torch import Tensor, nn

from seqloom import state as states
from seqloom.state import State

LENGTHS = (4, 7, 2, 5)
INDEX = torch.tensor([2, 0, 0, 3, 1])
"""As a beam moves its hypotheses: one twice, and all to another place."""
CAUSAL = [("encoder", case) for case in grid.ENCODER_CASES if grid.encoder_of(case).causal]
CAUSAL += [("decoder", case) for case in grid.DECODER_CASES]
IDS = [f"{role}-{case}" for role, case in CAUSAL]


def run(part: nn.Module, rows: list[Tensor], state: State | None) -> tuple[list[Tensor], State]:
    """Run an encoder or a decoder and return the outputs of each row."""
    outputs, state = part(*grid.joined(rows, junk=1), state)
    outputs = getattr(outputs, "outputs", outputs)
    return [outputs[number, : len(row)] for number, row in enumerate(rows)], state


def built(role: str, case: Case) -> nn.Module:
    return grid.encoder_of(case) if role == "encoder" else grid.decoder_of(case)


@pytest.mark.parametrize(("role", "case"), CAUSAL, ids=IDS)
def test_to_reorder_and_step_is_to_step_and_reorder(role: str, case: Case) -> None:
    part = built(role, case)
    _, state = run(part, grid.vectors(LENGTHS), None)
    new = grid.vectors((2, 1, 3, 0), seed=1)
    ys, after = run(part, new, grid.copied(state))
    moved, moved_state = run(part, [new[n] for n in INDEX], states.reorder(state, INDEX))
    close(moved, [ys[n] for n in INDEX])
    grid.same_state(moved_state, states.reorder(after, INDEX))


@pytest.mark.parametrize(("role", "case"), CAUSAL, ids=IDS)
def test_rows_that_began_apart_go_on_together(role: str, case: Case) -> None:
    """`stack` batches live sessions of different ages; `split` takes them apart again."""
    part = built(role, case)
    rows, new = grid.vectors(LENGTHS), grid.vectors((1, 1, 1, 1), seed=1)
    alone = [run(part, [row], None)[1] for row in rows]
    wanted = [run(part, [x], grid.copied(state)) for x, state in zip(new, alone, strict=True)]
    ys, together = run(part, new, states.stack(alone))
    close(ys, [y[0] for y, _ in wanted])
    for one, (_, state) in zip(states.split(together), wanted, strict=True):
        grid.same_state(one, state)


@pytest.mark.parametrize(("role", "case"), CAUSAL, ids=IDS)
def test_a_row_that_waits_is_as_it_was(role: str, case: Case) -> None:
    """`keep` holds a finished row still while the others step; later it goes on as if they never had."""
    part = built(role, case)
    _, state = run(part, grid.vectors(LENGTHS), None)
    first, second = grid.vectors((1, 1, 1, 1), seed=1), grid.vectors((1, 1, 1, 1), seed=2)
    live = torch.tensor([True, False, True, False])
    _, stepped = run(part, first, grid.copied(state))
    ys, end = run(part, second, states.keep(live, stepped, grid.copied(state)))
    for row in range(4):
        before = states.split(grid.copied(state))[row]
        if live[row]:
            _, before = run(part, [first[row]], before)
        (y,), last = run(part, [second[row]], before)
        close(ys[row], y)
        grid.same_state(states.split(end)[row], last)


@pytest.mark.parametrize("case", grid.ENCODER_CASES, ids=str)
def test_rows_in_another_order_give_the_same_rows(case: Case) -> None:
    model = grid.classifier(case)
    rows = grid.texts(LENGTHS)
    order = [2, 0, 3, 1]
    here, there = grid.labelled(rows), grid.labelled([rows[n] for n in order])
    close(model(there)[0]["label"], model(here)[0]["label"][order])
    memory, _ = model.encode(here)
    moved, _ = model.encode(there)
    picked = memory.reorder(torch.tensor(order))
    close([moved.outputs, moved.summary], [picked.outputs, picked.summary])
    assert torch.equal(moved.mask, picked.mask)
    if moved.final is not None and picked.final is not None:
        grid.same_state(moved.final, picked.final)


@pytest.mark.parametrize("case", grid.DECODER_CASES, ids=str)
def test_lines_in_another_order_give_the_same_lines(case: Case) -> None:
    model = grid.writer(case)
    rows, order = grid.texts(LENGTHS), [2, 0, 3, 1]
    close(model(grid.written([rows[n] for n in order]))[0]["words"], model(grid.written(rows))[0]["words"][order])


@pytest.mark.parametrize(("role", "case"), CAUSAL, ids=IDS)
def test_a_state_keeps_nothing_of_the_module(role: str, case: Case) -> None:
    """State goes in and out; the module remembers no run, so the same call gives the same answer."""
    part = built(role, case)
    rows = grid.vectors(LENGTHS)
    wanted, state = run(part, rows, None)
    run(part, grid.vectors((3, 1), seed=4), None)
    run(part, rows, grid.copied(state))
    again, _ = run(part, rows, None)
    assert all(torch.equal(one, other) for one, other in zip(again, wanted, strict=True))
    names = {name for name, _ in part.named_buffers()} | set(part.state_dict())
    assert names == set(dict(part.named_parameters()))
