"""How a run was made: the command that trains it again, its spec, its data by hash, versions, machine and time."""

import hashlib
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqloom.pages.run_events import Events, date, duration
from seqloom.pages.run_table import flat
from seqloom.report.figures import Section, Table
from seqloom.training.run import Run

HASHED = 256 * 2**20
"""Bytes of a file whose hash a page gives; that of a larger one takes too long."""


def made_part(run: Run, events: Events, digest: str | None) -> Section:
    """Return the part of a page that lets a run be made again; `digest` is that of the training rows as they are now,
    None where they were not read."""
    started, times = events.last("started"), events.times
    rows: list[tuple[str, str]] = []
    if times:
        rows.append(("trained", f"{date(times[0])} to {date(times[-1])}"))
    if events.seconds is not None:
        rows.append(("training took", duration(events.seconds)))
    rows += needed(events.last("finished"))
    rows.append(("training rows, SHA-256", run.task.rows_digest))
    rows += [(f"file {name}", told) for name, told in files(run).items()]
    for what in ("versions", "machine"):
        told: Mapping[str, Any] = started.get(what, {})
        if told:
            rows.append((what, ", ".join(f"{name} {value}" for name, value in told.items())))
        else:
            rows.append((what, "not written down: it was trained before runs kept them"))
    if started.get("device"):
        rows.append(("device", str(started["device"])))
    notes = []
    if digest is not None and digest != run.task.rows_digest:
        notes.append(
            f"The rows of {run.spec.data.train} are NOT those that this run learnt from (their hash now is {digest}): "
            "what is held out below may have been trained on."
        )
    keys = [
        (key, _written(value)) for key, value in flat(run.spec.model_dump(mode="json")).items() if value is not None
    ]
    about = f"The same again: {command(run)}"
    return Section(
        "Made by", about, [Table("Facts", ("what", "is"), rows), Table("Spec", ("key", "value"), keys)], notes
    )


def needed(finished: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say what a training took beside its time, as far as its end tells."""
    told = {
        "bytes_step": ("memory of a step, beside weights and data", lambda value: f"{value / 2**20:,.0f} MiB"),
        "padding": ("padding, of all positions", lambda value: f"{value:.1%}"),
        "waited": ("time of updates waited for data", lambda value: f"{value:.1%}"),
    }
    return [(what, write(finished[name])) for name, (what, write) in told.items() if finished.get(name) is not None]


def command(run: Run) -> str:
    """Return the command that trains a run again from the spec in its folder."""
    folder = run.folder if run.folder is not None else Path("RUN")
    return f"seqloom train --config {shlex.quote(str(folder / 'spec.yaml'))} --out NEW"


def files(run: Run) -> dict[str, str]:
    """Return size and hash of each file that a spec names and that is still there."""
    found = {}
    data = run.spec.data
    for said in (data.train, data.valid, data.test):
        if not isinstance(said, str):
            continue
        names = [said] if Path(said).exists() or "," not in said else said.split(",")
        for name in names:
            path = Path(name.strip())
            if path.is_dir():
                found[name] = "a folder"
            elif path.is_file():
                size = path.stat().st_size
                short = size <= HASHED
                found[name] = f"{size:,} bytes" + (f", SHA-256 {hashed(path)}" if short else ", too large to hash here")
            elif name != "-":
                found[name] = "is not there now"
    return found


def hashed(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
