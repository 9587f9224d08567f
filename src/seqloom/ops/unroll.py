"""Unroll a cell over a sequence: the one place that chooses between its fast scan and the step loop.

Both give the same numbers. The scan is taken when the cell has one, unless a Tape or a Patch asks for what it hides
or the recurrence itself is dropped out. A padded step leaves the State as it was and outputs zero; nothing is packed.
A cell may also have a `sweep`, which knows padding and direction by itself and answers None where it cannot serve.
"""

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from seqloom.ops.lengths import flip
from seqloom.ops.recompute import active, in_pieces
from seqloom.state import State, keep
from seqloom.tape import asked, sequence


class Steps(Protocol):
    """What unroll needs of a cell; `scan` is None or `(x, mask, state) -> (outputs, State)`."""

    size: int
    probes: tuple[str, ...]
    scan: Any

    def __call__(self, x: Tensor, state: State) -> tuple[Tensor, State]: ...


def unroll(
    cell: Any, x: Tensor, mask: Tensor | None, state: State, reverse: bool = False, recall: Tensor | None = None
) -> tuple[Tensor, State]:
    """Run `cell` over x [batch, time, input] from `state`; return outputs [batch, time, size] and the last State.

    `mask` [batch, time] is a prefix of each row, None where all is data. `reverse` reads each row from its last
    valid step to its first and answers in input order. `recall` [batch, size] multiplies what the recurrence
    remembers at every step (variational dropout).
    """
    if x.shape[1] == 0:
        return x.new_zeros(x.shape[0], 0, cell.size), state
    if mask is not None and mask.device.type == "cpu" and bool(mask.all()):
        mask = None
    scans = scannable(cell, recall) and (x.shape[1] > 1 or not x.is_cpu)  # one step is quicker as a step
    sweep = getattr(cell, "sweep", None) if scans else None
    done: tuple[Tensor, State] | None = None if sweep is None or active() else sweep(x, mask, state, reverse)
    if done is not None:
        return done
    if reverse:
        x = flip(x, mask)
    if scans:

        def scan(x: Tensor, mask: Tensor | None, state: State) -> tuple[Tensor, State]:
            piece: tuple[Tensor, State] | None = None if sweep is None else sweep(x, mask, state, False)
            return cell.scan(x, mask, state) if piece is None else piece

        outputs, state = in_pieces(scan, x, mask, state)
    else:

        def loop(x: Tensor, mask: Tensor | None, state: State) -> tuple[Tensor, State]:
            return _step_loop(cell, x, mask, state, reverse, recall)

        outputs, state = in_pieces(loop, x, mask, state)
    outputs = outputs.contiguous()  # dropout draws its noise in the order of memory: the same by every path
    if mask is not None:
        outputs = outputs.masked_fill(~mask.unsqueeze(-1), 0)
    return (flip(outputs, mask) if reverse else outputs), state


def scannable(cell: Any, recall: Tensor | None = None) -> bool:
    """Choose: True for the cell's own scan, False for the step loop."""
    return getattr(cell, "scan", None) is not None and recall is None and not asked(cell, *cell.probes)


def _step_loop(
    cell: nn.Module, x: Tensor, mask: Tensor | None, state: State, reverse: bool, recall: Tensor | None
) -> tuple[Tensor, State]:
    outputs = []
    with sequence(mask, reverse):
        for step, x_t in enumerate(x.unbind(1)):
            y, new = cell(x_t, state if recall is None else {**state, "recall": recall})
            state = new if mask is None else keep(mask[:, step], new, state)
            outputs.append(y)
    return torch.stack(outputs, 1), state
