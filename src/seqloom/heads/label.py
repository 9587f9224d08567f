"""One label, or several, for a whole sequence."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, dropout

from seqloom.batch import Field
from seqloom.errors import InputError, nearest
from seqloom.heads.head import Head
from seqloom.heads.reading import Reads, read, scorer
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Count, Share


class LabelHead(Head):
    """Logits for labels: a sigmoid for two labels or for several at once, a softmax for one of many.

    reads          what of the memory: its summary, or the mean, the maximum or an attention-weighted mean of its steps
    hidden         width of a layer of tanh before the logits, dropout on both sides of it; None: no such layer
    smoothing      label smoothing (Szegedy et al. 2016), in training only
    class_weights  "balanced" (inverse frequency, mean 1 over rows) or {label: weight}
    """

    def __init__(
        self,
        size: int,
        labels: Sequence[str],
        counts: Sequence[int],
        multilabel: bool,
        *,
        reads: Reads = "summary",
        hidden: Count | None = None,
        dropout: Share = 0.0,
        smoothing: Share = 0.0,
        class_weights: Literal["balanced"] | dict[str, float] | None = None,
    ) -> None:
        super().__init__()
        self.labels, self.multilabel, self.reads = tuple(labels), multilabel, reads
        self.drop, self.smoothing = dropout, smoothing
        self.binary = len(labels) == 2 and not multilabel
        self.score = scorer(size, reads)
        self.inner = None if hidden is None else nn.Linear(size, hidden)
        self.out = nn.Linear(hidden or size, 1 if self.binary else len(labels))
        for part in (self.inner, self.out):
            if part is not None:
                nn.init.xavier_uniform_(part.weight)
                nn.init.zeros_(part.bias)
        self.weights: Tensor
        self.register_buffer("weights", _class_weights(class_weights, labels, counts), persistent=False)

    def forward(
        self, hidden: Tensor, memory: Memory | None, keys: State | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Return logits [batch, labels], or [batch, 1] for two labels (of the second)."""
        if memory is None:
            raise InputError("a label head reads an encoder's memory: give the model an encoder, not a decoder.")
        x = dropout(read(memory, self.reads, self.score), self.drop, self.training)
        if self.inner is not None:
            x = dropout(self.inner(x).tanh(), self.drop, self.training)
        logits: Tensor = self.out(x)  # [batch, labels]
        return logits

    def loss(self, outputs: Tensor, target: Field) -> tuple[Tensor, Tensor]:
        """Return the weighted sum of nats over rows; target.values [batch] ids, or [batch, labels] of 0 and 1."""
        smoothing = self.smoothing if self.training else 0.0
        outputs, weights = outputs.float() if outputs.dtype == torch.bfloat16 else outputs, self._weights(outputs)
        if self.multilabel:
            truth = target.values.to(outputs.dtype)
            soft = truth * (1 - smoothing) + smoothing / 2
            each = binary_cross_entropy_with_logits(outputs, soft, reduction="none")
            return (each * (truth * weights + (1 - truth))).mean(1).sum(), self.count(target)
        if self.binary:  # sigmoid(x) is the second of softmax(0, x)
            outputs = torch.cat([torch.zeros_like(outputs), outputs], 1)
        total = cross_entropy(outputs, target.values, weights, reduction="none", label_smoothing=smoothing).sum()
        return total, self.count(target)

    def count(self, target: Field) -> Tensor:
        """Return the rows, each by its label's weight."""
        if self.multilabel:
            return torch.tensor(float(len(target.values)), device=target.values.device)
        return self.weights[target.values].sum()

    def probabilities(self, outputs: Tensor) -> Tensor:
        """Return the probability of each label: [batch, labels]; rows sum to 1 unless several labels may hold."""
        if self.multilabel:
            return outputs.sigmoid()
        if self.binary:
            yes = outputs.sigmoid()
            return torch.cat([1 - yes, yes], 1)
        return outputs.softmax(-1)

    def _weights(self, outputs: Tensor) -> Tensor:
        return self.weights.to(outputs.dtype if outputs.dtype == torch.float64 else torch.float32)


def _class_weights(
    asked: Literal["balanced"] | dict[str, float] | None, labels: Sequence[str], counts: Sequence[int]
) -> Tensor:
    if asked is None:
        return torch.ones(len(labels))
    if asked == "balanced":
        return torch.tensor([sum(counts) / (len(labels) * max(count, 1)) for count in counts])
    for name in asked:
        if name not in labels:
            raise InputError(f"class_weights names a label '{name}' that training has not seen" + nearest(name, labels))
    return torch.tensor([float(asked.get(label, 1.0)) for label in labels])
