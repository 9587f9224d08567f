"""Terminal: tables, confusion matrices and bars as text; columns line up under Hangul and other wide letters."""

import io
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

Best = Callable[[Iterable[Any]], Any]
SIGNS = {"\n": "⏎", " ": "␣", "\t": "⇥", "\r": "␍"}
EIGHTHS = " ▏▎▍▌▋▊▉"


def table(
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str] | Sequence[str],
    *,
    best: Mapping[str, Best] | None = None,
    title: str | None = None,
    color: bool = False,
) -> str:
    """Return rows as a table.

        table(rows, {"arch": "", "nats": ".3f", "parameters": ",d"}, best={"nats": min})

    `columns` names what is shown, in order, each with its format; a list of names formats floats to four digits. A
    value that is missing or None is a dash. `best` marks the best value of a column, `min` or `max` of it, with a star
    (and bold where there is colour); values that read the same share it. Numbers stand to the right.
    """
    formats = dict(columns) if isinstance(columns, Mapping) else dict.fromkeys(columns, "")
    leaders = {name: pick(known) for name, pick in (best or {}).items() if (known := _numbers(rows, name))}
    marks = {name: _format(leader, formats.get(name, "")) for name, leader in leaders.items()}
    drawn = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False, show_edge=False)
    for name in formats:
        drawn.add_column(Text(name), justify="right" if _numbers(rows, name) else "left", no_wrap=True)
    for row in rows:
        cells = []
        for name, form in formats.items():
            text = _format(row.get(name), form)
            leads = name in marks and text == marks[name]
            star = ("*" if leads else " ") if name in marks else ""
            cells.append(Text(text + star, style="bold" if leads else ""))
        drawn.add_row(*cells)
    return _drawn(drawn, color)


def confusion(matrix: Sequence[Sequence[int]], labels: Sequence[str], *, color: bool = False) -> str:
    """Return counts [true, predicted] as a table with the share of each true label that is right."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    drawn.add_column(Text("true \\ predicted"), no_wrap=True)
    for label in labels:
        drawn.add_column(Text(visible(label)), justify="right", no_wrap=True)
    drawn.add_column(Text("right"), justify="right", no_wrap=True)
    for place, (label, counts) in enumerate(zip(labels, matrix, strict=True)):
        total = sum(counts)
        cells = [Text(f"{n:,d}", style="bold" if i == place else "") for i, n in enumerate(counts)]
        share = Text(f"{counts[place] / total:.1%}" if total else "-")
        drawn.add_row(Text(visible(label)), *cells, share)
    return _drawn(drawn, color)


def bars(tokens: Sequence[str], probabilities: Sequence[float], *, width: int = 30) -> str:
    """Return a line for each token: what it is, its probability from 0 to 1 as a bar of `width`, and in percent."""
    names = [visible(token) for token in tokens]
    wide = max(map(cell_len, names), default=0)
    lines = []
    for name, p in zip(names, probabilities, strict=True):
        full, part = divmod(round(min(max(p, 0.0), 1.0) * width * 8), 8)
        bar = "█" * full + (EIGHTHS[part] if part else "")
        lines.append(f"{name}{' ' * (wide - cell_len(name))} {bar:<{width}} {p:6.1%}")
    return "\n".join(lines)


def visible(token: str) -> str:
    """Make white space and control characters visible: ␣ for a space, ⏎ for a new line, ⇥ for a tab."""
    shown = (SIGNS.get(letter) or _escaped(letter) for letter in token)
    return "".join(shown) or "∅"


def _escaped(letter: str) -> str:
    """Write control, unpaired and zero-width letters as escapes; they would move the cursor or vanish."""
    return letter.encode("unicode_escape").decode() if unicodedata.category(letter) in {"Cc", "Cf", "Cs"} else letter


def _numbers(rows: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    values = [row.get(name) for row in rows]
    return [value for value in values if isinstance(value, int | float) and value == value]


def _format(value: Any, form: str) -> str:
    if value is None:
        return "-"
    if isinstance(value, float) and not form:
        return f"{value:.4g}"
    return format(value, form) if form and not isinstance(value, str) else str(value)


def _drawn(drawn: Table, color: bool) -> str:
    """Draw at full width: a line too long for the terminal wraps there, and a file or pipe gets all of it."""
    out = io.StringIO()
    console = Console(file=out, width=10_000, force_terminal=color, color_system="standard" if color else None)
    console.print(drawn)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()).strip("\n")
