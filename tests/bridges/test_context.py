"""The context vector: what it is, what is left to see of a Memory, and to whom it is given."""

import pytest
import torch
from readers import CLOSE, LENGTHS, queries

from seqloom.bridges.bridge import Seen
from seqloom.bridges.context import Context
from seqloom.memory import Layout, Memory

FINAL = Layout(1, ("h",), 3)
SEEN = Seen(size=5, summary=3, final=FINAL)


def memory() -> Memory:
    g = torch.Generator().manual_seed(1)
    summary = torch.randn(len(LENGTHS), 3, generator=g, dtype=torch.float64, requires_grad=True)
    mask = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]
    outputs = torch.randn(len(LENGTHS), max(LENGTHS), 5, generator=g, dtype=torch.float64)
    tokens = torch.zeros(mask.shape, dtype=torch.long)
    return Memory(outputs, mask, summary, {"0": {"forwards": {"h": summary}}}, tokens)


def test_with_a_size_it_is_a_projection_and_hides_the_last_state() -> None:
    bridge = Context(SEEN, size=4).double()
    torch.nn.init.normal_(bridge.squeeze.bias)  # type: ignore[union-attr]
    given = memory()
    view = bridge.view(given)
    wanted = (given.summary @ bridge.squeeze.weight.T + bridge.squeeze.bias).tanh()  # type: ignore[union-attr]
    torch.testing.assert_close(view.summary, wanted, **CLOSE)
    assert torch.equal(view.outputs, view.summary.unsqueeze(1)) and view.mask.shape == (len(LENGTHS), 1)
    assert view.mask.all(), "one place, which always holds something"
    assert view.final is None and view.tokens is None
    assert bridge.seen == Seen(4, 4, None)


def test_without_a_size_it_is_the_summary_and_the_last_state_is_seen() -> None:
    bridge, given = Context(SEEN), memory()
    view = bridge.view(given)
    assert torch.equal(view.summary, given.summary) and view.final is given.final
    assert bridge.seen == Seen(3, 3, FINAL) and not list(bridge.parameters())
    assert view.outputs.shape == (len(LENGTHS), 1, 3), "nothing else of the source is seen"


def test_every_query_is_given_the_same() -> None:
    bridge, given = Context(SEEN), memory()
    reader = bridge.reader(7)
    view = bridge.view(given)
    context, state = reader(queries(), {}, view, {})
    assert context.shape == (len(LENGTHS), 3, 3) and state == {} and reader.prepare(view) == {}
    assert all(torch.equal(context[:, t], given.summary) for t in range(3))
    assert not reader.asks and reader.output_size == 3 and not list(reader.parameters())


@pytest.mark.parametrize(("to", "reads"), [("steps", True), ("start", False)])
def test_it_is_read_at_every_step_or_not_at_all(to: str, reads: bool) -> None:
    assert Context(SEEN, to=to).reads == reads  # type: ignore[arg-type]
    assert Context(SEEN).reads
