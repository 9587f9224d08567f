"""Whole recurrences in native code: plain RNN, GRU and LSTM over [batch, time, input] as it lies.

One call runs all steps of all rows, and one more their gradients (`native/recurrence.cpp`). Padding costs nothing:
each row stops at its length. With `reverse` a row is read from its last valid step, in place. Float32 on a CPU alone;
the cells fall back on torch's kernels, and those on the steps. Under autocast the factors of all products are rounded
to bf16, where the processor multiplies such numbers; sums, gates and State stay float32.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from seqloom.kernels.again import differentiated
from seqloom.kernels.library import native
from seqloom.kernels.paths import on
from seqloom.kernels.unrolled import unrolled

KINDS = {"tanh": (0, 1), "relu": (1, 1), "gru": (2, 3), "lstm": (3, 4)}
"""Number in the library and gates, by name."""
ALONE = 1 << 20
"""Multiplications below which one thread is quicker than to wake another."""


def _fields(pointers: str, numbers: str) -> list[tuple[str, Any]]:
    return [(name, ctypes.c_void_p) for name in pointers.split()] + [(name, ctypes.c_int64) for name in numbers.split()]


class _Call(ctypes.Structure):
    """`Call` of native/recurrence.h."""

    _fields_ = _fields(
        "x w_ih w_hh b_ih b_hh h_start c_start outputs gates cells h_last c_last", "x_row x_step input size"
    )


class _Gradients(ctypes.Structure):
    """`Gradients` of native/recurrence.h."""

    _fields_ = _fields("outputs h_last c_last x w_ih w_hh b_ih b_hh h_start c_start", "row step")


class _Rows(ctypes.Structure):
    """`Rows` of native/rows.h."""

    _fields_ = _fields("order length offset", "count time reverse")


@dataclass(frozen=True)
class Rows:
    """How long the rows of a batch are: `order` from the longest to the shortest, `length` and `offset` (where a row
    begins among all valid steps) in that order, and the number of valid steps; None where all is data."""

    steps: int
    order: Tensor | None = None
    length: Tensor | None = None
    offset: Tensor | None = None


def rows_of(mask: Tensor | None, batch: int, time: int) -> Rows:
    """Read the lengths off a mask [batch, time] that is a prefix of each row."""
    if mask is None:
        return Rows(batch * time)
    if mask.shape != (batch, time):
        raise ValueError(f"mask {tuple(mask.shape)} for {batch} rows of {time} steps")
    lengths = mask.sum(1)
    length, order = lengths.sort(descending=True, stable=True)
    ends = lengths.cumsum(0)
    return Rows(int(ends[-1]) if batch else 0, order, length, (ends - lengths)[order])


def usable(x: Tensor, state: Sequence[Tensor], weights: Sequence[Tensor]) -> bool:
    """Choose: True for the native path. Under autocast x and the State may have come out of a product as bf16.

    Shapes that do not fit are left to the plain form, which says what is wrong with them.
    """
    read = (torch.float32, torch.bfloat16) if torch.is_autocast_enabled("cpu") else (torch.float32,)
    batch, _, width = x.shape
    return (
        width == weights[0].shape[1]
        and all(one.shape == (batch, weights[1].shape[1]) for one in state)
        and all(one.dtype in read for one in (x, *state))
        and all(one.dtype == torch.float32 for one in weights)
        and all(one.device.type == "cpu" for one in (x, *state, *weights))
        and not torch.compiler.is_compiling()
        and on("recurrence")
    )


def run(
    kind: str, x: Tensor, mask: Tensor | None, state: Sequence[Tensor], weights: Sequence[Tensor], reverse: bool
) -> tuple[Tensor, list[Tensor]]:
    """Run a recurrence over x [batch, time, input] from `state` [batch, size] each.

    Return outputs [batch, time, size], zero on padding and in input order, and the last State: each row's after its
    last valid step, or what it started from where there is none; all float32. `weights` as in torch: w_ih, w_hh, b_ih
    and b_hh.
    """
    way = Way(kind, rows_of(mask, x.shape[0], x.shape[1]), reverse, torch.is_autocast_enabled("cpu") and _halves())
    x = x.float()
    given = (x if x.stride(-1) == 1 else x.contiguous(), *(one.float().contiguous() for one in (*state, *weights)))
    if torch.is_grad_enabled() and any(one.requires_grad for one in given):
        outputs, *last = _Recurrence.apply(way, *given)
    else:
        outputs, *last = _forward(way, given, keep=False)[0]
    return outputs, last


@dataclass(frozen=True)
class Way:
    """How a recurrence is run; `halves`: with products in bf16."""

    kind: str
    rows: Rows
    reverse: bool
    halves: bool


def _halves() -> bool:
    """Whether this processor multiplies bf16 numbers."""
    library = native()
    return library is not None and bool(library.bind("recurrence_halves", "", "i")())


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, way: Way, *given: Tensor) -> tuple[Tensor, ...]:
        answer, kept = _forward(way, given, keep=True)
        ctx.way, ctx.given = way, len(given)
        ctx.save_for_backward(*given, answer[0], *kept)
        ctx.set_materialize_grads(False)
        return answer

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor | None) -> tuple[Any, ...]:
        saved: tuple[Tensor, ...] = ctx.saved_tensors
        given, outputs, kept = saved[: ctx.given], saved[ctx.given], saved[ctx.given + 1 :]
        if torch.is_grad_enabled():
            return None, *differentiated(lambda *own: _plain(ctx.way, *own), given, slopes)
        wanted = ctx.needs_input_grad[1:]
        found = _backward(ctx.way, given, outputs, kept, slopes, to_x=wanted[0])
        return None, *(one if asked else None for one, asked in zip(found, wanted, strict=True))


def _plain(way: Way, x: Tensor, *given: Tensor) -> list[Tensor]:
    """Return what `_forward` returns by torch's operations; products are not rounded."""
    mask, rows = None, way.rows
    if rows.order is not None and rows.length is not None:
        lengths = torch.empty_like(rows.length).index_copy_(0, rows.order, rows.length)
        mask = torch.arange(x.shape[1]) < lengths.unsqueeze(1)
    return unrolled(way.kind, x, mask, list(given[:-4]), list(given[-4:]), way.reverse)


