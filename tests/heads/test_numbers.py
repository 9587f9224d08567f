"""What all heads of numbers share: forms, what is known, units, what is not counted, levels and draws."""

from typing import Any

import pytest
import torch
from torch import Tensor

from seqloom.batch import Field
from seqloom.errors import InputError
from seqloom.heads import HEADS, NUMBERS
from seqloom.heads.numbers import NumberHead, NumberShape, inside, inverse_softplus
from seqloom.memory import Memory

SIZE = 4
SHAPE = NumberShape(horizon=3, channels=2)
EACH = {"point": 1, "quantiles": 9, "normal": 2, "student": 3}


def head(kind: str, shape: NumberShape = SHAPE, **options: Any) -> NumberHead:
    torch.manual_seed(0)
    made: NumberHead = HEADS[kind](SIZE, shape, **options).double().eval()
    g = torch.Generator().manual_seed(5)
    for weight in made.parameters():
        weight.data += 0.3 * torch.randn(weight.shape, generator=g, dtype=torch.float64)
    return made


def memory(rows: int = 2, **more: Any) -> Memory:
    g = torch.Generator().manual_seed(1)
    outputs = torch.randn(rows, 5, SIZE, generator=g, dtype=torch.float64)
    mask = torch.arange(5) < torch.tensor([5, 2])[:rows, None]
    outputs = outputs.masked_fill(~mask.unsqueeze(-1), 0)
    return Memory(outputs, mask, torch.randn(rows, SIZE, generator=g, dtype=torch.float64), **more)


def numbers(*shape: int, seed: int = 2) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("kind", NUMBERS)
def test_the_three_forms(kind: str) -> None:
    read = memory()
    direct, aligned = head(kind), head(kind, reads="steps")
    assert direct(read.outputs, read).shape == (2, 3, 2, EACH[kind])
    assert aligned(read.outputs, read).shape == (2, 5, 3, 2, EACH[kind])
    after = head(kind, NumberShape(horizon=3, channels=2, known=7, written=True), reads="attention")
    assert after(numbers(2, 6, SIZE), None).shape == (2, 6, 2, EACH[kind]), "known covariates went into the decoder"
    close = torch.testing.assert_close
    close(aligned(read.outputs, read)[:, 3], aligned(read.outputs[:, 3:4], read)[:, 0])
    assert {name for name, _ in after.named_parameters()} == {"out.weight", "out.bias"}


@pytest.mark.parametrize("reads", ["summary", "mean", "max", "attention"])
def test_a_direct_head_reads_the_memory_as_a_label_head_does(reads: Any) -> None:
    from seqloom.heads.reading import read

    one, given = head("point", reads=reads), memory()
    x = read(given, reads, one.score)
    wanted = (x @ one.out.weight.T + one.out.bias).view(2, 3, 2, 1)
    torch.testing.assert_close(one(given.outputs, given), wanted)


@pytest.mark.parametrize("reads", ["summary", "steps"])
def test_what_is_known_enters_by_a_network_all_steps_share(reads: Any) -> None:
    shape = NumberShape(horizon=3, channels=2, known=2)
    one = head("point", shape, reads=reads)
    assert one.mix is not None and one.local is not None
    known = numbers(2, 5, 3, 2) if reads == "steps" else numbers(2, 3, 2)
    given = memory(known=known)
    x = given.outputs if reads == "steps" else given.summary
    plain = one.out(x).unflatten(-1, (3, 2))
    for step in range(3):
        mixed = torch.tanh(torch.cat([x, known[..., step, :]], -1) @ one.mix.weight.T + one.mix.bias)
        wanted = plain[..., step, :] + mixed @ one.local.weight.T
        torch.testing.assert_close(one(given.outputs, given)[..., step, :, 0], wanted)


def test_what_is_known_must_be_there_in_its_shape() -> None:
    one = head("point", NumberShape(horizon=3, known=2))
    with pytest.raises(InputError, match="made for 2 covariates known of the steps to come, and there are none"):
        one(memory().outputs, memory())
    with pytest.raises(ValueError, match=r"are \(2, 5, 2\), expected \(2, 3, 2\)"):
        one(memory().outputs, memory(known=numbers(2, 5, 2)))


@pytest.mark.parametrize("reads", ["summary", "steps"])
@pytest.mark.parametrize("kind", NUMBERS)
def test_outputs_are_in_the_units_of_the_series(kind: str, reads: Any) -> None:
    """a x + b is told where x was told: points and quantiles move, widths are multiplied, shapes stay."""
    one, plain = head(kind, reads=reads), memory()
    center, spread = torch.tensor([[5.0, -1.0], [0.0, 2.0]]).double(), torch.tensor([[2.0, 0.1], [30.0, 1.0]]).double()
    scaled = memory(scale=(center, spread))
    here, there = one(plain.outputs, plain), one(scaled.outputs, scaled)
    a, b = (v.view(2, *[1] * (here.dim() - 3), 2) for v in (spread, center))
    torch.testing.assert_close(one.point(there), one.point(here) * a + b)
    if kind != "point":
        torch.testing.assert_close(one.quantile(there, 0.9), one.quantile(here, 0.9) * a + b)
    if kind == "student":
        torch.testing.assert_close(there[..., 2], here[..., 2])


