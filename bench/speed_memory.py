"""What a step takes of memory, and what computing activations again and leaving the allocator alone do to it.

    python bench/speed_memory.py [--quick] [--rows TEXT] [--data FOLDER]

Every row is trained three times, a process each: as it is, with activations computed again in the backward pass
(fit.checkpointing), and with the allocator left as it is (fit.keep_blocks=false). What it says at its end is the peak
of memory beside weights and data. Processor seconds are of one update, the first two left out.
"""

import tempfile
from pathlib import Path
from typing import Any

from sidebyside.results import keep
from speed_data import PAIRS, THREE, WIDE, Row, options, prepare, trained

LONG = ("decoder.size=256", "target.size=64", "fit.window=1024", "fit.batch_tokens=8192")
ROWS = (
    Row("Multi30k, Transformer 3+3 of 256", "translate", *PAIRS, "transformer", THREE),
    Row("Multi30k, Bahdanau 256", "translate", *PAIRS, "bahdanau", WIDE),
    Row(
        "Shakespeare in windows of 1024, GPT 6 of 256",
        "language",
        "shakespeare.txt",
        "gpt",
        ("decoder.layers=6", *LONG),
    ),
    Row(
        "Shakespeare in windows of 1024, GRU 3 of 256",
        "language",
        "shakespeare.txt",
        "gru",
        ("decoder.layers=3", *LONG),
    ),
    Row("Shakespeare in windows of 1024, MGU 256 (in steps)", "language", "shakespeare.txt", "mgu", LONG),
)
WAYS = {
    "as it is": (),
    "checkpointing": ("fit.checkpointing=true",),
    "blocks not kept": ("fit.keep_blocks=false",),
}

TAKEN = """The peak of memory beside weights and data: gradients, what the optimizer keeps, activations, and what the \
allocator holds. *checkpointing* computes activations again in the backward pass; *blocks not kept* leaves glibc's \
allocator as it is, so that it gives large blocks back to the system at every step."""
COLUMNS = ("training", "way", "memory of a step", "x", "processor, an update", "x")


def main() -> None:
    """Train every row in every way, print the table, keep it where all was run in full."""
    asked = options(__doc__ or "")
    with tempfile.TemporaryDirectory(prefix="seqloom-speed-memory-") as scratch:
        prepare(asked.data, Path(scratch))
        chosen = [row for row in ROWS if asked.rows.lower() in row.name.lower()]
        lines = [line for row in chosen for line in _taken(row, Path(scratch), max(4, asked.updates // 3))]
    if asked.whole:
        keep("memory", "Memory of a step", TAKEN, COLUMNS, lines)


def _taken(row: Row, folder: Path, updates: int) -> list[list[str]]:
    lines = []
    base: dict[str, Any] = {}
    for way, settings in WAYS.items():
        told = trained(row, folder, updates, settings)
        base = base or told
        memory = f"{(told['bytes_step'] or 0) / 2**20:,.0f} MiB", f"{told['bytes_step'] / base['bytes_step']:.2f}"
        time = f"{1000 * told['processor']:.0f} ms", f"{told['processor'] / base['processor']:.2f}"
        lines.append([row.name, way, *memory, *time])
        print("  ".join(lines[-1]), flush=True)
    return lines


if __name__ == "__main__":
    main()
