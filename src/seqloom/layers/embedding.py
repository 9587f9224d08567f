"""Ids to vectors: learned (or pretrained) embeddings, or one-hot."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, one_hot

PAD = 0


class TokenEmbedding(nn.Module):
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
        self.size: int = vocabulary if embed == "onehot" else size
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
