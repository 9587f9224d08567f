"""The Transformer decoder: a cache for State, windows that start empty (laws: tests/laws)."""

import pytest
import torch
from torch import Tensor

from seqloom import state as states
from seqloom.bridges import build_bridge
from seqloom.bridges.bridge import Seen
from seqloom.decoders.transformer import TransformerDecoder
from seqloom.memory import Memory


def test_the_state_is_a_cache_a_layer_and_the_length_of_each_row() -> None:
    decoder = TransformerDecoder(4, size=4, layers=2, heads=2).eval()
    mask = torch.arange(5) < torch.tensor([[5], [2]])
    _, state = decoder(torch.randn(2, 5, 4), mask)
    assert list(state) == ["0", "1", "length"] and state["length"].tolist() == [5, 2]
    assert state["0"]["keys"].shape == (2, 2, 5, 2)
    _, state = decoder(torch.randn(2, 3, 4), torch.arange(3) < torch.tensor([[1], [3]]), state)
    assert state["length"].tolist() == [6, 5]


def test_windows_do_not_carry_and_end_where_positions_end() -> None:
    assert not TransformerDecoder(4, size=4, heads=2).carries
    assert TransformerDecoder(4, size=4, heads=2, max_positions=9).span == 9
    assert TransformerDecoder(4, size=4, heads=2, positions="rotary").span is None


REMEMBERING = [{"score": "location"}, {"score": "additive", "coverage": True}]


def reading(score: dict[str, object]) -> tuple[TransformerDecoder, Memory, Tensor]:
    torch.manual_seed(0)
    bridge = build_bridge({"kind": "attention", "size": 3, **score}, Seen(2, 2))
    decoder = TransformerDecoder(4, bridge, size=4, layers=2, heads=2).double().eval()
    memory = Memory(torch.randn(2, 5, 2).double(), torch.ones(2, 5, dtype=torch.bool), torch.zeros(2, 2).double())
    return decoder, memory, torch.randn(2, 4, 4).double()


@pytest.mark.parametrize("score", REMEMBERING, ids=lambda one: one["score"])
def test_what_is_read_at_a_padded_step_is_not_remembered(score: dict[str, object]) -> None:
    decoder, memory, x = reading(score)
    mask = torch.tensor([[True] * 4, [True, False, False, False]])
    _, padded = decoder(x, mask, None, memory)
    _, alone = decoder(x[1:, :1], None, None, memory.reorder(torch.tensor([1])))
    for layer in ("0", "1"):
        torch.testing.assert_close(states.split(padded[layer]["reader"])[1], alone[layer]["reader"])
    assert not torch.equal(*(next(iter(one["0"]["reader"].values())) for one in states.split(padded)))


@pytest.mark.parametrize("score", [*REMEMBERING, {"score": "concat"}], ids=lambda one: one["score"])
def test_no_steps_leave_the_state_as_it_is(score: dict[str, object]) -> None:
    decoder, memory, x = reading(score)
    wanted, _ = decoder(x, None, None, memory)
    hidden, state = decoder(x[:, :0], None, None, memory)
    assert hidden.shape == (2, 0, 4)
    first, state = decoder(x[:, :2], None, state, memory)
    hidden, state = decoder(x[:, :0], torch.ones(2, 0, dtype=torch.bool), state, memory)
    last, _ = decoder(x[:, 2:], None, state, memory)
    torch.testing.assert_close(torch.cat([first, last], 1), wanted)
