"""Tags and series on real data: a command a row, measured on dev or on the part named.

    python bench/tags_series.py [ROW ...]      all rows, or some; one that is there is not run again (--again does)

Reads the data folder named by SEQLOOM_DATA (../shared/data). Trainings go to runs/bench/tags-and-series,
results to bench/results/tags-and-series.json, of which tags-and-series.md is written anew after each row.
"""

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tags_series_rows import ROWS, Row

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("SEQLOOM_DATA", ROOT.parent / "shared" / "data"))
FOLDER = Path(os.environ.get("SEQLOOM_BENCH", ROOT / "runs" / "bench" / "tags-and-series"))
RESULTS = ROOT / "bench" / "results"
SEQLOOM = str(Path(sys.executable).with_name("seqloom"))


def main(words: Sequence[str]) -> None:
    """Run what is asked for."""
    names = [word for word in words if not word.startswith("--")] or list(ROWS)
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not (FOLDER / "data").exists():
        (FOLDER / "data").symlink_to(DATA.resolve())
    for name in names:
        if name in kept() and "--again" not in words:
            continue
        found = run(ROWS[name])
        results = kept() | {name: found}  # another process may have added rows
        (RESULTS / "tags-and-series.json").write_text(json.dumps(results, ensure_ascii=False, indent=1), "utf-8")
        (RESULTS / "tags-and-series.md").write_text(page(results), encoding="utf-8")


def kept() -> dict[str, Any]:
    """Return the results that are there."""
    path = RESULTS / "tags-and-series.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def run(row: Row) -> dict[str, Any]:
    """Train and measure a row."""
    started = time.perf_counter()
    subprocess.run([SEQLOOM, *row.command], cwd=FOLDER, check=True)
    seconds = time.perf_counter() - started
    done = subprocess.run([SEQLOOM, *row.measuring], cwd=FOLDER, check=True, stdout=subprocess.PIPE)
    values = json.loads(done.stdout)
    small = {name: value for name, value in values.items() if isinstance(value, int | float | str)}
    return {"seconds": seconds, "parameters": parameters(row), **small, **extra(values)}


def parameters(row: Row) -> int:
    """Return how many weights learn."""
    for line in (FOLDER / "runs" / row.name / "events.jsonl").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event.get("event") == "started":
            return int(event["parameters"])
    raise ValueError(f"{row.name}: no event says how many parameters there are")


def extra(values: dict[str, Any]) -> dict[str, Any]:
    """Return what a table shows beside plain metrics: the naive forecasts, recall by label."""
    found: dict[str, Any] = {}
    beside = [one for one in values.get("forecasts", ()) if one["forecast"] != "model"]
    if beside:
        found["naive"] = {one["forecast"]: one for one in beside}
    if values.get("per_class"):
        found["recall"] = {one["label"]: one["recall"] for one in values["per_class"]}
    return found


def page(results: dict[str, Any]) -> str:
    """Write the results as Markdown."""
    lines = ["# Tags and series on real data", "", INTRO]
    tables: dict[str, list[Row]] = {}
    for row in ROWS.values():
        tables.setdefault(row.table, []).append(row)
    for title, rows in tables.items():
        lines += ["", f"## {title}", "", *table(rows, results)]
        for row in rows:
            lines += ["", "```", "seqloom " + shlex.join(row.command), "seqloom " + shlex.join(row.measuring), "```"]
    return "\n".join(lines) + "\n"


def table(rows: Sequence[Row], results: dict[str, Any]) -> list[str]:
    """Return the rows of one table."""
    shown = rows[0].shown
    lines = ["| row | " + " | ".join(shown) + " | weights | minutes |", "|---|" + "---|" * (len(shown) + 2)]
    naive: dict[str, Any] = {}
    for row in rows:
        if row.name not in results:
            lines.append(f"| {row.name} | not run |" + " |" * (len(shown) + 1))
            continue
        found = results[row.name]
        naive = found.get("naive", naive)
        cells = [_figure(found.get(name)) for name in shown]
        lines.append(f"| {row.name} | {' | '.join(cells)} | {found['parameters']:,} | {found['seconds'] / 60:.1f} |")
    for name, values in naive.items():
        lines.append(f"| *{name}* | {' | '.join(_figure(values.get(one)) for one in shown)} | | |")
    for row in rows:
        if row.name in results and "recall" in results[row.name] and len(results[row.name]["recall"]) <= 3:
            each = ", ".join(f"{label} {value:.3f}" for label, value in results[row.name]["recall"].items())
            lines += ["", f"{row.name}: recall by class {each}."]
    return lines


def _figure(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "" if value is None else str(value)


INTRO = """One thread each, seed 7; commands run in the folder that bench/tags_series.py makes, where `data` is the data
folder. Minutes are of a machine of two cores that other work shared: no timing. The epoch shipped is the best on the
validation part, which for tags, splice and promoters is also what is shown, so those figures flatter a little;
forecasts are shown on the test part after it, series on the archive's own test part. Each row ran once."""

if __name__ == "__main__":
    main(sys.argv[1:])
