"""Parquet files with pictures, recordings or films in a column, as the Hugging Face Hub has them.

The item of a row is bytes, or {bytes, path} of which the path is looked up below the file's folder where there are no
bytes. Numbers that the file's own description calls classes are shown by their names. Rows are read a group at a time.
Paths alone are looked up as those of any table.
"""

import json
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from seqloom.data.media import Collection, Folder, Item, Kind, Shelf
from seqloom.data.media_arrays import NAMES
from seqloom.data.media_table import COLUMNS, beside
from seqloom.errors import InputError, nearest

ENDINGS = (".parquet", ".pq")
LARGEST = 4 << 30
"""Bytes that one group of rows may unpack to."""
KEPT = 2
"""Groups of rows held at a time."""


class Groups(Shelf):
    """Items of one column, by the number of their row from 0, or by the names that another column gives them."""

    def __init__(self, path: str, column: str, folder: Folder, keys: Sequence[str]) -> None:
        self._path, self._column, self._folder = path, column, folder
        self._rows = {key: row for row, key in enumerate(keys)}
        if len(self._rows) < len(keys):
            raise InputError(f"{path}: {len(keys)} rows have only {len(self._rows)} different names (media.id).")
        self._file: Any = None
        self._starts: list[int] = []
        self._held: dict[int, Any] = {}

    def item(self, key: str) -> Item:
        """Return the item of a row. Raises InputError for a row that is not there or empty."""
        if key not in self._rows:
            raise InputError(f"{self._path} has no row {key!r}.")
        value = self._value(self._rows[key])
        data, name = (value.get("bytes"), value.get("path")) if isinstance(value, dict) else (value, None)
        if data is not None:
            return Item(f"{self._path}: {key}", data=bytes(data))
        if name:
            return Item(f"{self._path}: {key}", file=self._folder.file(str(name)))
        raise InputError(f"column '{self._column}' is empty here.")

    def _value(self, row: int) -> Any:
        """Return the cell of a row, out of a group that is held or is read now."""
        if self._file is None:
            self._file, self._starts = opened(self._path)
        group = bisect_right(self._starts, row) - 1
        if group not in self._held:
            while len(self._held) >= KEPT:
                self._held.pop(next(iter(self._held)))
            name, file = self._column, self._file
            self._held[group] = _safely(self._path, lambda: file.read_row_group(group, columns=[name])[name])
        return self._held[group][row - self._starts[group]].as_py()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_file": None, "_held": {}}


def read_parquet(path: str, kind: Kind, column: str | None, id: str | None, shelf: Callable[[], Shelf]) -> Collection:
    """Read the rows of a file; `shelf` is where paths are looked up, `id` a column of names of the rows.

    Raises InputError for what is no Parquet, is damaged, or has no column of items.
    """
    file, starts = opened(path)
    arrow = _arrow()[0]
    schema = file.schema_arrow
    packed = [field.name for field in schema if _holds_bytes(arrow, field.type)]
    texts = [field.name for field in schema if arrow.types.is_string(field.type) or _is_large(arrow, field.type)]
    chosen = _column(path, schema.names, packed, texts, kind, column)
    cells = [name for name in schema.names if name != chosen and not arrow.types.is_nested(schema.field(name).type)]
    cells = [name for name in cells if not _holds_bytes(arrow, schema.field(name).type)]
    wanted = cells if chosen in packed else [chosen, *cells]
    classes = _classes(schema)
    table = _safely(path, lambda: file.read(columns=wanted))
    columns = {name: _told(table[name].to_pylist(), classes.get(name)) for name in wanted}
    count = starts[-1]
    rows = [{name: value for name in wanted if (value := columns[name][row]) is not None} for row in range(count)]
    left = [name for name in schema.names if name not in (chosen, *cells)]
    notes = [f"{path}: column {name} holds no single value a row and is left out" for name in left]
    if chosen not in packed:
        return Collection(path, wanted, rows, _full(path, chosen, rows), shelf(), list(range(1, count + 1)), notes)
    if id is not None and id not in cells:
        raise InputError(f"{path} has no column '{id}' of names" + nearest(id, cells) + " (media.id).")
    keys = [str(row) for row in range(count)] if id is None else _full(path, id, rows)
    return Collection(path, cells, rows, keys, Groups(path, chosen, Folder(beside(path)), keys), notes=notes)


