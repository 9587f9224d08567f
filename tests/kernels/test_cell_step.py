"""The native step of each cell beside its plain form in float64, and everything that makes it stand aside."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from seqloom.cells.cell import Cell
from seqloom.cells.gru import GRU
from seqloom.cells.lstm import LSTM
from seqloom.cells.mgu import MGU
from seqloom.cells.mingru import MinGRU
from seqloom.cells.minlstm import MinLSTM
from seqloom.cells.rnn import RNN
from seqloom.kernels import cell_step as native_step
from seqloom.kernels.library import Library
from seqloom.kernels.switch import VARIABLE
from seqloom.state import State
from seqloom.tape import Tape

CELLS: dict[str, Callable[[int, int], Cell]] = {
    "rnn": RNN,
    "relu": lambda n, size: RNN(n, size, activation="relu"),
    "lstm": LSTM,
    "gru": GRU,
    "mingru": MinGRU,
    "mingru_positive": lambda n, size: MinGRU(n, size, candidate="positive"),
    "minlstm": MinLSTM,
    "minlstm_positive": lambda n, size: MinLSTM(n, size, candidate="positive"),
}
SIZES = [(1, 1, 1), (1, 5, 7), (3, 16, 16), (2, 33, 40), (7, 1, 17), (13, 30, 65), (4, 64, 128)]
"""rows, input, size"""


def made(name: str, n: int, size: int, rows: int) -> tuple[Cell, Tensor, State]:
    torch.manual_seed(rows + size)
    cell = CELLS[name](n, size).eval()
    for weight in cell.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    return cell, torch.randn(rows, n), {part: torch.randn(rows, size) for part in cell.parts}


def plain(cell: Cell, x: Tensor, state: State) -> State:
    """The plain form in float64, of a copy."""
    kind = type(cell)
    options = {name: getattr(cell, name) for name in ("activation", "candidate") if hasattr(cell, name)}
    exact = kind(cell.input_size, cell.size, **options).double()
    exact.load_state_dict(cell.state_dict())
    with torch.no_grad():
        after: State = exact(x.double(), {part: value.double() for part, value in state.items()})[1]
    return after


def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the steps that are taken natively, in a list that grows."""
    counted: list[int] = []
    advance = native_step.Packed.advance

    def counting(self: native_step.Packed, x: Tensor, state: State) -> State | None:
        counted.append(len(x))
        return advance(self, x, state)

    monkeypatch.setattr(native_step.Packed, "advance", counting)
    return counted


