"""The most memory that a process, or its tensors on a GPU, have held; and how much of it a training took."""

import sys
from pathlib import Path

import torch

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")
FROM_NOW = "5"
"""What makes Linux count the peak of a process from now on."""

_before = 0
"""The highest peak that was counted before one was counted afresh."""


def peak() -> int | None:
    """Return the bytes that this process has held at most; None where the system does not say."""
    now = _status("VmHWM")
    now = _of_usage() if now is None else now
    return None if now is None else max(_before, now)


def cuda_peak(device: torch.device) -> int | None:
    """Return the bytes that tensors held at most on a GPU; None on a CPU."""
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None


class Rise:
    """How much more is held, at most, than when this was made: by the process, or by tensors on a GPU.

    Made before the first step of a training it tells what the training needs beside its weights and its data:
    gradients, what the optimizer keeps, activations, and blocks that the allocator did not give back.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
            self._start: int | None = torch.cuda.memory_allocated(device)
        else:
            self._start = _status("VmRSS") if _count_afresh() else None

    def bytes(self) -> int | None:
        """Return the rise so far; None where the system does not say."""
        most = cuda_peak(self._device) if self._device.type == "cuda" else _status("VmHWM")
        return None if most is None or self._start is None else max(0, most - self._start)


def _count_afresh() -> bool:
    """Let the peak of this process be counted from now on; return whether the system does so."""
    global _before
    _before = max(_before, _status("VmHWM") or 0)
    try:
        CLEAR.write_text(FROM_NOW)
    except OSError:
        return False
    return True


def _status(name: str) -> int | None:
    """Return the bytes of a line of the process's status; None where there is none."""
    try:
        lines = STATUS.read_text(encoding="utf-8").splitlines()
        (kibibytes,) = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
        return int(kibibytes) * 1024
    except (OSError, ValueError):
        return None


def _of_usage() -> int | None:
    """Return what the system counts where there is no /proc: bytes on a Mac, KiB elsewhere."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
