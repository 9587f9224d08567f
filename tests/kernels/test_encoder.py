"""The packed Transformer encoder against the stack written out in float64, and against the layers it stands in for."""

from copy import deepcopy
from typing import Any, get_args

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from seqloom.encoders.transformer import TransformerEncoder
from seqloom.errors import InputError
from seqloom.kernels import encoder as kernel
from seqloom.kernels.decoder_step import DEEPEST, PRECISIONS, Precision
from seqloom.kernels.library import Library
from seqloom.kernels.switch import VARIABLE
from seqloom.layers.packed import PackedLinear
from seqloom.layers.packed_stack import PackedStack
from seqloom.layers.transformer import Activation, Norm, Positions
from seqloom.tape import Tape

LENGTHS = [9, 0, 1, 5, 17]


def drawn(seed: int = 0, **parts: Any) -> TransformerEncoder:
    """Draw an encoder, every weight at random, norms and biases too."""
    g = torch.Generator().manual_seed(seed)
    options: dict[str, Any] = {"size": 18, "layers": 2, "heads": 3, "inner": 37, **parts}
    made = TransformerEncoder(options.pop("input", 18), **options).eval()
    with torch.no_grad():
        for name, weight in made.named_parameters():
            weight.copy_(torch.randn(weight.shape, generator=g) * 0.3 + ("norm" in name and "weight" in name))
    return made


def batch(lengths: list[int], width: int = 18, seed: int = 1) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(seed)
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    return torch.randn(*mask.shape, width, generator=g), mask


def packed(made: TransformerEncoder, precision: Precision = "float32") -> TransformerEncoder:
    """Return one whose layers are packed, as `packed_model` does it, and the stack too."""
    quick = deepcopy(made)
    for part in list(quick.modules()):
        for name, child in part.named_children():
            if isinstance(child, nn.Linear):
                setattr(part, name, PackedLinear(child.weight, child.bias, precision))  # type: ignore[arg-type]
    quick.packed = PackedStack(quick.stack, precision)
    return quick


def run(made: TransformerEncoder, x: Tensor, mask: Tensor) -> Tensor:
    with torch.no_grad():
        return made(x, mask)[0].outputs


def native_run(made: TransformerEncoder, x: Tensor, mask: Tensor) -> Tensor:
    with torch.no_grad():
        assert made.packed is not None
        assert made.packed.usable(x, mask)
        return run(made, x, mask)


def exact(made: TransformerEncoder, x: Tensor, mask: Tensor) -> Tensor:
    whole = deepcopy(made).double()
    whole.packed = None
    return run(whole, x.double(), mask).float()


@pytest.mark.parametrize("norm", get_args(Norm))
@pytest.mark.parametrize("positions", get_args(Positions))
@pytest.mark.parametrize("activation", get_args(Activation))
def test_it_is_the_stack_in_float64(
    native_level: Library, norm: Norm, positions: Positions, activation: Activation
) -> None:
    """Ragged rows, one of them empty; inputs of the stack's width and of another."""
    for seed, width in enumerate((18, 7)):
        made = drawn(seed, input=width, norm=norm, positions=positions, activation=activation)
        x, mask = batch(LENGTHS, width)
        got = native_run(packed(made), x, mask)
        torch.testing.assert_close(got, exact(made, x, mask), rtol=2e-5, atol=2e-5)
        assert not got[~mask].any()


@pytest.mark.parametrize("size", [(2, 1, 1, 1), (16, 2, 1, 16), (36, 2, 3, 5), (96, 4, 1, 130), (64, 1, 2, 64)])
def test_odd_sizes(native_level: Library, size: tuple[int, int, int, int]) -> None:
    width, heads, layers, inner = size
    for positions in get_args(Positions):
        made = drawn(3, input=width, size=width, heads=heads, layers=layers, inner=inner, positions=positions)
        x, mask = batch([3, 20, 33], width)
        got = native_run(packed(made), x, mask)
        torch.testing.assert_close(got, exact(made, x, mask), rtol=2e-5, atol=5e-5)