def same(after: State, exact: State) -> None:
    assert after.keys() == exact.keys()
    for part, value in after.items():
        torch.testing.assert_close(value, exact[part].float(), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("rows, n, size", SIZES)
@pytest.mark.parametrize("name", CELLS)
def test_a_step_is_the_plain_one(
    native_level: Library, monkeypatch: pytest.MonkeyPatch, name: str, rows: int, n: int, size: int
) -> None:
    cell, x, state = made(name, n, size, rows)
    before = {part: value.clone() for part, value in state.items()}
    steps = taken(monkeypatch)
    with torch.no_grad():
        y, after = cell(x, state)
    assert steps == [rows]
    same(after, plain(cell, x, state))
    assert torch.equal(y, after["h"])
    assert all(torch.equal(state[part], before[part]) for part in state), "the State given was written to"


@pytest.mark.parametrize("name", ["lstm", "gru", "mingru"])
def test_threads_change_nothing(native_level: Library, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    cell, x, state = made(name, 40, 130, 3)
    with torch.no_grad():
        one = cell(x, state)[1]
        monkeypatch.setattr(native_step, "SHARED", 0)
        threads = torch.get_num_threads()
        try:
            torch.set_num_threads(2)
            two = cell(x, state)[1]
        finally:
            torch.set_num_threads(threads)
    assert all(torch.equal(one[part], two[part]) for part in one)


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_steps_in_other_strides(native_level: Library, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    cell, _, _ = made(name, 6, 20, 3)
    x = torch.randn(3, 4, 6)[:, 2]
    apart = {part: torch.randn(20, 3).T for part in cell.parts}
    one = {part: torch.randn(20).expand(3, -1) for part in cell.parts}
    mixed = {part: torch.randn(3, 20 + k)[:, :20] for k, part in enumerate(cell.parts)}
    steps = taken(monkeypatch)
    for state in (apart, one, mixed):
        for given in (x, torch.randn(6, 3).T):
            with torch.no_grad():
                same(cell(given, state)[1], plain(cell, given, state))
    assert steps == [3] * 6


@pytest.mark.parametrize("name", CELLS)
def test_nan_and_infinity_pass_through(native_level: Library, name: str) -> None:
    cell, x, state = made(name, 3, 5, 3)
    x[0, 1], x[1, 0] = torch.nan, torch.inf
    with torch.no_grad():
        after = cell(x, state)[1]["h"]
    exact = plain(cell, x, state)["h"].float()
    torch.testing.assert_close(after, exact, rtol=2e-5, atol=2e-5, equal_nan=True)
    assert after[0].isnan().all()
    assert after[2].isfinite().all()


@pytest.mark.parametrize("name", CELLS)
def test_changed_weights_are_seen(native_library: Library, name: str) -> None:
    cell, x, state = made(name, 12, 24, 2)
    with torch.no_grad():
        cell(x, state)
        for weight in cell.parameters():
            weight.add_(0.1)  # in place, as an optimizer
            same(cell(x, state)[1], plain(cell, x, state))
        for weight in cell.parameters():
            weight.data = torch.randn_like(weight)  # another place
            same(cell(x, state)[1], plain(cell, x, state))
        first = next(iter(cell.parameters()))
        for weight in cell.parameters():
            weight.data.mul_(1.5)  # which no version counts, a bias alone too
            same(cell(x, state)[1], plain(cell, x, state))
        other = torch.nn.Parameter(torch.randn_like(first))
        setattr(cell, next(iter(cell.state_dict())), other)
        same(cell(x, state)[1], plain(cell, x, state))
        cell.load_state_dict({key: value + 1 for key, value in cell.state_dict().items()})
        same(cell(x, state)[1], plain(cell, x, state))


def test_an_optimizer_between_two_steps_is_seen(native_library: Library) -> None:
    cell, x, state = made("lstm", 12, 24, 2)
    for fused in (True, False):
        optimizer = torch.optim.Adam(cell.parameters(), lr=0.1, fused=fused)
        for _ in range(2):
            with torch.no_grad():
                same(cell(x, state)[1], plain(cell, x, state))
            optimizer.zero_grad()
            cell(x, state)[0].sum().backward()
            optimizer.step()


def test_a_copy_of_a_cell_has_weights_of_its_own(native_library: Library) -> None:
    import copy
    import pickle

    cell, x, state = made("gru", 4, 8, 2)
    with torch.no_grad():
        cell(x, state)
        other = copy.deepcopy(cell)
        other.w_hh.mul_(2)
        same(other(x, state)[1], plain(other, x, state))
        same(cell(x, state)[1], plain(cell, x, state))
    assert pickle.dumps(cell)
    assert not any(isinstance(value, native_step.Packed) for value in vars(cell).values())


def test_it_stands_aside(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    cell, x, state = made("lstm", 4, 8, 2)
    steps = taken(monkeypatch)
    assert cell(x, state)[0].requires_grad
    with torch.no_grad():
        with Tape(cell, only="*i") as tape:
            cell(x, state)
        assert tape["i"].shape == (2, 1, 8)
        cell(x, {**state, "recall": torch.ones(2, 8)})
        cell.double()(x.double(), {part: value.double() for part, value in state.items()})
        cell.float()
        with torch.autocast("cpu", torch.bfloat16):
            cell(x, state)
        cell(x[:0], {part: value[:0] for part, value in state.items()})
        torch.func.vmap(lambda one: cell(one[None], {p: v[:1] for p, v in state.items()})[0])(x)
        cell.requires_grad_(False)
        torch.jit.trace(lambda one: cell(one, state)[0], (x,), check_trace=False)
        monkeypatch.setenv(VARIABLE, "off")
        cell(x, state)
        monkeypatch.delenv(VARIABLE)
        assert steps == []
        cell(x, state)
        assert steps == [2]


def test_other_cells_have_none(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = taken(monkeypatch)
    with torch.no_grad():
        for cell in (MGU(4, 8), GRU(4, 8, reset="before")):
            cell(torch.randn(2, 4), cell.start(2, torch.ones(())))
    assert steps == []


def test_wrong_shapes_fail_as_in_the_plain_form(native_library: Library) -> None:
    cell, x, state = made("gru", 4, 8, 2)
    with torch.no_grad(), pytest.raises(RuntimeError, match="shape"):
        cell(x[:, :3], state)
    with torch.no_grad(), pytest.raises(RuntimeError):
        cell(x, {"h": state["h"][:, :5]})
