"""Shapes that do not fit are refused as torch refuses them: native code reads no number beyond a tensor's end."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from seqloom.batch import Field
from seqloom.cells.cell import Cell
from seqloom.cells.gru import GRU
from seqloom.cells.lstm import LSTM
from seqloom.cells.mingru import MinGRU
from seqloom.cells.minlstm import MinLSTM
from seqloom.cells.rnn import RNN
from seqloom.heads.tokens import TokensHead
from seqloom.kernels import product
from seqloom.kernels.library import Library
from seqloom.kernels.switch import VARIABLE
from seqloom.ops.unroll import unroll

BATCH, TIME, WIDTH, SIZE = 4, 9, 16, 32
FITS = {"x": (BATCH, TIME, WIDTH), "state": (BATCH, SIZE), "mask": (BATCH, TIME)}
WRONG: dict[str, dict[str, tuple[int, ...]]] = {
    "x is wider than the weights": {"x": (BATCH, TIME, WIDTH + 4)},
    "x is narrower": {"x": (BATCH, TIME, WIDTH - 4)},
    "a State of fewer rows": {"state": (2, SIZE)},
    "a narrower State": {"state": (BATCH, SIZE - 2)},
    "a mask of fewer steps": {"mask": (BATCH, 4)},
    "a mask of more steps": {"mask": (BATCH, TIME + 20)},
    "a mask of fewer rows": {"mask": (2, TIME)},
}
ERRORS = (RuntimeError, ValueError, IndexError)


@pytest.mark.parametrize("kernels", ["on", "off"])
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("kind", [RNN, GRU, LSTM, MinGRU, MinLSTM])
def test_a_recurrence_refuses(
    native_library: Library,
    monkeypatch: pytest.MonkeyPatch,
    kind: Callable[[int, int], Cell],
    wrong: dict[str, tuple[int, ...]],
    kernels: str,
) -> None:
    monkeypatch.setenv(VARIABLE, kernels)
    shapes = {**FITS, **wrong}
    cell = kind(WIDTH, SIZE)
    state = {part: torch.zeros(shapes["state"]) for part in cell.parts}
    mask = (torch.arange(shapes["mask"][1]) < shapes["mask"][1] - 1).expand(shapes["mask"])
    with pytest.raises(ERRORS):
        unroll(cell, torch.zeros(shapes["x"]), mask, state)


@pytest.mark.parametrize(
    "weight, bias", [((256, 200), 256), ((200, 256), 256), ((256, 300), 256), ((256, 256), 7)], ids=str
)
def test_a_product_refuses(native_library: Library, weight: tuple[int, int], bias: int) -> None:
    x = torch.zeros(64, 256)
    if weight == (200, 256):
        assert product.linear(x, torch.zeros(weight), torch.zeros(200)).shape == (64, 200)
    with pytest.raises(RuntimeError):
        product.linear(x, torch.zeros(weight), torch.zeros(bias))


def test_one_bias_for_all_is_torchs(native_library: Library) -> None:
    x, weight, bias = torch.randn(64, 256), torch.randn(256, 256), torch.randn(1)
    torch.testing.assert_close(product.linear(x, weight, bias), x @ weight.T + bias, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    "width, ids",
    [(WIDTH - 4, torch.zeros(4, 30)), (WIDTH, torch.zeros(4, 20)), (WIDTH, torch.zeros(4, 40))],
    ids=["narrow", "fewer", "more"],
)
def test_a_loss_refuses(native_library: Library, width: int, ids: Tensor) -> None:
    head = TokensHead(WIDTH, 3000, None)
    with pytest.raises(ERRORS):
        head.learn(torch.zeros(4, 30, width), None, None, None, Field(ids.long()))


def test_a_loss_refuses_ids_of_another_type(native_library: Library) -> None:
    head, ids = TokensHead(WIDTH, 3000, None), torch.zeros(4, 30, dtype=torch.int32)
    with pytest.raises(ValueError, match="int32"):
        head.learn(torch.zeros(4, 30, WIDTH), None, None, None, Field(ids))
