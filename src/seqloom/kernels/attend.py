"""The loop of a recurrent decoder that attends at every step, forward and backward, as one native call each.

What a plain loop does step by step and need not is done in one piece: the input's side of the gates, the keys, the
values and all gradients of weights are single products over all steps. The values may be the memory as projected by
the weights that read the context: then no step has a product of the memory's width (see `projected`). The native loop
(attend_before.cpp, attend_after.cpp) runs the rows of each thread through all steps.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

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
DEEPEST = 8
"""So many layers the loops can hold (layers.h)."""
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


@dataclass(frozen=True)
class Layers:
    """The cells, bottom first: `kind`, and of each the weights [gates * size, size] and biases [gates * size].

    recurrent, bias       of the product with the layer's own past
    inward, inward_bias   of the product with the layer below: none for the bottom layer
    residual              the layer, counted from 1, from which on a layer's input is added to what it gives
    noise                 [batch, time, layers - 1, size], what is multiplied with the input of each layer but the
                          bottom one; None: nothing
    """

    kind: Kind
    recurrent: list[Tensor]
    bias: list[Tensor]
    inward: list[Tensor]
    inward_bias: list[Tensor]
    residual: int
    noise: Tensor | None


def projected(source: int, target: int) -> bool:
    """Choose whether the memory is projected once a place, or what was mixed of it once a step: what is less."""
    return source <= target


def attend_before(
    layers: Layers,
    gates: Tensor,
    lengths: Tensor,
    source: Source,
    score: Score,
    context: Tensor | None,
    start: tuple[Tensor, Tensor | None],
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Read, then step: return what the top layer gives [batch, time, size], attention [batch, time, source], and the
    last h and c [layers, batch, size].

    gates    [batch, time, gates * size], the input's side of the bottom layer with its bias
    lengths  [batch], the steps that each row has
    context  what turns the context into gates [gates * size, mixed]; None where the values are projected already
    start    h and c [layers, batch, size]
    """
    recurrent, bias, asked = layers.recurrent, layers.bias, 0
    if score.weight is not None:
        asked = score.weight.shape[0]
        recurrent, bias = [*recurrent, score.weight], [*bias, _bias(score)]
    how = layers.kind, asked, score.factor, layers.residual
    found: tuple[Tensor, Tensor, Tensor, Tensor] = _Before.apply(
        how, source.mask, lengths, layers.noise, gates, source.values, source.keys, torch.cat(recurrent),
        torch.cat(bias), *_stacked(layers), score.v, context, *start
    )  # fmt: skip
    return found


