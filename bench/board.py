"""A board of measured rows: each a command that trains and one that measures, its results kept in JSON and Markdown."""

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("SEQLOOM_DATA", ROOT.parent / "shared" / "data"))
RESULTS = ROOT / "bench" / "results"
SEQLOOM = str(Path(sys.executable).with_name("seqloom"))


@dataclass(frozen=True)
class Row:
    """One training and what it is measured on.

    data      what is read; `data` is the data folder in the folder where commands run
    measured  what to evaluate on; None: what training held out
    shown     the metrics of the table, by their names in `evaluate --json`
    fit       settings that every row of a board shares
    """

    name: str
    table: str
    task: str
    data: str
    arch: str
    settings: tuple[str, ...]
    shown: tuple[str, ...]
    valid: str | None = None
    measured: str | None = None
    more: tuple[str, ...] = ()
    fit: tuple[str, ...] = ("fit.threads=1", "fit.schedule=cosine", "fit.patience=null", "fit.keep=1")

    @property
    def command(self) -> list[str]:
        """The words after `seqloom` that train the row."""
        words = ["train", self.task, self.data, "--arch", self.arch, "--out", f"runs/{self.name}", *self.more]
        words += [] if self.valid is None else ["--valid", self.valid]
        for setting in (*self.fit, *self.settings):
            words += ["-s", setting]
        return words

    @property
    def measuring(self) -> list[str]:
        """The words after `seqloom` that measure it."""
        return ["evaluate", f"runs/{self.name}", *([] if self.measured is None else [self.measured]), "--json"]


def _nothing(row: Row, folder: Path, values: Mapping[str, Any]) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Board:
    """A page of rows.

    name     of the files in bench/results, and of the folder below runs/bench where commands run
    prepare  makes in that folder what rows read beside `data`
    extra    more to keep of a row: of the row, the folder and the values measured
    """

    name: str
    title: str
    intro: str
    rows: Mapping[str, Row]
    prepare: Callable[[Path, Path], None] = lambda data, folder: None
    extra: Callable[[Row, Path, Mapping[str, Any]], dict[str, Any]] = _nothing
    notes: Callable[[str, Mapping[str, Any]], list[str]] = lambda table, results: []

    @property
    def folder(self) -> Path:
        """Where commands run."""
        return Path(os.environ.get("SEQLOOM_BENCH", ROOT / "runs" / "bench" / self.name))

    def main(self, words: Sequence[str]) -> None:
        """Run all rows, or those named; one that is there is not run again: --again does, --score measures it again
        without training, --page writes the page alone."""
        names = [word for word in words if not word.startswith("--")] or list(self.rows)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / "data").exists():
            (self.folder / "data").symlink_to(DATA.resolve())
        self.prepare(DATA, self.folder)
        for name in [] if "--page" in words else names:
            if name not in self.kept() or {"--again", "--score"} & set(words):
                seconds = self.kept()[name]["seconds"] if "--score" in words else self.train(self.rows[name])
                found = {"seconds": seconds, **self.measure(self.rows[name])}
                self.write(self.kept() | {name: found})  # another process may have added rows
        self.write(self.kept())

    def kept(self) -> dict[str, Any]:
        """Return the results that are there."""
        path = RESULTS / f"{self.name}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def write(self, results: Mapping[str, Any]) -> None:
        """Write the results and the page of them."""
        (RESULTS / f"{self.name}.json").write_text(json.dumps(results, ensure_ascii=False, indent=1), "utf-8")
        (RESULTS / f"{self.name}.md").write_text(self.page(results), encoding="utf-8")

    def train(self, row: Row) -> float:
        """Train a row and return the seconds that took."""
        started = time.perf_counter()
        subprocess.run([SEQLOOM, *row.command], cwd=self.folder, check=True)
        return time.perf_counter() - started

    def measure(self, row: Row) -> dict[str, Any]:
        """Measure a row that is trained."""
        done = subprocess.run([SEQLOOM, *row.measuring], cwd=self.folder, check=True, stdout=subprocess.PIPE)
        values = json.loads(done.stdout)
        small = {name: value for name, value in values.items() if isinstance(value, int | float | str)}
        return {"parameters": self._parameters(row), **small, **self.extra(row, self.folder, values)}

    def _parameters(self, row: Row) -> int:
        """Return how many weights learn."""
        for line in (self.folder / "runs" / row.name / "events.jsonl").read_text(encoding="utf-8").splitlines():
            event = json.loads(line)
            if event.get("event") == "started":
                return int(event["parameters"])
        raise ValueError(f"{row.name}: no event says how many parameters there are")

    def page(self, results: Mapping[str, Any]) -> str:
        """Write the results as Markdown."""
        lines = [f"# {self.title}", "", self.intro]
        tables: dict[str, list[Row]] = {}
        for row in self.rows.values():
            tables.setdefault(row.table, []).append(row)
        for title, rows in tables.items():
            lines += ["", f"## {title}", "", *table(rows, results), *self.notes(title, results)]
            for row in rows:
                lines += [
                    "",
                    "```",
                    "seqloom " + shlex.join(row.command),
                    "seqloom " + shlex.join(row.measuring),
                    "```",
                ]
        return "\n".join(lines) + "\n"


def table(rows: Sequence[Row], results: Mapping[str, Any]) -> list[str]:
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
        cells = [figure(found.get(name)) for name in shown]
        lines.append(f"| {row.name} | {' | '.join(cells)} | {found['parameters']:,} | {found['seconds'] / 60:.1f} |")
    for name, values in naive.items():
        lines.append(f"| *{name}* | {' | '.join(figure(values.get(one)) for one in shown)} | | |")
    for row in rows:
        if row.name in results and "recall" in results[row.name] and len(results[row.name]["recall"]) <= 3:
            each = ", ".join(f"{label} {value:.3f}" for label, value in results[row.name]["recall"].items())
            lines += ["", f"{row.name}: recall by class {each}."]
    return lines


def figure(value: Any) -> str:
    """Write one number of a table."""
    return f"{value:.4f}" if isinstance(value, float) else "" if value is None else str(value)
