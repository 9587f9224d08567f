"""Texts made to fit: what cannot be seen made visible, what is too long cut, names written downwards."""

from collections.abc import Sequence

from rich.cells import cell_len

from seqloom.report.terminal import visible

LETTERS = 8
"""Lines over columns for names of several letters, which are written downwards."""


def readable(text: str) -> str:
    """Return a text with what cannot be seen made visible, but for the spaces between its words."""
    shown = " ".join(visible(word) if word else "" for word in text.split(" "))
    return shown if shown.strip() == shown and shown else visible(text)


def heading(text: str) -> str:
    """Return a readable text; one that is empty stays so."""
    return readable(text) if text else ""


def cut(text: str, width: int) -> str:
    """Shorten a text to some columns of a terminal."""
    if cell_len(text) <= width:
        return text
    kept = ""
    for letter in text:
        if cell_len(kept + letter) >= width:
            break
        kept += letter
    return kept + "…"


def clip(text: str, letters: int = LETTERS) -> str:
    """Shorten a text to some letters."""
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def middle_cut(text: str, letters: int) -> str:
    """Shorten a text to some letters by its middle: long names begin alike, and their ends say what they are."""
    half = letters // 2
    return text if len(text) <= letters else f"{text[: half - 1]}…{text[half - letters :]}"


def downwards(names: Sequence[str], across: int) -> list[str]:
    """Return lines with names written downwards, each in `across` columns, their ends at the last line."""
    columns = [clip(name) for name in names]
    depth = max(map(len, columns), default=0)
    lines = []
    for line in range(depth):
        letters = [one[line - depth + len(one)] if line >= depth - len(one) else " " for one in columns]
        lines.append("".join(letter + " " * (across - cell_len(letter)) for letter in letters))
    return lines


def right(text: str, width: int) -> str:
    """Put a text at the right of some columns."""
    return " " * (width - cell_len(text)) + text


def left(text: str, width: int) -> str:
    """Put a text at the left of some columns."""
    return text + " " * (width - cell_len(text))
