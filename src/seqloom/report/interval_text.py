"""Values with their intervals on a terminal: a line each, the ends as brackets, beside the numbers themselves."""

import numpy as np
from rich.cells import cell_len

from seqloom.report.figures import Intervals
from seqloom.report.fitting import cut, left, middle_cut, readable, right

SHOWN = 60
"""Values that are told; of more, the first ones."""


def as_text(figure: Intervals, width: int) -> list[str]:
    """Return a line for each value: its name and group, where it and its interval lie, and the numbers."""
    many = len(figure.names)
    names = [
        readable(name if group in name else f"{name} ({group})")
        for name, group in zip(figure.names, figure.groups or figure.names, strict=True)
    ][:SHOWN]
    names = [cut(middle_cut(name, width // 3), width // 3) for name in names]
    told = [_told(figure, place) for place in range(len(names))]
    wide = max(map(cell_len, names))
    room = max(8, width - wide - max(map(len, told)) - 5)
    ends = np.concatenate([figure.values, figure.low, figure.high, [np.nan if figure.mark is None else figure.mark]])
    ends = ends[np.isfinite(ends)]
    low, span = float(ends.min()), float(np.ptp(ends)) or 1.0

    def at(value: float) -> int:
        return round((value - low) / span * (room - 1))

    lines = [readable(figure.x)] if figure.x else []
    for place, name in enumerate(names):
        signs = [" "] * room
        if figure.mark is not None:
            signs[at(figure.mark)] = "┊"
        if np.isfinite([figure.low[place], figure.high[place]]).all():
            start, end = at(figure.low[place]), at(figure.high[place])
            signs[start : end + 1] = "├" + "─" * (end - start - 1) + "┤" if end > start else "│"
        if np.isfinite(figure.values[place]):
            signs[at(figure.values[place])] = "●"
        lines.append(f"{right(name, wide)}  {left(''.join(signs), room)}  {told[place]}".rstrip())
    if many > SHOWN:
        lines.append(f"the first {SHOWN} of {many} rows")
    return lines


def _told(figure: Intervals, place: int) -> str:
    value = figure.values[place]
    said = f"{value:.4g}" if np.isfinite(value) else "none"
    ends = figure.low[place], figure.high[place]
    return f"{said} [{ends[0]:.4g}, {ends[1]:.4g}]" if np.isfinite([value, *ends]).all() else said
