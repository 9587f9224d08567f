"""The loop of a recurrent decoder that attends at every step, forward and backward, as one native call each.

What a plain loop does step by step and need not is done in one piece: the input's side of the gates, the keys, the
values and all gradients of weights are single products over all steps. The values may be the memory as projected by
the weights that read the context: then no step has a product of the memory's width (see `projected`). The native loop
(attend_before.cpp, attend_after.cpp) runs the rows of each thread through all steps.
"""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.amp import custom_bwd, custom_fwd
from torch.autograd.function import once_differentiable

from seqloom.kernels.additive import library, pointers, threads
from seqloom.kernels.product import multiply, pays

Kind = Literal["tanh", "relu", "lstm", "gru"]
KINDS: dict[Kind, int] = {"tanh": 0, "relu": 1, "lstm": 2, "gru": 3}
"""Cells that the loops know, by their number there; a GRU is one that resets after the product."""
KEPT = {"tanh": 0, "relu": 0, "lstm": 4, "gru": 4}
SMALL = 1 << 20
"""Below so many multiplications in the recurrent products one thread does them all."""


@dataclass(frozen=True)
class Score:
    """How a query looks at keys: v . tanh(W q + b + k), or factor * (W q + b) . k where there is no v.

    weight [width, size] and bias [width] make the query of a hidden state; None where it is the query as it stands.
    """

    weight: Tensor | None = None
    bias: Tensor | None = None
    v: Tensor | None = None
    factor: float = 1.0


@dataclass(frozen=True)
class Source:
    """What is looked at: values [batch, source, mixed], keys [batch, source, width] and mask [batch, source]."""

    values: Tensor
    keys: Tensor
    mask: Tensor


def projected(source: int, target: int) -> bool:
    """Choose whether the memory is projected once a place, or what was mixed of it once a step: what is less."""
    return source <= target


