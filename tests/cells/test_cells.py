"""The table of cells and the contract: what a cell starts from, and what a new one gets for its file and its line."""

from collections import Counter

import pytest
import torch
from torch import Tensor, nn

from seqloom.cells import CELLS
from seqloom.cells.cell import Cell, Gated
from seqloom.cells.lstm import WIDE
from seqloom.encoders.recurrent import RecurrentEncoder
from seqloom.errors import InputError
from seqloom.ops.unroll import unroll
from seqloom.state import State
from seqloom.table import options
from seqloom.tape import Tape, probe


def test_the_cells_of_this_version() -> None:
    assert list(CELLS)[:6] == ["rnn", "lstm", "gru", "mgu", "mingru", "minlstm"]


def test_an_unknown_cell_is_told_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown cell 'ltsm'; did you mean 'lstm'\? Known: .*\(seqloom list cells\)"):
        CELLS["ltsm"]


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_starts_from_zeros_of_the_type_asked_for(name: str) -> None:
    cell = CELLS[name](3, 4)
    start = cell.start(2, torch.ones(1, dtype=torch.float64))
    assert list(start) == list(cell.parts)
    for value in start.values():
        assert value.shape == (2, 4) and value.dtype == torch.float64 and not value.any()


@pytest.mark.parametrize("name", CELLS)
def test_gates_that_do_not_read_the_past_say_so(name: str) -> None:
    """`recurrent_product` is False where the dropout mask of the recurrence would change nothing."""
    cell = CELLS[name](3, 4).double()
    x, h = torch.randn(2, 3, dtype=torch.float64), torch.randn(2, 4, dtype=torch.float64)
    state = dict.fromkeys(cell.parts, h)
    plain, _ = cell(x, state)
    dropped, _ = cell(x, {**state, "recall": torch.zeros_like(h)})
    assert torch.equal(plain, dropped) != cell.recurrent_product


@pytest.mark.parametrize("name", [name for name in CELLS if issubclass(CELLS[name], Gated)])
def test_gated_cells_start_as_keras_does(name: str) -> None:
    torch.manual_seed(0)
    cell = CELLS[name](3, 4)
    for part in cell.w_hh.chunk(cell.gates):
        torch.testing.assert_close(part @ part.T, torch.eye(4))
    for part in cell.w_ih.chunk(cell.gates):
        assert part.abs().max() <= (6 / 7) ** 0.5 and part.std() > 0.1
    biases = Counter(torch.cat([cell.b_ih, cell.b_hh]).tolist())
    assert biases == ({0: 28, 1: 4} if name == "lstm" else {0: 2 * cell.gates * 4})


def test_biases_of_forgetting_are_where_they_act() -> None:
    lstm = CELLS["lstm"](3, 4, forget_bias=2.0)
    assert lstm.b_ih.tolist() == [0] * 4 + [2] * 4 + [0] * 8 and not lstm.b_hh.any()
    minlstm = CELLS["minlstm"](3, 4, forget_bias=2.0)
    assert minlstm.b.tolist() == [2] * 4 + [0] * 8


@pytest.mark.parametrize("name", CELLS)
def test_options_are_keyword_only_with_defaults(name: str) -> None:
    cell = CELLS[name](3, 4, **{option.name: option.default for option in options(CELLS[name]).values()})
    assert isinstance(cell, Cell)


class Leaky(Cell):
    """A user's own cell: h' = h / 2 + W x."""

    def __init__(self, input_size: int, size: int) -> None:
        super().__init__(input_size, size)
        self.read = nn.Linear(input_size, size)

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        h = probe("h", state["h"] / 2 + self.read(x))
        return h, {"h": h}


def test_a_cell_of_ones_own_needs_only_forward() -> None:
    encoder = RecurrentEncoder(2, Leaky, size=3, layers=2, bidirectional=True).double()
    x = torch.randn(2, 5, 2, dtype=torch.float64)
    mask = torch.arange(5) < torch.tensor([[5], [3]])
    with Tape(encoder) as tape:
        memory, _ = encoder(x, mask)
    assert torch.equal(tape["stack.cells.1.backwards.h"], memory.outputs[..., 3:])
    short, _ = encoder(x[1:, :3], mask[1:, :3])
    torch.testing.assert_close(memory.summary[1:], short.summary)


def test_a_cell_without_forward_says_so() -> None:
    with pytest.raises(TypeError, match="Cell has no forward"):
        unroll(Cell(2, 3), torch.ones(1, 1, 2), None, {"h": torch.zeros(1, 3)})


def test_an_lstm_keeps_torchs_kernel_for_wide_whole_batches_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """oneDNN's is the better one there; the native recurrence knows padding and narrow ones better."""
    taken: list[tuple[int, bool]] = []

    def sweep(self: Gated, x: Tensor, mask: Tensor | None, state: State, reverse: bool) -> None:
        taken.append((self.size, mask is not None))

    monkeypatch.setattr(Gated, "sweep", sweep)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    x, mask = torch.ones(1, 2, 3), torch.tensor([[True, False]])
    for size in (WIDE - 1, WIDE):
        cell = CELLS["lstm"](3, size)
        for padding in (None, mask):
            cell.scan(x, padding, cell.start(1, x))
    assert taken == [(WIDE - 1, False), (WIDE - 1, True), (WIDE, True)]
