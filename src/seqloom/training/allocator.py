"""Asking glibc to keep large blocks, which it otherwise gives back to the system at every step, and to give them back
where they pile up.

Keeping saves 10 to 20 % of an update on a CPU, and 7 % of a beam search. A Transformer of 3+3 layers on Multi30k took
1,105 MiB a step with it and 1,028 without, which cost 1.12 times the time (bench/speed_memory.py). But blocks of
long sequences are cut so that the pieces between are never used again: a minGRU over 784 steps came to 20 GB in 720
updates, and half of one was in use."""

import ctypes
import ctypes.util
import sys
from pathlib import Path
from typing import Any

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""`mallopt` parameters, malloc.h."""
ROOM = 1 << 30
"""Bytes that may pile up before they are given back."""
EVERY = 20
"""Updates between two looks at what is held: a look reads one small file."""
STATM = Path("/proc/self/statm")
PAGE = 4096


def keep_blocks() -> bool:
    """Ask malloc to keep blocks up to 1 GiB; return whether it could be asked (glibc only)."""
    libc = _libc()
    if libc is None or not hasattr(libc, "mallopt"):
        return False
    return bool(libc.mallopt(MMAP_THRESHOLD, 1 << 30)) and bool(libc.mallopt(TRIM_THRESHOLD, (1 << 31) - 1))


class Blocks:
    """Gives back what piles up: once a process holds ROOM more than after the last time."""

    def __init__(self) -> None:
        self._libc, self._updates, self._held = _libc(), 0, held()

    def after_update(self) -> bool:
        """Look at every EVERY-th call; return whether blocks were given back."""
        self._updates += 1
        if self._updates % EVERY:
            return False
        return held() >= self._held + ROOM and self.give_back()

    def give_back(self) -> bool:
        """Give back now what is not in use; return whether it could be (glibc only)."""
        if self._libc is None or not hasattr(self._libc, "malloc_trim"):
            return False
        self._libc.malloc_trim(0)
        self._held = held()
        return True


def held() -> int:
    """Return the bytes of memory that this process holds; 0 where the system does not say."""
    try:
        return int(STATM.read_text().split()[1]) * PAGE
    except (OSError, ValueError, IndexError):
        return 0


def _libc() -> Any:
    """Return the C library of Linux, or None."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(ctypes.util.find_library("c"))
    except OSError:
        return None
