"""Native recurrences beside nn.RNN, nn.GRU and nn.LSTM in float64, row by row, with the gradients of everything."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqloom.cells import CELLS
from seqloom.kernels import recurrence
from seqloom.kernels.library import Library
from seqloom.kernels.switch import VARIABLE
from seqloom.ops.unroll import unroll

KINDS = {"tanh": nn.RNN, "relu": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
CELL: dict[str, tuple[str, dict[str, Any]]] = {
    "tanh": ("rnn", {}),
    "relu": ("rnn", {"activation": "relu"}),
    "gru": ("gru", {"reset": "after"}),
    "lstm": ("lstm", {}),
}
SIZES = [(1, 1, 1, 1), (3, 9, 2, 5), (13, 6, 17, 33), (33, 4, 5, 16)]
"""batch, time, input, size: below, at and above the widths of vectors and panels"""


def wide(kind: str, inputs: int, size: int, seed: int) -> nn.RNNBase:
    """Make torch's module in float64, of weights that let the past be felt."""
    torch.manual_seed(seed)
    more = {"nonlinearity": "relu"} if kind == "relu" else {}
    module = KINDS[kind](inputs, size, batch_first=True, **more).double()
    for weight in module.parameters():
        nn.init.normal_(weight, std=0.4)
    return module


def by_rows(
    module: nn.RNNBase, x: Tensor, lengths: list[int], start: list[Tensor], reverse: bool
) -> tuple[Tensor, list[Tensor]]:
    """Run each row alone, cut to its length; return outputs with zeros behind it and the last State."""
    outputs, ends = [], []
    for row, length in enumerate(lengths):
        state = [one[row : row + 1].unsqueeze(0) for one in start]
        y = x.new_zeros(1, 0, start[0].shape[1])
        if length:
            read = x[row : row + 1, :length]
            y, last = module(read.flip(1) if reverse else read, tuple(state) if len(state) > 1 else state[0])
            state = list(last) if isinstance(last, tuple) else [last]
            y = y.flip(1) if reverse else y
        outputs.append(torch.cat([y, y.new_zeros(1, x.shape[1] - length, y.shape[2])], 1))
        ends.append([one[0, 0] for one in state])
    return torch.cat(outputs), [torch.stack(one) for one in zip(*ends, strict=True)]


def leaf(tensor: Tensor) -> Tensor:
    return tensor.detach().float().requires_grad_()


def gradients(answer: list[Tensor], slopes: list[Tensor], given: list[Tensor]) -> list[Tensor]:
    """Return the gradients of `given`, zeros where an answer hangs on none of them."""
    nothing = torch.stack([one.sum() * 0 for one in given]).sum()
    return list(torch.autograd.grad([one + nothing for one in answer], given, slopes))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_and_gradients_are_torchs(
    native_level: Library,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    sizes: tuple[int, int, int, int],
    ragged: bool,
    reverse: bool,
    threads: int,
) -> None:
    batch, time, inputs, size = sizes
    monkeypatch.setattr(recurrence, "ALONE", 0)
    module = wide(kind, inputs, size, seed=batch)
    x = torch.randn(batch, time, inputs, dtype=torch.float64, requires_grad=True)
    start = [torch.randn(batch, size, dtype=torch.float64, requires_grad=True) for _ in CELLS[CELL[kind][0]].parts]
    lengths = [(5 * row) % (time + 1) if ragged else time for row in range(batch)]  # the first is 0
    mask = torch.arange(time) < torch.tensor(lengths)[:, None] if ragged else None
    weights: list[Tensor] = [
        getattr(module, name) for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    ]
    outputs, ends = by_rows(module, x, lengths, start, reverse)
    slopes = [torch.randn_like(one) for one in (outputs, *ends)]
    wanted = gradients([outputs, *ends], slopes, [x, *start, *weights])

    given = [leaf(one) for one in (x, *start, *weights)]
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        assert recurrence.usable(given[0], given[1:-4], given[-4:])
        ours, last = recurrence.run(kind, given[0], mask, given[1:-4], given[-4:], reverse)
        found = gradients([ours, *last], [one.float() for one in slopes], given)
        with torch.no_grad():
            bare, _ = recurrence.run(kind, given[0], mask, given[1:-4], given[-4:], reverse)
    finally:
        torch.set_num_threads(before)
    assert torch.equal(bare, ours), "what backward needs changes nothing"
    for got, wants in zip([ours, *last, *found], [outputs, *ends, *wanted], strict=True):
        torch.testing.assert_close(got.double(), wants.detach(), rtol=2e-4, atol=1e-4)
    if mask is not None:
        assert not ours[~mask].any() and not found[0][~mask].any()


