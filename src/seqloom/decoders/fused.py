"""Where a recurrent decoder that attends runs as one native loop (kernels/attend.py) instead of step by step.

Both give the same numbers. The loop is taken for several steps of a plain network, an LSTM or a GRU, with a score
that it knows, in float32 on a CPU (under autocast too, where it stays float32); not where a Tape or a Patch
asks for what it hides, and not where weights of the attention or the recurrence are dropped out. What is dropped out
between layers is drawn as the step loop draws it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from seqloom.cells.cell import Cell, Gated
from seqloom.cells.gru import GRU
from seqloom.cells.lstm import LSTM
from seqloom.cells.rnn import RNN
from seqloom.kernels.attend import DEEPEST, Kind, Layers, Score, Source, attend_after, attend_before, projected
from seqloom.kernels.paths import on
from seqloom.kernels.product import linear
from seqloom.layers.reader import Reader
from seqloom.layers.stack import RecurrentStack
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.tape import asked


@dataclass(frozen=True)
class Looped:
    """What the native loop needs to know of a decoder: its cells, bottom first, their kind, and how it looks."""

    cells: list[Gated]
    kind: Kind
    score: Score


def loopable(
    stack: RecurrentStack, reader: Reader, x: Tensor, memory: Memory, below: int | None = None
) -> Looped | None:
    """Choose: what the native loop needs to run all layers, or those `below`, over x [batch, time, input]; None: the
    step loop."""
    every = [stack.cell(layer, "forwards") for layer in range(len(stack.ways[:below]))]
    cells, score = [cell for cell in every if isinstance(cell, Gated)], reader.fused()
    kind = kind_of(every[0])
    if kind is None or score is None or len(every) > DEEPEST or not on("attention decoder"):
        return None
    if x.shape[0] == 0 or x.shape[1] < 2 or memory.outputs.shape[1] == 0:
        return None
    if memory.mask.shape != memory.outputs.shape[:2] or len(memory.mask) != len(x):
        return None  # the step loop says what is wrong with it
    if stack.training and stack.recurrent_drop:
        return None
    if stack.residual_from == 1 and every[0].input_size == every[0].size:
        return None
    if asked(reader, "weights") or any(asked(cell, *cell.probes) for cell in every):
        return None
    floats = [weight for part in (*every, reader) for weight in part.parameters()]
    return Looped(cells, kind, score) if _float32([x, memory.outputs, *floats]) else None


def kind_of(cell: Cell) -> Kind | None:
    """Return the loop's name for a cell, None where it knows none. A subclass may step in another way."""
    if type(cell) is GRU and cell.reset == "after":
        return "gru"
    if type(cell) is RNN:
        return cell.activation
    return "lstm" if type(cell) is LSTM else None


def read_before(
    looped: Looped,
    stack: RecurrentStack,
    x: Tensor,
    mask: Tensor | None,
    state: State,
    keys: State,
    memory: Memory,
) -> tuple[Tensor, Tensor, State]:
    """Read with the top layer's h and step, through all of x [batch, time, input]: -> hidden [batch, time, size], what
    was read [batch, time, memory] and the State of the layers."""
    from_x, from_context = _split(looped.cells[0].w_ih, x.shape[-1])
    values, context = _values(memory, from_context, x.shape[1])
    given, h, c = _given(looped, stack, x, from_x, mask, state, Source(values, keys["keys"], memory.mask))
    hidden, weights, last_h, last_c = attend_before(*given, context, (h, c))
    with torch.autocast(weights.device.type, enabled=False):
        found = weights @ memory.outputs.to(weights.dtype)
    return hidden, found, _state(last_h, last_c)


def read_after(
    looped: Looped,
    stack: RecurrentStack,
    out: nn.Linear,
    x: Tensor,
    mask: Tensor | None,
    state: State,
    fed: Tensor,
    keys: State,
    memory: Memory,
) -> tuple[Tensor, State, Tensor]:
    """Step, read and feed what was found, through all of x [batch, time, input]: -> what was found [batch, time,
    size], the State of the layers and the last of what was found, each row's own."""
    from_x, from_fed = _split(looped.cells[0].w_ih, x.shape[-1])
    of_context, of_h = _split(out.weight, memory.outputs.shape[-1])
    values, context = _values(memory, of_context, x.shape[1])
    given, h, c = _given(looped, stack, x, from_x, mask, state, Source(values, keys["keys"], memory.mask))
    found, last_h, last, last_c = attend_after(*given, from_fed, (of_h, out.bias, context), (h, fed, c))
    return found, _state(last_h, last_c), last


