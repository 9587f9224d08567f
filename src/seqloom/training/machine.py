"""The machine and the versions that a training ran with, as plain values: what a page of a run says of its making."""

import os
import platform
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from seqloom import __version__

PACKAGES = ("numpy", "safetensors", "tokenizers")


def versions() -> dict[str, str]:
    """Return the versions of Seqloom, Python, torch and what reads and writes numbers."""
    found = {"seqloom": __version__, "python": platform.python_version(), "torch": str(torch.__version__)}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # vendored, or run from a checkout
            continue
    return found


def machine(device: str) -> dict[str, Any]:
    """Return the system, the processor and its cores, the threads that torch uses, and the GPU where one is used."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found: dict[str, Any] = {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": cores,
        "threads": torch.get_num_threads(),
    }
    if device.startswith("cuda") and torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name(torch.device(device))
    return found


@lru_cache(maxsize=1)
def processor() -> str:
    """Return the name of the processor as the system tells it; its kind where it does not."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
