"""Attention: what every score with one head shares. The softmax over data, the mixture, keys made once, dropout."""

import pytest
import torch
from readers import CLOSE, LENGTHS, MEMORY, QUERY, TARGET, queries, read, reader, seen

from seqloom import state as states
from seqloom.bridges import SCORES
from seqloom.bridges.attention import Attention, AttentionReader
from seqloom.bridges.bridge import Seen
from seqloom.bridges.general import General
from seqloom.layers.reader import Reader
from seqloom.memory import Memory
from seqloom.tape import Patch, Tape

ALL = [kind for kind in SCORES if kind != "dot"]
SINGLE = [kind for kind in ALL if kind != "multihead"]


def built(kind: str, **options: object) -> Reader:
    heads = {"heads": 1} if kind == "multihead" else {}
    return reader(kind, **heads, **options)


def one(kind: str) -> torch.Tensor:
    """Return queries for one step, which every score takes."""
    return queries(time=1)


@pytest.mark.parametrize("kind", ALL)
def test_weights_are_shared_out_over_data(kind: str) -> None:
    made, memory = built(kind), seen()
    with Tape(made) as tape:
        read(made, one(kind), memory)
    weights = tape["weights"]
    assert weights.shape == (len(LENGTHS), 1, 1, max(LENGTHS))
    torch.testing.assert_close(weights.sum(-1).flatten(), memory.mask.any(1).double(), **CLOSE)
    assert torch.equal(weights[:, 0, 0] > 0, memory.mask)


@pytest.mark.parametrize("kind", SINGLE)
def test_a_row_without_data_is_answered_with_zeros(kind: str) -> None:
    made, memory = built(kind), seen()
    context, _ = read(made, one(kind), memory)
    assert not context[2].any() and context[[0, 1, 3]].any(-1).all()
    slopes = torch.autograd.grad(context.square().sum() + context.sum(), [memory.outputs, *made.parameters()])
    assert all(slope.isfinite().all() for slope in slopes) and not slopes[0][2].any()


@pytest.mark.parametrize("kind", ALL)
def test_keys_are_made_once_and_then_used(kind: str) -> None:
    """What was prepared is read, whatever becomes of the weights; and rows of it move as the beam moves."""
    made, memory = built(kind), seen()
    keys, query = made.prepare(memory), one(kind)
    wanted, _ = made(query, keys, memory, made.start(memory))
    for name, weight in made.named_parameters():
        if name in ("key.weight", "value.weight", "value.bias"):
            weight.data.zero_()
    if kind == "concat":
        made.matrix.data[:, QUERY:] = 0  # type: ignore[index, union-attr, operator]
    got, _ = made(query, keys, memory, made.start(memory))
    assert torch.equal(got, wanted)
    index = torch.tensor([3, 0, 0])
    moved = memory.reorder(index)
    there, _ = made(query[index], states.reorder(keys, index), moved, made.start(moved))
    torch.testing.assert_close(there, wanted[index], **CLOSE)


@pytest.mark.parametrize("kind", SINGLE)
def test_the_context_is_what_the_weights_say(kind: str) -> None:
    """A Patch of the weights is what is mixed, and what is remembered."""
    made, memory = built(kind, **({"coverage": True} if kind == "additive" else {})), seen()
    forced = torch.tensor([0.25, 0, 0, 0.75]).double()
    with Patch(made, {"weights": lambda weights: forced.expand_as(weights)}):
        context, state = read(made, one(kind), memory)
    torch.testing.assert_close(context[0, 0], 0.25 * memory.outputs[0, 0] + 0.75 * memory.outputs[0, 3], **CLOSE)
    assert all(torch.equal(kept[0], forced) for kept in state.values())


@pytest.mark.parametrize("kind", SINGLE)
def test_dropout_is_on_the_weights_in_training_alone(kind: str) -> None:
    made, memory = built(kind, dropout=0.5), seen()
    assert torch.equal(read(made, one(kind), memory)[0], read(made, one(kind), memory)[0])
    made.train()
    with Tape(made) as tape:
        context, _ = read(made, one(kind), memory)
    alone, value = context[3, 0], memory.outputs[3, 0]
    assert torch.equal(alone, 2 * value) or not alone.any(), "of one place all or nothing, and what is kept is scaled"
    torch.testing.assert_close(tape["weights"][3].sum(), torch.tensor(1.0).double(), msg="recorded before dropout")
    found = {tuple(read(made, one(kind), memory)[0][3, 0].tolist()) for _ in range(20)}
    assert found == {tuple((2 * value).tolist()), (0.0, 0.0)}


@pytest.mark.parametrize("kind", SINGLE)
def test_half_precision_is_mixed_in_single_precision(kind: str) -> None:
    made, given = built(kind).float(), seen()
    memory = Memory(given.outputs.detach().float(), given.mask, given.summary.float())
    query = one(kind).detach().float()
    wanted, _ = read(made, query, memory)
    with torch.autocast("cpu", dtype=torch.bfloat16), Tape(made) as tape:
        got, _ = read(made, query, memory)
    assert got.dtype == torch.float32
    torch.testing.assert_close(got, wanted, atol=0.1, rtol=0.1)
    torch.testing.assert_close(tape["weights"][0].sum(), torch.tensor(1.0), atol=1e-6, rtol=0)


def test_every_reader_has_weights_of_its_own() -> None:
    bridge = Attention(Seen(MEMORY, MEMORY), General)
    first, second = bridge.reader(QUERY), bridge.reader(5)
    assert isinstance(first, General) and first.key.weight.shape == (QUERY, MEMORY)
    assert isinstance(second, General) and second.key.weight.shape == (5, MEMORY)
    assert bridge.reads and not list(bridge.parameters()), "a bridge makes readers, and holds none"
    memory = seen()
    assert bridge.view(memory) is memory


def test_what_a_reader_is() -> None:
    assert {kind: built(kind).output_size for kind in SINGLE} == dict.fromkeys(SINGLE, MEMORY)
    assert [kind for kind in ALL if built(kind).remembers] == ["location"]
    assert all(built(kind).asks for kind in ALL) and not any(built(kind).projects for kind in SINGLE)
    assert reader("additive", coverage=True).remembers
    assert read(built("general"), queries(), seen())[0].shape == (len(LENGTHS), TARGET, MEMORY)


def test_a_score_without_scores_says_so() -> None:
    with pytest.raises(TypeError, match="AttentionReader has no scores"):
        AttentionReader(QUERY, MEMORY)(queries(), {}, seen(), {})
