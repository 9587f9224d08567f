"""A Transformer stack that reads a whole batch natively, its weights packed as float32, bf16 or int8, where nothing
asks for gradients or watches (kernels/encoder.py, native/encoder.cpp)."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.kernels.decoder_step import Precision
from seqloom.kernels.encoder import EncoderShape, PackedEncoder, usable
from seqloom.kernels.linear import held
from seqloom.kernels.transformer_step import Weight
from seqloom.layers.attention import SelfAttention
from seqloom.layers.linear import Linear
from seqloom.layers.packed import PackedLinear, version
from seqloom.layers.transformer import Block, FeedForward, TransformerStack
from seqloom.ops.positions import angles, sinusoids
from seqloom.tape import watched

KNOWN = {Block, SelfAttention, FeedForward, Linear, PackedLinear, nn.Linear, nn.LayerNorm, nn.Embedding}
KNOWN |= {nn.ModuleList, nn.Identity}
"""What the native encoder can stand in for; a block that reads has other parts."""


class PackedStack:
    """Answers for a stack that is not causal and reads nothing beside, and packs its weights anew where they have
    changed."""

    def __init__(self, stack: TransformerStack, precision: Precision) -> None:
        self._stack, self._precision = stack, precision
        self._known = _ordinary(stack, precision)
        self._weights = list(stack.parameters())
        self._packed: tuple[object, PackedEncoder] | None = None
        self._places: Tensor | None = None

    def usable(self, x: Tensor, mask: Tensor) -> bool:
        """Choose: True where `run` can take x [batch, time, input] under mask [batch, time]."""
        return (
            self._known
            and not self._stack.training
            and x.shape[1] <= (self._stack.max_positions or x.shape[1])
            and usable(x, mask)
            and not watched()
        )

    def run(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return what the stack makes of x [batch, time, input]: [batch, time, size], zeros on padding."""
        now = version(*self._weights)
        if self._packed is None or self._packed[0] != now:
            shape = _shape(self._stack)
            self._packed = now, PackedEncoder(shape, shape.size**0.5, list(_weights(self._stack)), self._precision)
            self._places = None
        if self._places is None or len(self._places) < x.shape[1]:
            self._places = places_of(self._stack, x.shape[1])
        return self._packed[1](x, mask, self._places)

    def __deepcopy__(self, memo: dict[int, object]) -> "PackedStack":
        """Belong to the copy of the stack; what is packed lies in the native library and is packed again."""
        copy = memo.get(id(self._stack))
        assert isinstance(copy, TransformerStack), "it is copied with the module that holds its stack"
        return PackedStack(copy, self._precision)


def pairs(part: nn.Module) -> Iterator[Weight]:
    """Yield the weight and the bias of a layer or norm; nothing of an identity."""
    if isinstance(part, nn.Linear | nn.LayerNorm):
        yield part.weight, part.bias


def places_of(stack: TransformerStack, steps: int) -> Tensor | None:
    """Return what tells each of so many steps where it stands: [steps, size], to be added to what was scaled; with
    rotary the cosines and the sines of each step, side by side; None where nothing tells."""
    if stack.places is not None:
        return stack.places.weight.detach()[:steps] * stack.size**0.5
    if stack.positions == "none":
        return None
    position = torch.arange(steps)[None]
    if stack.positions == "sinusoidal":
        return sinusoids(position, stack.size, torch.float32)[0]
    first: Any = stack.blocks[0]
    angle = angles(position, stack.size // first.attention.heads // 2, torch.float32)[0]
    return torch.cat([angle.cos(), angle.sin()], -1)


def _weights(stack: TransformerStack) -> Iterator[Weight]:
    """Yield the weights in the order of kernels/encoder.py."""
    yield from pairs(stack.adapt)
    for block in stack.blocks:
        assert isinstance(block, Block)
        own, feed, norms = block.attention, block.feed, block.norms
        for part in (own.query, own.key, own.value, own.out, norms[0], feed.up, feed.down, norms[1]):
            yield from pairs(part)
    yield from pairs(stack.last)


def _shape(stack: TransformerStack) -> EncoderShape:
    first: Any = stack.blocks[0]
    return EncoderShape(
        input=stack.adapt.in_features if isinstance(stack.adapt, nn.Linear) else stack.size,
        size=stack.size,
        layers=len(stack.blocks),
        heads=first.attention.heads,
        inner=first.feed.up.out_features,
        pre=first.norm == "pre",
        gelu=first.feed.activation == "gelu",
        rotary=stack.positions == "rotary",
        adapts=isinstance(stack.adapt, nn.Linear),
    )


def _ordinary(stack: TransformerStack, precision: Precision) -> bool:
    """Say whether a stack is made of what the native encoder knows, and nobody listens to its parts."""
    parts = [part for part in stack.modules() if part is not stack]
    return (
        type(stack) is TransformerStack
        and len(stack.blocks) > 0
        and all(type(part) in KNOWN for part in parts)
        and all(held(precision, one.in_features) == precision for one in parts if isinstance(one, nn.Linear))
        and all(one.eps == 1e-5 and one.elementwise_affine for one in parts if isinstance(one, nn.LayerNorm))
        and all(one.dtype == torch.float32 and one.device.type == "cpu" for one in stack.parameters())
        and not any(part._forward_hooks or part._forward_pre_hooks for part in parts)
    )
