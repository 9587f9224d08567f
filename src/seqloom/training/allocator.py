"""Asking glibc to keep large blocks, which it otherwise gives back to the system at every step.

It saves 10 to 20 % of an update on a CPU, and 7 % of a beam search."""

import ctypes
import ctypes.util
import sys

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""`mallopt` parameters, malloc.h."""


def keep_blocks() -> bool:
    """Ask malloc to keep blocks up to 1 GiB; return whether it could be asked (glibc only)."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(ctypes.util.find_library("c")).mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(MMAP_THRESHOLD, 1 << 30)) and bool(mallopt(TRIM_THRESHOLD, (1 << 31) - 1))
