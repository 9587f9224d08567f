"""Heat maps on a terminal: a sign for each cell, darker where the value is larger; others below 0; a dot for none."""

import numpy as np
from rich.cells import cell_len

from seqloom.report.attention_map import BLOCKS, SHADES
from seqloom.report.figures import Heat
from seqloom.report.fitting import cut, downwards, readable, right
from seqloom.report.shades import pooled_names, shades

UNDER = " -=≡#"
"""From nothing to the value furthest below 0."""
ABSENT = "·"
ROWS = 40
"""Rows that are drawn; of more, neighbours are drawn as their mean."""


def as_text(heat: Heat, width: int) -> list[str]:
    """Return the lines of a heat map, rows downwards and columns across, in at most `width` columns of text.

    A grid too wide goes on in a second and third block; in one wider still, neighbours are drawn as their mean.
    """
    margin = min(max((cell_len(readable(one)) for one in heat.rows), default=0), width // 3)
    room = max(4, width - margin - 2)
    wide = any(cell_len(letter) > 1 for name in heat.columns for letter in name)
    across = 2 if wide or 2 * len(heat.columns) <= room else 1
    fit = max(1, room // across)
    drawn = shades(heat, ROWS, fit * BLOCKS)
    rows = pooled_names([cut(readable(one), margin) for one in heat.rows], drawn.by[0])
    columns = pooled_names([readable(one) for one in heat.columns], drawn.by[1])
    blocks = -(-len(columns) // fit)
    size = -(-len(columns) // blocks)
    lines = []
    if heat.row_name or heat.column_name:
        lines.append(f"{readable(heat.row_name or 'row')} downwards, {readable(heat.column_name or 'column')} across")
    for at in range(0, len(columns), size):
        lines += [""] if at else []
        lines += [" " * (margin + 2) + line for line in downwards(columns[at : at + size], across)]
        for name, shares in zip(rows, drawn.shares[:, at : at + size], strict=True):
            lines.append(f"{right(name, margin)} │" + "".join(sign(share) * across for share in shares))
    scale = f"darkest {SHADES[-1]} = {drawn.high:.3g}"
    if heat.signed:
        scale += f", 0 is blank, {UNDER[-1]} = {drawn.low:.3g}"
    else:
        scale += f", blank = {drawn.low:.3g}"
    if np.isnan(drawn.shares).any():
        scale += f", {ABSENT} none"
    lines.append(f"{' ' * margin}  {scale}")
    if drawn.by != (1, 1):
        lines.append(f"{' ' * margin}  each sign is the mean of {drawn.by[0]} rows by {drawn.by[1]} columns")
    return lines


def sign(share: float) -> str:
    """Return the sign of a share from -1 to 1."""
    if np.isnan(share):
        return ABSENT
    return (SHADES if share >= 0 else UNDER)[round(abs(share) * (len(SHADES) - 1))]
