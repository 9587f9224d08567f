"""A recurrent stack that is read one step at a time, as a live signal comes.

    live = encoder.live()
    for x in signal:                # [rows, input]
        y = live.push(x)            # [rows, size], what the encoder says of this step of the whole

What a forward pass asks anew each time (masks, directions, options) is settled once, so that a step costs little beside
its products. Nothing is learned here: there are no gradients.
"""

from typing import Any

import torch
from torch import Tensor

from seqloom.errors import InputError
from seqloom.kernels.cell_step import Packed, held
from seqloom.layers.stack import Noise, RecurrentStack
from seqloom.state import State
from seqloom.tape import watched


class Live:
    """`rows` signals side by side, each going on from its own State."""

    def __init__(self, stack: RecurrentStack, rows: int = 1) -> None:
        if stack.training:
            raise ValueError("a model that listens must be in evaluation mode")
        layers = len(stack.ways)
        self._stack, self._silence = stack, Noise([None] * (layers - 1), [None] * layers)
        bottom: Any = stack.cell(0, "forwards")
        self._shape = torch.Size((rows, bottom.input_size))
        with torch.no_grad():
            self.state = stack.start(rows, next(stack.parameters()))

    @property
    def state(self) -> State:
        """The State after what was heard, from which the encoder goes on too. It may be set to one that was left."""
        return {str(layer): {"forwards": dict(parts)} for layer, parts in enumerate(self._parts)}

    @state.setter
    def state(self, state: State) -> None:
        self._parts: list[State] = [state[str(layer)]["forwards"] for layer in range(len(state))]
        self._packed: list[Packed] = []

    def push(self, x: Tensor) -> Tensor:
        """Hear one step: x [rows, input] -> y [rows, size]. Raises InputError for another shape."""
        if x.shape != self._shape:
            raise InputError(
                f"a step of shape {tuple(x.shape)} came, and it is to be [rows, input] {tuple(self._shape)}."
            )
        y = self._quick(x) if self._packed else None
        if y is not None:
            return y
        with torch.no_grad():
            y, after = self._stack.step(x, self.state, self._silence)
        self.state = after
        packed = [held(cell) for _, _, cell in self._stack.each_cell()]
        self._packed = [one for one in packed if one is not None] if None not in packed else []
        return y

    def _quick(self, x: Tensor) -> Tensor | None:
        """Step all layers natively; None where something has changed since the last time."""
        if x.dtype is not torch.float32 or not x.is_cpu or watched() or torch.is_autocast_enabled("cpu"):
            return None
        parts = []
        for layer, packed in enumerate(self._packed):
            after = packed.advance(x, self._parts[layer]) if packed.current() else None
            if after is None:
                return None
            y: Tensor = after["h"]
            x = y + x if self._stack.skips(layer, x, y) else y
            parts.append(after)
        self._parts = parts
        return x
