"""Growth: what time and memory do as a figure grows, each with its exponent.

    python bench/growth.py                       every table but the ten million rows, one thread
    python bench/growth.py rows --most 10000000  the rows alone, to so many: an hour
    python bench/growth.py length batch width vocabulary --quick

Each point is a process of its own: seconds are CPU seconds of one thread (medians of the steps timed), memory is the
rise of the peak over what was there when the work began. The exponent is the slope of a least-squares line through the
logarithms of the upper half of the points, where constant costs no longer hide it: 1 is linear, 2 quadratic.

`rows` starts a training on made files of so many lines, twice: `first` passes over the file, `again` finds what the
first kept (`data/kept.py`). Both end where the first update would begin.
"""

import argparse
import contextlib
import json
import os
import platform
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).resolve().parent / "results"
LENGTHS = [2**power for power in range(6, 14)]
BATCHES = [1, 4, 16, 64, 256]
WIDTHS = [32, 64, 128, 256, 512, 1024]
VOCABULARIES = [1_000, 4_000, 16_000, 64_000, 256_000]
ROWS = [10_000, 100_000, 1_000_000, 10_000_000]
STEPS = {
    "rnn": ["decoder.kind=rnn"],
    "gru": ["decoder.kind=gru"],
    "lstm": ["decoder.kind=lstm"],
    "mingru": ["decoder.kind=mingru"],
    "transformer": ["decoder.kind=transformer", "decoder.layers=2", "decoder.heads=4", "decoder.positions=rotary"],
}
STARTS = {
    "classify": ("reviews.tsv", ["encoder.size=16", "source.size=16"]),
    "translate": ("pairs.tsv", ["encoder.size=16", "decoder.size=16", "source.size=16", "target.size=16"]),
    "language": ("text.txt", ["decoder.size=16", "target.size=16"]),
}


def step(kind: str, length: int, batch: int, width: int, vocabulary: int) -> dict[str, float]:
    """Time a training step of a language model."""
    import torch

    from seqloom.batch import Batch, Field
    from seqloom.build import Wiring, build
    from seqloom.training.allocator import keep_blocks
    from seqloom.training.run import plan

    torch.set_num_threads(1)
    torch.manual_seed(0)
    keep_blocks()
    settings = [*STEPS[kind], f"decoder.size={width}", f"target.size={width}"]
    spec, _ = plan("language", "text.txt", settings=settings)
    model = build(spec, Wiring(target=vocabulary))
    ids = torch.randint(5, vocabulary, (batch, length + 1))
    mask = torch.ones(batch, length, dtype=torch.bool)
    one = Batch({"target": Field(ids[:, :-1])}, {"words": Field(ids[:, 1:], mask)}, tuple(range(batch)), batch * length)

    def once() -> float:
        model.zero_grad(set_to_none=True)
        started = time.process_time()
        total, count = model.learn(one)[0]["words"]  # as training/update.py does, which keeps no logits and no State
        (total / count).backward()
        return time.process_time() - started

    weights = sum(parameter.nbytes for parameter in model.parameters())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    taken = [once()]
    while len(taken) < 7 and (len(taken) < 3 or sum(taken) < 3):
        taken.append(once())
    risen = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    return {"seconds": statistics.median(taken[1:]), "bytes": max(0, risen - weights)}


def start(task: str, path: str, settings: list[str]) -> dict[str, float]:
    """Time the start of a training up to its first update."""
    import torch

    from seqloom.errors import Interrupted
    from seqloom.training.events import Event, Started
    from seqloom.training.run import fit

    torch.set_num_threads(1)

    def stop(event: Event) -> None:
        if isinstance(event, Started):
            raise Interrupted("started.", 0)

    begun, clock = time.process_time(), time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(Interrupted):
        fit(task, path, out=f"{folder}/run", settings=settings, on_event=stop)
    taken, passed = time.process_time() - begun, time.perf_counter() - clock
    risen = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    return {"seconds": taken, "wall": passed, "bytes": risen}


