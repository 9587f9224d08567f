"""`seqloom doctor`: what this machine has for training, what is missing and how to get it, and how fast it is."""

import os
import platform
import shutil
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from seqloom import __version__
from seqloom.cli.output import document

EXTRAS = {
    "report": ("altair", "vl_convert"),
    "metrics": ("sacrebleu", "scipy", "jiwer"),
    "audio": ("soundfile", "soxr"),
    "image": ("PIL",),
    "video": ("av", "PIL"),
    "parquet": ("pyarrow",),
    "vectors": ("gensim",),
    "tune": ("optuna",),
    "ray": ("ray",),
}
"""By extra: the modules that it brings."""
FAST_BF16 = {"avx512_bf16", "amx_bf16", "bf16"}
"""Names that Linux gives to a CPU's own bfloat16 arithmetic (Intel and AMD, Intel AMX, Arm)."""


def doctor(json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False) -> None:
    """Say what this machine has, what is missing, and how fast it is (takes about a second).

    Put its output into a report of an error.
    """
    known = facts()
    if json:
        document(known)
        return
    from seqloom.report.terminal import table

    print(table([{"what": what, "here": here} for what, here in lines(known)], ["what", "here"]))


def facts(seconds: float = 1.0) -> dict[str, Any]:
    """Return the facts as plain values; sizes in bytes. The speed check takes `seconds`, once it is warm."""
    import torch

    cuda = [
        {"name": part.name, "memory": part.total_memory, "capability": f"{part.major}.{part.minor}"}
        for part in map(torch.cuda.get_device_properties, range(torch.cuda.device_count()))
    ]
    return {
        "seqloom": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "vector_instructions": torch.backends.cpu.get_cpu_capability(),
        "cuda": cuda,
        "bf16": {"cpu": bf16_on_cpu(), "cuda": bool(cuda) and torch.cuda.is_bf16_supported()},
        "memory": memory(),
        "disk_free": shutil.disk_usage(".").free,
        "extras": {
            name: [module for module in modules if find_spec(module) is None] for name, modules in EXTRAS.items()
        },
        "native": native_facts(),
        "fast_paths": fast_paths(),
        "compiler": next(filter(None, map(shutil.which, ("c++", "g++", "clang++", "cl"))), None),
        "speed": speed("cuda" if cuda else "cpu", seconds),
    }


def lines(known: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the facts as a person reads them, with what to do about what is missing."""
    total, free = known["memory"]["total"], known["memory"]["available"]
    bf16 = {True: "fast", False: "works, no faster than fp32", None: "unknown"}
    cuda = [f"{part['name']}, {_gib(part['memory'])}, capability {part['capability']}" for part in known["cuda"]]
    rows = [
        ("seqloom", known["seqloom"]),
        ("python", known["python"]),
        ("torch", known["torch"]),
        ("system", known["system"]),
        ("CPU", f"{known['cores']} cores, torch uses {known['threads']} threads, {known['vector_instructions']}"),
        ("CUDA", "; ".join(cuda) or "no device that torch can use: training runs on the CPU"),
        ("bf16 on the CPU", bf16[known["bf16"]["cpu"]]),
        *([("bf16 on CUDA", "yes" if known["bf16"]["cuda"] else "no")] if cuda else []),
        ("memory", f"{_gib(free)} free of {_gib(total)}" if total else "unknown"),
        ("disk", f"{_gib(known['disk_free'])} free in this folder"),
        ("C++ compiler", known["compiler"] or "none: torch.compile will not work"),
        ("native library", _native_line(known["native"])),
    ]
    for path in known["fast_paths"]:
        rows.append(
            (f"fast path {path['name']}", f"off: {path['why_not']}" if path["why_not"] else f"on: {path['about']}")
        )
    for name, missing in known["extras"].items():
        rows.append(
            (f"extra {name}", f"missing {', '.join(missing)}: pip install 'seqloom[{name}]'" if missing else "present")
        )
    fast = known["speed"]
    rows.append(("matrix product", f"{fast['matmul_gflops']:,.0f} GFLOP/s on {fast['device']}"))
    rows.append(("LSTM training", f"{fast['lstm_tokens_per_second']:,.0f} tokens/s (size 128) on {fast['device']}"))
    return rows


def native_facts() -> dict[str, Any]:
    """Return the level of instructions that the native library is used at, or why there is none."""
    from seqloom.kernels.library import native, reason, shares_threads

    library = native()
    if library is None:
        return {"level": None, "reason": reason(), "threads": False}
    return {"level": library.level, "reason": "", "threads": shares_threads()}


def fast_paths() -> list[dict[str, str]]:
    """Return every fast path: its name, what it is, and why it is off (empty where it is on)."""
    from seqloom.kernels.paths import PATHS

    return [{"name": name, "about": path.about, "why_not": path.why_not()} for name, path in PATHS.items()]


def _native_line(known: dict[str, Any]) -> str:
    if known["level"] is None:
        return f"none: {known['reason']}"
    return f"on, level {known['level']}, " + ("with torch's threads" if known["threads"] else "on one thread")


def bf16_on_cpu() -> bool | None:
    """Say whether the CPU itself computes in bfloat16; None where the system does not tell."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return None
    flags = next((line for line in text.splitlines() if line.lower().startswith(("flags", "features"))), "")
    return bool(FAST_BF16 & set(flags.split())) if flags else None


def memory() -> dict[str, int | None]:
    """Return total and available bytes, a container's limit included; None where the system does not tell."""
    try:
        text = Path("/proc/meminfo").read_text()
    except OSError:
        return {"total": None, "available": None}
    values = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in text.splitlines() if line.endswith("kB")}
    total, available = values["MemTotal"], values["MemAvailable"]
    try:
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
    except (OSError, ValueError):  # no such group, or "max": no limit
        return {"total": total, "available": available}
    return {"total": min(total, limit), "available": min(available, max(0, limit - used))}


def speed(device: str, seconds: float) -> dict[str, Any]:
    """Measure a matrix product and an LSTM's training step, each for half of `seconds` after a first call."""
    import torch

    size, batch, window, hidden = 1024, 32, 64, 128
    a = torch.randn(size, size, device=device)
    lstm = torch.nn.LSTM(hidden, hidden, batch_first=True, device=device)
    x = torch.randn(batch, window, hidden, device=device)

    def step() -> None:
        lstm.zero_grad()
        lstm(x)[0].sum().backward()

    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    products = _rate(lambda: a @ a, seconds / 2, wait)
    steps = _rate(step, seconds / 2, wait)
    return {
        "device": device,
        "matmul_gflops": products * 2 * size**3 / 1e9,
        "lstm_tokens_per_second": steps * batch * window,
    }


def _rate(call: Callable[[], object], seconds: float, wait: Callable[[], object]) -> float:
    """Return calls a second, over at least one call."""
    call()
    wait()
    start, calls = time.perf_counter(), 0
    while not calls or time.perf_counter() - start < seconds:
        call()
        wait()
        calls += 1
    return calls / (time.perf_counter() - start)


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"
