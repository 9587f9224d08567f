"""Jacobians of recurrences: against autograd through the whole sequence, finite differences, and known matrices."""

import pytest
import torch
from torch import Tensor, nn

from seqloom.cells import CELLS
from seqloom.cells.lstm import LSTM
from seqloom.cells.rnn import RNN
from seqloom.explaining.decay import decay
from seqloom.explaining.jacobian import carried, dense, flatten, jacobians, largest, split, stepped, unflatten
from seqloom.layers.stack import Directions, RecurrentStack
from seqloom.state import State

TIME, INPUT, SIZE = 7, 2, 3


def inputs(seed: int = 1) -> Tensor:
    return torch.randn(TIME, INPUT, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def stack(kind: str, layers: int = 2, directions: Directions = "forwards", residual: int = 0) -> RecurrentStack:
    torch.manual_seed(0)
    made = RecurrentStack(CELLS[kind], INPUT, SIZE, layers, directions, 0.0, "step", 0.0, residual, "random").double()
    return made.eval()


def somewhere(part: RecurrentStack) -> State:
    """Return a State that is not all zeros, where the derivatives of many things vanish."""
    g = torch.Generator().manual_seed(5)
    zeros = part.start(1, torch.zeros(1, dtype=torch.float64))
    flat = flatten(zeros)
    return unflatten(torch.randn(len(flat), generator=g, dtype=torch.float64) * 0.5, zeros)


@pytest.mark.parametrize("kind", list(CELLS))
@pytest.mark.parametrize("directions", ["forwards", "backwards"])
def test_their_product_is_the_derivative_of_the_whole_sequence(kind: str, directions: Directions) -> None:
    """The last State of the stack as the model runs it, by the first, where h and c are independent."""
    part = stack(kind, directions=directions, residual=2)
    state, x = somewhere(part), inputs()

    def last(flat: Tensor) -> Tensor:
        return flatten(part(x[None], None, unflatten(flat, state))[1])

    whole = torch.autograd.functional.jacobian(last, flatten(state))
    found = jacobians(part, x, state)
    width = len(flatten(state))
    assert found.shape == (TIME, width, width)
    product = torch.eye(width, dtype=torch.float64)
    for one in found:
        product = one @ product
    torch.testing.assert_close(product, whole)
    assert float(carried(found)[-1]) == pytest.approx(float(torch.linalg.matrix_norm(whole, 2)), rel=1e-9)


@pytest.mark.parametrize("kind", list(CELLS))
def test_they_are_what_finite_differences_say(kind: str) -> None:
    part = stack(kind, layers=1)
    state, x = somewhere(part), inputs()
    found = jacobians(part, x, state)[0]
    flat, tiny = flatten(state), 1e-6
    for column in range(len(flat)):
        ends = []
        for sign in (1, -1):
            moved = flat.clone()
            moved[column] += sign * tiny
            ends.append(flatten(stepped(part, x[:1], unflatten(moved, state))[1]))
        torch.testing.assert_close(found[:, column], (ends[0] - ends[1]) / (2 * tiny), atol=1e-8, rtol=1e-6)


@pytest.mark.parametrize("way", ["forwards", "backwards"])
def test_a_layer_of_both_directions_is_its_cell_over_what_the_layer_below_made(way: str) -> None:
    part = stack("gru", directions="both")
    x = inputs()
    below = part(x[None], None, None, below=1)[0][0]
    read = below.flip(0) if way == "backwards" else below
    torch.testing.assert_close(jacobians(part, x, None, 1, way), jacobians(part.cell(1, way), read))
    with pytest.raises(ValueError, match="name a layer and a way"):
        jacobians(part, x)


def test_a_step_of_all_layers_is_the_stacks_own() -> None:
    part = stack("lstm", layers=3, residual=2)
    state, x = somewhere(part), inputs()[:1]
    y, after = part.step(x, state, part.noise(x))
    mine, then = stepped(part, x, state)
    assert torch.equal(y, mine) and torch.equal(flatten(after), flatten(then))


class Linear(RNN):
    """The plain network without its activation: h' = W x + U h."""

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        h = nn.functional.linear(x, self.w_ih) + nn.functional.linear(state["h"], self.w_hh)
        return h, {"h": h}


@pytest.mark.parametrize("top", [0.5, 0.9, 1.0, 1.2])
def test_a_linear_network_decays_by_its_largest_eigenvalue(top: float) -> None:
    cell = Linear(INPUT, SIZE).double()
    turn = torch.linalg.qr(torch.randn(SIZE, SIZE, generator=torch.Generator().manual_seed(2), dtype=torch.float64))[0]
    values = torch.tensor([top, -0.4, 0.1], dtype=torch.float64)
    cell.w_hh.data = turn @ values.diag() @ turn.T
    x = torch.randn(60, INPUT, dtype=torch.float64)
    norms = carried(jacobians(cell, x))
    wanted = top ** torch.arange(1, 61, dtype=torch.float64)
    torch.testing.assert_close(norms, wanted, rtol=1e-6, atol=0)
    found = decay(norms.numpy())
    assert found.factor == pytest.approx(top, abs=1e-6)


def test_the_plain_network_is_split_into_its_slope_and_its_matrix() -> None:
    for activation in ("tanh", "relu"):
        cell = RNN(INPUT, SIZE, activation=activation).double()  # type: ignore[arg-type]
        x, state, hidden = inputs(), cell.start(1, inputs()), []
        for one in x:
            y, state = cell(one[None], state)
            hidden.append(y[0])
        slope, matrix = split(cell, torch.stack(hidden).detach())
        torch.testing.assert_close(slope[:, :, None] * matrix, jacobians(cell, x))


def test_the_cell_state_is_an_input_of_its_own() -> None:
    """With every gate shut open, c passes as it is and h after the step does not hear h before it."""
    cell = LSTM(INPUT, SIZE).double()
    with torch.no_grad():
        for weight in cell.weights():
            weight.zero_()
        cell.b_ih[SIZE : 2 * SIZE] = 1e4
    found = jacobians(cell, inputs(), {"h": torch.ones(1, SIZE).double(), "c": torch.zeros(1, SIZE).double()})
    eye = torch.eye(SIZE, dtype=torch.float64)
    for one in found:
        assert torch.equal(one[SIZE:, SIZE:], eye) and not one[:, :SIZE].any()
        torch.testing.assert_close(one[:SIZE, SIZE:], eye * 0.5)  # o is a half, and tanh' is 1 at 0
    assert decay(carried(found).numpy()).verdict == "kept"


def test_products_neither_overflow_nor_underflow_on_the_way() -> None:
    matrices = torch.full((30, 1, 1), 1e20)
    assert float(carried(matrices[:10])[-1]) == pytest.approx(1e200, rel=1e-5)
    assert float(carried(torch.full((10, 1, 1), 1e-20))[-1]) == pytest.approx(1e-200, rel=1e-5)


def test_the_largest_singular_value() -> None:
    matrices = torch.randn(4, 5, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(largest(matrices), torch.linalg.matrix_norm(matrices.double(), 2), rtol=1e-9, atol=0)
    assert float(largest(torch.zeros(2, 2))) == 0
    assert float(largest(torch.full((2, 2), torch.nan))) == torch.inf


def test_weights_are_left_without_gradients() -> None:
    part = stack("lstm")
    found = jacobians(part, inputs())
    assert not found.requires_grad and all(one.grad is None for one in part.parameters())
    step = dense(lambda now: stepped(part, inputs()[:1], now)[1], somewhere(part))
    torch.testing.assert_close(step, jacobians(part, inputs()[:1], somewhere(part))[0])
    assert jacobians(part, inputs()[:0]).shape == (0, 12, 12)
