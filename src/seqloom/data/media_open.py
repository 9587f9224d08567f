"""Opening collections: what a data argument is (a folder, a table, an archive, one file), and of which kind."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqloom.data.media import Collection, Folder, Kind, Shelf, kind_of
from seqloom.data.media_arrays import read_arrays, sniff_arrays
from seqloom.data.media_folder import holds_frames, read_alone, read_folder, table_in
from seqloom.data.media_idx import ENDINGS as IDX
from seqloom.data.media_idx import read_idx, sniff_idx
from seqloom.data.media_parquet import ENDINGS as PARQUET
from seqloom.data.media_parquet import read_parquet, sniff_parquet
from seqloom.data.media_table import COLUMNS, beside, read_table
from seqloom.data.media_tar import ENDINGS as TAR
from seqloom.data.media_tar import read_tar, sniff_tar
from seqloom.data.rows import OnBadRow
from seqloom.errors import InputError

LOOKED_AT = 200
"""Files of a folder that decide what is in it."""


@dataclass(frozen=True)
class Opening:
    """How collections are read.

    root        folder or archive in which the paths of a table are looked up
    id          array of names in an archive of arrays
    column      column of paths
    wanted      other columns that a person named
    """

    kind: Kind
    root: str | None = None
    id: str | None = None
    column: str | None = None
    wanted: Sequence[str] = ()
    format: str = "auto"
    header: bool | None = None
    on_bad_row: OnBadRow = "error"


Archive = Callable[[str, Opening], Collection]
ARCHIVES: dict[str, tuple[tuple[str, ...], Archive]] = {
    "npz": ((".npz",), lambda path, how: read_arrays(path, how.kind, how.id)),
    "idx": (IDX, lambda path, how: read_idx(path, how.kind)),
    "tar": (TAR, lambda path, how: read_tar(path, how.kind)),
    "parquet": (
        PARQUET,
        lambda path, how: read_parquet(path, how.kind, how.column, how.id, lambda: shelf_of(path, how)),
    ),
}
"""By format: endings of archives that hold items, and what reads them."""


def open_collection(path: str, how: Opening) -> Collection:
    """Read the rows of a folder, a table, an archive or one file. Raises InputError for what is none of them."""
    place = Path(path)
    if path != "-" and not place.exists() and archive_of(path, how.format) is None:
        raise InputError(f"{path}: no such file or folder.")
    if place.is_dir():
        table = table_in(place)
        if table is not None:
            return _table(str(table), how)
        if how.kind == "video" and holds_frames(place):
            return read_alone(place)
        return read_folder(place, how.kind)
    archive = archive_of(path, how.format)
    if archive is not None:
        return archive(path, how)
    if kind_of(path) == how.kind:
        return read_alone(place)
    if kind_of(path) is not None:
        raise InputError(f"{path} is {kind_of(path)} by its name, and {how.kind} is read here.")
    return _table(path, how)


def archive_of(path: str, format: str) -> Archive | None:
    """Return what reads an archive, by its format or, where that is auto, by its name."""
    if format == "auto" and sniff_idx(path):
        format = "idx"
    for name, (endings, archive) in ARCHIVES.items():
        if format == name or (format == "auto" and path.lower().endswith(endings)):
            return archive
    return None


def shelf_of(table: str, how: Opening) -> Shelf:
    """Return where the paths of a table are looked up."""
    if how.root is None:
        return Folder(beside(table))
    root = Path(how.root)
    if root.is_dir():
        return Folder(root)
    archive = archive_of(how.root, "auto")
    if archive is None or not root.exists():
        raise InputError(f"media.root={how.root}: neither a folder nor an archive that can be read.")
    return archive(how.root, how).shelf


def sniff_kind(path: str) -> Kind | None:
    """Tell what a data argument holds, by the names of its files; None: no media, or not to be told."""
    place = Path(path)
    if place.is_dir():
        counts: Counter[Kind] = Counter()
        for number, one in enumerate(place.rglob("*")):
            found = kind_of(one.name) if one.is_file() else None
            counts.update([found] if found is not None else [])
            if number > LOOKED_AT and counts:
                break
        return counts.most_common(1)[0][0] if counts else None
    if path.lower().endswith(".npz"):
        return sniff_arrays(place)
    return kind_of(path) or sniff_idx(path) or sniff_tar(path) or sniff_parquet(path) or _sniff_table(place)


def _sniff_table(path: Path) -> Kind | None:
    """Tell what the first rows of a table name."""
    if not path.is_file() or not path.name.lower().endswith((".tsv", ".csv", ".jsonl")):
        return None
    try:
        with path.open("rb") as file:
            first = [file.readline(1 << 16).decode("utf-8", "replace") for _ in range(3)]
    except OSError:
        return None
    rows = first if first[0].lstrip().startswith("{") else first[1:]  # JSON has no line of names
    cells = [cell.strip().strip('"') for line in rows for cell in _cut(line)]
    found = {kind for cell in cells if (kind := kind_of(cell)) is not None and _may_be_path(path.parent, cell)}
    return found.pop() if len(found) == 1 else None


def _may_be_path(folder: Path, cell: str) -> bool:
    """Tell whether a cell that ends as a file's name does is one; so may a text."""
    return " " not in cell or (len(cell) < 256 and (folder / cell.replace("\\", "/")).exists())


def _cut(line: str) -> list[str]:
    """Cut a line of a table, or of JSON, whose letters may be escaped, into cells."""
    if line.lstrip().startswith("{"):
        try:
            return [cell for cell in json.loads(line).values() if isinstance(cell, str)]
        except ValueError:
            return []
    return line.replace(",", "\t").replace("\n", "\t").split("\t")


def _table(path: str, how: Opening) -> Collection:
    format = how.format if how.format in ("tsv", "csv", "jsonl", "text") else "auto"
    return read_table(
        path,
        shelf_of(path, how),
        column=how.column,
        wanted=how.wanted,
        format=format,
        header=how.header,
        on_bad_row=how.on_bad_row,
    )


__all__ = ["ARCHIVES", "COLUMNS", "Archive", "Opening", "archive_of", "open_collection", "shelf_of", "sniff_kind"]