def test_rows_beyond_a_block_of_steps_and_of_queries(native_level: Library) -> None:
    made = drawn(4, positions="rotary")
    x, mask = batch([150, 1, 65, 64, 131])
    got = native_run(packed(made), x, mask)
    torch.testing.assert_close(got, exact(made, x, mask), rtol=2e-5, atol=5e-5)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("norm", get_args(Norm))
def test_each_precision_is_that_of_the_layers(
    native_level: Library, monkeypatch: pytest.MonkeyPatch, precision: Precision, norm: Norm
) -> None:
    """Against packed layers in torch's operations: the same numbers are rounded, and to the same steps."""
    for seed, positions in enumerate(get_args(Positions)):
        made = drawn(seed, norm=norm, positions=positions)
        quick = packed(made, precision)
        x, mask = batch([6, 4, 0, 9], seed=seed)
        got = native_run(quick, x, mask)
        with monkeypatch.context() as here:
            here.setenv(VARIABLE, "off")
            wanted = run(quick, x, mask)
        torch.testing.assert_close(got, wanted, rtol=1e-5, atol=3e-5)
        if precision != "float32":
            assert (got - exact(made, x, mask)).abs().max() > 1e-3  # it does round


@pytest.mark.parametrize("precision", PRECISIONS)
def test_neither_padding_nor_company_changes_a_bit(native_level: Library, precision: Precision) -> None:
    quick = packed(drawn(5, positions="sinusoidal"), precision)
    x, mask = batch([40, 7, 23, 0, 31])
    whole = native_run(quick, x, mask)
    turned = torch.tensor([3, 1, 4, 0, 2])
    assert torch.equal(native_run(quick, x[turned], mask[turned]), whole[turned])
    for row, length in enumerate(mask.sum(1).tolist()):
        alone = native_run(quick, x[row : row + 1, :length], mask[row : row + 1, :length])
        assert torch.equal(alone[0], whole[row, :length])
    assert torch.equal(native_run(quick, x.masked_fill(~mask.unsqueeze(-1), torch.nan), mask), whole)


