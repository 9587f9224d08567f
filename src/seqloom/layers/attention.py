"""Multi-head self-attention with a KV cache as State (Vaswani et al. 2017, arXiv:1706.03762, section 3.2.2)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from seqloom.layers.linear import Linear
from seqloom.ops.attend import apply, attend, weights
from seqloom.ops.positions import rotate
from seqloom.state import State
from seqloom.tape import asked, probe

BLOCK = 16
"""A cache grows by this many steps at a time."""


class SelfAttention(nn.Module):
    """Every step asks (query) what every visible step offers (key) and takes a mixture of what it holds (value).

    No bias on keys: it moves all scores of a query alike, which the softmax cannot see.
    """

    def __init__(self, size: int, heads: int, drop: float, rotary: bool) -> None:
        super().__init__()
        self.heads, self.drop, self.rotary = heads, drop, rotary
        self.query = Linear(size, size)
        self.key = Linear(size, size, bias=False)
        self.value = Linear(size, size)
        self.out = Linear(size, size)
        for part in (self.query, self.key, self.value, self.out):
            nn.init.xavier_uniform_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)

    def forward(
        self, x: Tensor, mask: Tensor | None, position: Tensor, causal: bool, cache: State | None = None
    ) -> tuple[Tensor, State]:
        """Attend within x [batch, time, size] and to the cache, if any, which is consumed.

        Returns the same shape and the cache that a causal decoder goes on from.
        """
        query, key, value = self._project(x, position)
        query, key = probe("query", query, time=2, mask=mask), probe("key", key, time=2, mask=mask)
        if cache is not None:
            return self._extend(query, key, value, mask, position, cache)
        # Causal over a prefix mask: no data step can see padding, so the mask is needed only in the other case.
        visible = None if causal or mask is None else mask[:, None, None, :]
        y = self._mix(query, key, value, visible, causal, mask)
        return y, {"keys": key, "values": value}

    def _extend(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, position: Tensor, cache: State
    ) -> tuple[Tensor, State]:
        """Attend from new steps to the cache and to one another.

        Row b's new steps land at `position[b]`, which follows the steps it has, so rows may differ in length.
        """
        time = position.shape[1]
        first, end = _edges(position)
        keys, values = self._room(cache, end)
        level = first + time == end  # every row has as many steps as the others, as in a search
        if level:
            keys[:, :, first:end], values[:, :, first:end] = key, value
        else:
            place = position[:, None, :, None].expand_as(key)
            keys.scatter_(2, place, key.to(keys.dtype))
            values.scatter_(2, place, value.to(values.dtype))
        visible = None  # one step that comes after all others sees them all
        if not level or time != 1:
            # [batch, 1, time, end]: a step sees its own place and all before it
            visible = torch.arange(end, device=key.device) <= position[:, None, :, None]
        y = self._mix(query, keys[:, :, :end], values[:, :, :end], visible, False, mask)
        return y, {"keys": keys, "values": values}

    def _project(self, x: Tensor, position: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return query, key and value as [batch, heads, time, size / heads]."""
        batch, time, size = x.shape
        shape = batch, time, self.heads, size // self.heads
        query, key, value = (part(x).view(shape).transpose(1, 2) for part in (self.query, self.key, self.value))
        if self.rotary:
            query, key = rotate(query, position), rotate(key, position)
        return query, key, value

    def _mix(
        self, query: Tensor, key: Tensor, value: Tensor, visible: Tensor | None, causal: bool, mask: Tensor | None
    ) -> Tensor:
        drop = self.drop if self.training else 0.0
        if asked(self, "weights"):
            weight = probe("weights", weights(query, key, visible, causal), time=2, mask=mask)
            mixed = apply(weight, value, drop).to(value.dtype)
        else:
            mixed = attend(query, key, value, visible, causal, drop).to(value.dtype)
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))  # [batch, time, size]
        return out

    def _room(self, cache: State, needed: int) -> tuple[Tensor, Tensor]:
        """Return keys and values with room for `needed` steps, to be written into: those of the cache itself, unless
        a gradient still needs them as they are."""
        keys: Tensor = cache["keys"]
        values: Tensor = cache["values"]
        if needed > keys.shape[2]:
            gap = -(-needed // BLOCK) * BLOCK - keys.shape[2]
            return pad(keys, (0, 0, 0, gap)), pad(values, (0, 0, 0, gap))
        return (keys.clone(), values.clone()) if torch.is_grad_enabled() else (keys, values)


def _edges(position: Tensor) -> tuple[int, int]:
    """Return the first step among position [batch, time] and the end of the last; 0 and 0 where there is none."""
    if not position.numel():
        return 0, 0
    first, last = torch.stack([position[:, 0].min(), position[:, -1].max()]).tolist()
    return first, last + 1
