"""Made shapes for the tests of tasks: written once, and settings that make a model tiny."""

from pathlib import Path

from seqloom.data.made_shapes import make

FRONT = "{kind: cnn, widths: [8, 8, 8, 8]}"
TINY = [
    "source.size=16",
    "image.height=16",
    "image.width=16",
    f"source.front={FRONT}",
    "fit.threads=1",
    "fit.device=cpu",
]
"""Settings of any task: pictures of 16 by 16 as 2 by 2 places."""


def made(folder: Path, rows: int = 40) -> Path:
    """Write made shapes below a folder."""
    make(folder / "shapes", rows, 7)
    return folder / "shapes"
