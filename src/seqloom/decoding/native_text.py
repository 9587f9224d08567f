"""Steps of a language model for `generate`, by its packed decoder instead of torch's operations."""

from typing import Any

import torch
from torch import Tensor

from seqloom.decoding.engine import Engine, packed
from seqloom.decoding.generate import Step
from seqloom.decoding.writer import WORDS
from seqloom.kernels.decoder_step import DecoderSession
from seqloom.kernels.paths import PATHS
from seqloom.model import SequenceModel
from seqloom.state import State
from seqloom.tape import watched

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
    engine = found.engine
    return _carried(engine) if model.carries else _windowed(engine, window)


class _Session:
    """Rows that are written side by side, each going on from itself."""

    def __init__(self, engine: Engine, rows: int, steps: int, room: int) -> None:
        self._read = engine.read(None, room)  # the session points into it
        self._session = DecoderSession(engine.step, self._read.handle, rows, steps)
        self._itself, self._owner = torch.arange(rows), torch.zeros(rows, dtype=torch.long)

    def advance(self, ids: Tensor) -> Tensor:
        return self._session.advance(ids, self._itself, self._owner)


def _carried(engine: Engine) -> Step:
    def step(ids: Tensor, state: State) -> tuple[Tensor, State]:
        session: Any = state["session"] if state else _Session(engine, len(ids), ENDLESS, 1)
        return session.advance(ids), {"session": session}

    return step


def _windowed(engine: Engine, window: int) -> Step:
    def step(ids: Tensor, state: State) -> tuple[Tensor, State]:
        seen: list[Tensor] = [*state["seen"], ids] if state else [ids]
        session: Any = state["session"] if state else None
        unread = [ids]
        if len(seen) > window:
            seen = unread = seen[-max(1, window // 2) :]
            session = None
        if session is None:
            session = _Session(engine, len(ids), window, window)
        for one in unread:
            logits = session.advance(one)
        return logits, {"seen": seen, "session": session}

    return step