def sniff_parquet(path: str) -> Kind | None:
    """Tell what a file holds by the description that the Hugging Face Hub puts in it, or by how columns are named."""
    if not path.lower().endswith(ENDINGS):
        return None
    try:
        file, _ = opened(path)
    except InputError:
        return None
    features = _features(file.schema_arrow)
    told = {str(one.get("_type")) for one in features.values() if isinstance(one, dict)}
    by_type: dict[str, Kind] = {"Image": "image", "Audio": "audio", "Video": "video"}
    found = {by_type[name] for name in told if name in by_type}
    if not found:
        arrow = _arrow()[0]
        packed = [field.name.lower() for field in file.schema_arrow if _holds_bytes(arrow, field.type)]
        found = {kind for kind, usual in NAMES.items() if set(usual[:2]) & set(packed)}
    return found.pop() if len(found) == 1 else None


def opened(path: str) -> tuple[Any, list[int]]:
    """Open a file; return it and the row that each group of rows begins with, and the number of rows at the end.

    Raises InputError for one that is none or damaged, or whose groups unpack to too much.
    """
    file = _safely(path, lambda: _arrow()[1].ParquetFile(path))
    starts = [0]
    for group in range(file.metadata.num_row_groups):
        about = file.metadata.row_group(group)
        if about.total_byte_size > LARGEST:
            raise InputError(
                f"{path}: a group of {about.num_rows} rows has {about.total_byte_size >> 20} MiB, read at once; "
                f"at most {LARGEST >> 20} are. Write it in smaller groups."
            )
        starts.append(starts[-1] + about.num_rows)
    if not starts[-1]:
        raise InputError(f"{path} has no rows.")
    return file, starts


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise InputError("reading Parquet needs pyarrow: pip install 'seqloom[parquet]'.") from None
    return pyarrow, parquet


def _safely(path: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file.") from None
    except (_arrow()[0].ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path} is no Parquet file, or a damaged one: {str(error)[:120]}") from None


def _holds_bytes(arrow: Any, kind: Any) -> bool:
    if arrow.types.is_struct(kind):
        return any(field.name == "bytes" and _holds_bytes(arrow, field.type) for field in kind)
    return arrow.types.is_binary(kind) or arrow.types.is_large_binary(kind)


def _is_large(arrow: Any, kind: Any) -> bool:
    return bool(arrow.types.is_large_string(kind))


def _column(
    path: str, names: Sequence[str], packed: Sequence[str], texts: Sequence[str], kind: Kind, asked: str | None
) -> str:
    """Return the column of the items: the one asked for, the one that is named after them, or the only one of bytes."""
    if asked is not None:
        if asked not in (*packed, *texts):
            raise InputError(f"{path} has no column '{asked}' of bytes or paths" + nearest(asked, [*packed, *texts]))
        return asked
    for able in (packed, texts):
        there = {name.lower(): name for name in able}
        named = [there[name] for name in (*NAMES[kind], *COLUMNS) if name in there]
        if named or (able is packed and len(packed) == 1):
            return named[0] if named else packed[0]
    raise InputError(
        f"{path}: which column is the {kind}? It has {', '.join(names)}, of bytes: {', '.join(packed) or 'none'}. "
        "Name it with -s source.column=NAME."
    )


def _features(schema: Any) -> dict[str, Any]:
    """Return what the Hugging Face Hub says of each column, nothing where it says nothing that can be read."""
    try:
        about = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = about["info"]["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return features if isinstance(features, dict) else {}


def _classes(schema: Any) -> dict[str, list[str]]:
    """Return the names of classes by column."""
    found = {name: one for name, one in _features(schema).items() if isinstance(one, dict)}
    named = {name: one["names"] for name, one in found.items() if one.get("_type") == "ClassLabel" and "names" in one}
    return {name: [str(one) for one in names] for name, names in named.items() if isinstance(names, list)}


def _told(values: list[Any], classes: list[str] | None) -> list[str | None]:
    """Return cells as text; a class by its name."""

    def one(value: Any) -> str | None:
        if value is None:
            return None
        if classes is not None and isinstance(value, int) and 0 <= value < len(classes):
            return classes[value]
        return str(value).lower() if isinstance(value, bool) else str(value)

    return [one(value) for value in values]


def _full(path: str, column: str, rows: Sequence[dict[str, str]]) -> list[str]:
    """Return a column that every row must have."""
    for number, row in enumerate(rows, 1):
        if column not in row:
            raise InputError(f"{path}: row {number}: nothing in column '{column}'.")
    return [row[column] for row in rows]
