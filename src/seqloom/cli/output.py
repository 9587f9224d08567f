"""What the verbs write: results to stdout, everything else to stderr, one JSON document where machines ask."""

import json
import logging
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.cells import cell_len


def say(text: str) -> None:
    """Write a note to stderr."""
    print(text, file=sys.stderr, flush=True)


def note(text: str) -> None:
    """Write a note about the data or the settings to stderr, marked as such."""
    say(f"seqloom: note: {text}")


class _Notes(logging.Handler):
    """Writes what is logged as notes, each once."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a note that has not been written."""
        text = record.getMessage()
        if text not in self._said:
            self._said.add(text)
            note(text)


def heed(verbose: bool) -> None:
    """Let what Seqloom logs of its choices be notes, or keep it silent."""
    own = logging.getLogger("seqloom")
    own.handlers = [_Notes()] if verbose else []
    own.setLevel(logging.INFO if verbose else logging.WARNING)


def document(value: Any) -> None:
    """Write one JSON document to stdout; what is not a finite number becomes null, as JSON knows no NaN."""
    print(json.dumps(plain(value), ensure_ascii=False, indent=2))


def json_line(value: Any) -> None:
    """Write one JSON document on a line of its own, for streams with an answer a row."""
    print(json.dumps(plain(value), ensure_ascii=False))


def aligned(rows: Iterable[Sequence[str]]) -> str:
    """Put texts into columns by what a terminal shows (a Hangul syllable is two cells wide)."""
    lines = [list(row) for row in rows]
    columns = max(map(len, lines), default=0)
    widths = [max(cell_len(line[n]) for line in lines if n < len(line)) for n in range(columns)]
    padded = [[text + " " * (widths[n] - cell_len(text)) for n, text in enumerate(line)] for line in lines]
    return "\n".join("  ".join(line).rstrip() for line in padded)


def field(text: str) -> str:
    """Return a text that is safe as one field of a TSV line: tabs, newlines and backslashes are escaped."""
    if not any(char in text for char in "\t\n\r\\"):
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def number(value: Any) -> str:
    """Return a figure as a person reads it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4f}" if math.isfinite(value) and (abs(value) >= 1e-3 or value == 0) else f"{value:.3g}"


def figures(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (name, figure) of each metric: not those of one label, and no loss where nats say the same."""
    return [
        (name, number(value))
        for name, value in values.items()
        if isinstance(value, int | float) and "/" not in name and not (name == "loss" and values.get("nats") == value)
    ]


def plain(value: Any) -> Any:
    """Return lists, dicts, strings and numbers alone."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)
