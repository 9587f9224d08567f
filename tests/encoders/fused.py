"""Memories of two inputs, tiny and in float64, for the tests of fuses."""

import torch
from torch import Tensor

from seqloom.encoders.fuse import Fuse
from seqloom.encoders.fuses import build_fuse
from seqloom.memory import Memory

WIDTHS = {"source": 3, "question": 5}
SIZE = 4


def fuse_of(kind: str, **options: object) -> Fuse:
    """Build a fuse in float64 with scrambled weights."""
    torch.manual_seed(0)
    fuse = build_fuse({"kind": kind, "size": SIZE, **options}, WIDTHS).double()
    g = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in fuse.parameters():
            weight.add_(torch.randn(weight.shape, generator=g, dtype=weight.dtype), alpha=0.3)
    return fuse


def memory_of(lengths: list[int], width: int, wide: int | None = None, seed: int = 0) -> Memory:
    """Make a Memory of rows of these lengths; a row is the same however wide the padding and whoever lies beside it."""
    wide = max(lengths) if wide is None else wide
    outputs = torch.zeros(len(lengths), wide, width, dtype=torch.float64)
    summary = torch.zeros(len(lengths), width, dtype=torch.float64)
    for row, length in enumerate(lengths):
        g = torch.Generator().manual_seed(1000 * seed + 10 * row + width)
        values = torch.randn(length + 1, width, generator=g, dtype=torch.float64)
        outputs[row, :length], summary[row] = values[:-1], values[-1]
    mask = torch.arange(wide) < torch.tensor(lengths)[:, None]
    return Memory(outputs, mask, summary, final={"h": summary})


def both(sources: list[int], questions: list[int], wider: int = 0) -> dict[str, Memory]:
    """Make the Memories of rows that have so many steps of either input."""
    return {
        "source": memory_of(sources, WIDTHS["source"], max(sources) + wider),
        "question": memory_of(questions, WIDTHS["question"], max(questions) + 2 * wider),
    }


def row(memories: dict[str, Memory], number: int) -> dict[str, Memory]:
    """Take one row by itself, without its padding."""
    alone = {}
    for name, memory in memories.items():
        length = int(memory.mask[number].sum())
        one = slice(number, number + 1)
        alone[name] = Memory(memory.outputs[one, :length], memory.mask[one, :length], memory.summary[one])
    return alone


def valid(memory: Memory, number: int) -> Tensor:
    """Return the outputs of one row where there is data."""
    return memory.outputs[number][memory.mask[number]]
