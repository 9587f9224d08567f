"""Steps of a language model for `generate`, by its packed decoder instead of torch's operations."""

from typing import Any

import torch
from torch import Tensor

from seqloom.decoding.engine import Engine, packed
from seqloom.decoding.generate import Step
from seqloom.decoding.writer import WORDS
from seqloom.kernels.decoder_step import DecoderSession
from seqloom.kernels.draw import Draw
from seqloom.kernels.paths import PATHS
from seqloom.model import SequenceModel
from seqloom.state import State
from seqloom.tape import watched

Found = tuple[Tensor, Tensor, Tensor, Tensor]
ENDLESS = 1 << 62
"""Steps of a session whose State does not grow."""


def native_stepper(model: SequenceModel, window: int) -> Step | None:
    """Return steps over the packed decoder of a language model, or None where it has none or somebody watches.

    The State it gives is its own session, from which no other step can go on. Attention starts again from the last half
    window when the window is full, as in `text.py`.
    """
    if watched() or torch.is_autocast_enabled("cpu") or PATHS["search"].why_not():
        return None
    found = packed(model, WORDS)
    if isinstance(found, str):
        return None
    return _Carried(found.engine) if model.carries else _Windowed(found.engine, window)


class _Session:
    """Rows that are written side by side, each going on from itself."""

    def __init__(self, engine: Engine, rows: int, steps: int, room: int) -> None:
        self._read = engine.read(None, room)  # the session points into it
        self.native = DecoderSession(engine.step, self._read.handle, rows, steps)

    def advance(self, ids: Tensor) -> Tensor:
        return self.native.advance(ids, self.native.itself, self.native.owner)


class _Carried:
    """Steps whose State goes on for ever."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self.vocabulary = engine, engine.step.vocabulary

    def __call__(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        session: Any = state["session"] if state else _Session(self._engine, len(ids), ENDLESS, 1)
        return session.advance(ids), {"session": session}

    def room(self, state: State) -> int:
        return ENDLESS if state else 0

    def write(self, ids: Tensor, state: State, drawing: Draw, even: Tensor) -> tuple[Found, State]:
        return drawing.write(state["session"].native, ids, even), state


class _Windowed:
    """Steps of attention, which sees the last half to whole window."""

    def __init__(self, engine: Engine, window: int) -> None:
        self._engine, self._window, self.vocabulary = engine, window, engine.step.vocabulary

    def __call__(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        seen: list[Tensor] = [*state["seen"], ids] if state else [ids]
        session: Any = state["session"] if state else None
        unread = [ids]
        if len(seen) > self._window:
            seen = unread = seen[-max(1, self._window // 2) :]
            session = None
        if session is None:
            session = _Session(self._engine, len(ids), self._window, self._window)
        for one in unread:
            logits = session.advance(one)
        return logits, {"seen": seen, "session": session}

    def room(self, state: State) -> int:
        return self._window - len(state["seen"]) if state else 0

    def write(self, ids: Tensor, state: State, drawing: Draw, even: Tensor) -> tuple[Found, State]:
        found = drawing.write(state["session"].native, ids, even)
        return found, {**state, "seen": [*state["seen"], ids, *found[0].unbind(0)[:-1]]}
