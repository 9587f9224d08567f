"""Unroll: the one place that chooses between a cell's scan and the step loop."""

import pytest
import torch
from torch import Tensor

from seqloom.cells.gru import GRU
from seqloom.cells.lstm import LSTM
from seqloom.cells.rnn import RNN
from seqloom.ops.unroll import scannable, unroll
from seqloom.state import State


class Counting(GRU):
    """Counts how it is run."""

    def __init__(self) -> None:
        super().__init__(2, 3)
        self.steps = self.scans = 0
        self.kind = None  # no native recurrence, which would not be counted
        own = self.scan

        def scan(x: Tensor, mask: Tensor | None, state: State) -> tuple[Tensor, State]:
            self.scans += 1
            answer: tuple[Tensor, State] = own(x, mask, state)
            return answer

        self.scan = scan

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        self.steps += 1
        return super().forward(x, state)


def test_the_scan_is_taken_unless_the_recurrence_is_dropped_out() -> None:
    cell, x = Counting(), torch.ones(1, 4, 2)
    unroll(cell, x, None, cell.start(1, x))
    assert (cell.scans, cell.steps) == (1, 0)
    unroll(cell, x, None, cell.start(1, x), recall=torch.ones(1, 3))
    assert (cell.scans, cell.steps) == (1, 4)


def test_a_cell_without_a_scan_is_stepped() -> None:
    assert not scannable(GRU(2, 3, reset="before"))
    assert scannable(GRU(2, 3, reset="after"))


def test_recall_multiplies_what_the_gates_read_and_not_what_is_kept() -> None:
    """Gal & Ghahramani: the products see h under the mask; z * h and c keep the past whole."""
    g = torch.Generator().manual_seed(0)
    x, h, c = (torch.randn(*size, generator=g, dtype=torch.float64) for size in ((1, 1, 2), (1, 3), (1, 3)))
    recall = torch.tensor([[0.0, 2.0, 2.0]], dtype=torch.float64)
    gru, lstm, rnn = GRU(2, 3).double(), LSTM(2, 3).double(), RNN(2, 3).double()
    y, _ = unroll(rnn, x, None, {"h": h}, recall=recall)
    torch.testing.assert_close(y[:, 0], rnn(x[:, 0], {"h": h * recall})[0])
    y, state = unroll(lstm, x, None, {"h": h, "c": c}, recall=recall)
    torch.testing.assert_close(y[:, 0], lstm(x[:, 0], {"h": h * recall, "c": c})[0])
    assert set(state) == {"h", "c"}, "the mask is no part of the State"
    with torch.no_grad():
        gru.b_ih[3:6] = 1e4  # z = 1
    assert torch.equal(unroll(gru, x, None, {"h": h}, recall=recall)[0][:, 0], h)


@pytest.mark.parametrize("reverse", [False, True])
def test_no_time_gives_the_state_back(reverse: bool) -> None:
    cell = LSTM(2, 3)
    start = {"h": torch.ones(2, 3), "c": torch.ones(2, 3)}
    y, last = unroll(cell, torch.zeros(2, 0, 2), torch.zeros(2, 0, dtype=torch.bool), start, reverse)
    assert y.shape == (2, 0, 3) and last is start


def test_a_full_mask_is_no_mask() -> None:
    cell, x = LSTM(2, 3), torch.randn(2, 4, 2)
    start = cell.start(2, x)
    for got, wanted in zip(
        unroll(cell, x, torch.ones(2, 4, dtype=torch.bool), start), unroll(cell, x, None, start), strict=True
    ):
        torch.testing.assert_close(got, wanted, atol=0, rtol=0)