@pytest.mark.parametrize("kind", NUMBERS)
def test_what_is_not_known_is_left_out_and_not_counted(kind: str) -> None:
    one, given = head(kind), memory()
    outputs = one(given.outputs, given).detach().requires_grad_()
    truth = numbers(2, 3, 2)
    whole, count = one.loss(outputs, Field(truth))
    assert count == 12
    torch.testing.assert_close(whole, one.each(outputs, truth).sum())
    holes = truth.clone()
    holes[0, 1, 0] = holes[1, :, 1] = torch.nan
    mask = torch.tensor([[True, True, False], [True, True, True]])
    found, count = one.loss(outputs, Field(holes, mask))
    counted = torch.tensor([[[1, 1], [0, 1], [0, 0]], [[1, 0], [1, 0], [1, 0]]]).bool()
    assert count == counted.sum() == one.count(Field(holes, mask))
    torch.testing.assert_close(found, one.each(outputs, truth)[counted].sum())
    (slope,) = torch.autograd.grad(found, outputs)
    assert slope.isfinite().all() and not slope[~counted].any() and slope[counted].any()


def test_no_value_known_is_no_loss() -> None:
    one, given = head("normal"), memory()
    total, count = one.loss(one(given.outputs, given), Field(torch.full((2, 3, 2), torch.nan)))
    assert total == 0 and count == 0


def test_numbers_of_another_shape_are_refused() -> None:
    one, given = head("normal"), memory()
    with pytest.raises(ValueError, match=r"numbers \(2, 3, 1\) for outputs of \(2, 3, 2\)"):
        one.loss(one(given.outputs, given), Field(numbers(2, 3, 1)))


@pytest.mark.parametrize("kind", [kind for kind in NUMBERS if kind != "point"])
def test_draws_are_quantiles_of_even_numbers_and_fall_where_quantiles_say(kind: str) -> None:
    one, given = head(kind), memory()
    outputs = one(given.outputs, given).detach()
    drawn = torch.stack([one.sample(outputs, torch.Generator().manual_seed(seed)) for seed in range(2000)])
    assert torch.equal(drawn[7], one.sample(outputs, torch.Generator().manual_seed(7)))
    for level in (0.1, 0.5, 0.8):
        share = (drawn <= one.quantile(outputs, level)).double().mean(0)
        assert (share - level).abs().max() < 0.05, (kind, level)
    assert one.quantile(outputs, 0.99).gt(one.quantile(outputs, 0.9)).all()


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_a_level_lies_between_zero_and_one(level: float) -> None:
    one, given = head("normal"), memory()
    with pytest.raises(InputError, match="a quantile has a level above 0 and below 1"):
        one.quantile(one(given.outputs, given), level)


def test_the_ends_of_what_is_drawn() -> None:
    ends = inside(torch.tensor([0.0, 1 - 2.0**-53], dtype=torch.float64))
    assert 0 < ends[0] < 1e-16 and ends[1] < 1


def test_inverse_softplus() -> None:
    y = torch.tensor([1e-8, 0.3, 1.0, 50.0], dtype=torch.float64)
    torch.testing.assert_close(torch.nn.functional.softplus(inverse_softplus(y)), y)


@pytest.mark.parametrize("kind", NUMBERS)
def test_half_precision_is_told_in_single(kind: str) -> None:
    one = HEADS[kind](SIZE, SHAPE).bfloat16()
    given = memory()
    given = Memory(given.outputs.bfloat16(), given.mask, given.summary.bfloat16())
    outputs = one(given.outputs, given)
    assert outputs.dtype == torch.float32
    assert one.loss(outputs, Field(numbers(2, 3, 2).float()))[0].dtype == torch.float32


@pytest.mark.parametrize("kind", NUMBERS)
def test_dropout_is_in_training_only(kind: str) -> None:
    one, given = head(kind, dropout=0.5), memory()
    assert torch.equal(one(given.outputs, given), one(given.outputs, given))
    one.train()
    assert not torch.equal(one(given.outputs, given), one(given.outputs, given))


@pytest.mark.parametrize("kind", NUMBERS)
def test_a_head_that_reads_a_memory_needs_one(kind: str) -> None:
    with pytest.raises(InputError, match="give the model an encoder"):
        head(kind)(numbers(1, 1, SIZE), None)


def test_the_contract_is_a_contract() -> None:
    bare, x = NumberHead(SIZE, SHAPE, torch.zeros(1), "summary", 0.0), numbers(1)
    for name, call in {
        "told": lambda: bare.told(x, x, x),
        "each": lambda: bare.each(x, x),
        "point": lambda: bare.point(x),
        "at": lambda: bare.at(x, x),
    }.items():
        with pytest.raises(TypeError, match=f"NumberHead has no {name}"):
            call()
