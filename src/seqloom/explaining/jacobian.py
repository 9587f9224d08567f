"""Jacobians of a recurrence: how a small change of the State at one step changes the State at a later one.

    J_t = dS_t / dS_{t-1}                       S_t the whole State after step t (h, and c where there is one)
    dS_T / dS_t = J_T J_{T-1} ... J_{t+1}       Bengio et al. 1994; Pascanu et al. 2013 (arXiv:1211.5063), eq. 5

The whole State is what the next step reads: h and c stand side by side as independent inputs of it, all layers of a
stack in one direction beside each other. So J_t is square, its width the number of values in the State. Of the plain
network J_t = diag(g'(a_t)) W_hh.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import jacrev, jvp, vmap

from seqloom.cells.cell import Cell
from seqloom.cells.rnn import RNN
from seqloom.layers.stack import RecurrentStack
from seqloom.state import State, each, tensors

Step = Callable[[Tensor, State], State]
"""One step of a recurrence for one row: x [1, input] and the State before -> the State after."""
HELD = 2**22
"""Numbers of Jacobians that are computed side by side."""


def jacobians(
    part: Cell | RecurrentStack,
    inputs: Tensor,
    state: State | None = None,
    layer: int | None = None,
    way: str = "forwards",
) -> Tensor:
    """Return J_t of every step that a cell or a stack takes over one row, [time, state, state].

    inputs  [time, input], in input order
    state   before the first step, with a batch of 1; None: as the part starts
    layer   of a stack: 0 is the bottom one, in direction `way`, given what the layers below it make of the inputs;
            None: all layers as one State, for a stack that reads in one direction

    Steps are in the order in which the recurrence takes them, so that backwards the first is the row's last. Row i,
    column j holds how value i after the step changes with value j before it; values stand layer by layer and, within
    one, in the order of the cell's `parts`. Dropout must be off (`eval()`). Raises ValueError for a stack in both
    directions without a layer.
    """
    with torch.no_grad():
        step, read, before = recurrence(part, inputs, state, layer, way)
        flats = []
        for x in read.unbind(0):
            flats.append(flatten(before))
            before = step(x[None], before)
        width = flats[0].numel() if flats else flatten(before).numel()
        if not flats:
            return inputs.new_zeros(0, width, width)

        def after(flat: Tensor, x: Tensor) -> Tensor:
            return flatten(step(x[None], unflatten(flat, before)))

        found: Tensor = vmap(jacrev(after), chunk_size=max(1, HELD // width**2))(torch.stack(flats), read)
        return found


def recurrence(
    part: Cell | RecurrentStack, inputs: Tensor, state: State | None, layer: int | None, way: str
) -> tuple[Step, Tensor, State]:
    """Return the step of a cell, a stack or one layer of it, what it reads at each [time, input] in its own order, and
    the State before the first; arguments as `jacobians`."""
    if isinstance(part, Cell):
        return (lambda x, now: part(x, now)[1]), inputs, part.start(1, inputs) if state is None else state
    start = part.start(1, inputs) if state is None else state
    if layer is not None:
        read = part(inputs[None], None, start, below=layer)[0][0]
        cell = part.cell(layer, way)
        return (lambda x, now: cell(x, now)[1]), _ordered(read, way), start[str(layer)][way]
    ways = {one for ways in part.ways for one in ways}
    if len(ways) > 1:
        raise ValueError("a stack in both directions has no State that one step carries on: name a layer and a way")
    return (lambda x, now: stepped(part, x, now)[1]), _ordered(inputs, *ways), start


def stepped(stack: RecurrentStack, x: Tensor, state: State) -> tuple[Tensor, State]:
    """Take one step of every layer of a stack that reads in one direction, whichever it is, without dropout.

    A stack that reads backwards has no `step` of its own, for nothing is ever written with it.
    """
    last: State = {}
    for layer, (way,) in enumerate(stack.ways):
        y, after = stack.cell(layer, way)(x, state[str(layer)][way])
        x = y + x if layer + 1 >= stack.residual_from and y.shape[-1] == x.shape[-1] else y
        last[str(layer)] = {way: after}
    return x, last


def pull(step: Callable[[State], State], state: State, rows: Tensor) -> Tensor:
    """Return rows [k, state] times the Jacobian of a step from `state`: [k, state], without the Jacobian itself."""
    with torch.no_grad():
        back = torch.func.vjp(lambda flat: flatten(step(unflatten(flat, state))), flatten(state))[1]
        pulled: Tensor = vmap(lambda row: back(row)[0])(rows)
        return pulled


def push(step: Callable[[State], State], state: State, rows: Tensor) -> Tensor:
    """Return what a step from `state` makes of small changes of it: rows [k, state] -> [k, state], J times each."""
    with torch.no_grad():
        flat = flatten(state)
        pushed: Tensor = vmap(lambda row: jvp(lambda now: flatten(step(unflatten(now, state))), (flat,), (row,))[1])(
            rows
        )
        return pushed


def dense(step: Callable[[State], State], state: State) -> Tensor:
    """Return the Jacobian of one step from `state`, [state, state]."""
    flat = flatten(state)
    return pull(step, state, torch.eye(flat.numel(), dtype=flat.dtype, device=flat.device))


def largest(matrices: Tensor) -> Tensor:
    """Return the largest singular value of each of [..., rows, columns], in double precision.

    It is the root of the largest eigenvalue of M M' (or of M' M, whichever is smaller), which costs a fraction of a
    decomposition and gives this one value to full precision.
    """
    scale = matrices.abs().amax((-2, -1), keepdim=True).double()
    scaled = matrices.double() / torch.where((scale > 0) & scale.isfinite(), scale, torch.ones_like(scale))
    gram = scaled @ scaled.mT if scaled.shape[-2] <= scaled.shape[-1] else scaled.mT @ scaled
    finite = gram.isfinite().all(-1).all(-1)
    top = torch.linalg.eigvalsh(torch.where(finite[..., None, None], gram, torch.zeros_like(gram)))[..., -1]
    top = top.clamp(min=0).sqrt() * scale[..., 0, 0]
    return torch.where(finite, top, torch.full_like(top, torch.inf))


def carried(jacobians: Tensor) -> Tensor:
    """Return the norm of dS_T / dS_t by distance T - t = 1, 2 ... time: the largest singular value of the product of
    the last so many of J [time, state, state]. Double precision; nothing overflows before 10^308."""
    norms, logs = [], 0.0
    product = torch.eye(jacobians.shape[-1], dtype=torch.float64, device=jacobians.device)
    for one in reversed(jacobians.unbind(0)):
        product = product @ one.double()
        size = float(product.abs().max()) or 1.0
        product, logs = product / size, logs + math.log(size)
        norms.append(largest(product) * (product.new_full((), logs)).exp())
    return torch.stack(norms) if norms else product.new_zeros(0)


def split(cell: RNN, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """Return the two factors of the plain network's Jacobian: g'(a_t) [time, size], and W_hh [size, size].

    hidden [time, size] are its states, from which the slope of the activation follows: 1 - h^2 of tanh, 1 above 0 of
    relu.
    """
    slope = 1 - hidden.square() if cell.activation == "tanh" else (hidden > 0).to(hidden.dtype)
    return slope, cell.w_hh.detach()


def flatten(state: State) -> Tensor:
    """Return every value of a State with a batch of 1 in one row, [state]."""
    return torch.cat([value.reshape(-1) for value in tensors(state)])


def unflatten(flat: Tensor, like: State) -> State:
    """Return the State that `flatten` made a row of; `like` has its names and shapes."""
    pieces = iter(flat.split([value.numel() for value in tensors(like)]))
    return each(lambda value: next(pieces).reshape(value.shape), like)


def _ordered(read: Tensor, way: str) -> Tensor:
    return read.flip(0) if way == "backwards" else read
