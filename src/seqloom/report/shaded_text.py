"""Looks on a terminal: for each word a small map of the places of the picture, darker where it was looked at more."""

from rich.cells import cell_len

from seqloom.report.fitting import cut, readable
from seqloom.report.heat_text import sign
from seqloom.report.look import Look

GAP = 3


def as_text(look: Look, width: int) -> list[str]:
    """Return maps side by side, as many as fit, each under its word and its largest weight."""
    rows, columns = look.weights.shape[1:]
    names = [f"{readable(word)} {weights.max():.2f}" for word, weights in zip(look.words, look.weights, strict=True)]
    wide = min(width, max(2 * columns, *(min(cell_len(name), 18) for name in names)))
    across = max(1, (width + GAP) // (wide + GAP))
    lines: list[str] = []
    for at in range(0, len(names), across):
        lines += [""] if at else []
        some = range(at, min(at + across, len(names)))
        lines.append((" " * GAP).join(_filled(cut(names[one], wide), wide) for one in some).rstrip())
        for row in range(rows):
            maps = []
            for one in some:
                most = look.weights[one].max() or 1.0
                maps.append(_filled("".join(sign(weight / most) * 2 for weight in look.weights[one, row]), wide))
            lines.append((" " * GAP).join(maps).rstrip())
    return [*lines, f"{rows} by {columns} places of the picture; the number is the word's largest weight"]


def _filled(text: str, wide: int) -> str:
    return cut(text, wide) + " " * (wide - cell_len(cut(text, wide)))
