"""The Transformer stack: positions, scale, where the norms are, and what is refused (laws: tests/laws)."""

import re
from typing import Any

import pytest
import torch
from torch import Tensor

from seqloom.bridges.bridge import Seen
from seqloom.bridges.context import Context
from seqloom.bridges.general import General
from seqloom.bridges.multihead import MultiHead
from seqloom.errors import InputError
from seqloom.layers.transformer import Block, FeedForward, Norm, Positions, TransformerStack
from seqloom.memory import Memory
from seqloom.ops.positions import sinusoids


def stack(positions: Positions = "none", norm: Norm = "pre", **options: object) -> TransformerStack:
    given = {
        "input_size": 4,
        "size": 4,
        "layers": 1,
        "heads": 2,
        "inner": None,
        "drop": 0.0,
        "norm": norm,
        "activation": "gelu",
        "positions": positions,
        "max_positions": 6,
        **options,
    }
    torch.manual_seed(0)
    return TransformerStack(**given).double()  # type: ignore[arg-type]


def placed(layers: TransformerStack, x: Tensor, state: dict[str, Tensor] | None = None) -> Tensor:
    """Return what the first block is given."""
    seen: list[Tensor] = []
    handle = layers.blocks[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    layers(x, None, True, state)
    handle.remove()
    return seen[0]


def test_embeddings_are_scaled_and_positions_added() -> None:
    x = torch.randn(2, 5, 4, dtype=torch.float64)
    assert torch.equal(placed(stack("none"), x), 2 * x)
    assert torch.equal(placed(stack("rotary"), x), 2 * x)
    wave = sinusoids(torch.arange(5)[None], 4, torch.float64)
    torch.testing.assert_close(placed(stack("sinusoidal"), x), 2 * x + wave)
    learned = stack("learned")
    assert learned.places is not None
    torch.testing.assert_close(placed(learned, x), 2 * (x + learned.places.weight[:5]))


@pytest.mark.parametrize("positions", ["sinusoidal", "learned"])
def test_positions_go_on_where_the_state_ended(positions: Positions) -> None:
    layers = stack(positions)
    x = torch.zeros(1, 6, 4, dtype=torch.float64)
    whole = placed(layers, x)
    _, state = layers(x[:, :2], None, True, None)
    torch.testing.assert_close(placed(layers, x[:, 2:], state), whole[:, 2:])


def test_more_steps_than_learned_positions_are_refused() -> None:
    layers = stack("learned")
    message = "7 steps, but the learned positions end at 6. Use a shorter window, max_positions, or positions=rotary."
    with pytest.raises(InputError, match=re.escape(message)):
        layers(torch.zeros(1, 7, 4, dtype=torch.float64), None, True, None)
    _, state = layers(torch.zeros(1, 6, 4, dtype=torch.float64), None, True, None)
    with pytest.raises(InputError, match=re.escape(message)):
        layers(torch.zeros(1, 1, 4, dtype=torch.float64), None, True, state)
    assert layers.max_positions == 6 and stack("rotary").max_positions is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": 6, "heads": 4}, "size=6 with heads=4: heads must divide size."),
        ({"size": 6, "heads": 2, "positions": "rotary"}, "heads must divide size into even parts (rotary)."),
        ({"size": 5, "heads": 5, "positions": "sinusoidal"}, "heads must divide size, and size must be even (sinus"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        stack(**options)  # type: ignore[arg-type]


def test_a_norm_before_has_one_more_at_the_end() -> None:
    pre, post = stack(norm="pre"), stack(norm="post")
    x = 100 * torch.randn(1, 5, 4, dtype=torch.float64)
    for layers in (pre, post):
        y, _ = layers(x, None, True, None)
        torch.testing.assert_close(y.mean(-1), torch.zeros(1, 5, dtype=torch.float64), atol=1e-9, rtol=0)
        torch.testing.assert_close(y.var(-1, correction=0), torch.ones(1, 5, dtype=torch.float64), atol=1e-2, rtol=0)
    assert isinstance(pre.last, torch.nn.LayerNorm) and isinstance(post.last, torch.nn.Identity)


def test_the_inner_width_is_four_times_the_size_unless_said() -> None:
    assert stack().blocks[0].feed.up.out_features == 16  # type: ignore[union-attr]
    assert stack(inner=7).blocks[0].feed.up.out_features == 7  # type: ignore[union-attr]


def test_another_input_width_is_adapted() -> None:
    layers = stack(input_size=3)
    assert layers(torch.ones(1, 2, 3, dtype=torch.float64), None, True, None)[0].shape == (1, 2, 4)
    assert isinstance(stack().adapt, torch.nn.Identity)


@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_feed_forward_is_two_layers_around_the_activation(activation: str) -> None:
    feed = FeedForward(4, 5, 0.0, activation)  # type: ignore[arg-type]
    x = torch.randn(3, 4)
    bend = torch.nn.functional.gelu if activation == "gelu" else torch.relu
    wanted = bend(x @ feed.up.weight.T + feed.up.bias) @ feed.down.weight.T + feed.down.bias
    torch.testing.assert_close(feed(x), wanted)


def test_dropout_acts_on_input_attention_and_feed_forward_in_training() -> None:
    layers = stack(drop=0.5).eval()
    x = torch.randn(1, 5, 4, dtype=torch.float64)
    assert torch.equal(layers(x, None, True, None)[0], layers(x, None, True, None)[0])
    given = placed(layers.train(), torch.ones(1, 5, 4, dtype=torch.float64))
    assert set(given.unique().tolist()) == {0, 4}
    feed = layers.blocks[0].feed
    assert not torch.equal(feed(x), feed(x))  # type: ignore[operator]


READERS = {"general": lambda size: General(size, 3), "multihead": lambda size: MultiHead(size, 3, heads=2)}


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_block_reads_between_attending_and_feeding(norm: Norm, kind: str) -> None:
    torch.manual_seed(1)
    block = Block(4, 2, 5, 0.0, norm, "gelu", False, READERS[kind]).double().eval()
    for weight in block.parameters():
        torch.nn.init.normal_(weight)
    memory = Memory(torch.randn(2, 3, 3).double(), torch.tensor([[True] * 3, [True, False, False]]), torch.zeros(2, 3))
    x, position = torch.randn(2, 5, 4).double(), torch.arange(5).expand(2, -1)
    cross: Any = block.cross
    keys = cross.reader.prepare(memory)
    got, state = block(x, None, position, True, None, memory, keys)

    def attended(x: Tensor) -> Tensor:
        return block.attention(x, None, position, True)[0]

    def read(x: Tensor) -> Tensor:
        context, _ = cross.reader(x, keys, memory, {})
        return context if kind == "multihead" else context @ cross.out.weight.T + cross.out.bias

    first, second, norms = block.norms[0], cross.norm, block.norms[1]
    if norm == "pre":
        wanted = x + attended(first(x))
        wanted = wanted + read(second(wanted))
        wanted = wanted + block.feed(norms(wanted))
    else:
        wanted = first(x + attended(x))
        wanted = second(wanted + read(wanted))
        wanted = norms(wanted + block.feed(wanted))
    torch.testing.assert_close(got, wanted)
    assert list(state) == ["keys", "values"], "nothing is remembered of what was read"


def test_a_reader_that_gives_the_same_whatever_is_asked_has_no_norm_of_the_question() -> None:
    bridge = Context(Seen(3, 3))
    pre, post = (Block(4, 2, 5, 0.0, norm, "gelu", False, bridge.reader) for norm in ("pre", "post"))
    assert pre.cross is not None and isinstance(pre.cross.norm, torch.nn.Identity)
    assert post.cross is not None and isinstance(post.cross.norm, torch.nn.LayerNorm)
    assert isinstance(pre.cross.out, torch.nn.Linear) and pre.cross.out.weight.shape == (4, 3)
    asking = Block(4, 2, 5, 0.0, "pre", "gelu", False, READERS["multihead"])
    assert asking.cross is not None and isinstance(asking.cross.norm, torch.nn.LayerNorm)
    assert isinstance(asking.cross.out, torch.nn.Identity), "it has projected already"


def test_every_block_has_a_reader_and_keys_of_its_own() -> None:
    layers = stack(layers=3, reader=READERS["general"])
    readers = layers.readers()
    assert len({id(reader) for reader in readers}) == 3 and stack().readers() == []
    memory = Memory(torch.randn(2, 3, 3).double(), torch.ones(2, 3, dtype=torch.bool), torch.zeros(2, 3))
    keys = layers.prepare(memory)
    assert list(keys) == ["0", "1", "2"]
    for number, reader in enumerate(readers):
        assert torch.equal(keys[str(number)]["keys"], reader.prepare(memory)["keys"])
    assert not torch.equal(keys["0"]["keys"], keys["2"]["keys"])
    x = torch.randn(2, 4, 4, dtype=torch.float64)
    wanted, _ = layers(x, None, True, None, memory, keys)
    for number in ("0", "1", "2"):
        less = {**keys, number: {"keys": torch.zeros_like(keys[number]["keys"])}}
        assert not torch.equal(layers(x, None, True, None, memory, less)[0], wanted), number