@pytest.mark.parametrize("kind", KINDS)
def test_strides_of_input_and_slope_are_followed(native_library: Library, kind: str) -> None:
    """x and the gradient of the outputs may lie time first, be parts of something wider, or be one number repeated."""
    module = wide(kind, 6, 5, seed=0).float()
    weights = list(module.parameters())
    start = [torch.randn(4, 5) for _ in CELLS[CELL[kind][0]].parts]
    whole = torch.randn(7, 4, 9)
    answers = []
    for x, slope in (
        (whole.transpose(0, 1)[..., 2:8], torch.ones(()).expand(4, 7, 5)),
        (whole.transpose(0, 1)[..., 2:8].contiguous(), torch.ones(4, 7, 5)),
        (whole[..., 2:8].permute(1, 2, 0).contiguous().transpose(1, 2), torch.ones(4, 7, 10)[..., ::2]),
        (whole.transpose(0, 1)[..., 2:8].contiguous(), torch.ones(4, 7, 10)[..., 5:]),
    ):
        x = x.detach().requires_grad_()
        outputs, _ = recurrence.run(kind, x, None, start, weights, False)
        answers.append([outputs, *torch.autograd.grad(outputs, [x, *weights], slope)])
    for other in answers[1:]:
        for one, two in zip(answers[0], other, strict=True):
            assert torch.equal(one, two)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reverse", [False, True])
