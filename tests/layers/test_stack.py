"""Layers of recurrence: what goes from layer to layer, how it is dropped, and from what State it starts."""

import pytest
import torch
from torch import Tensor

from seqloom.cells.gru import GRU
from seqloom.cells.lstm import LSTM
from seqloom.cells.mingru import MinGRU
from seqloom.cells.rnn import RNN
from seqloom.errors import InputError
from seqloom.layers.stack import RecurrentStack, Start
from seqloom.ops.unroll import unroll


def stack(cell: type = GRU, input_size: int = 2, **options: object) -> RecurrentStack:
    given = {
        "size": 3,
        "layers": 2,
        "directions": "forwards",
        "drop": 0.0,
        "dropping": "step",
        "recurrent_drop": 0.0,
        "residual": False,
        "start": "zero",
        **options,
    }
    torch.manual_seed(0)
    return RecurrentStack(cell, input_size, **given).double()  # type: ignore[arg-type]


def data(size: int = 2) -> tuple[Tensor, Tensor]:
    x = torch.randn(2, 4, size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return x, torch.arange(4) < torch.tensor([[4], [2]])


def test_a_layer_reads_the_outputs_of_the_one_below() -> None:
    layers = stack()
    x, mask = data()
    y, last = layers(x, mask, None)
    for layer in range(2):
        cell = layers.cell(layer, "forwards")
        x, end = unroll(cell, x, mask, cell.start(2, x))
        assert torch.equal(last[str(layer)]["forwards"]["h"], end["h"])
    assert torch.equal(y, x) and torch.equal(layers.top(last), end["h"])


def test_directions_are_joined_forwards_first() -> None:
    layers = stack(layers=1, directions="both")
    x, mask = data()
    y, last = layers(x, mask, None)
    for way, part in (("forwards", y[..., :3]), ("backwards", y[..., 3:])):
        cell = layers.cell(0, way)
        wanted, end = unroll(cell, x, mask, cell.start(2, x), reverse=way == "backwards")
        assert torch.equal(part, wanted)
        assert torch.equal(layers.top(last)[:, :3] if way == "forwards" else layers.top(last)[:, 3:], end["h"])
    assert layers.output_size == 6


def test_a_residual_adds_the_input_where_the_widths_agree() -> None:
    """And only there: the first layer here is wider than its input, or as wide."""
    for size in (2, 3):
        plain, layers = stack(input_size=size), stack(input_size=size, residual=True)
        x, mask = data(size)
        first, _ = unroll(plain.cell(0, "forwards"), x, mask, {"h": x.new_zeros(2, 3)})
        if size == 3:
            first = first + x.masked_fill(~mask.unsqueeze(-1), 0)
        second, _ = unroll(plain.cell(1, "forwards"), first, mask, {"h": x.new_zeros(2, 3)})
        y, _ = layers(x, mask, None)
        torch.testing.assert_close(y, second + first)
        assert not y[~mask].any()


def test_the_summary_is_the_hidden_state_not_the_residual() -> None:
    layers = stack(residual=True)
    _, last = layers(*data(), None)
    assert torch.equal(layers.top(last), last["1"]["forwards"]["h"])


def test_dropout_is_between_layers_only() -> None:
    x, mask = data()
    one, two = stack(layers=1, drop=0.5).train(), stack(drop=0.5).train()
    assert torch.equal(one(x, mask, None)[0], one(x, mask, None)[0])
    assert not torch.equal(two(x, mask, None)[0], two(x, mask, None)[0])
    assert torch.equal(two.eval()(x, mask, None)[0], stack().eval()(x, mask, None)[0])


class Echo(RNN):
    """Puts out what it reads, to make visible what a layer is given."""

    scan = None

    def forward(self, x: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        return x, {"h": x}


def test_a_sequence_is_dropped_by_one_mask_and_steps_by_their_own() -> None:
    x = torch.ones(4, 30, 3, dtype=torch.float64)
    for dropping, same in (("sequence", True), ("step", False)):
        y, _ = stack(Echo, 3, drop=0.5, dropping=dropping).train()(x, None, None)
        assert set(y.unique().tolist()) == {0, 2}, "what is kept is scaled up"
        assert bool((y == y[:, :1]).all()) == same
        assert not (y == y[:1]).all(), "each row has its own mask"


def test_recurrent_dropout_is_one_mask_a_row_for_all_steps() -> None:
    layers = stack(RNN, layers=1, recurrent_drop=0.5).train()
    x, _ = data()
    torch.manual_seed(5)
    y, _ = layers(x, None, None)
    torch.manual_seed(5)
    recall = torch.nn.functional.dropout(torch.ones(2, 3, dtype=torch.float64), 0.5, True)
    cell = layers.cell(0, "forwards")
    h = torch.zeros(2, 3, dtype=torch.float64)
    for t in range(4):
        h, _ = cell(x[:, t], {"h": h * recall})
        torch.testing.assert_close(y[:, t], h)
    layers.eval()
    assert torch.equal(layers(x, None, None)[0], stack(RNN, layers=1).eval()(x, None, None)[0])


def test_recurrent_dropout_needs_something_to_drop() -> None:
    with pytest.raises(InputError, match="MinGRU reads no past in its gates, so recurrent_dropout has nothing to drop"):
        stack(MinGRU, recurrent_drop=0.1)


@pytest.mark.parametrize("start", ["zero", "learned", "random"])
def test_the_start_state_is_as_asked(start: Start) -> None:
    layers = stack(LSTM, directions="both", start=start)
    like = torch.ones(1, dtype=torch.float64)
    states = {mode: layers.train(mode).start(5, like) for mode in (False, True)}
    for mode, state in states.items():
        assert list(state) == ["0", "1"] and list(state["0"]) == ["forwards", "backwards"]
        for layer in state.values():
            for way in layer.values():
                for value in way.values():
                    assert value.shape == (5, 3) and value.dtype == torch.float64
                    assert bool(value.any()) == (start == "learned" or (start == "random" and mode))
                    assert torch.equal(value[0], value[4]) == (start != "random" or not mode)
    assert len(layers.first) == (8 if start == "learned" else 0)
    if start == "learned":
        assert torch.equal(states[False]["1"]["backwards"]["c"][0], layers.first["1_backwards_c"])
    if start == "random":
        assert not torch.equal(layers.start(5, like)["0"]["forwards"]["h"], states[True]["0"]["forwards"]["h"])
        noise = layers.start(5000, like)["0"]["forwards"]["h"]
        assert noise.std().item() == pytest.approx(layers.NOISE, rel=0.05)
        assert noise.mean().item() == pytest.approx(0, abs=0.01)


def test_a_given_state_replaces_the_start() -> None:
    layers = stack(start="learned")
    x, mask = data()
    zero = {str(layer): {"forwards": {"h": torch.zeros(2, 3, dtype=torch.float64)}} for layer in range(2)}
    assert not torch.equal(layers(x, mask, zero)[0], layers(x, mask, None)[0])
    assert torch.equal(layers(x, mask, zero)[0], stack()(x, mask, None)[0])


@pytest.mark.parametrize(("residual", "layers", "adds"), [(3, 4, (3, 4)), (2, 2, (2,)), (1, 2, (1, 2)), (5, 4, ())])
def test_residuals_begin_at_the_layer_that_is_named(residual: int, layers: int, adds: tuple[int, ...]) -> None:
    made = stack(input_size=3, layers=layers, residual=residual)
    x, mask = data(3)
    y, _ = made(x, mask, None)
    wanted = x.masked_fill(~mask.unsqueeze(-1), 0)
    for layer in range(layers):
        out, _ = unroll(made.cell(layer, "forwards"), wanted, mask, {"h": x.new_zeros(2, 3)})
        wanted = out + wanted if layer + 1 in adds else out
    torch.testing.assert_close(y, wanted)


def test_both_directions_in_the_bottom_layer_alone() -> None:
    layers = stack(layers=3, directions="bottom")
    assert [(layer, way) for layer, way, _ in layers.each_cell()] == [
        (0, "forwards"),
        (0, "backwards"),
        (1, "forwards"),
        (2, "forwards"),
    ]
    assert [cell.input_size for _, _, cell in layers.each_cell()] == [2, 2, 6, 3] and layers.output_size == 3
    x, mask = data()
    y, last = layers(x, mask, None)
    zero = {"h": x.new_zeros(2, 3)}
    ways = [unroll(layers.cell(0, way), x, mask, zero, way == "backwards")[0] for way in ("forwards", "backwards")]
    second, _ = unroll(layers.cell(1, "forwards"), torch.cat(ways, -1), mask, zero)
    third, end = unroll(layers.cell(2, "forwards"), second, mask, zero)
    torch.testing.assert_close(y, third)
    assert torch.equal(layers.top(last), end["h"])
    assert stack(layers=1, directions="bottom").output_size == 6


@pytest.mark.parametrize("residual", [False, True, 2, 3])
@pytest.mark.parametrize("cell", [GRU, LSTM])
def test_steps_are_the_layers_over_the_whole(cell: type, residual: bool | int) -> None:
    layers = stack(cell, 3, layers=3, residual=residual, start="learned")
    x, _ = data(3)
    wanted, end = layers(x, None, None)
    state, noise = layers.start(2, x), layers.noise(x)
    for t in range(4):
        y, state = layers.step(x[:, t], state, noise)
        torch.testing.assert_close(y, wanted[:, t])
    torch.testing.assert_close(state, end)


def test_layers_may_be_run_from_below_to_above_in_two_goes() -> None:
    layers = stack(LSTM, 3, layers=4, residual=2)
    x, mask = data(3)
    wanted, end = layers(x, mask, None)
    start = layers.start(2, x)
    h, below = layers(x, mask, start, below=1)
    y, above = layers(h, mask, start, above=1)
    assert list(below) == ["0"] and list(above) == ["1", "2", "3"]
    torch.testing.assert_close(y, wanted)
    torch.testing.assert_close({**below, **above}, end)
    first, bottom = layers.step(x[:, 0], start, layers.noise(x), below=1)
    assert list(bottom) == ["0"]
    torch.testing.assert_close(first, h[:, 0])


def test_what_stands_aside_is_read_by_every_layer_but_the_bottom_one() -> None:
    layers = stack(layers=3, residual=True, aside=2)
    assert [cell.input_size for _, _, cell in layers.each_cell()] == [2, 5, 5]
    x, mask = data()
    aside = torch.randn(2, 4, 2, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    y, _ = layers(x, mask, None, aside)
    zero = {"h": x.new_zeros(2, 3)}
    h, _ = unroll(layers.cell(0, "forwards"), x, mask, zero)
    for layer in (1, 2):
        out, _ = unroll(layers.cell(layer, "forwards"), torch.cat([h, aside], -1), mask, zero)
        h = out + h
    torch.testing.assert_close(y, h)


@pytest.mark.parametrize("dropping", ["step", "sequence"])
def test_a_loop_over_steps_drops_as_the_whole_does(dropping: str) -> None:
    layers = stack(Echo, 3, layers=3, drop=0.5, dropping=dropping).train()
    ones = torch.ones(4, 3, dtype=torch.float64)
    state, noise = layers.start(4, ones), layers.noise(ones)
    found = []
    for _ in range(30):
        y, state = layers.step(ones, state, noise)
        found.append(y)
    y = torch.stack(found, 1)
    assert set(y.unique().tolist()) == {0, 4}, "dropped between three layers, twice, and scaled up twice"
    assert bool((y == y[:, :1]).all()) == (dropping == "sequence")
    assert not (y == y[:1]).all(), "each row has its own mask"
    between = layers.noise(ones).between
    if dropping == "sequence":
        assert between[0] is not None and between[1] is not None and not torch.equal(between[0], between[1])
    state = layers.eval().start(4, ones)
    assert torch.equal(layers.step(ones, state, layers.noise(ones))[0], ones)


def test_recurrent_dropout_is_the_same_at_every_step_of_a_loop() -> None:
    layers = stack(RNN, layers=2, recurrent_drop=0.5).train()
    x, _ = data()
    noise, state = layers.noise(x), layers.start(2, x)
    assert all(set(recall.unique().tolist()) <= {0.0, 2.0} for recall in noise.recall if recall is not None)
    assert len(noise.recall) == 2 and noise.recall[0] is not None
    h = [torch.zeros(2, 3, dtype=torch.float64)] * 2
    for t in range(4):
        y, state = layers.step(x[:, t], state, noise)
        below = x[:, t]
        for layer in range(2):
            h[layer], _ = layers.cell(layer, "forwards")(below, {"h": h[layer] * noise.recall[layer]})
            below = h[layer]
        torch.testing.assert_close(y, below)
    assert layers.eval().noise(x).recall == [None, None]
