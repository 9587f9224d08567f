"""How soon Seqloom is there: the command line, the import, and the answer to one line.

    python bench/startup.py [--calls N]        writes bench/results/startup.json, startup.md and growth.md

Every row is so many processes (nine), in turns, each with one thread: the medians of CPU seconds and of the clock,
and the slowest. On a busy machine only the CPU seconds tell.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import growth

RESULTS = Path(__file__).resolve().parent / "results"
RUN = Path(__file__).resolve().parent.parent / "tests" / "kept" / "format-1-classify"
COMMAND = [sys.executable, "-m", "seqloom.cli.main"]
ROWS = {
    "seqloom --help": ([*COMMAND, "--help"], "0.4"),
    "seqloom --version": ([*COMMAND, "--version"], ""),
    "seqloom train --help": ([*COMMAND, "train", "--help"], ""),
    "seqloom train --nonsense": ([*COMMAND, "train", "--nonsense"], ""),
    "import torch": ([sys.executable, "-c", "import torch"], ""),
    "import torch, seqloom": ([sys.executable, "-c", "import torch, seqloom"], "torch + 0.15"),
    "seqloom predict, one line": ([*COMMAND, "predict", str(RUN)], "2.5"),
}
"""The call of each row, and the mark in seconds."""


def main() -> None:
    """Time each row and write the table."""
    parser = argparse.ArgumentParser(description="How soon Seqloom is there.")
    parser.add_argument("--calls", type=int, default=9, help="processes a row (default 9)")
    calls = parser.parse_args().calls
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ROWS}
    for _ in range(calls):
        for name, (words, _) in ROWS.items():
            taken[name].append(_seconds(words))
    lines = [
        "# Start-up",
        "",
        f"`python bench/startup.py`: {calls} processes a row, in turns, one thread each; seconds.",
        "",
        "| | CPU, median | clock, median | clock, slowest | mark |",
        "|---|---|---|---|---|",
    ]
    for name, found in taken.items():
        processor, clock = ([one[place] for one in found] for place in (0, 1))
        medians = f"{statistics.median(processor):.2f} | {statistics.median(clock):.2f} | {max(clock):.2f}"
        lines.append(f"| {name} | {medians} | {ROWS[name][1]} |")
    (RESULTS / "startup.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (RESULTS / "startup.json").write_text(json.dumps(taken, indent=1), encoding="utf-8")
    growth.keep({})
    print("\n".join(lines))


def _seconds(words: list[str]) -> tuple[float, float]:
    around = {**os.environ, "OMP_NUM_THREADS": "1"}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(words, input="good\n", text=True, capture_output=True, env=around, check=False)
    after, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - started
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, clock


if __name__ == "__main__":
    main()