def test_a_cell_takes_it_and_agrees_with_its_steps(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, kind: str, reverse: bool
) -> None:
    name, options = CELL[kind]
    torch.manual_seed(0)
    cell = CELLS[name](3, 20, **options)
    x, mask = torch.randn(3, 8, 3), torch.arange(8) < torch.tensor([[8], [0], [5]])
    start = {part: torch.randn(3, 20) for part in cell.parts}
    taken = []
    run = recurrence.run
    monkeypatch.setattr(recurrence, "run", lambda *given: taken.append(given[0]) or run(*given))
    answers = []
    for recall in (None, torch.ones(3, 20)):  # with a recurrence that is dropped out, the steps are taken
        cell.zero_grad()
        outputs, last = unroll(cell, x, mask, start, reverse, recall)
        (outputs.square().sum() + sum(one.sum() for one in last.values())).backward()
        answers.append([outputs, *last.values(), *(weight.grad for weight in cell.parameters())])
    assert taken == [kind]
    for one, two in zip(*answers, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_backward_can_be_asked_twice_and_for_some_alone(native_library: Library, kind: str) -> None:
    module = wide(kind, 3, 4, seed=0).float()
    weights = list(module.parameters())
    weights[1].requires_grad_(False)
    x = torch.randn(2, 5, 3)
    start = [torch.randn(2, 4) for _ in CELLS[CELL[kind][0]].parts]
    outputs, last = recurrence.run(kind, x, None, start, weights, False)
    first = torch.autograd.grad(outputs.sum(), weights[0], retain_graph=True)[0]
    again = torch.autograd.grad(outputs.sum(), weights[0], retain_graph=True)[0]
    assert torch.equal(first, again)
    ends = torch.autograd.grad(last[0].sum(), weights[0])[0]
    cut, _ = recurrence.run(kind, x, None, start, weights, False)
    torch.testing.assert_close(ends, torch.autograd.grad(cut[:, -1].sum(), weights[0])[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_nan_stays_in_its_row(native_level: Library, kind: str) -> None:
    module = wide(kind, 3, 18, seed=0).float()
    start = [torch.zeros(3, 18) for _ in CELLS[CELL[kind][0]].parts]
    x = torch.randn(3, 5, 3)
    x[1, 2, 0] = torch.nan
    with torch.no_grad():
        outputs, last = recurrence.run(kind, x, None, start, list(module.parameters()), False)
    assert outputs[1, 2:].isnan().all() and last[0][1].isnan().all()
    assert outputs[[0, 2]].isfinite().all() and outputs[1, :2].isfinite().all()


def test_no_rows_are_no_work(native_library: Library) -> None:
    weights = list(nn.GRU(3, 4).parameters())
    outputs, last = recurrence.run("gru", torch.zeros(0, 5, 3), None, [torch.zeros(0, 4)], weights, False)
    assert outputs.shape == (0, 5, 4) and last[0].shape == (0, 4)
    outputs.sum().backward()
    assert all(weight.grad is not None and not weight.grad.any() for weight in weights)


def test_it_is_not_taken_for_what_it_cannot_do(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    x, start, weights = torch.zeros(2, 3, 3), [torch.zeros(2, 4)], list(nn.GRU(3, 4).parameters())
    assert recurrence.usable(x, start, weights)
    assert not recurrence.usable(x.double(), start, weights)
    assert not recurrence.usable(x, [start[0].double()], weights)
    assert not recurrence.usable(x, start, [weights[0].double(), *weights[1:]])
    monkeypatch.setenv(VARIABLE, "off")
    assert not recurrence.usable(x, start, weights)


def answers(kind: str, given: list[Tensor], mask: Tensor | None, under: bool) -> list[Tensor]:
    """Return outputs, last State and the gradients of all that is given."""
    given = [one.clone().requires_grad_() for one in given]
    with torch.autocast("cpu", torch.bfloat16, enabled=under):
        outputs, last = recurrence.run(kind, given[0], mask, given[1:-4], given[-4:], False)
    found = gradients(
        [outputs, *last], [torch.cos(torch.arange(float(one.numel()))).view_as(one) for one in (outputs, *last)], given
    )
    return [outputs.detach(), *(one.detach() for one in last), *found]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_under_autocast_only_the_factors_of_products_are_rounded(
    native_level: Library, kind: str, sizes: tuple[int, int, int, int]
) -> None:
    """With factors that bf16 holds exactly the outputs are those of float32; the gradients differ by its rounding."""
    batch, _, inputs, size = sizes
    module = wide(kind, inputs, size, seed=0).float()
    start = [torch.randn(batch, size).bfloat16().float() for _ in CELLS[CELL[kind][0]].parts]
    weights = [one.detach() if one.dim() == 1 else one.detach().bfloat16().float() for one in module.parameters()]
    given = [torch.randn(batch, 1, inputs).bfloat16().float(), *start, *weights]
    plain, rounded = answers(kind, given, None, False), answers(kind, given, None, True)
    for one, two in zip(plain[: 1 + len(start)], rounded, strict=False):
        torch.testing.assert_close(two, one, rtol=1e-5, atol=1e-6)
    for one, two in zip(plain, rounded, strict=True):
        assert (one - two).norm() <= 4e-3 * one.norm() + 1e-6


@pytest.mark.parametrize("kind", ["tanh", "gru", "lstm"])
def test_under_autocast_whole_sequences_stay_near_float32(native_level: Library, kind: str) -> None:
    module = wide(kind, 17, 33, seed=0).float()
    with torch.no_grad():
        for weight in module.parameters():
            weight.mul_(0.3)
    mask = torch.arange(12) < torch.tensor([[12], [0], [5], [7], [12]])
    start = [torch.randn(5, 33) for _ in CELLS[CELL[kind][0]].parts]
    given = [torch.randn(5, 12, 17), *start, *(one.detach() for one in module.parameters())]
    plain, rounded = answers(kind, given, mask, False), answers(kind, given, mask, True)
    has = bool(native_level.bind("recurrence_halves", "", "i")())
    assert torch.equal(plain[0], rounded[0]) != has, "bf16 where the processor has it, else float32"
    for one, two in zip(plain, rounded, strict=True):
        assert two.dtype == torch.float32
        assert (one - two).norm() <= 1e-2 * one.norm()


def test_under_autocast_what_comes_out_of_a_product_is_read(native_level: Library) -> None:
    cell = CELLS["gru"](4, 8)
    x = torch.randn(3, 5, 6)
    into = nn.Linear(6, 4)
    with torch.autocast("cpu", torch.bfloat16):
        read = into(x)
        assert read.dtype == torch.bfloat16
        outputs, last = unroll(cell, read, None, cell.start(3, read))
    assert outputs.dtype == last["h"].dtype == torch.float32
    outputs.sum().backward()
    assert into.weight.grad is not None and into.weight.grad.any()
