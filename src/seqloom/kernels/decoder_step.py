"""A decoder's step in the native library, with its weights packed: what a native search, or a loop, runs on.

A file of its own makes one for each kind of decoder, such as `transformer_step.py`. What native/step.h says of a Step
holds here: it never changes, several threads may share it, and what rows remember is in sessions.
"""

import weakref
from typing import Literal

import torch
from torch import Tensor

from seqloom.kernels.library import Library

Precision = Literal["float32", "bf16", "int8"]
PRECISIONS: tuple[Precision, ...] = ("float32", "bf16", "int8")
"""In the order of native/linear.h: how packed weights are held."""
DEEPEST = 65536
"""The widest input whose whole-number products fit into 32 bits; a wider layer cannot be int8."""
EACH = 1 << 20
"""Bytes of weights for which a thread takes part in a step: it reads them in some ten microseconds."""


class DecoderStep:
    """A packed step. `kept` are tensors that it reads without a copy of its own.

    handle      where it lies, for the native functions
    vocabulary  width of its logits
    bytes       of the weights that a step reads
    """

    def __init__(self, library: Library, handle: int, vocabulary: int, kept: tuple[Tensor, ...] = ()) -> None:
        self.library, self.handle, self.vocabulary, self._kept = library, handle, vocabulary, kept
        self.bytes: int = library.bind("step_bytes", "p", "i")(handle)
        weakref.finalize(self, library.bind("step_free", "p"), handle)


def together(step: DecoderStep) -> int:
    """Choose: how many threads share the products of one step, by the weights that it reads; see native/team.h."""
    return max(1, min(torch.get_num_threads(), step.bytes // EACH))


class DecoderSession:
    """Rows that are written step by step without a search; `memory` is what they read, as their kind of step has it.

    rows, steps     the most of each
    itself, owner   [rows]: each row goes on from itself, and all belong to the first sentence
    """

    def __init__(self, step: DecoderStep, memory: int | None, rows: int, steps: int) -> None:
        library = step.library
        self.step, self.rows, self.steps, self.taken = step, rows, steps, 0
        self.itself, self.owner = torch.arange(rows), torch.zeros(rows, dtype=torch.long)
        self._advance = library.bind("step_advance", "ppipppp")
        self.handle = library.bind("step_open", "ppiii", "p")(step.handle, memory, rows, steps, together(step))
        weakref.finalize(self, library.bind("step_close", "pp"), step.handle, self.handle)

    def advance(self, token: Tensor, parent: Tensor, owner: Tensor) -> Tensor:
        """Return logits [rows, vocabulary] after `token` [rows], read by rows that go on from `parent` [rows] of the
        step before and belong to sentence `owner` [rows]; all int64."""
        self.check_room(len(token), 1)
        given = [one.contiguous() for one in (token, parent, owner)]
        logits = torch.empty(len(token), self.step.vocabulary)
        places = [one.data_ptr() for one in (*given, logits)]
        self._advance(self.step.handle, self.handle, len(token), *places)
        self.taken += 1
        return logits

    def check_room(self, rows: int, steps: int) -> None:
        """Raise ValueError where so many rows cannot take so many steps more."""
        if rows > self.rows or self.taken + steps > self.steps:
            raise ValueError(
                f"{rows} rows for {steps} more after {self.taken} steps: there is room for {self.rows} and {self.steps}"
            )