def test_data_with_gaps(native_level: Library) -> None:
    """A mask need not be a prefix: a step keeps the place at which it stands."""
    made = drawn(6, positions="sinusoidal")
    x, _ = batch([12, 12, 12])
    mask = torch.rand(3, 12, generator=torch.Generator().manual_seed(0)) > 0.4
    torch.testing.assert_close(native_run(packed(made), x, mask), exact(made, x, mask), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_two_threads_and_any_layout(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, precision: Precision
) -> None:
    quick = packed(drawn(7, positions="rotary"), precision)
    x, mask = batch([40, 7, 23, 0, 131])
    wanted = native_run(quick, x, mask)
    strange = x.transpose(0, 1).contiguous().transpose(0, 1)
    assert not strange.is_contiguous()
    monkeypatch.setattr(kernel, "SHARED", 0)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert torch.equal(native_run(quick, strange, mask.T.contiguous().T), wanted)
        one = native_run(quick, x[:1, :1], mask[:1, :1])  # more threads than rows
    finally:
        torch.set_num_threads(before)
    assert torch.equal(one, native_run(quick, x[:1, :1], mask[:1, :1]))


def test_nothing_at_all(native_library: Library) -> None:
    quick = packed(drawn())
    for rows, time in ((0, 4), (3, 0), (0, 0)):
        x, mask = torch.zeros(rows, time, 18), torch.zeros(rows, time, dtype=torch.bool)
        assert native_run(quick, x, mask).shape == (rows, time, 18)
    x, mask = batch([4, 4])
    assert not native_run(quick, x, torch.zeros_like(mask)).any()


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("wrong", [torch.nan, torch.inf])
def test_what_is_no_number_stays_in_its_sentence(native_level: Library, precision: Precision, wrong: float) -> None:
    quick = packed(drawn(8), precision)
    x, mask = batch([5, 6, 4])
    clean = native_run(quick, x, mask)
    x[1, 3, 2] = wrong
    got = native_run(quick, x, mask)
    assert got[1].isnan().all()
    assert torch.equal(got[[0, 2]], clean[[0, 2]])


def test_a_weight_that_changed_is_packed_again(native_library: Library) -> None:
    quick = packed(drawn(9))
    x, mask = batch([5, 3])
    before = native_run(quick, x, mask)
    with torch.no_grad():
        quick.stack.blocks[1].get_parameter("norms.1.bias").add_(1)
    after = native_run(quick, x, mask)
    assert not torch.allclose(before, after)
    torch.testing.assert_close(after, exact(quick, x, mask), rtol=2e-5, atol=2e-5)
    quick.stack.blocks[0].get_parameter("attention.key.weight").data = torch.zeros(18, 18)
    torch.testing.assert_close(native_run(quick, x, mask), exact(quick, x, mask), rtol=2e-5, atol=2e-5)


def test_a_learned_place_that_changed_is_read_again(native_library: Library) -> None:
    quick = packed(drawn(10, positions="learned", max_positions=6))
    x, mask = batch([5, 3])
    before = native_run(quick, x, mask)
    with torch.no_grad():
        quick.stack.get_parameter("places.weight").mul_(2)
    after = native_run(quick, x, mask)
    assert not torch.allclose(before, after)
    torch.testing.assert_close(after, exact(quick, x, mask), rtol=2e-5, atol=2e-5)


def test_beyond_the_learned_places_the_stack_speaks(native_library: Library) -> None:
    quick = packed(drawn(10, positions="learned", max_positions=6))
    with pytest.raises(InputError, match="7 steps, but the learned positions end at 6"):
        run(quick, *batch([7]))
    x, mask = torch.randn(1, 7, 18), torch.arange(7)[None] < 5  # padding alone stands beyond
    torch.testing.assert_close(run(quick, x, mask), exact(quick, x, mask), rtol=2e-5, atol=2e-5)


def test_a_copy_has_its_own(native_library: Library) -> None:
    quick = packed(drawn(11))
    x, mask = batch([5, 3])
    before = native_run(quick, x, mask)
    copy = deepcopy(quick)
    assert torch.equal(native_run(copy, x, mask), before)
    with torch.no_grad():
        copy.stack.blocks[0].get_parameter("feed.up.weight").mul_(2)
    assert not torch.equal(native_run(copy, x, mask), before)
    assert torch.equal(native_run(quick, x, mask), before)


def test_when_it_is_chosen(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = packed(drawn(12))
    own = quick.packed
    assert own is not None
    x, mask = batch([5, 3])
    assert not own.usable(x, mask)  # gradients could be asked for
    with torch.no_grad():
        assert own.usable(x, mask)
        assert not own.usable(x.double(), mask)
        assert not own.usable(x, mask.float())
        assert not own.usable(x, mask[:1])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert not own.usable(x, mask)
        with Tape(quick, only="nothing"):
            assert not own.usable(x, mask)
        quick.train()
        assert not own.usable(x, mask)
        quick.eval()
        with FlopCounterMode(display=False):
            assert not own.usable(x, mask)
        monkeypatch.setenv(VARIABLE, "off")
        assert not own.usable(x, mask)


def test_a_stack_that_is_another_is_left_to_its_layers(native_library: Library) -> None:
    x, mask = batch([5, 3])

    class Own(nn.LayerNorm):
        pass

    def usable(made: TransformerEncoder, precision: Precision = "float32") -> bool:
        with torch.no_grad():
            return PackedStack(made.stack, precision).usable(x, mask)

    assert usable(drawn())
    made = drawn()
    made.stack.blocks[0].get_submodule("norms.0").eps = 1e-6  # type: ignore[assignment]
    assert not usable(made)
    made = drawn()
    made.stack.last = Own(18)
    assert not usable(made)
    made = drawn()
    made.stack.blocks[1].register_forward_hook(lambda *_: None)
    assert not usable(made)
    assert not usable(drawn().double())
    made = drawn(layers=1, inner=DEEPEST + 1)
    assert usable(made, "bf16")
    assert not usable(made, "int8")