def _forward(way: Way, given: Sequence[Tensor], keep: bool) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Return outputs and last State and, to `keep`, what backward needs of each valid step."""
    x, *start = given[:-4]
    size = given[-3].shape[1]
    outputs = x.new_empty(*x.shape[:2], size)
    last = [torch.empty_like(one) for one in start]
    kept: tuple[Tensor, ...] = ()
    if keep and way.kind in ("gru", "lstm"):
        kept = (x.new_empty(way.rows.steps, 4 * size),)
        kept += (x.new_empty(way.rows.steps, size),) if way.kind == "lstm" else ()
    _run("recurrence_forward", way, x, size, _call(given, outputs, kept, last))
    return (outputs, *last), kept


def _backward(
    way: Way,
    given: Sequence[Tensor],
    outputs: Tensor,
    kept: Sequence[Tensor],
    slopes: Sequence[Tensor | None],
    to_x: bool,
) -> list[Tensor | None]:
    """Return the gradient of each of `given` from those of the outputs and the last State; that of x if asked for."""
    slope, *ends = slopes
    if slope is not None and slope.stride(-1) != 1:
        slope = slope.contiguous()
    ends = [None if one is None else one.contiguous() for one in ends]
    to: list[Tensor | None] = [torch.empty_like(one, memory_format=torch.contiguous_format) for one in given]
    if not to_x:
        to[0] = None
    table = _Gradients(outputs=_at(slope), x=_at(to[0]))
    table.row, table.step = (0, 0) if slope is None else slope.stride()[:2]
    table.h_last, table.c_last = map(_at, _pair(ends))
    table.h_start, table.c_start = map(_at, _pair(to[1:-4]))
    table.w_ih, table.w_hh, table.b_ih, table.b_hh = map(_at, to[-4:])
    _run("recurrence_backward", way, given[0], outputs.shape[2], _call(given, outputs, kept, []), table)
    return to


def _run(name: str, way: Way, x: Tensor, size: int, *tables: ctypes.Structure) -> None:
    library = native()
    assert library is not None
    rows = way.rows
    there = _Rows(_at(rows.order), _at(rows.length), _at(rows.offset), x.shape[0], x.shape[1], way.reverse)
    function = library.bind(name, "ii" + "p" * (len(tables) + 1) + "i")
    number, gates = KINDS[way.kind]
    threads = _threads(rows.steps * gates * size * (size + x.shape[2]), x.shape[0])
    function(number, way.halves, *map(ctypes.byref, tables), ctypes.byref(there), threads)


def _call(given: Sequence[Tensor], outputs: Tensor, kept: Sequence[Tensor], last: Sequence[Tensor]) -> _Call:
    x, *start = given[:-4]
    call = _Call(outputs=_at(outputs), x=_at(x), x_row=x.stride(0), x_step=x.stride(1))
    call.input, call.size = x.shape[2], outputs.shape[2]
    call.w_ih, call.w_hh, call.b_ih, call.b_hh = map(_at, given[-4:])
    call.h_start, call.c_start = map(_at, _pair(start))
    call.gates, call.cells = map(_at, _pair(kept))
    call.h_last, call.c_last = map(_at, _pair(last))
    return call


def _threads(work: int, rows: int) -> int:
    """Choose how many threads: each takes rows of its own, and small work is not worth the waking."""
    return 1 if work < ALONE else max(1, min(torch.get_num_threads(), rows))


def _at(tensor: Tensor | None) -> int | None:
    return None if tensor is None else tensor.data_ptr()


def _pair(found: Sequence[Tensor | None]) -> tuple[Tensor | None, Tensor | None]:
    """Fill up to two with None."""
    one, two, *_ = [*found, None, None]
    return one, two