def attend_before(
    kind: Kind,
    gates: Tensor,
    lengths: Tensor,
    source: Source,
    score: Score,
    weights: tuple[Tensor, Tensor, Tensor | None],
    start: tuple[Tensor, Tensor | None],
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Read, then step: return hidden [batch, time, size], attention [batch, time, source], last h and c [batch, size].

    gates    [batch, time, gates * size], the input's side with its bias
    lengths  [batch], the steps that each row has
    weights  of the cell: recurrent [gates * size, size], its bias, and what turns the context into gates
             [gates * size, mixed]; None where the values are projected already
    """
    recurrent, bias, context = weights
    recurrent, bias, asked = _joined(recurrent, bias, score)
    found: tuple[Tensor, Tensor, Tensor, Tensor] = _Before.apply(
        (kind, asked, score.factor), source.mask, lengths, gates, source.values, source.keys, recurrent, bias, score.v,
        context, *start
    )  # fmt: skip
    return found


def attend_after(
    kind: Kind,
    gates: Tensor,
    lengths: Tensor,
    source: Source,
    score: Score,
    weights: tuple[Tensor, Tensor, Tensor],
    out: tuple[Tensor, Tensor, Tensor | None],
    start: tuple[Tensor, Tensor, Tensor | None],
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Step, then read, and feed what was found to the next step: return out [batch, time, size], last h, o and c.

    weights  of the cell: recurrent, its bias, and what turns the last o into gates [gates * size, size]
    out      the layer that mixes: its part for h [size, size], its bias, its part for the context [size, mixed]; None
             where the values are projected already
    start    h, o and c
    """
    asking, its_bias, asked = out[0], out[1], 0
    if score.weight is not None:
        asked = score.weight.shape[0]
        none = out[1].new_zeros(asked) if score.bias is None else score.bias
        asking, its_bias = torch.cat([score.weight, out[0]]), torch.cat([none, out[1]])
    found: tuple[Tensor, Tensor, Tensor, Tensor] = _After.apply(
        (kind, asked, score.factor), source.mask, lengths, gates, source.values, source.keys, *weights, asking,
        its_bias, score.v, out[2], *start
    )  # fmt: skip
    return found


def _joined(recurrent: Tensor, bias: Tensor, score: Score) -> tuple[Tensor, Tensor, int]:
    """Put what makes the query under the recurrent weights: both are multiplied with the same h."""
    if score.weight is None:
        return recurrent, bias, 0
    width = score.weight.shape[0]
    asking = bias.new_zeros(width) if score.bias is None else score.bias
    return torch.cat([recurrent, score.weight]), torch.cat([bias, asking]), width


class _Loop:
    """The sizes of one call, the order of its rows, and tensors to be written."""

    def __init__(self, how: tuple[Kind, int, float], gates: Tensor, values: Tensor, keys: Tensor, size: int) -> None:
        self.kind, self.asked, self.factor = how
        self.batch, self.time, self.count = gates.shape
        self.source, self.width, self.mixed, self.size = keys.shape[1], keys.shape[2], values.shape[2], size
        self._like = gates

    def sizes(self, context: Tensor | None) -> Tensor:
        """Return the sizes as the native side reads them (attending.h)."""
        work = self.batch * self.time * self.count * self.size
        own = [self.batch, self.time, self.source, self.size, KINDS[self.kind], self.width, self.asked, self.mixed]
        return torch.tensor([*own, int(context is not None), threads(work, SMALL)])

    def steps(self, width: int) -> Tensor:
        """Return room for a vector at every step."""
        return self._like.new_empty(self.batch, self.time, width)

    def rows(self, width: int) -> Tensor:
        """Return room for a vector a row."""
        return self._like.new_empty(self.batch, width)

    def kept(self) -> Tensor:
        """Return room for what a cell's backward needs."""
        return self.steps(KEPT[self.kind] * self.size)

    def before(self, start: Tensor, every: Tensor) -> Tensor:
        """Return what stood before every step of `every`: [batch * time, size]."""
        return torch.cat([start.unsqueeze(1), every[:, :-1]], 1).flatten(0, 1)

    def product(self, left: Tensor, right: Tensor) -> Tensor:
        """Return the gradient of weights over all steps at once: left^T right."""
        turned = left.flatten(0, 1).T
        return multiply(turned, right) if pays() else turned @ right


def _ordered(lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Return lengths, and rows by falling length."""
    lengths = lengths.to(torch.int64).contiguous()
    return lengths, torch.argsort(lengths, descending=True, stable=True)


def _plain(*given: Tensor | None) -> list[Any]:
    """Return each tensor as the native side reads it."""
    return [None if tensor is None else tensor.contiguous() for tensor in given]


class _Before(torch.autograd.Function):
    @staticmethod
    @custom_fwd(device_type="cpu", cast_inputs=torch.float32)  # type: ignore[untyped-decorator]
    def forward(ctx: Any, how: Any, mask: Tensor, lengths: Tensor, *given: Tensor | None) -> tuple[Tensor, ...]:
        gates, values, keys, recurrent, bias, v, context, h, c = _plain(*given)
        lengths, order = _ordered(lengths)
        mask = mask.contiguous()
        loop = _Loop(how, gates, values, keys, h.shape[1])
        size, lstm = loop.size, loop.kind == "lstm"
        hidden, attention, kept, queries = (
            loop.steps(size), loop.steps(loop.source), loop.kept(), loop.steps(loop.asked)
        )  # fmt: skip
        cells, last_c = (loop.steps(size), loop.rows(size)) if lstm else (loop.steps(0), loop.rows(0))
        last_h, sizes = loop.rows(size), loop.sizes(context)
        forward = library().bind("attend_before_forward", "p" * 10 + "f" + "p" * 10)
        forward(
            *pointers(sizes, gates, values, keys, mask, lengths, order, recurrent, bias, v), loop.factor,
            *pointers(context, h, c, hidden, cells, attention, kept, queries, last_h, last_c),
        )  # fmt: skip
        ctx.loop, ctx.sizes = loop, sizes
        ctx.save_for_backward(
            mask, lengths, order, values, keys, recurrent, v, context, h, c, hidden, cells, attention, kept, queries
        )
        return hidden, attention, last_h, last_c

    @staticmethod
    @custom_bwd(device_type="cpu")  # type: ignore[untyped-decorator]
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        mask, lengths, order, values, keys, recurrent, v, context, h, c, *made = ctx.saved_tensors
        hidden, cells, attention, kept, queries = made
        loop: _Loop = ctx.loop
        to_hidden, to_attention, to_h, to_c = _plain(*grads)
        dx, dq, dv = loop.steps(loop.count), loop.steps(loop.asked), values.new_zeros(loop.batch, loop.width)
        du = loop.steps(loop.count) if loop.kind == "gru" else dx
        dkeys, dmixed = torch.zeros_like(keys), None if context is None else loop.steps(loop.mixed)
        dh, dc = torch.empty_like(h), None if c is None else torch.empty_like(c)
        backward = library().bind("attend_before_backward", "p" * 8 + "f" + "p" * 20)
        backward(
            *pointers(ctx.sizes, values, keys, mask, lengths, order, recurrent, v), loop.factor,
            *pointers(context, h, c, hidden, cells, attention, kept, queries, to_hidden, to_attention, to_h, to_c),
            *pointers(dx, du, dq, dkeys, dmixed, dv, dh, dc),
        )  # fmt: skip
        before = loop.before(h, hidden)
        drecurrent = torch.cat([loop.product(du, before), loop.product(dq, before)])
        dbias = torch.cat([du.sum((0, 1)), dq.sum((0, 1))])
        dvalues = attention.mT @ (dx if dmixed is None else dmixed)
        dcontext = None if context is None else loop.product(dx, (attention @ values).flatten(0, 1))
        dv = None if v is None else dv.sum(0)
        return None, None, None, dx, dvalues, dkeys, drecurrent, dbias, dv, dcontext, dh, dc


class _After(torch.autograd.Function):
    @staticmethod
    @custom_fwd(device_type="cpu", cast_inputs=torch.float32)  # type: ignore[untyped-decorator]
    def forward(ctx: Any, how: Any, mask: Tensor, lengths: Tensor, *given: Tensor | None) -> tuple[Tensor, ...]:
        gates, values, keys, recurrent, bias, feed, asking, its_bias, v, context, h, o, c = _plain(*given)
        lengths, order = _ordered(lengths)
        mask = mask.contiguous()
        loop = _Loop(how, gates, values, keys, h.shape[1])
        size, lstm = loop.size, loop.kind == "lstm"
        out, hidden, attention, kept = loop.steps(size), loop.steps(size), loop.steps(loop.source), loop.kept()
        queries = loop.steps(loop.asked)
        cells, last_c = (loop.steps(size), loop.rows(size)) if lstm else (loop.steps(0), loop.rows(0))
        last_h, last_o, sizes = loop.rows(size), loop.rows(size), loop.sizes(context)
        forward = library().bind("attend_after_forward", "p" * 13 + "f" + "p" * 13)
        forward(
            *pointers(sizes, gates, values, keys, mask, lengths, order, recurrent, bias, feed, asking, its_bias, v),
            loop.factor,
            *pointers(context, h, c, o, out, hidden, cells, attention, kept, queries, last_h, last_c, last_o),
        )  # fmt: skip
        ctx.loop, ctx.sizes = loop, sizes
        ctx.save_for_backward(
            mask, lengths, order, values, keys, recurrent, feed, asking, v, context, h, o, c, out, hidden, cells,
            attention, kept, queries
        )  # fmt: skip
        return out, last_h, last_o, last_c

    @staticmethod
    @custom_bwd(device_type="cpu")  # type: ignore[untyped-decorator]
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        mask, lengths, order, values, keys, recurrent, feed, asking, v, context, h, o, c, *made = ctx.saved_tensors
        out, hidden, cells, attention, kept, queries = made
        loop: _Loop = ctx.loop
        to_out, to_h, to_o, to_c = _plain(*grads)
        dx, dq, dv = loop.steps(loop.count), loop.steps(loop.asked), values.new_zeros(loop.batch, loop.width)
        du = loop.steps(loop.count) if loop.kind == "gru" else dx
        dkeys, dmixed = torch.zeros_like(keys), None if context is None else loop.steps(loop.mixed)
        dunder, dh, do = loop.steps(loop.size), torch.empty_like(h), torch.empty_like(o)
        dc = None if c is None else torch.empty_like(c)
        backward = library().bind("attend_after_backward", "p" * 10 + "f" + "p" * 23)
        backward(
            *pointers(ctx.sizes, values, keys, mask, lengths, order, recurrent, feed, asking, v), loop.factor,
            *pointers(context, h, c, out, hidden, cells, attention, kept, queries, to_out, to_h, to_c, to_o),
            *pointers(dx, du, dq, dkeys, dmixed, dunder, dv, dh, dc, do),
        )  # fmt: skip
        drecurrent, dfeed = loop.product(du, loop.before(h, hidden)), loop.product(dx, loop.before(o, out))
        now = hidden.flatten(0, 1)
        dasking = torch.cat([loop.product(dq, now), loop.product(dunder, now)])
        its_dbias = torch.cat([dq.sum((0, 1)), dunder.sum((0, 1))])
        dvalues = attention.mT @ (dunder if dmixed is None else dmixed)
        dcontext = None if context is None else loop.product(dunder, (attention @ values).flatten(0, 1))
        dv = None if v is None else dv.sum(0)
        weights = drecurrent, du.sum((0, 1)), dfeed, dasking, its_dbias
        return None, None, None, dx, dvalues, dkeys, *weights, dv, dcontext, dh, do, dc
