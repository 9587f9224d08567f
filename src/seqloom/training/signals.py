"""Ctrl-C and SIGTERM as a flag, so that the loop can save before it ends."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Flag:
    """Which signal came, if any; its exit code is 128 + its number."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def __bool__(self) -> bool:
        return self.signal is not None

    @property
    def code(self) -> int:
        """The exit code that a shell expects: 130 for Ctrl-C, 143 for SIGTERM."""
        return 128 + (self.signal or 0)


@contextmanager
def watched() -> Iterator[Flag]:
    """Turn SIGINT and SIGTERM into a flag; a second Ctrl-C interrupts at once. Only the main thread can ask for it."""
    flag = Flag()
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return
    before: dict[int, Any] = {}

    def note(number: int, frame: FrameType | None) -> None:
        if flag and number == signal.SIGINT:
            raise KeyboardInterrupt
        flag.signal = number

    for asked in (signal.SIGINT, signal.SIGTERM):
        before[asked] = signal.signal(asked, note)
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
