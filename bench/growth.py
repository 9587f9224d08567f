"""Growth: what time and memory do as a figure grows, each with its exponent.

    python bench/growth.py                       every table but the ten million rows, one thread
    python bench/growth.py rows --most 10000000  the rows alone, to so many: an hour
    python bench/growth.py rows --least 10000000 --most 10000000 --kinds language    one point; others stay as they were
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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).resolve().parent / "results"
LENGTHS = [2**power for power in range(6, 14)]
BATCHES = [1, 4, 16, 64, 256]
WIDTHS = [32, 64, 128, 256, 512, 1024]
VOCABULARIES = [1_000, 4_000, 16_000, 64_000, 256_000]
EVERY = ["length", "batch", "width", "vocabulary", "rows"]
ROWS = [10_000, 100_000, 1_000_000, 10_000_000]
STEPS = {
    "rnn": ["decoder.kind=rnn"],
    "gru": ["decoder.kind=gru"],
    "lstm": ["decoder.kind=lstm"],
    "mingru": ["decoder.kind=mingru"],
    "transformer": ["decoder.kind=transformer", "decoder.layers=2", "decoder.heads=4", "decoder.positions=rotary"],
}
NOTES = {
    "rows": "Starts of a training up to its first update, torch imported already (1.3 s more); `again` finds what"
    " the first start kept, which is done for files from 8 MiB on. Memory counts mapped files, which the system takes"
    " back where it needs it. Seconds are of CPU on a busy machine. First starts of 1,000,000 and 10,000,000 rows were"
    " measured before batches were put in order sooner and Adam was built without torch's compiler; every `again` is"
    " of the code after both. Ten million pairs were not measured: their first start"
    " did not end in the time there was.",
}
"""What is said above a table."""
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


def tables(asked: list[str], quick: bool) -> dict[str, list[dict[str, Any]]]:
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
    return found


def starts(points: list[int], kinds: list[str]) -> Iterator[dict[str, Any]]:
    """Start trainings on made files, each twice, and yield what each start took."""
    for rows in points:
        folder = Path(tempfile.mkdtemp(prefix="seqloom-growth-"))
        try:
            write(folder, rows)
            for task in kinds:
                name, settings = STARTS[task]
                for which in ("first", "again"):
                    one = alone("start", task, str(folder / name), settings, SEQLOOM_CACHE=str(folder / "cache"))
                    print(
                        f"{task} {rows} rows, {which}: {one['seconds']:.1f} s, {one['bytes'] / 2**20:.0f} MiB",
                        flush=True,
                    )
                    yield {"name": f"{task}, {which}", "at": rows, **one}
        finally:
            shutil.rmtree(folder)


def added(table: list[dict[str, Any]], one: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the table of rows with one start more, in place of that of the same name and rows, exponents anew."""
    measures = ("seconds", "wall", "bytes")
    listed = []
    for name in (f"{task}, {which}" for task in STARTS for which in ("first", "again")):
        before = next((row for row in table if row["name"] == name), {"at": [], **{key: [] for key in measures}})
        points = {at: [before[key][place] for key in measures] for place, at in enumerate(before["at"])}
        if name == one["name"]:
            points[one["at"]] = [one[key] for key in measures]
        if points:
            at = sorted(points)
            columns = {key: [points[rows][place] for rows in at] for place, key in enumerate(measures)}
            fits = {key: exponent(at, columns[key]) for key in columns}
            listed.append({"name": name, "at": at, **columns, "exponents": fits})
    return listed


def markdown(found: dict[str, list[dict[str, Any]]], about: dict[str, str]) -> str:
    """Write the tables."""
    lines = ["# Growth", "", (__doc__ or "").split("\n\n")[2].replace("\n", " "), "", " · ".join(about.values()), ""]
    for what, rows in found.items():
        lines += [f"## {what.capitalize()}", "", *([NOTES[what], ""] if what in NOTES else [])]
        points = sorted({at for row in rows for at in row["at"]})
        heads = [f"{at:,}" for at in points]
        lines += ["| | " + " | ".join(heads) + " | exponent of time | of memory |", "|---" * (len(heads) + 3) + "|"]
        for row in rows:
            taken = {
                at: f"{seconds:.3g} s, {size / 2**20:.0f} MiB"
                for at, seconds, size in zip(row["at"], row["seconds"], row["bytes"], strict=True)
            }
            cells = [taken.get(at, "-") for at in points]
            fits = [
                "-" if row["exponents"][key] is None else str(row["exponents"][key]) for key in ("seconds", "bytes")
            ]
            lines.append(f"| {row['name']} | " + " | ".join([*cells, *fits]) + " |")
        lines.append("")
    startup = RESULTS / "startup.md"  # bench/startup.py
    return "\n".join(lines) + ("\n#" + startup.read_text(encoding="utf-8") if startup.exists() else "")


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


def keep(found: dict[str, list[dict[str, Any]]]) -> str:
    """Write bench/results/growth.md, .json and .png; tables that were not measured stay as they were."""
    import torch

    from seqloom.training.machine import processor

    about = {
        "processor": processor(),
        "python": f"Python {platform.python_version()}",
        "torch": f"torch {torch.__version__}",
    }
    found = {name: found.get(name) or before for name in EVERY if (before := kept(name)) or name in found}
    (RESULTS / "growth.json").write_text(json.dumps({"about": about, "tables": found}, indent=1), encoding="utf-8")
    page = markdown(found, about)
    (RESULTS / "growth.md").write_text(page, encoding="utf-8")
    if {"length", "width"} <= set(found):
        (RESULTS / "growth.png").write_bytes(picture(found))
    return page


def kept(name: str) -> list[dict[str, Any]]:
    """Return a table as it was measured before."""
    place = RESULTS / "growth.json"
    if not place.exists():
        return []
    before: list[dict[str, Any]] = json.loads(place.read_text(encoding="utf-8"))["tables"].get(name, [])
    return before


def main() -> None:
    """Measure what is asked for and keep it, the rows start by start."""
    parser = argparse.ArgumentParser(description="Time and memory as a figure grows.")
    parser.add_argument("tables", nargs="*", default=EVERY, metavar="TABLE", help=f"of {', '.join(EVERY)}")
    parser.add_argument("--least", type=int, default=0, help="rows at least (default 0)")
    parser.add_argument("--most", type=int, default=1_000_000, help="rows at most (default 1,000,000)")
    parser.add_argument("--kinds", default=",".join(STARTS), help=f"of files of rows (default {','.join(STARTS)})")
    parser.add_argument("--quick", action="store_true", help="the first four points of each, and no file written")
    given = parser.parse_args()
    if unknown := set(given.tables) - set(EVERY):
        parser.error(f"no table {', '.join(sorted(unknown))}")
    kinds = given.kinds.split(",")
    if unknown := set(kinds) - set(STARTS):
        parser.error(f"no kind {', '.join(sorted(unknown))}")
    found = tables(given.tables, given.quick)
    if not given.quick and found:
        print(keep(found))
    if "rows" in given.tables:
        for one in starts([at for at in ROWS if given.least <= at <= (10_000 if given.quick else given.most)], kinds):
            if not given.quick:
                keep({"rows": added(kept("rows"), one)})


if __name__ == "__main__":
    main()
