"""What was measured, kept: bench/results/speed.json, and from it the page and the picture."""

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sidebyside.environments import BENCH

RESULTS = BENCH / "results"
RECORD = RESULTS / "speed.json"


def keep_contest(name: str, title: str, intro: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put a side-by-side table on the page: its rows are records of `contest.measure`."""
    _put(name, {"kind": "contest", "title": title, "intro": intro, "rows": list(rows)})


def keep(name: str, title: str, intro: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Put a table of another shape on the page: text and numbers as they are to be read."""
    _put(name, {"kind": "plain", "title": title, "intro": intro, "columns": list(columns), "rows": [*map(list, rows)]})


def kept() -> dict[str, Any]:
    """Return the tables that are there, by name."""
    return json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}


def _put(name: str, table: dict[str, Any]) -> None:
    from sidebyside.page import page
    from sidebyside.picture import picture

    stamped = {**table, "machine": machine(), "when": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())}
    tables = kept() | {name: stamped}
    RESULTS.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps(tables, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "speed.md").write_text(page(tables), encoding="utf-8")
    drawn = picture(tables)
    if drawn is not None:
        (RESULTS / "speed.png").write_bytes(drawn)


def machine() -> str:
    """Say what this was measured on: processor, cores, what they can, memory, system."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    told = [_told("/proc/cpuinfo", "model name") or platform.machine(), f"{cores} cores"]
    flags = (_told("/proc/cpuinfo", "flags") or "").split()
    can = [name for name in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8") if name in flags]
    told += [" ".join(can)] if can else []
    memory = _told("/proc/meminfo", "MemTotal")
    told += [f"{int(memory.split()[0]) / 2**20:.0f} GiB of memory"] if memory else []
    return ", ".join([*told, f"{platform.system()} {platform.release()}", " ".join(platform.libc_ver()).strip()])


def _told(path: str, name: str) -> str | None:
    """Return what the first line `name: ...` of a file of /proc says."""
    try:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), None)
