"""What Seqloom's sides call themselves: the version, and which native library runs, or why none does."""

import torch

import seqloom
from seqloom.kernels import library


def about() -> str:
    """Return one line."""
    native = library.native()
    how = f"no native library ({library.reason()})" if native is None else f"native {native.level}"
    return f"Seqloom {seqloom.__version__}, {how}, on torch {torch.__version__}"
