"""What a model reads, as vectors: learned (or pretrained) embeddings, one-hot, one vector for all, or a matrix."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from seqloom.kernels.dropout import dropout

PAD = 0


class Input(nn.Module):
    """The contract of what turns one side of a Batch into vectors.

    size    width of the vectors
    causal  False where a vector needs values that come after it
    """

    size: int
    causal = True

    def forward(self, values: Tensor) -> Tensor:
        """Turn values [batch, time, ...] into vectors [batch, steps, size]."""
        raise TypeError(f"{type(self).__name__} has no forward")

    def filled(self, values: Tensor, mask: Tensor) -> Tensor:
        """Return the values that `forward` is given, for a vector that is made of steps beyond a row's end."""
        return values

    def steps(self, mask: Tensor) -> Tensor:
        """Turn the mask of the values [batch, time] into that of the vectors [batch, steps]."""
        return mask


class TokenEmbedding(Input):
    """Turn ids [batch, time] into vectors [batch, time, size].

    `onehot` has no weights and the width of the vocabulary. Learned vectors start normal with variance 1 / size;
    rows of `pretrained` [vocabulary, size] that are finite replace them. The padding id gives zeros.
    """

    def __init__(
        self,
        vocabulary: int,
        *,
        embed: Literal["learned", "onehot"] = "learned",
        size: int = 128,
        freeze: bool = False,
        drop: float = 0.0,
        pretrained: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.vocabulary, self.drop = vocabulary, drop
        self.size = vocabulary if embed == "onehot" else size
        self.table: nn.Embedding | None = None
        if embed == "learned":
            self.table = nn.Embedding(vocabulary, size, padding_idx=PAD)
            nn.init.normal_(self.table.weight, std=size**-0.5)
            with torch.no_grad():
                if pretrained is not None:
                    known = pretrained.isfinite().all(1)
                    self.table.weight[known] = pretrained[known].to(self.table.weight.dtype)
                self.table.weight[PAD] = 0
            self.table.weight.requires_grad_(not freeze)
        self.one: Tensor  # knows the float type that one-hot vectors take
        self.register_buffer("one", torch.ones(()), persistent=False)

    def forward(self, ids: Tensor) -> Tensor:
        """Look up ids [batch, time] -> [batch, time, size]."""
        if self.table is not None:
            vectors: Tensor = self.table(ids)
        else:
            vectors = one_hot(ids, self.vocabulary).to(self.one.dtype) * (ids != PAD).unsqueeze(-1)
        return dropout(vectors, self.drop, self.training)


class Dummy(Input):
    """One learned vector whatever the id: a decoder that hears nothing of what it wrote has only its State."""

    def __init__(self, vocabulary: int, size: int) -> None:
        super().__init__()
        self.vocabulary, self.size = vocabulary, size
        self.vector = nn.Parameter(torch.randn(size) * size**-0.5)

    def forward(self, ids: Tensor) -> Tensor:
        """Return the vector at every place of ids [batch, time] -> [batch, time, size]."""
        return self.vector.expand(*ids.shape, -1)


class VectorInput(Input):
    """A matrix from vectors to vectors: x [batch, time, features] -> [batch, time, size]."""

    def __init__(self, features: int, size: int, drop: float = 0.0) -> None:
        super().__init__()
        self.size, self.drop = size, drop
        self.matrix = nn.Linear(features, size)
        nn.init.xavier_uniform_(self.matrix.weight)
        nn.init.zeros_(self.matrix.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Project each step."""
        return dropout(self.matrix(x), self.drop, self.training)