def alone(work: str, *values: Any, **environment: str) -> dict[str, float]:
    """Run `work` in a process of its own."""
    program = f"import json, growth; print(json.dumps(growth.{work}(*json.loads({json.dumps(json.dumps(values))}))))"
    around = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
    here = Path(__file__).resolve().parent
    done = subprocess.run([sys.executable, "-c", program], cwd=here, env=around, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{work} {values}: {done.stderr.strip()[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def write(folder: Path, rows: int) -> None:
    """Make files of so many lines, some 55, 100 and 50 bytes each."""
    draw = random.Random(1)
    words = [
        "".join(draw.choices("bcdfgklmnprst", k=2)) + draw.choice("aeiou") * draw.randint(1, 4) for _ in range(20_000)
    ]
    drawn = draw.choices(words, [1 / place for place in range(1, 20_001)], k=min(2_000_000, 20 * rows))
    chance = draw.random
    with (
        (folder / "reviews.tsv").open("w") as reviews,
        (folder / "pairs.tsv").open("w") as pairs,
        (folder / "text.txt").open("w") as text,
    ):
        reviews.write("text\tlabel\n")
        pairs.write("source\ttarget\n")
        for _ in range(rows):
            place = int(chance() * (len(drawn) - 20))
            line = " ".join(drawn[place : place + 3 + int(chance() * 12)])
            reviews.write(f"{line}\t{'good' if chance() < 0.5 else 'bad'}\n")
            pairs.write(f"{line}\t{line[::-1]}\n")
            text.write(f"{line}\n")


def grown(name: str, points: list[int], measured: Callable[[int], dict[str, float]]) -> dict[str, Any]:
    """Measure at each point and fit the exponents."""
    found: list[dict[str, float]] = []
    for point in points:
        found.append(measured(point))
        print(f"{name} {point}: {found[-1]['seconds']:.4f} s, {found[-1]['bytes'] / 2**20:.0f} MiB", flush=True)
    columns = {key: [one[key] for one in found] for key in found[0]}
    return {
        "name": name,
        "at": points,
        **columns,
        "exponents": {key: exponent(points, columns[key]) for key in columns},
    }


def exponent(points: list[int], values: list[float]) -> float | None:
    """Return the slope of the logarithms of the upper half, three points at least; None where a value is nothing."""
    upper = max(3, (len(points) + 1) // 2)
    x, y = np.array(points[-upper:], float), np.array(values[-upper:], float)
    return None if len(x) < 3 or (y <= 0).any() else round(float(np.polyfit(np.log(x), np.log(y), 1)[0]), 2)


def tables(asked: list[str], quick: bool, most: int) -> dict[str, list[dict[str, Any]]]:
    """Measure what is asked for."""
    few = slice(None, 4) if quick else slice(None)
    found: dict[str, list[dict[str, Any]]] = {}
    if "length" in asked:
        found["length"] = [
            grown(kind, LENGTHS[few], lambda at, kind=kind: alone("step", kind, at, 1, 128, 1000)) for kind in STEPS
        ]
    if "batch" in asked:
        found["batch"] = [
            grown(kind, BATCHES[few], lambda at, kind=kind: alone("step", kind, 128, at, 128, 1000)) for kind in STEPS
        ]
    if "width" in asked:
        found["width"] = [
            grown(kind, WIDTHS[few], lambda at, kind=kind: alone("step", kind, 128, 8, at, 1000)) for kind in STEPS
        ]
    if "vocabulary" in asked:
        found["vocabulary"] = [
            grown(kind, VOCABULARIES[few], lambda at, kind=kind: alone("step", kind, 128, 8, 128, at))
            for kind in ("gru", "transformer")
        ]
    if "rows" in asked:
        found["rows"] = starts([rows for rows in ROWS if rows <= most])
    return found


def starts(points: list[int]) -> list[dict[str, Any]]:
    """Start trainings on made files, each twice."""
    taken: dict[str, list[dict[str, float]]] = {
        f"{task}, {which}": [] for task in STARTS for which in ("first", "again")
    }
    for rows in points:
        folder = Path(tempfile.mkdtemp(prefix="seqloom-growth-"))
        try:
            write(folder, rows)
            for task, (name, settings) in STARTS.items():
                for which in ("first", "again"):
                    one = alone("start", task, str(folder / name), settings, SEQLOOM_CACHE=str(folder / "cache"))
                    taken[f"{task}, {which}"].append(one)
                    print(
                        f"{task} {rows} rows, {which}: {one['seconds']:.1f} s, {one['bytes'] / 2**20:.0f} MiB",
                        flush=True,
                    )
        finally:
            shutil.rmtree(folder)
    listed = []
    for name, found in taken.items():
        columns = {key: [one[key] for one in found] for key in found[0]}
        fits = {key: exponent(points, columns[key]) for key in columns}
        listed.append({"name": name, "at": points, **columns, "exponents": fits})
    return listed


def markdown(found: dict[str, list[dict[str, Any]]], about: dict[str, str]) -> str:
    """Write the tables."""
    lines = ["# Growth", "", (__doc__ or "").split("\n\n")[2].replace("\n", " "), "", " · ".join(about.values()), ""]
    for what, rows in found.items():
        lines += [f"## {what.capitalize()}", ""]
        heads = [f"{at:,}" for at in rows[0]["at"]]
        lines += ["| | " + " | ".join(heads) + " | exponent of time | of memory |", "|---" * (len(heads) + 3) + "|"]
        for row in rows:
            cells = [
                f"{seconds:.3g} s, {size / 2**20:.0f} MiB"
                for seconds, size in zip(row["seconds"], row["bytes"], strict=True)
            ]
            fits = [
                "-" if row["exponents"][key] is None else str(row["exponents"][key]) for key in ("seconds", "bytes")
            ]
            lines.append(f"| {row['name']} | " + " | ".join([*cells, *fits]) + " |")
        lines.append("")
    return "\n".join(lines)


def picture(found: dict[str, list[dict[str, Any]]]) -> bytes:
    """Draw seconds against each figure, relative to the largest point, so that slopes can be compared."""
    from seqloom.report.drawing import as_png
    from seqloom.report.figures import Line, Lines

    lines = [
        Line(
            f"{row['name']}, {what}",
            np.array(row["at"], float) / row["at"][-1],
            np.array(row["seconds"], float) / row["seconds"][-1],
        )
        for what, rows in found.items()
        for row in rows
        if row["name"] in ("gru", "mingru", "transformer") and what in ("length", "width")
    ]
    said = "A slope of one is linear growth, of two quadratic."
    axes = ("share of the largest length or width", "share of its time")
    return as_png(Lines("Time as length and width grow", lines, *axes, "log", "log", caption=said))


def main() -> None:
    """Measure, and write bench/results/growth.md, .json and .png; tables that were not asked for stay as they were."""
    every = ["length", "batch", "width", "vocabulary", "rows"]
    parser = argparse.ArgumentParser(description="Time and memory as a figure grows.")
    parser.add_argument("tables", nargs="*", default=every, metavar="TABLE", help=f"of {', '.join(every)}")
    parser.add_argument("--most", type=int, default=1_000_000, help="rows at most (default 1,000,000)")
    parser.add_argument("--quick", action="store_true", help="the first four points of each, and no file written")
    given = parser.parse_args()
    if unknown := set(given.tables) - set(every):
        parser.error(f"no table {', '.join(sorted(unknown))}")
    found = tables(given.tables, given.quick, 10_000 if given.quick else given.most)
    import torch

    from seqloom.training.machine import processor

    about = {
        "processor": processor(),
        "python": f"Python {platform.python_version()}",
        "torch": f"torch {torch.__version__}",
    }
    place = RESULTS / "growth.json"
    if given.quick:
        print(markdown(found, about))
        return
    before = json.loads(place.read_text(encoding="utf-8"))["tables"] if place.exists() else {}
    found = {name: found.get(name) or before[name] for name in every if name in found or name in before}
    place.write_text(json.dumps({"about": about, "tables": found}, indent=1), encoding="utf-8")
    (RESULTS / "growth.md").write_text(markdown(found, about), encoding="utf-8")
    if {"length", "width"} <= set(found):
        (RESULTS / "growth.png").write_bytes(picture(found))
    print(markdown(found, about))


if __name__ == "__main__":
    main()
