"""Progress: shows the events of a training as they pass, as a bar on a terminal and as plain lines elsewhere.

An event is anything with `record() -> dict`: the same plain record that events.jsonl holds. "event" in it names the
kind ("step", "valid", "saved"); what else it has is shown where it is known here and left out where it is not.
"""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TextIO, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

REFRESH = 0.1  # seconds between two drawings of the bar
BAR = ("event", "step", "steps", "loss", "seconds_left", "tokens_per_second", "grad_norm", "grad_norm_clipped", "lr")
"""What stands beside the bar, the most wanted first: a narrow terminal cuts the end."""
PLACE = ("event", "step", "steps", "epoch")
FEW = 4
"""Labels whose own values a line still shows."""


class Event(Protocol):
    """What passes by."""

    def record(self) -> dict[str, Any]:
        """Return the event as plain values."""


E = TypeVar("E", bound=Event)


def progress(
    events: Iterable[E],
    *,
    steps: int | None = None,
    stream: TextIO | None = None,
    every: float = 10.0,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[E]:
    """Show events on `stream` (stderr) and hand each on unchanged: `for event in progress(train(...)): ...`.

    `steps` is how many there will be, unless the records say so themselves. Away from a terminal a step is shown at
    most once in `every` seconds; validations, checkpoints and anything else always.
    """
    stream = sys.stderr if stream is None else stream
    if stream.isatty() and os.environ.get("TERM") != "dumb":
        return _bar(events, steps, stream, clock)
    return _lines(events, steps, stream, every, clock)


def line(record: Mapping[str, Any], steps: int | None = None) -> str:
    """Return a record as a line, e.g. "step 1200/20000  loss 1.632  52.1k tokens/s  3 min 20 s left".

    Values of one label alone ("f1/NOUN"), where there are more than a few, are left to whoever reads the log.
    """
    total = record.get("steps") or steps
    parts = [] if record.get("event") in (None, "step") else [str(record["event"])]
    if record.get("step") is not None:
        parts.append(f"step {record['step']}" + (f"/{total}" if total else ""))
    if record.get("epoch") is not None:
        parts.append(f"epoch {record['epoch']:.4g}")
    values = {**record, **record["metrics"]} if isinstance(record.get("metrics"), Mapping) else record
    many = sum("/" in name for name in values) > FEW
    for name, value in values.items():
        if name not in PLACE and not (many and "/" in name) and (shown := _value(name, value)):
            parts.append(shown)
    return "  ".join(parts)


def duration(seconds: float) -> str:
    """Write seconds for a person: 45 s, 3 min 20 s, 2 h 05 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _value(name: str, value: Any) -> str:
    """Write one value of a record with its name or unit; nothing for what has no short form."""
    if isinstance(value, bool) or value is None:
        return name if value else ""
    if name == "tokens_per_second":
        return f"{value / 1000:.1f}k tokens/s" if value >= 1000 else f"{value:.0f} tokens/s"
    if name == "seconds_left":
        return f"{duration(value)} left"
    if name == "seconds":
        return duration(value)
    if name == "seconds_estimated":
        return f"about {duration(value)}"
    if name == "bytes_estimated":
        return f"about {value / 2**20:,.0f} MiB of memory"
    if name == "bytes_step":
        return f"{value / 2**20:,.0f} MiB of memory beside weights and data"
    if name in ("padding", "waited"):
        return f"{value:.1%} padding" if name == "padding" else f"{value:.1%} of the time waited for data"
    if name == "parameters":
        return f"{value:,} parameters"
    title = name.replace("grad_norm", "gradient").replace("_", " ")
    if isinstance(value, int | float):
        return f"{title} {value:.4g}" if isinstance(value, float) else f"{title} {value}"
    return f"{title} {value}" if isinstance(value, str) else ""


def _lines(
    events: Iterable[E], steps: int | None, stream: TextIO, every: float, clock: Callable[[], float]
) -> Iterator[E]:
    shown = -float("inf")
    for event in events:
        record = event.record()
        is_step = record.get("event") == "step"
        if not is_step or clock() - shown >= every:
            print(line(record, steps), file=stream, flush=True)
            shown = clock() if is_step else shown
        yield event


def _bar(events: Iterable[E], steps: int | None, stream: TextIO, clock: Callable[[], float]) -> Iterator[E]:
    """Draw without rich's own thread, so that loader processes can be forked while the bar is up."""
    columns = (
        BarColumn(None, table_column=Column(width=16, min_width=10)),
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
    )
    bar = Progress(*columns, console=Console(file=stream), auto_refresh=False)
    drawn = -float("inf")
    with bar:
        task = bar.add_task("", total=steps)
        for event in events:
            record = event.record()
            if record.get("event") == "step":
                beside = line({name: record[name] for name in BAR if name in record}, steps)
                total = record.get("steps") or steps
                bar.update(task, completed=record.get("step"), total=total, description=beside)
                if clock() - drawn >= REFRESH:
                    bar.refresh()
                    drawn = clock()
            else:
                bar.console.print(line(record, steps), markup=False, highlight=False)
            yield event
        bar.refresh()
