"""Batch: named inputs, each values and mask, and a target."""

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Field:
    """Values of one input or target, `[batch, time, ...]`, and their mask `[batch, time]`, True where there is data.

    The mask of a sequence is a prefix of each row: data first, padding after. (The target of a language window may
    skip a warm-up part: pass `prefix=False`.) A label has `values [batch]` or `[batch, classes]` and no mask.
    """

    values: Tensor
    mask: Tensor | None = None
    prefix: bool = True

    def __post_init__(self) -> None:
        if self.mask is None:
            return
        if self.mask.shape != self.values.shape[:2] or self.mask.dtype != torch.bool:
            raise ValueError(f"mask {tuple(self.mask.shape)} {self.mask.dtype} for values {tuple(self.values.shape)}")
        if self.prefix and self.mask.device.type == "cpu" and bool((self.mask[:, 1:] & ~self.mask[:, :-1]).any()):
            raise ValueError("a mask must be a prefix of each row: data first, padding after")

    def first(self, rows: int) -> "Field":
        """Return the first rows alone."""
        return replace(self, values=self.values[:rows], mask=None if self.mask is None else self.mask[:rows])

    def to(self, device: torch.device) -> "Field":
        """Move to a device."""
        return replace(
            self,
            values=self.values.to(device, non_blocking=True),
            mask=None if self.mask is None else self.mask.to(device, non_blocking=True),
        )


@dataclass(frozen=True)
class Batch:
    """Rows ready for a model.

    inputs  by side: "source" is what an encoder reads, "target" what a decoder is fed
    target  by head: what each head should answer; empty when predicting
    rows    where each row came from (its index in the data), for messages and for answers in order
    tokens  how many data positions there are, for speed in tokens/s
    """

    inputs: dict[str, Field]
    target: dict[str, Field] = field(default_factory=dict)
    rows: tuple[int, ...] = ()
    tokens: int = 0

    def first(self, rows: int) -> "Batch":
        """Return the first rows alone, for a quick look; `tokens` stay those of the whole."""
        return replace(
            self,
            inputs={name: part.first(rows) for name, part in self.inputs.items()},
            target={name: part.first(rows) for name, part in self.target.items()},
            rows=self.rows[:rows],
        )

    def to(self, device: torch.device | str) -> "Batch":
        """Move every field to a device."""
        device = torch.device(device)
        return replace(
            self,
            inputs={name: part.to(device) for name, part in self.inputs.items()},
            target={name: part.to(device) for name, part in self.target.items()},
        )
