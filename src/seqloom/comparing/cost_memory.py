"""The most memory that a process, or its tensors on a GPU, have held."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

STATUS = Path("/proc/self/status")


def peak() -> int | None:
    """Return the bytes that this process has held at most; None where the system does not say."""
    try:
        lines = STATUS.read_text(encoding="utf-8").splitlines()
        (kibibytes,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
        return int(kibibytes) * 1024
    except (OSError, ValueError):
        return _of_usage()


def _of_usage() -> int | None:
    """Return what the system counts where there is no /proc: bytes on a Mac, KiB elsewhere."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def cuda_peak(device: "torch.device") -> int | None:
    """Return the bytes that tensors held at most on a GPU; None on a CPU."""
    import torch

    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None
