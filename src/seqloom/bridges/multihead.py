"""Multi-head attention over a Memory (Vaswani et al. 2017, arXiv:1706.03762, section 3.2.2): cross-attention."""

from torch import Tensor, nn

from seqloom.errors import InputError
from seqloom.layers.linear import Linear
from seqloom.layers.reader import Reader
from seqloom.memory import Memory
from seqloom.ops.attend import apply, attend, weights
from seqloom.state import State
from seqloom.table import Count, Share
from seqloom.tape import asked, probe


class MultiHead(Reader):
    """`heads` looks at once, each in a slice of width `size / heads` (`size` None: the query's width).

    With `scale` false nothing is divided by the root of a head's width. dropout is on the weights.
    """

    projects = True

    def __init__(
        self,
        query_size: int,
        memory_size: int,
        *,
        size: Count | None = None,
        heads: Count = 4,
        scale: bool = True,
        dropout: Share = 0.0,
    ) -> None:
        super().__init__()
        size = query_size if size is None else size
        if size % heads:
            raise InputError(f"score multihead: heads={heads} must divide size={size}.")
        self.heads, self.drop, self.output_size = heads, dropout, query_size
        self.factor = 1.0 if scale else (size // heads) ** 0.5
        self.query = Linear(query_size, size)
        self.key = Linear(memory_size, size, bias=False)
        self.value = Linear(memory_size, size)
        self.out = Linear(size, query_size)
        for part in (self.query, self.key, self.value, self.out):
            nn.init.xavier_uniform_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)

    def prepare(self, memory: Memory) -> State:
        """Project keys and values: [batch, heads, source, size / heads]."""
        return self.held(self.key(memory.outputs), self.value(memory.outputs))

    def held(self, keys: Tensor, values: Tensor) -> State:
        """Return what `prepare` does from the projected keys and values, each [batch, source, size]."""
        return {"keys": self._cut(keys), "values": self._cut(values)}

    def forward(
        self, query: Tensor, keys: State, memory: Memory, state: State, mask: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Read: query [batch, target, size] -> context [batch, target, query size]."""
        drop = self.drop if self.training else 0.0
        asking, key, value = self._cut(self.query(query)) * self.factor, keys["keys"], keys["values"]
        full = memory.mask.device.type == "cpu" and bool(memory.mask.all())
        visible = None if full else memory.mask[:, None, None, :]
        if asked(self, "weights"):
            weight = probe("weights", weights(asking, key, visible, False), time=2, mask=mask)
            mixed = apply(weight, value, drop).to(query.dtype)
        else:
            mixed = attend(asking, key, value, visible, False, drop).to(query.dtype)
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))  # [batch, target, query size]
        return out, state

    def _cut(self, x: Tensor) -> Tensor:
        """Turn [batch, time, size] into [batch, heads, time, size / heads]."""
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)
