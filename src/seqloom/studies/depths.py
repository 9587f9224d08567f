"""Deep stacks with and without residual connections and normalisation: real stacks, and the same broken on purpose.

Encoders have no option that takes these away from a Transformer, nor one that normalises between recurrent layers. What
is missing is made here, of the same weights.
"""

from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.nn.functional import dropout, layer_norm

from seqloom.cells import CELLS
from seqloom.encoders.recurrent import RecurrentEncoder
from seqloom.encoders.transformer import TransformerEncoder
from seqloom.layers.stack import RecurrentStack
from seqloom.layers.transformer import Block
from seqloom.studies.learning import seeded

HEADS = 2


class Normed(RecurrentStack):
    """A recurrent stack in which each layer but the bottom one reads vectors of mean 0 and variance 1 (Ba et al. 2016,
    arXiv:1607.06450, without a gain and a bias of its own)."""

    def _between(self, x: Tensor) -> Tensor:
        return super()._between(layer_norm(x, x.shape[-1:]))


class Bare(Block):
    """A Transformer block without residual connections."""

    def _add(self, x: Tensor, y: Tensor, norm: nn.Module) -> Tensor:
        return dropout(y, self.drop, self.training)


def recurrent(kind: str, input_size: int, size: int, layers: int, residual: bool, norm: bool, seed: int) -> Any:
    """Return a recurrent encoder of `layers` of a cell."""
    with seeded(seed):
        cell = partial(CELLS[kind])
        encoder = RecurrentEncoder(input_size, cell, size=size, layers=layers, residual=residual)
    if norm:
        normed = Normed(cell, input_size, size, layers, "forwards", 0.0, "step", 0.0, residual, "zero")
        normed.load_state_dict(encoder.stack.state_dict())
        encoder.stack = normed
    return encoder


def transformer(input_size: int, size: int, layers: int, residual: bool, norm: bool, seed: int) -> TransformerEncoder:
    """Return a Transformer encoder, its norms before each part."""
    with seeded(seed):
        encoder = TransformerEncoder(input_size, size=size, layers=layers, heads=HEADS, dropout=0.0)
    stack = encoder.stack
    if not norm:
        for block in layers_of(encoder):
            block.norms = nn.ModuleList([nn.Identity(), nn.Identity()])
        stack.last = nn.Identity()
    if not residual:
        blocks = []
        for block in layers_of(encoder):
            assert isinstance(block, Block)
            bare = Bare(size, HEADS, 4 * size, 0.0, "pre", "gelu", False)
            bare.norms = block.norms
            bare.load_state_dict(block.state_dict())
            blocks.append(bare)
        stack.blocks = nn.ModuleList(blocks)
    return encoder


def layers_of(encoder: Any) -> list[nn.Module]:
    """Return the layers of an encoder, bottom first."""
    stack = encoder.stack
    return list(stack.cells if isinstance(stack, RecurrentStack) else stack.blocks)
