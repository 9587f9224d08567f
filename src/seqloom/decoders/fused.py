"""Where a recurrent decoder that attends runs as one native loop (kernels/attend.py) instead of step by step.

Both give the same numbers. The loop is taken for several steps of one layer of a plain network, an LSTM or a GRU, with
a score that it knows, in float32 on a CPU (under autocast too, where it stays float32); not where a Tape or a Patch
asks for what it hides, and not where weights of the attention or the recurrence are dropped out.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from seqloom.cells.cell import Cell, Gated
from seqloom.cells.gru import GRU
from seqloom.cells.lstm import LSTM
from seqloom.cells.rnn import RNN
from seqloom.kernels.attend import Kind, Score, Source, attend_after, attend_before, projected
from seqloom.kernels.paths import on
from seqloom.kernels.product import linear
from seqloom.layers.reader import Reader
from seqloom.layers.stack import RecurrentStack
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.tape import asked


@dataclass(frozen=True)
class Looped:
    """What the native loop needs to know of a decoder: its cell, which kind that is, and how it looks."""

    cell: Gated
    kind: Kind
    score: Score


def loopable(stack: RecurrentStack, reader: Reader, x: Tensor, memory: Memory) -> Looped | None:
    """Choose: what the native loop needs to run the bottom layer over x [batch, time, input]; None: the step loop."""
    cell, score = stack.cell(0, "forwards"), reader.fused()
    kind = kind_of(cell)
    if kind is None or score is None or not isinstance(cell, Gated) or not on("attention decoder"):
        return None
    if x.shape[0] == 0 or x.shape[1] < 2 or memory.outputs.shape[1] == 0:
        return None
    if (stack.training and stack.recurrent_drop) or (stack.residual_from == 1 and cell.input_size == cell.size):
        return None
    if asked(cell, *cell.probes) or asked(reader, "weights"):
        return None
    floats = [*cell.parameters(), *reader.parameters()]
    return Looped(cell, kind, score) if _float32([x, memory.outputs, *floats]) else None


def kind_of(cell: Cell) -> Kind | None:
    """Return the loop's name for a cell, None where it knows none. A subclass may step in another way."""
    if type(cell) is GRU and cell.reset == "after":
        return "gru"
    if type(cell) is RNN:
        return cell.activation
    return "lstm" if type(cell) is LSTM else None


def read_before(
    looped: Looped, x: Tensor, mask: Tensor | None, state: State, keys: State, memory: Memory
) -> tuple[Tensor, Tensor, State]:
    """Read with h and step, through all of x [batch, time, input]: -> hidden [batch, time, size], what was read
    [batch, time, memory] and the bottom layer's State."""
    cell, (from_x, from_context) = looped.cell, _split(looped.cell.w_ih, x.shape[-1])
    values, context = _values(memory, from_context, x.shape[1])
    hidden, weights, h, c = attend_before(
        looped.kind,
        linear(x, from_x, cell.b_ih),
        _lengths(x, mask),
        Source(values, keys["keys"], memory.mask),
        looped.score,
        (cell.w_hh, cell.b_hh, context),
        (state["h"], state.get("c")),
    )
    with torch.autocast(weights.device.type, enabled=False):
        found = weights @ memory.outputs.to(weights.dtype)
    return hidden, found, {"h": h, "c": c} if "c" in state else {"h": h}


def read_after(
    looped: Looped,
    out: nn.Linear,
    x: Tensor,
    mask: Tensor | None,
    state: State,
    fed: Tensor,
    keys: State,
    memory: Memory,
) -> tuple[Tensor, State, Tensor]:
    """Step, read and feed what was found, through all of x [batch, time, input]: -> what was found [batch, time,
    size], the bottom layer's State and the last of what was found, each row's own."""
    cell, (from_x, from_fed) = looped.cell, _split(looped.cell.w_ih, x.shape[-1])
    of_context, of_h = _split(out.weight, memory.outputs.shape[-1])
    values, context = _values(memory, of_context, x.shape[1])
    found, h, last, c = attend_after(
        looped.kind,
        linear(x, from_x, cell.b_ih),
        _lengths(x, mask),
        Source(values, keys["keys"], memory.mask),
        looped.score,
        (cell.w_hh, cell.b_hh, from_fed),
        (of_h, out.bias, context),
        (state["h"], fed, state.get("c")),
    )
    return found, {"h": h, "c": c} if "c" in state else {"h": h}, last


def _values(memory: Memory, weight: Tensor, time: int) -> tuple[Tensor, Tensor | None]:
    """Return what is mixed, and the weights that bring it to its place where they are not in it already."""
    if projected(memory.outputs.shape[1], time):
        return linear(memory.outputs, weight), None
    return memory.outputs, weight


def _split(weight: Tensor, first: int) -> tuple[Tensor, ...]:
    return weight.split([first, weight.shape[1] - first], 1)


def _lengths(x: Tensor, mask: Tensor | None) -> Tensor:
    return torch.full((x.shape[0],), x.shape[1]) if mask is None else mask.sum(1)


def _float32(tensors: Iterable[Tensor]) -> bool:
    """Whether all are on a CPU and in float32, or in what autocast makes of it."""
    fine = {torch.float32}
    if torch.is_autocast_enabled("cpu"):
        fine.add(torch.get_autocast_dtype("cpu"))
    return all(tensor.device.type == "cpu" and tensor.dtype in fine for tensor in tensors)
