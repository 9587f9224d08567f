"""A stack of Transformer blocks, causal or not: what the Transformer encoder, decoder and GPT share.

Vaswani et al. 2017 (arXiv:1706.03762); norm before each part as in GPT-2 (Xiong et al. 2020, arXiv:2002.04745) or
after it as in the first paper.
"""

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn

from seqloom.errors import InputError
from seqloom.kernels.dropout import activate, add_dropped, dropout
from seqloom.layers.attention import SelfAttention
from seqloom.layers.linear import Linear
from seqloom.layers.reader import Reader
from seqloom.memory import Memory
from seqloom.ops.positions import sinusoids
from seqloom.ops.recompute import recomputed
from seqloom.state import State, keep

Norm = Literal["pre", "post"]
Positions = Literal["sinusoidal", "learned", "rotary", "none"]
Activation = Literal["gelu", "relu"]
Reads = Callable[[int], Reader]
"""Makes a reader for queries of a width."""


class FeedForward(nn.Module):
    """Two layers at each step by itself: x [batch, time, size] -> the same shape."""

    def __init__(self, size: int, inner: int, drop: float, activation: Activation) -> None:
        super().__init__()
        self.up, self.down = Linear(size, inner), Linear(inner, size)
        self.drop, self.activation = drop, activation
        for part in (self.up, self.down):
            nn.init.xavier_uniform_(part.weight)
            nn.init.zeros_(part.bias)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.down(activate(self.up(x), self.activation, self.drop, self.training))
        return out


class Block(nn.Module):
    """Self-attention, cross-attention where there is something to read, then a feed-forward part; each with a residual
    connection and a layer norm."""

    def __init__(
        self,
        size: int,
        heads: int,
        inner: int,
        drop: float,
        norm: Norm,
        activation: Activation,
        rotary: bool,
        reader: Reads | None = None,
    ) -> None:
        super().__init__()
        self.attention = SelfAttention(size, heads, drop, rotary)
        self.feed = FeedForward(size, inner, drop, activation)
        self.norms = nn.ModuleList([nn.LayerNorm(size), nn.LayerNorm(size)])
        self.norm, self.drop = norm, drop
        self.cross = Cross(size, reader, norm) if reader is not None else None

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None,
        position: Tensor,
        causal: bool,
        state: State | None,
        memory: Memory | None = None,
        keys: State | None = None,
    ) -> tuple[Tensor, State]:
        """Run one block over x [batch, time, size]; the State holds the steps before, if any."""
        asks = self.norms[0](x) if self.norm == "pre" else x
        y, cache = self.attention(asks, mask, position, causal, state)
        x = self._add(x, y, self.norms[0])
        if self.cross is not None and memory is not None:
            remembered = self.cross.start(memory) if state is None else state.get("reader", {})
            y, remembered = self.cross(x, mask, memory, keys or {}, remembered, self.norm)
            x = self._add(x, y, self.cross.norm)
            cache = {**cache, **({"reader": remembered} if remembered else {})}
        y = self.feed(self.norms[1](x) if self.norm == "pre" else x)
        return self._add(x, y, self.norms[1]), cache

    def _add(self, x: Tensor, y: Tensor, norm: nn.Module) -> Tensor:
        x = add_dropped(x, y, self.drop, self.training)
        return norm(x) if self.norm == "post" else x


class Cross(nn.Module):
    """The part of a block that reads a Memory, by whatever reader a bridge makes."""

    def __init__(self, size: int, reader: Reads, norm: Norm) -> None:
        super().__init__()
        self.reader = reader(size)
        # A reader that gives the same whatever is asked has no use for a norm of the question.
        used = norm == "post" or self.reader.asks
        self.norm: nn.Module = nn.LayerNorm(size) if used else nn.Identity()
        self.out: nn.Module = nn.Identity()
        if not self.reader.projects:
            self.out = Linear(self.reader.output_size, size)
            nn.init.xavier_uniform_(self.out.weight)
            nn.init.zeros_(self.out.bias)

    def start(self, memory: Memory) -> State:
        """Return what the reader remembers before the first step."""
        return self.reader.start(memory)

    def forward(
        self, x: Tensor, mask: Tensor | None, memory: Memory, keys: State, state: State, norm: Norm
    ) -> tuple[Tensor, State]:
        """Read with every step of x [batch, time, size] -> the same shape, and what is remembered."""
        if not x.shape[1]:
            return x, state
        context, after = self.reader(self.norm(x) if norm == "pre" else x, keys, memory, state, mask)
        if after and mask is not None:  # one step at a time, then; a padded one is not remembered
            after = keep(mask[:, 0], after, state)
        return self.out(context.to(x.dtype)), after