def attend_after(
    layers: Layers,
    gates: Tensor,
    lengths: Tensor,
    source: Source,
    score: Score,
    feed: Tensor,
    out: tuple[Tensor, Tensor, Tensor | None],
    start: tuple[Tensor, Tensor, Tensor | None],
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Step, then read, and feed what was found to the next step: return out [batch, time, size], last h, o and c.

    feed     what turns the last o into gates [gates * size, size]
    out      the layer that mixes: its part for h [size, size], its bias, its part for the context [size, mixed]; None
             where the values are projected already
    start    h, o and c
    """
    asking, its_bias, asked = out[0], out[1], 0
    if score.weight is not None:
        asked = score.weight.shape[0]
        asking, its_bias = torch.cat([score.weight, out[0]]), torch.cat([_bias(score), out[1]])
    how = layers.kind, asked, score.factor, layers.residual
    found: tuple[Tensor, Tensor, Tensor, Tensor] = _After.apply(
        how, source.mask, lengths, layers.noise, gates, source.values, source.keys, torch.cat(layers.recurrent),
        torch.cat(layers.bias), *_stacked(layers), feed, asking, its_bias, score.v, out[2], *start
    )  # fmt: skip
    return found


def _bias(score: Score) -> Tensor:
    assert score.weight is not None
    return score.weight.new_zeros(len(score.weight)) if score.bias is None else score.bias


def _stacked(layers: Layers) -> tuple[Tensor | None, Tensor | None]:
    """Stack what the layers above read by: [layers - 1, gates * size, size] and [layers - 1, gates * size]."""
    return (torch.stack(layers.inward), torch.stack(layers.inward_bias)) if layers.inward else (None, None)


class _All(NamedTuple):
    """What all layers share, in the order of layers.h; the last four are made on the way forward."""

    recurrent: Tensor
    bias: Tensor
    inward: Tensor | None
    inward_bias: Tensor | None
    noise: Tensor | None
    h: Tensor
    c: Tensor | None
    hidden: Tensor
    cells: Tensor | None
    kept: Tensor
    inputs: Tensor

    def places(self) -> Tensor:
        """Return where each begins, 0 for what is not there."""
        return torch.tensor([place or 0 for place in pointers(*self)])

    def slopes(self, dx: Tensor, du: Tensor) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
        """Return the gradients of all U, their biases, of what is read from below, and its biases."""
        past = [product(du[place], before(self.h[place], self.hidden[place])) for place in range(len(self.h))]
        below = [product(dx[place + 1], inputs.flatten(0, 1)) for place, inputs in enumerate(self.inputs)]
        inward = (torch.stack(below), dx[1:].sum((1, 2))) if below else (None, None)
        return torch.cat(past), du.sum((1, 2)).flatten(), *inward


class _Sizes:
    """The sizes of one call, and room for what is written."""

    def __init__(self, how: tuple[Kind, int, float, int], gates: Tensor, values: Tensor, keys: Tensor, h: Tensor):
        self.kind, self.asked, self.factor, self.residual = how
        self.batch, self.time, self.count = gates.shape
        self.source, self.width, self.mixed = keys.shape[1], keys.shape[2], values.shape[2]
        self.layers, _, self.size = h.shape

    def native(self, context: Tensor | None) -> Tensor:
        """Return them as the native side reads them (attending.h)."""
        work = self.batch * self.time * self.layers * self.count * self.size
        own = [self.batch, self.time, self.source, self.size, KINDS[self.kind], self.width, self.asked, self.mixed]
        return torch.tensor([*own, int(context is not None), self.layers, self.residual, threads(work, SMALL)])

    def steps(self, like: Tensor, width: int, layers: int | None = None) -> Tensor:
        """Return room for a vector at every step, of one layer or of `layers`."""
        shape = self.batch, self.time, width
        return like.new_empty(shape if layers is None else (layers, *shape))

    def all(self, like: Tensor, h: Tensor, c: Tensor | None, noise: Tensor | None, weights: list[Any]) -> _All:
        """Put the layers' tensors together with room for what they make."""
        deep = self.layers
        hidden, kept = (self.steps(like, width, deep) for width in (self.size, KEPT[self.kind] * self.size))
        cells = None if c is None else self.steps(like, self.size, deep)
        recurrent, bias, inward, inward_bias = weights
        inputs = self.steps(like, self.size, deep - 1)
        return _All(recurrent, bias, inward, inward_bias, noise, h, c, hidden, cells, kept, inputs)

    def gradients(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """Return room for those of both sides of all gates, which are one but for a GRU."""
        dx = self.steps(like, self.count, self.layers)
        return dx, torch.empty_like(dx) if self.kind == "gru" else dx


def before(start: Tensor, every: Tensor) -> Tensor:
    """Return what stood before every step of `every` [batch, time, size]: [batch * time, size]."""
    return torch.cat([start.unsqueeze(1), every[:, :-1]], 1).flatten(0, 1)


def product(left: Tensor, right: Tensor) -> Tensor:
    """Return the gradient of weights over all steps at once, left^T right: [batch, time, m], [batch * time, n]."""
    turned = left.flatten(0, 1).T
    return multiply(turned, right) if pays() and left.numel() and right.numel() else turned @ right


def _ordered(lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Return lengths, and rows by falling length."""
    lengths = lengths.to(torch.int64).contiguous()
    return lengths, torch.argsort(lengths, descending=True, stable=True)


def _like(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else torch.empty_like(tensor)


def _plain(*given: Tensor | None) -> list[Any]:
    """Return each tensor as the native side reads it."""
    return [None if tensor is None else tensor.contiguous() for tensor in given]


class _Before(torch.autograd.Function):
    @staticmethod
    @custom_fwd(device_type="cpu", cast_inputs=torch.float32)  # type: ignore[untyped-decorator]
    def forward(ctx: Any, how: Any, mask: Tensor, lengths: Tensor, *given: Tensor | None) -> tuple[Tensor | None, ...]:
        mask, noise, gates, values, keys, *weights, v, context, h, c = _plain(mask, *given)
        lengths, order = _ordered(lengths)
        sizes = _Sizes(how, gates, values, keys, h)
        every = sizes.all(gates, h, c, noise, weights)
        out, attention = sizes.steps(gates, sizes.size), sizes.steps(gates, sizes.source)
        queries, last_h, last_c = sizes.steps(gates, sizes.asked), torch.empty_like(h), _like(c)
        numbers, places = sizes.native(context), every.places()
        forward = library().bind("attend_before_forward", "p" * 9 + "f" + "p" * 6)
        forward(
            *pointers(numbers, places, gates, values, keys, mask, lengths, order, v),
            sizes.factor, *pointers(context, out, attention, queries, last_h, last_c),
        )  # fmt: skip
        ctx.sizes = sizes
        ctx.save_for_backward(*every, values, keys, mask, lengths, order, v, context, attention, queries)
        return out, attention, last_h, last_c

    @staticmethod
    @custom_bwd(device_type="cpu")  # type: ignore[untyped-decorator]
    @once_differentiable
    def backward(ctx: Any, *grads: Any) -> tuple[Tensor | None, ...]:
        saved, sizes = ctx.saved_tensors, ctx.sizes  # read once: what is computed again is handed out once
        every, (values, keys, mask, lengths, order, v, context, attention, queries) = _All(*saved[:11]), saved[11:]
        dx, du = sizes.gradients(values)
        dq, dkeys, dv = torch.empty_like(queries), torch.zeros_like(keys), values.new_zeros(sizes.batch, sizes.width)
        dmixed = None if context is None else sizes.steps(values, sizes.mixed)
        dh, dc, given = torch.empty_like(every.h), _like(every.c), _plain(*grads)
        numbers, places = sizes.native(context), every.places()
        backward = library().bind("attend_before_backward", "p" * 8 + "f" + "p" * 15)
        backward(
            *pointers(numbers, places, values, keys, mask, lengths, order, v), sizes.factor,
            *pointers(context, attention, queries, *given, dx, du, dq, dkeys, dmixed, dv, dh, dc),
        )  # fmt: skip
        drecurrent, dbias, *dinward = every.slopes(dx, du)
        asking = product(dq, before(every.h[-1], every.hidden[-1]))
        dcontext = None if context is None else product(dx[0], (attention @ values).flatten(0, 1))
        dvalues = attention.mT @ (dx[0] if dmixed is None else dmixed)
        weights = torch.cat([drecurrent, asking]), torch.cat([dbias, dq.sum((0, 1))]), *dinward
        last = None if v is None else dv.sum(0), dcontext, dh, dc
        return None, None, None, None, dx[0], dvalues, dkeys, *weights, *last


class _After(torch.autograd.Function):
    @staticmethod
    @custom_fwd(device_type="cpu", cast_inputs=torch.float32)  # type: ignore[untyped-decorator]
    def forward(ctx: Any, how: Any, mask: Tensor, lengths: Tensor, *given: Tensor | None) -> tuple[Tensor | None, ...]:
        mask, noise, gates, values, keys, *weights, feed, asking, its_bias, v, context, h, o, c = _plain(mask, *given)
        lengths, order = _ordered(lengths)
        sizes = _Sizes(how, gates, values, keys, h)
        every = sizes.all(gates, h, c, noise, weights)
        out, top, attention = (sizes.steps(gates, width) for width in (sizes.size, sizes.size, sizes.source))
        queries, last_h, last_o, last_c = sizes.steps(gates, sizes.asked), _like(h), torch.empty_like(o), _like(c)
        numbers, places = sizes.native(context), every.places()
        forward = library().bind("attend_after_forward", "p" * 12 + "f" + "p" * 9)
        forward(
            *pointers(numbers, places, gates, values, keys, mask, lengths, order, feed, asking, its_bias, v),
            sizes.factor,
            *pointers(context, o, out, top, attention, queries, last_h, last_c, last_o),
        )  # fmt: skip
        ctx.sizes = sizes
        kept = values, keys, mask, lengths, order, feed, asking, v, context, o, out, top, attention, queries
        ctx.save_for_backward(*every, *kept)
        return out, last_h, last_o, last_c

    @staticmethod
    @custom_bwd(device_type="cpu")  # type: ignore[untyped-decorator]
    @once_differentiable
    def backward(ctx: Any, dout: Tensor, to_h: Tensor, to_o: Tensor, to_c: Tensor) -> tuple[Tensor | None, ...]:
        saved, sizes = ctx.saved_tensors, ctx.sizes  # read once: what is computed again is handed out once
        every, (values, keys, mask, lengths, order, feed, asking, v, context, o, *made) = _All(*saved[:11]), saved[11:]
        out, top, attention, queries = made
        dx, du = sizes.gradients(values)
        dq, dkeys, dv = torch.empty_like(queries), torch.zeros_like(keys), values.new_zeros(sizes.batch, sizes.width)
        dmixed = None if context is None else sizes.steps(values, sizes.mixed)
        dunder, dh, dc, do = torch.empty_like(out), torch.empty_like(every.h), _like(every.c), torch.empty_like(o)
        dout, to_h, to_o, to_c = _plain(dout, to_h, to_o, to_c)
        numbers, places = sizes.native(context), every.places()
        backward = library().bind("attend_after_backward", "p" * 10 + "f" + "p" * 19)
        backward(
            *pointers(numbers, places, values, keys, mask, lengths, order, feed, asking, v), sizes.factor,
            *pointers(context, out, top, attention, queries, dout, to_h, to_c, to_o),
            *pointers(dx, du, dq, dkeys, dmixed, dunder, dv, dh, dc, do),
        )  # fmt: skip
        given = top.flatten(0, 1)
        dasking = torch.cat([product(dq, given), product(dunder, given)])
        dcontext = None if context is None else product(dunder, (attention @ values).flatten(0, 1))
        dvalues = attention.mT @ (dunder if dmixed is None else dmixed)
        weights = *every.slopes(dx, du), product(dx[0], before(o, out)), dasking
        last = torch.cat([dq.sum((0, 1)), dunder.sum((0, 1))]), None if v is None else dv.sum(0), dcontext
        return None, None, None, None, dx[0], dvalues, dkeys, *weights, *last, dh, do, dc
