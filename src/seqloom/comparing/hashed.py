"""Hashed: what the data of a plan was when it began, so that runs on rows that changed since are not set beside it."""

import hashlib
from pathlib import Path

from seqloom.comparing.grid import Grid
from seqloom.errors import InputError

SHORT = 16
"""Hexadecimal digits that are kept: 64 bits."""


def hashes_of(grid: Grid) -> dict[str, str]:
    """Return SHA-256, shortened, of each file that a plan names as data; of a folder, that of its names and sizes."""
    found = {}
    for said in (grid.data, grid.valid, grid.test):
        if not isinstance(said, str):
            continue
        for name in [said] if Path(said).exists() else said.split(","):
            path = Path(name.strip())
            if path.is_dir():
                inside = sorted((str(one.relative_to(path)), one.stat().st_size) for one in path.rglob("*"))
                found[name] = hashlib.sha256(repr(inside).encode()).hexdigest()[:SHORT]
            elif path.is_file():
                with path.open("rb") as file:
                    found[name] = hashlib.file_digest(file, "sha256").hexdigest()[:SHORT]
    return found


def check(grid: Grid) -> None:
    """Raise InputError where data of a plan is no longer what it was when the plan began."""
    now = hashes_of(grid)
    changed = [name for name, one in grid.hashes.items() if now.get(name) != one]
    if changed:
        raise InputError(
            f"{', '.join(changed)} changed since this comparison began, and runs on other rows cannot be set beside "
            "those that ended. Put the data back, or compare anew in another folder."
        )
