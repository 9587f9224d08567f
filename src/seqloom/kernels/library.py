"""The native library: found and loaded once, when first asked for, through a plain C interface.

It holds each function once for every level of instructions (`sl_gru_forward_avx2`, `sl_gru_forward_avx512` ...), and
the processor says at run time which is taken. It knows no torch: tensors come as pointers, so that contiguity, types
and sizes are the duty of the wrapper that calls. Where there is no library (no compiler at install, another
processor), `native()` is None and `reason()` says why.
"""

import ctypes
import os
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from seqloom.kernels.build import ABI, NAME, SOURCES, fingerprint
from seqloom.kernels.switch import LEVELS, asked

OWN = "SEQLOOM_NATIVE"
"""Environment variable: a library to load instead of the installed one, for who works on it. It must be built from
these sources, which is then not checked."""
TYPES: dict[str, Any] = {
    "p": ctypes.c_void_p,
    "i": ctypes.c_int64,
    "f": ctypes.c_float,
    "d": ctypes.c_double,
    "s": ctypes.c_char_p,
}
"""Letters of a signature: pointer, int64, float, double, bytes."""


class Library:
    """The library at one level of instructions."""

    def __init__(self, handle: ctypes.CDLL, level: str) -> None:
        self.level = level
        self._handle = handle
        self._bound: dict[str, Callable[..., Any]] = {}

    def has(self, *names: str) -> bool:
        """Whether all functions of these names were built in."""
        return all(hasattr(self._handle, f"sl_{name}_{self.level}") for name in names)

    def bind(self, name: str, signature: str, returns: str = "") -> Callable[..., Any]:
        """Return a function by its name, typed by the letters of TYPES: `bind("scan", "ppii")`. Pointers are given as
        `tensor.data_ptr()`, None being a null pointer. The interpreter's lock is released while it runs."""
        if name not in self._bound:
            function = getattr(self._handle, f"sl_{name}_{self.level}")
            function.argtypes = [TYPES[letter] for letter in signature]
            function.restype = TYPES[returns] if returns else None
            self._bound[name] = function
        return self._bound[name]


def native() -> Library | None:
    """Return the library at the level that SEQLOOM_KERNELS and the processor allow, or None."""
    word = asked()
    if word == "off":
        return None
    handle, here, _ = _load()
    if handle is None or here is None:
        return None
    return _at(min(word, here, key=LEVELS.index) if word in LEVELS else here)


def reason() -> str:
    """Say why there is no library; empty where there is one."""
    return "switched off by SEQLOOM_KERNELS" if asked() == "off" else _load()[2]


def shares_threads() -> bool:
    """Whether the library runs on the threads that torch has already (else on one)."""
    handle, _, _ = _load()
    return handle is not None and bool(handle.seqloom_threads())


@cache
def _at(level: str) -> Library | None:
    handle, _, _ = _load()
    return None if handle is None else Library(handle, level)


@lru_cache(maxsize=1)
def _load() -> tuple[ctypes.CDLL | None, str | None, str]:
    """Return the library, the highest level that this processor has, and else the reason."""
    own = os.environ.get(OWN)
    path = Path(own) if own else SOURCES / NAME
    if not path.is_file():
        return None, None, "not built: " + _why_not_built()
    try:
        handle = ctypes.CDLL(str(path))
        abi, source, level = (_text(handle, name) for name in ("seqloom_abi", "seqloom_source", "seqloom_level"))
    except (OSError, AttributeError) as error:
        return None, None, f"{path.name} cannot be loaded: {error}"
    if abi != ABI or (own is None and source != fingerprint()):
        return None, None, "built from older sources: run python -m seqloom.kernels.build"
    if level not in LEVELS:
        return None, None, "this processor lacks AVX2 or FMA"
    return handle, level, ""


def _text(handle: ctypes.CDLL, name: str) -> str:
    """Return what a function without arguments says."""
    function = getattr(handle, name)
    function.restype = ctypes.c_char_p
    said: bytes = function()
    return said.decode()


def _why_not_built() -> str:
    """Read what the last attempt to build left beside the sources."""
    note = SOURCES / "not-built.txt"
    try:
        return note.read_text(encoding="utf-8").strip() or "no reason was left"
    except OSError:
        return "run python -m seqloom.kernels.build (it needs a C++ compiler)"
