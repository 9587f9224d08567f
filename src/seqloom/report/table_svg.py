"""Tables as text and as SVG: texts in columns, numbers to the right."""

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len

from seqloom.report.attention_svg import GREY, LINE, Label, text
from seqloom.report.figures import Table
from seqloom.report.fitting import heading, left, readable, right
from seqloom.report.heat_svg import opening, width_of

GAP = 24


def as_text(table: Table) -> list[str]:
    """Return the lines of a table, as wide as it is."""
    shown = [[written(value) for value in row] for row in table.rows]
    names = [readable(name) for name in table.columns]
    wides = [max(map(cell_len, [name, *(row[at] for row in shown)])) for at, name in enumerate(names)]
    put = [right if to_the_right(table, at) else left for at in range(len(names))]
    every = [names, ["─" * wide for wide in wides], *shown]
    return ["  ".join(put[at](value, wides[at]) for at, value in enumerate(row)) for row in every]


def as_svg(table: Table, label: Label | None = None) -> str:
    """Return a table as an SVG element."""
    label = label or text
    cells = [[written(value) for value in row] for row in table.rows]
    names = [readable(name) for name in table.columns]
    wides = [max(map(width_of, [name, *(row[at] for row in cells)])) for at, name in enumerate(names)]
    starts = [sum(wides[:at]) + GAP * at for at in range(len(wides))]
    title = heading(table.title)
    width = max(sum(wides) + GAP * len(wides), width_of(title))
    parts = [*opening(title, table.caption, width, LINE * (len(cells) + 2.5)), label(title, 0, LINE / 2, "start")]
    rule = f'<path d="M0 {LINE * 2.3:g}h{width:g}" stroke="{GREY}" class="frame"/>'
    for number, row in enumerate([names, *cells]):
        y = LINE * (number + (1.8 if not number else 2))
        for at, shown in enumerate(row):
            end = to_the_right(table, at)
            parts.append(label(shown, starts[at] + (wides[at] if end else 0), y, "end" if end else "start"))
    return "\n".join([*parts, rule, "</svg>"])


def to_the_right(table: Table, at: int) -> bool:
    """Say whether a column stands to the right: one of numbers, or of texts that the table names."""
    return table.columns[at] in table.right or numeric(table.rows, at)


def numeric(rows: Sequence[Sequence[Any]], at: int) -> bool:
    """Say whether a column has numbers alone."""
    values = [row[at] for row in rows if row[at] is not None]
    return bool(values) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def written(value: str | int | float | None) -> str:
    """Write a cell: floats to four digits, a dash for what is not there."""
    if value is None or value != value:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,d}"
    return f"{value:.4g}" if isinstance(value, float) else readable(value)