class TransformerStack(nn.Module):
    """Positions, blocks and, with norm before, a last norm."""

    def __init__(
        self,
        input_size: int,
        size: int,
        layers: int,
        heads: int,
        inner: int | None,
        drop: float,
        norm: Norm,
        activation: Activation,
        positions: Positions,
        max_positions: int,
        reader: Reads | None = None,
    ) -> None:
        super().__init__()
        if size % heads or (positions == "rotary" and size // heads % 2) or (positions == "sinusoidal" and size % 2):
            raise InputError(
                f"transformer: size={size} with heads={heads}: heads must divide size"
                + (" into even parts (rotary)" if positions == "rotary" else "")
                + (", and size must be even (sinusoidal)" if positions == "sinusoidal" else "")
                + "."
            )
        self.size, self.drop, self.positions = size, drop, positions
        self.max_positions = max_positions if positions == "learned" else None
        self.adapt = Linear(input_size, size) if input_size != size else nn.Identity()
        self.places = nn.Embedding(max_positions, size) if positions == "learned" else None
        if self.places is not None:
            nn.init.normal_(self.places.weight, std=size**-0.5)
        rotary, width = positions == "rotary", inner or 4 * size
        self.blocks = nn.ModuleList(
            Block(size, heads, width, drop, norm, activation, rotary, reader) for _ in range(layers)
        )
        self.last = nn.LayerNorm(size) if norm == "pre" else nn.Identity()

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None,
        causal: bool,
        state: State | None,
        memory: Memory | None = None,
        keys: State | None = None,
    ) -> tuple[Tensor, State]:
        """Run x [batch, time, input] -> [batch, time, size] and the State (caches and `length [batch]`).

        `keys` are what `prepare` made of the Memory, by block.
        """
        batch, time = x.shape[:2]
        new = mask.sum(1) if mask is not None else torch.full((batch,), time, device=x.device)
        length = torch.zeros_like(new) if state is None else state["length"]
        position = length[:, None] + torch.arange(time, device=x.device)
        x = self._place(self.adapt(x), position, length + new)
        x = dropout(x, self.drop, self.training)
        caches: State = {}
        for number, block in enumerate(self.blocks):
            cache = None if state is None else state[str(number)]
            known: State = {} if keys is None else keys[str(number)]
            x, caches[str(number)] = recomputed(block, x, mask, position, causal, cache, memory, known)
        x = self.last(x)
        if mask is not None:
            x = x.masked_fill(~mask.unsqueeze(-1), 0)
        return x, {**caches, "length": length + new}

    def readers(self) -> list[Reader]:
        """List the readers of the blocks, bottom first; none where nothing is read."""
        crosses: list[Any] = [getattr(block, "cross") for block in self.blocks]  # noqa: B009
        return [cross.reader for cross in crosses if cross is not None]

    def prepare(self, memory: Memory) -> State:
        """Return the keys of every block's reader."""
        return {str(number): reader.prepare(memory) for number, reader in enumerate(self.readers())}

    def _place(self, x: Tensor, position: Tensor, end: Tensor) -> Tensor:
        """Scale x [batch, time, size] and add what tells `position` [batch, time]; rows end before `end` [batch]."""
        scale = self.size**0.5  # section 3.4: embeddings of variance 1 / size become of variance 1
        if self.places is not None:
            limit, needed = self.places.num_embeddings, int(end.max())
            if needed > limit:
                raise InputError(
                    f"{needed} steps, but the learned positions end at {limit}. Use a shorter window, max_positions, "
                    "or positions=rotary."
                )
            return (x + self.places(position.clamp(max=limit - 1))) * scale  # only padding stands beyond
        if self.positions == "sinusoidal":
            return x * scale + sinusoids(position, self.size, x.dtype)
        return x * scale
