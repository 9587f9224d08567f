"""One step of a recurrent cell in one native call: what streaming, generation and search live by.

A step of few rows takes as long as its weights take to be read, if nothing else stands between. So all gates are one
pass over weights that were packed for it once, the gates never leave the registers, and there is one call instead of
ten. Large cells share the pass among threads.

Packed weights are kept beside the cell, never on it, and are made anew when a weight was replaced, moved or changed in
place. A change through `.data`, which torch does not count, is found where it is to a whole matrix or a whole bias.
"""

from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from seqloom.kernels.library import Library, native
from seqloom.state import State
from seqloom.tape import asked

KINDS = ("rnn_tanh", "rnn_relu", "lstm", "gru", "mingru", "mingru_positive", "minlstm", "minlstm_positive")
"""What the native step knows; a place here is its number there."""
GATED, MINIMAL = ("w_ih", "w_hh", "b_ih", "b_hh"), ("w", "", "b", "")
"""Names of a cell's weights: where gates read h, and where they do not."""
LINE = 64
"""Bytes in a line of the cache."""
SHARED = 1 << 19
"""Weights from which on threads share a step; one reads them in some 20 microseconds, and is woken up in 5."""
TALL = 4
"""Rows that are advanced in the time of one."""


def step(cell: nn.Module, kind: str, x: Tensor, state: State) -> tuple[Tensor, State] | None:
    """Advance a cell of one of KINDS by one step, or return None where the plain form must be taken.

    x [batch, input] and a State of [batch, size] -> y [batch, size] and the next State.
    """
    if not usable(cell, x, state):
        return None
    library = native()
    packed = _packed.get(cell)
    if packed is None or packed.library is not library or not packed.fresh():
        if library is None or not packable(cell):
            return None
        packed = _packed[cell] = Packed(library, cell, kind)
    if not packed.fits(x, state):
        return None
    after = packed.advance(x, state)
    if after is None:
        packed.pack()
        after = packed.advance(x, state)
        assert after is not None, "a cell's weights change while it steps"
    return after["h"], after


def usable(cell: Any, x: Tensor, state: State) -> bool:
    """Choose: True for the native step, False for the plain one.

    The plain one serves training and all that follows single operations (gradients, a Tape, counters, tracing,
    transforms), every type but float32, and a recurrence that is dropped out.
    """
    return (
        not torch.is_grad_enabled()
        and type(x) is Tensor
        and x.dtype is torch.float32
        and x.is_cpu
        and "recall" not in state
        and not asked(cell, *cell.probes)
        and not torch.is_autocast_enabled("cpu")
        and torch._C._len_torch_dispatch_stack() == 0
        and torch._C._get_tracing_state() is None
        and torch._C._functorch.peek_interpreter_stack() is None
        and forward_ad._current_level < 0
    )


def packable(cell: nn.Module) -> bool:
    """Whether the weights are plain ones that can be packed: float32, contiguous, on the CPU, with a version."""
    held = [cell._parameters.get(name) for name in _names(cell) if name]
    return all(
        w is not None and w.dtype is torch.float32 and w.is_cpu and w.is_contiguous() and not w.is_inference()
        for w in held
    )


class Packed:
    """A cell's weights as the native step reads them, and what they were made of."""

    def __init__(self, library: Library, cell: nn.Module, kind: str) -> None:
        self.library = library
        self._held = cell._parameters  # the cell's own table, in which a replaced weight is seen
        self._kind, self._names = KINDS.index(kind), _names(cell)
        self._input, self._size = int(cell.input_size), int(cell.size)  # type: ignore[arg-type]
        floats = library.bind("cell_step_floats", "iii", "i")(self._kind, self._input, self._size)
        self._floats = floats
        self._data = torch.empty(4 * floats + LINE, dtype=torch.uint8)
        self._at = -(-self._data.data_ptr() // LINE) * LINE
        self._run = library.bind("cell_step", "ppppppiiii", "i")
        self.pack()

    def pack(self) -> None:
        """Read the weights anew."""
        weights = [self._held[name] if name else None for name in self._names]
        self._seen = [
            (name, weight, weight._version, weight.data_ptr())
            for name, weight in zip(self._names, weights, strict=True)
            if weight is not None
        ]
        places = [None if weight is None else weight.data_ptr() for weight in weights]
        pack = self.library.bind("cell_step_pack", "piiipppp")
        pack(self._at, self._kind, self._input, self._size, *places)

    def fresh(self) -> bool:
        """Whether the weights are those that were packed, as far as torch can tell."""
        held = self._held
        for name, weight, version, place in self._seen:
            if held.get(name) is not weight or weight._version != version or weight.data_ptr() != place:
                return False
        return True

    def current(self) -> bool:
        """Whether it may be gone on with: the weights are those that were packed, and nobody switched it off."""
        return self.fresh() and self.library is native()

    def fits(self, x: Tensor, state: State) -> bool:
        """Whether types and shapes are right; where they are not, the plain form says what is wrong."""
        rows, shape = len(x), (len(x), self._size)
        if x.shape != (rows, self._input) or not rows:
            return False
        for value in state.values():
            if (
                type(value) is not Tensor
                or value.dtype is not torch.float32
                or not value.is_cpu
                or value.shape != shape
            ):
                return False
        return True

    def advance(self, x: Tensor, state: State) -> State | None:
        """Advance; None where the weights turn out to have been changed in silence."""
        h: Tensor = state["h"]
        c: Tensor | None = state.get("c")
        rows, size = h.shape
        if x.stride(1) != 1:
            x = x.contiguous()
        if h.stride(1) != 1 or (c is not None and c.stride() != h.stride()):
            h, c = h.contiguous(), None if c is None else c.contiguous()
        after = {part: torch.empty(rows, size) for part in state}
        threads = torch.get_num_threads() if self._floats * max(1, rows // TALL) >= SHARED else 1
        stale = self._run(
            self._at,
            x.data_ptr(),
            h.data_ptr(),
            None if c is None else c.data_ptr(),
            after["h"].data_ptr(),
            None if c is None else after["c"].data_ptr(),
            x.stride(0),
            h.stride(0),
            rows,
            threads,
        )
        return None if stale else after


def held(cell: nn.Module) -> Packed | None:
    """Return the packed weights of a cell whose last step was native, None of another."""
    packed = _packed.get(cell)
    return packed if packed is not None and packed.current() else None


_packed: WeakKeyDictionary[nn.Module, Packed] = WeakKeyDictionary()


def _names(cell: nn.Module) -> tuple[str, ...]:
    return GATED if "w_ih" in cell._parameters else MINIMAL
