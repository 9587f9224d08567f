"""What a head that answers once for a whole sequence reads of a Memory."""

from typing import Literal

from torch import Tensor, nn

from seqloom.memory import Memory
from seqloom.ops import pool
from seqloom.tape import probe

Reads = Literal["summary", "mean", "max", "attention"]


def scorer(size: int, reads: str) -> nn.Linear | None:
    """Make the score of each step where `reads` asks for attention; it has no bias, which softmax cannot see."""
    return nn.Linear(size, 1, bias=False) if reads == "attention" else None


def read(memory: Memory, reads: str, score: nn.Linear | None) -> Tensor:
    """Return the summary, or the mean, the maximum or the attention-weighted mean of the steps: [batch, size]."""
    if reads == "summary":
        return memory.summary
    if reads == "mean":
        return pool.mean(memory.outputs, memory.mask)
    if reads == "max":
        return pool.maximum(memory.outputs, memory.mask)
    assert score is not None
    scores = probe("score", score(memory.outputs).squeeze(-1), time=1, mask=memory.mask)
    return pool.attention(memory.outputs, memory.mask, scores)
