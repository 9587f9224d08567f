"""The central law: what is done to a whole sequence can be done step by step with State, to the same numbers."""

from collections.abc import Sequence

import grid
import pytest
import torch
from grid import Case, close
from torch import Tensor

from seqloom import state as states
from seqloom.cells import CELLS
from seqloom.cells.cell import Cell
from seqloom.errors import InputError
from seqloom.ops.unroll import unroll
from seqloom.state import State
from seqloom.tape import Tape

RAGGED = [(17, 17, 17), (17, 5, 0, 1)]
LENGTHS = (9, 4, 1, 6)


def one_by_one(cell: Cell, rows: Sequence[Tensor], start: State, reverse: bool) -> tuple[list[Tensor], State]:
    """Walk each row alone, step after step, by the definition."""
    outputs, ends = [], []
    for row, state in zip(rows, states.split(start), strict=True):
        answers: dict[int, Tensor] = {}
        for t in reversed(range(len(row))) if reverse else range(len(row)):
            answers[t], state = cell(row[t : t + 1], state)
        outputs.append(torch.cat([answers[t] for t in range(len(row))]) if answers else row.new_zeros(0, cell.size))
        ends.append(state)
    return outputs, states.stack(ends)


@pytest.mark.parametrize("watched", [False, True], ids=["scan", "watched"])
@pytest.mark.parametrize("reverse", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("lengths", RAGGED, ids=["full", "ragged"])
@pytest.mark.parametrize("case", grid.CELL_CASES, ids=str)
def test_unrolling_a_cell_is_stepping_it(case: Case, lengths: tuple[int, ...], reverse: bool, watched: bool) -> None:
    cell = grid.cell_of_case(case)
    rows = [row.requires_grad_() for row in grid.vectors(lengths)]
    g = torch.Generator().manual_seed(1)
    start = {
        name: torch.randn(len(rows), cell.size, generator=g, dtype=torch.float64, requires_grad=True)
        for name in cell.parts
    }
    leaves = [*cell.parameters(), *rows, *start.values()]
    weights = torch.randn(len(rows), max(lengths), cell.size, generator=g, dtype=torch.float64)
    ends = {name: torch.randn(len(rows), cell.size, generator=g, dtype=torch.float64) for name in cell.parts}

    def told(outputs: Sequence[Tensor], last: State) -> tuple[Tensor, ...]:
        value = sum((weights[n, : len(y)] * y).sum() for n, y in enumerate(outputs))
        value = value + sum((ends[name] * last[name]).sum() for name in cell.parts)
        found: tuple[Tensor, ...] = torch.autograd.grad(value, leaves, materialize_grads=True)
        return found

    wanted, wanted_last = one_by_one(cell, rows, start, reverse)
    x, mask = grid.joined(rows, junk=2)
    if watched:
        with Tape(cell):
            y, last = unroll(cell, x, mask, start, reverse)
    else:
        y, last = unroll(cell, x, mask, start, reverse)
    outputs = [y[n, :length] for n, length in enumerate(lengths)]
    close(outputs, wanted)
    close(last, wanted_last)
    assert not y[~mask].any(), "a padded step answers zero"
    close(told(outputs, last), told(wanted, wanted_last))


@pytest.mark.parametrize("case", grid.CELL_CASES, ids=str)
def test_the_type_of_the_start_state_is_not_the_type_of_the_scan(case: Case) -> None:
    """An empty row keeps its start to the last bit."""
    cell = grid.cell_of_case(case)
    start = {name: torch.randn(2, cell.size, dtype=torch.float64) for name in cell.parts}
    x, mask = grid.joined(grid.vectors((5, 0)))
    _, last = unroll(cell, x, mask, start)
    assert all(torch.equal(last[name][1], start[name][1]) for name in cell.parts)
    assert not any(torch.equal(last[name][0], start[name][0]) for name in cell.parts)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("case", grid.ENCODER_CASES, ids=str)
def test_an_encoder_reads_in_pieces_what_it_reads_at_once(case: Case, seed: int) -> None:
    encoder = grid.encoder_of(case)
    rows = grid.vectors(LENGTHS, seed=seed)
    if not encoder.causal:
        _, state = encoder(*grid.joined(rows))
        with pytest.raises(InputError, match=r"cannot go on from a State: .* Use a causal encoder for streaming\."):
            encoder(*grid.joined(rows), state)
        return
    wanted, _ = encoder(*grid.joined(rows))
    state = None
    outputs: list[list[Tensor]] = [[] for _ in rows]
    for number, piece in enumerate(grid.cut(LENGTHS, pieces=4, seed=seed)):
        parts = [row[where] for row, where in zip(rows, piece, strict=True)]
        memory, state = encoder(*grid.joined(parts, junk=number), state)
        for row, one in enumerate(parts):
            outputs[row].append(memory.outputs[row, : len(one)])
    close([torch.cat(row) for row in outputs], [wanted.outputs[row, :n] for row, n in enumerate(LENGTHS)])
    close(memory.summary, wanted.summary)
    for row, one in enumerate(rows):
        alone, end = encoder(*grid.joined([one]))
        assert state is not None
        grid.same_state(states.split(state)[row], end)
        close(memory.summary[row : row + 1], alone.summary)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("case", grid.DECODER_CASES, ids=str)
def test_a_decoder_writes_in_pieces_what_it_writes_at_once(case: Case, seed: int) -> None:
    decoder = grid.decoder_of(case)
    rows = grid.vectors(LENGTHS, seed=seed)
    alone = [decoder(row[None], None) for row in rows]
    state = None
    outputs: list[list[Tensor]] = [[] for _ in rows]
    for number, piece in enumerate(grid.cut(LENGTHS, pieces=4, seed=seed)):
        parts = [row[where] for row, where in zip(rows, piece, strict=True)]
        hidden, state = decoder(*grid.joined(parts, junk=number), state)
        for row, one in enumerate(parts):
            outputs[row].append(hidden[row, : len(one)])
    close([torch.cat(row) for row in outputs], [hidden[0] for hidden, _ in alone])
    assert state is not None
    for row, (_, end) in zip(states.split(state), alone, strict=True):
        grid.same_state(row, end)


@pytest.mark.parametrize("case", grid.DECODER_CASES, ids=str)
def test_a_language_model_steps_to_the_logits_of_the_whole(case: Case) -> None:
    model = grid.writer(case)
    (row,) = grid.texts([8])
    wanted = model(grid.written([torch.cat([row, row[:1]])]))[0]["words"]
    state: State | None = None
    logits = []
    for token in row:
        one, state = model.step(token.view(1, 1), state)
        logits.append(one)
    close(torch.stack(logits, 1), wanted)
    prompt, _ = model.step(row[None, :5], None)
    close(prompt, wanted[:, 4])


@pytest.mark.parametrize("case", [one for one in grid.DECODER_CASES if one.kind not in CELLS], ids=str)
def test_a_cache_grows_past_its_block(case: Case) -> None:
    """A cache has room for 64 steps, then for 128: the step that makes it grow sees everything before it."""
    decoder = grid.decoder_of(case, max_positions=80)
    x = grid.vectors([70])[0][None]
    wanted, _ = decoder(x, None)
    hidden, state = decoder(x[:, :61], None)
    outputs = [hidden]
    for t in range(61, 70):
        hidden, state = decoder(x[:, t : t + 1], None, state)
        outputs.append(hidden)
    close(torch.cat(outputs, 1), wanted)
    assert state["length"].tolist() == [70]


@pytest.mark.parametrize("case", grid.DECODER_CASES, ids=str)
def test_a_later_token_changes_no_earlier_output(case: Case) -> None:
    decoder = grid.decoder_of(case)
    x = grid.vectors([7])[0][None]
    before, _ = decoder(x, None)
    for t in range(7):
        other = x.clone()
        other[:, t] += 1
        after, _ = decoder(other, None)
        assert torch.equal(after[:, :t], before[:, :t])
        assert (after[:, t] - before[:, t]).abs().max() > 1e-6, "the token itself is read"


@pytest.mark.parametrize("case", grid.ENCODER_CASES, ids=str)
def test_an_encoder_is_causal_if_it_says_so_and_only_then(case: Case) -> None:
    encoder = grid.encoder_of(case)
    x, mask = grid.joined(grid.vectors([6]))
    other = x.clone()
    other[:, 4] += 1
    before, after = encoder(x, mask)[0], encoder(other, mask)[0]
    moved = (before.outputs[:, :4] - after.outputs[:, :4]).abs().max()
    assert moved == 0 if encoder.causal else moved > 1e-6
    assert (before.summary - after.summary).abs().max() > 1e-6, "every step counts in the summary"
