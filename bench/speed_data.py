"""Whether data keeps the processor waiting, and how much of a batch is padding.

    python bench/speed_data.py [--quick] [--rows TEXT] [--data FOLDER]

Every row is a training in a process of its own, and what it says of itself at its end (events.jsonl): the share of the
time that updates waited for their batches, and the share of all positions that is padding. The data folder is that of
SEQLOOM_DATA (../shared/data, beside the repository).
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sidebyside.command import parser
from sidebyside.results import keep

UPDATES, QUICK = 60, 8
PAIRS = ("m30k.train.de,m30k.train.en",)
WIDE = ("source.size=256", "target.size=256", "encoder.size=256", "decoder.size=256")
THREE = ("encoder.layers=3", "decoder.layers=3", *WIDE)


@dataclass(frozen=True)
class Row:
    """A training: its name, task, file in the folder that `prepare` fills, architecture and settings."""

    name: str
    task: str
    file: str
    arch: str
    settings: tuple[str, ...] = ()


ROWS = (
    Row("Multi30k, Transformer 3+3 of 256", "translate", *PAIRS, "transformer", THREE),
    Row("Multi30k, Bahdanau 256", "translate", *PAIRS, "bahdanau", WIDE),
    Row("nsmc, BiLSTM", "classify", "nsmc.tsv", "bilstm"),
    Row("nsmc, bag of words", "classify", "nsmc.tsv", "bag"),
    Row("Shakespeare, LSTM", "language", "shakespeare.txt", "lstm"),
)
ONE = """
import json, sys, time
from seqloom.training.run import fit
said = json.loads(sys.argv[1])
seen, marks = {}, []
def hear(event):
    record = event.record()
    seen[record["event"]] = record
    if record["event"] == "step" and record["step"] in (2, record["steps"]):  # the first ones fill the allocator
        marks.append((time.process_time(), time.perf_counter()))
fit(said["task"], said["data"], arch=said["arch"], settings=said["settings"], out=said["out"], on_event=hear)
(a, b), (c, d) = marks
updates = seen["finished"]["step"] - 2
print(json.dumps({**seen["finished"], "processor": (c - a) / updates, "wall": (d - b) / updates}))
"""


def main() -> None:
    """Train every row, print the table, keep it where all was run in full."""
    asked = options(__doc__ or "")
    with tempfile.TemporaryDirectory(prefix="seqloom-speed-data-") as scratch:
        prepare(asked.data, Path(scratch))
        lines = [_waited(row, Path(scratch), asked.updates) for row in ROWS if asked.rows.lower() in row.name.lower()]
    if asked.whole:
        keep("data", "Waiting for data, and padding", WAITED, ("training", "an update", "waited", "padding"), lines)


def options(about: str) -> argparse.Namespace:
    """Read the command line: with `updates`, and whether the table is `whole`."""
    made = parser(about)
    made.add_argument(
        "--data", type=Path, default=Path(os.environ.get("SEQLOOM_DATA", Path(__file__).parents[2] / "shared" / "data"))
    )
    asked = made.parse_args()
    asked.updates = QUICK if asked.quick else asked.rounds or UPDATES
    asked.whole = not (asked.quick or asked.cpu or asked.rows or asked.sides or asked.rounds)
    return asked


WAITED = """What share of the time updates waited for their batches, which are made between them in the same process \
(fit.workers=0), and what share of all positions of all inputs is padding. Texts are turned into ids once, before the \
first update."""


def prepare(data: Path, folder: Path) -> None:
    """Write the files that rows name."""
    for language in ("de", "en"):
        text = gzip.decompress((data / "multi30k" / f"train.{language}.gz").read_bytes())
        (folder / f"m30k.train.{language}").write_bytes(text)
    (folder / "nsmc.tsv").write_bytes(gzip.decompress((data / "nsmc" / "ratings_train.txt.gz").read_bytes()))
    (folder / "shakespeare.txt").write_bytes((data / "tinyshakespeare" / "input_first95.txt").read_bytes())


def trained(row: Row, folder: Path, updates: int, more: tuple[str, ...] = ()) -> dict[str, Any]:
    """Train one row in a process of its own and return what it says at its end."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        said = {
            "task": row.task,
            "data": ",".join(str(folder / name) for name in row.file.split(",")),
            "arch": row.arch,
            "settings": [*row.settings, f"fit.steps={updates}", "data.valid=null", *more],
            "out": str(Path(out) / "run"),
        }
        done = subprocess.run(
            [sys.executable, "-c", ONE, json.dumps(said)], capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise SystemExit(f"{row.name}: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _waited(row: Row, folder: Path, updates: int) -> list[str]:
    told = trained(row, folder, updates)
    padding = "none" if told["padding"] is None else f"{told['padding']:.1%}"
    line = [row.name, f"{1000 * told['wall']:.0f} ms", f"{told['waited']:.2%}", padding]
    print("  ".join(line), flush=True)
    return line


if __name__ == "__main__":
    main()