def _given(
    looped: Looped, stack: RecurrentStack, x: Tensor, from_x: Tensor, mask: Tensor | None, state: State, source: Source
) -> tuple[tuple[Layers, Tensor, Tensor, Source, Score], Tensor, Tensor | None]:
    """Return what both loops take first, and the start h and c [layers, batch, size]."""
    layers, h, c = _layers(looped, stack, x, state)
    return (layers, linear(x, from_x, looped.cells[0].b_ih), _lengths(x, mask), source, looped.score), h, c


def _layers(looped: Looped, stack: RecurrentStack, x: Tensor, state: State) -> tuple[Layers, Tensor, Tensor | None]:
    """Return the cells as the loop takes them, and their h and c [layers, batch, size]."""
    cells = looped.cells
    starts = [state[str(layer)]["forwards"] for layer in range(len(cells))]
    if any(part.shape != (len(x), stack.size) for start in starts for part in start.values()):
        raise ValueError(f"a State of {len(starts[0]['h'])} rows for {len(x)}, or of another width than {stack.size}")
    layers = Layers(
        looped.kind,
        [cell.w_hh for cell in cells],
        [cell.b_hh for cell in cells],
        [cell.w_ih for cell in cells[1:]],
        [cell.b_ih for cell in cells[1:]],
        stack.residual_from,
        _noise(stack, x, len(cells)),
    )
    c = torch.stack([start["c"] for start in starts]) if looped.kind == "lstm" else None
    return layers, torch.stack([start["h"] for start in starts]), c


def _noise(stack: RecurrentStack, x: Tensor, layers: int) -> Tensor | None:
    """Draw what is dropped between layers in the step loop's order, as factors [batch, time, layers - 1, size]."""
    noise, (batch, time, _) = stack.noise(x[:, 0]), x.shape
    if layers == 1 or not (stack.training and stack.drop):
        return None
    ones = x.new_ones(batch, stack.size)
    steps = [
        torch.stack([dropout(ones, stack.drop) if mask is None else mask for mask in noise.between[: layers - 1]], 1)
        for _ in range(time)
    ]
    return torch.stack(steps, 1)


def _state(h: Tensor, c: Tensor | None) -> State:
    """Name the last h and c of every layer."""
    if c is None:
        return {str(layer): {"forwards": {"h": h[layer]}} for layer in range(len(h))}
    return {str(layer): {"forwards": {"h": h[layer], "c": c[layer]}} for layer in range(len(h))}


def _values(memory: Memory, weight: Tensor, time: int) -> tuple[Tensor, Tensor | None]:
    """Return what is mixed, and the weights that bring it to its place where they are not in it already."""
    if projected(memory.outputs.shape[1], time):
        return linear(memory.outputs, weight), None
    return memory.outputs, weight


def _split(weight: Tensor, first: int) -> tuple[Tensor, ...]:
    return weight.split([first, weight.shape[1] - first], 1)


def _lengths(x: Tensor, mask: Tensor | None) -> Tensor:
    if mask is not None and mask.shape != x.shape[:2]:
        raise ValueError(f"mask {tuple(mask.shape)} for {len(x)} rows of {x.shape[1]} steps")
    return torch.full((x.shape[0],), x.shape[1]) if mask is None else mask.sum(1)


def _float32(tensors: Iterable[Tensor]) -> bool:
    """Whether all are on a CPU and in float32, or in what autocast makes of it."""
    fine = {torch.float32}
    if torch.is_autocast_enabled("cpu"):
        fine.add(torch.get_autocast_dtype("cpu"))
    return all(tensor.device.type == "cpu" and tensor.dtype in fine for tensor in tensors)
