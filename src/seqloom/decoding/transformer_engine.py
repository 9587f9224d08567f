"""The engine of Transformer decoders (decoders/transformer.py), with a source or without one (GPT).

Readers with the scores multihead, scaled_dot, dot and general are native; others, and a head that copies, are not.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.bridges.dot import Dot
from seqloom.bridges.general import General
from seqloom.bridges.multihead import MultiHead
from seqloom.bridges.scaled_dot import ScaledDot
from seqloom.decoders.transformer import TransformerDecoder
from seqloom.heads.head import Head
from seqloom.heads.tokens import TokensHead
from seqloom.kernels.decoder_step import DEEPEST, Precision
from seqloom.kernels.library import Library
from seqloom.kernels.transformer_step import Shape, TransformerMemory, Weight, pack
from seqloom.layers.embedding import Input
from seqloom.layers.packed_stack import pairs, places_of
from seqloom.layers.transformer import Block, TransformerStack
from seqloom.memory import Memory
from seqloom.model import SequenceModel

TABLE = 256
"""Tokens whose vectors are computed at a time."""


class TransformerEngine:
    """A Transformer decoder with its weights packed."""

    def __init__(
        self, library: Library, decoder: TransformerDecoder, target: Input, head: TokensHead, precision: Precision
    ) -> None:
        self._stack = stack = decoder.stack
        first: Any = stack.blocks[0]
        readers = stack.readers()
        keys, values, heads, factor = _widths(readers[0]) if readers else (0, 0, 1, 0.0)
        shape = Shape(
            size=stack.size,
            layers=len(stack.blocks),
            heads=first.attention.heads,
            inner=first.feed.up.out_features,
            vocabulary=len(head.weight),
            pre=first.norm == "pre",
            gelu=first.feed.activation == "gelu",
            rotary=stack.positions == "rotary",
            reads=bool(readers),
            asks=bool(readers) and not isinstance(readers[0], Dot | General),
            read_heads=heads,
            key_size=keys,
            value_size=values,
            adapted=head.weight.shape[1] if isinstance(head.adapt, nn.Linear) else 0,
        )
        weights = [*_weights(stack), *pairs(head.adapt), (head.weight, head.bias)]
        self.step = pack(library, shape, _table(stack, target), stack.size**0.5, factor, weights, precision)

    def read(self, memory: Memory | None, steps: int) -> TransformerMemory:
        """Return what rows read that write up to `steps` tokens."""
        positions = places_of(self._stack, steps)
        if memory is None or not self._stack.readers():
            return TransformerMemory(positions)
        keys, values = [], []
        for number, reader in enumerate(self._stack.readers()):
            made = memory.keys["decoder"][str(number)]
            if isinstance(reader, MultiHead):
                keys.append(made["keys"].transpose(1, 2).flatten(2))  # [sentences, source, size]
                values.append(made["values"].transpose(1, 2).flatten(2))
            else:
                keys.append(made["keys"])
                values.append(memory.outputs)
        return TransformerMemory(positions, memory.mask, keys, values)


def transformer_engine(
    library: Library, model: SequenceModel, head: Head, precision: Precision
) -> TransformerEngine | str:
    """Pack the decoder of a model whose `head` writes, or say why it cannot be."""
    decoder, target = model.decoder, model.target
    if type(decoder) is not TransformerDecoder or target is None:
        return "no engine for this decoder"
    if type(head) is not TokensHead:
        return f"no engine for a head of kind {type(head).__name__.removesuffix('Head').lower()}"
    for reader in decoder.stack.readers():
        if type(reader) not in (MultiHead, ScaledDot, Dot, General):
            return f"no engine for a Transformer that reads by {type(reader).__name__}"
    widest = max(
        [head.weight.shape[1], *(len(one.weight[0]) for one in decoder.modules() if isinstance(one, nn.Linear))]
    )
    if precision == "int8" and widest > DEEPEST:
        return f"a layer of {widest} inputs is too wide for int8"
    return TransformerEngine(library, decoder, target, head, precision)


def _widths(reader: Any) -> tuple[int, int, int, float]:
    """Return the widths of keys and values, the heads, and what scores are multiplied by."""
    if isinstance(reader, MultiHead):
        size = reader.key.out_features
        return size, size, reader.heads, reader.factor * (size // reader.heads) ** -0.5
    if isinstance(reader, ScaledDot):
        return reader.key.out_features, reader.output_size, 1, reader.factor
    return reader.query_size, reader.output_size, 1, 1.0


def _weights(stack: TransformerStack) -> Iterator[Weight]:
    """Yield the weights of the blocks in the order of kernels/transformer_step.py, then those of the last norm."""
    for module in stack.blocks:
        assert isinstance(module, Block)
        own = module.attention
        for part in (own.query, own.key, own.value, own.out, module.norms[0]):
            yield from pairs(part)
        if module.cross is not None:
            reader: Any = module.cross.reader
            if isinstance(reader, MultiHead | ScaledDot):
                yield from pairs(reader.query)
            yield from pairs(reader.out if isinstance(reader, MultiHead) else module.cross.out)
            yield from pairs(module.cross.norm)
        for part in (module.feed.up, module.feed.down, module.norms[1]):
            yield from pairs(part)
    yield from pairs(stack.last)


def _table(stack: TransformerStack, target: Input) -> Tensor:
    """Return what each token is at the bottom of the stack, [vocabulary, size]."""
    table = getattr(target, "table", None)
    if isinstance(table, nn.Embedding) and isinstance(stack.adapt, nn.Identity):
        return table.weight
    count: int = target.vocabulary  # type: ignore[assignment]
    with torch.no_grad():
        return torch.cat([stack.adapt(target(ids[None]))[0] for ids in torch.arange(count).split(TABLE)])
