"""Tables that name recordings, pictures or films: a path a row, or the name of an item in an archive."""

from collections.abc import Sequence
from pathlib import Path

from seqloom.data.columns import pick
from seqloom.data.media import Collection, Shelf
from seqloom.data.rows import OnBadRow, read

COLUMNS = (
    "path",
    "file",
    "filename",
    "file_name",
    "audio",
    "wav",
    "image",
    "img",
    "picture",
    "photo",
    "video",
    "film",
    "clip",
    "image_id",
    "audio_id",
    "video_id",
    "id",
)
"""Names that the column of paths usually bears, the likeliest first."""
FLAG = "-s source.column"


def read_table(
    path: str,
    shelf: Shelf,
    *,
    column: str | None = None,
    wanted: Sequence[str] = (),
    format: str = "auto",
    header: bool | None = None,
    on_bad_row: OnBadRow = "error",
) -> Collection:
    """Read a table whose rows name items of a shelf; `wanted` are columns that a person named.

    Raises InputError for a table that cannot be read, without a column of paths, or for an empty path.
    """
    asked = [*wanted, *([] if column is None else [column])]
    rows = read(path, format=format, header=header, wanted=[*asked, *COLUMNS], on_bad_row=on_bad_row)
    if column is None and len(rows.columns) == 1:
        column = rows.columns[0]
    named = pick(rows, column, COLUMNS, "path of each item", FLAG)
    cells = [rows.own(place) for place in range(len(rows))]
    refs = [row[named] for row in cells]
    return Collection(rows.path, rows.columns, cells, refs, shelf, rows.lines.tolist(), list(rows.notes))


def beside(path: str) -> Path:
    """Return the folder in which the paths of a table begin: its own."""
    return Path(".") if path == "-" else Path(path).parent
