"""Archives of arrays (.npz): items that are decoded already, and arrays of one value a row beside them.

Items are the array that is named after them (images, audio, frames ...), one a row; or, where they differ in length,
one after the other, with an array `offset` of where each begins (and the end of the last).
"""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.data.media import Collection, Item, Kind, Shelf
from seqloom.errors import InputError, nearest

NAMES: dict[Kind, tuple[str, ...]] = {
    "audio": ("audio", "sound", "waveform", "samples", "x"),
    "image": ("images", "image", "pictures", "x", "x_train", "data"),
    "video": ("frames", "video", "videos", "films", "clips", "x"),
}
"""What the array of the items is usually called."""
RANKS: dict[Kind, tuple[int, ...]] = {"audio": (2, 3), "image": (3, 4), "video": (4, 5)}
"""Axes of an array of items of one length, the first of them the rows."""
OFFSET = ("offset", "offsets")
LARGEST = 32 << 30
"""Bytes that an archive may unpack to."""


class Arrays(Shelf):
    """Items of one archive, by number, or by the names that one of its arrays gives them."""

    def __init__(
        self, path: str, items: NDArray[Any], offset: NDArray[Any] | None, keys: Sequence[str], rate: int | None
    ):
        self._path, self._items, self._offset, self._rate = path, items, offset, rate
        self._places = {key: place for place, key in enumerate(keys)}
        self.keys = list(keys)
        if len(self._places) < len(keys):
            raise InputError(f"{path}: {len(keys)} items have only {len(self._places)} different names (media.id).")

    def item(self, key: str) -> Item:
        """Return an item by its key."""
        if key not in self._places:
            raise InputError(f"{self._path} has no item {key!r}" + nearest(key, self.keys) + ".")
        place = self._places[key]
        if self._offset is None:
            array = self._items[place]
        else:
            array = self._items[int(self._offset[place]) : int(self._offset[place + 1])]
        return Item(f"{self._path}[{key}]", array=array, rate=self._rate)


def read_arrays(path: str, kind: Kind, id: str | None = None) -> Collection:
    """Read an archive: its items, and a column of each array that has one value a row.

    Raises InputError for what is no archive of arrays, or where no array can be the items.
    """
    arrays = load(path)
    offset = next((arrays.pop(name) for name in OFFSET if name in arrays), None)
    if offset is not None and (
        offset.ndim != 1
        or offset.dtype.kind not in "iu"
        or len(offset) < 2
        or (np.diff(offset.astype(np.int64)) < 0).any()
    ):
        raise InputError(f"{path}: offset must be integers that grow, one more than there are items.")
    name = _items(path, arrays, kind, offset)
    items = arrays.pop(name)
    count = len(items) if offset is None else len(offset) - 1
    rate = _rate(path, arrays) if kind == "audio" else None
    columns = {
        one: _cells(array) for one, array in arrays.items() if array.ndim == 1 and len(array) == count and one != "rate"
    }
    notes = [
        f"{path}: array {one} {list(array.shape)} is not one value a row and is left out"
        for one, array in arrays.items()
        if one not in columns and array.ndim
    ]
    if id is not None and id not in columns:
        raise InputError(f"{path} has no array '{id}' of {count} names" + nearest(id, columns) + " (media.id).")
    by_number = [str(number) for number in range(count)]
    keys = by_number if id is None else columns[id]
    rows = [{one: cells[row] for one, cells in columns.items()} for row in range(count)]
    shelf = Arrays(path, items, offset, keys, rate)
    return Collection(path, list(columns), rows, keys, shelf, notes=notes)


def load(path: str) -> dict[str, NDArray[Any]]:
    """Read the arrays of an .npz. Raises InputError for a file that is none, holds objects or is too large."""
    try:
        with zipfile.ZipFile(path) as packed:
            total = sum(one.file_size for one in packed.infolist())
        if total > LARGEST:
            raise InputError(f"{path} unpacks to {total >> 30} GiB; more than {LARGEST >> 30} are not read.")
        with np.load(path, allow_pickle=False) as packed_arrays:
            found = {name: packed_arrays[name] for name in packed_arrays.files}
        odd = [name for name, array in found.items() if not isinstance(array, np.ndarray)]
        if odd:
            raise ValueError(f"{odd[0]} in it is no array")
        return found
    except FileNotFoundError:
        raise InputError(f"{path}: no such file.") from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{path}: no archive of plain arrays (.npz), or a damaged one: {error}.") from None


def sniff_arrays(path: Path) -> Kind | None:
    """Tell what an archive of arrays holds, by the names of its arrays."""
    try:
        with zipfile.ZipFile(path) as packed:
            names = {one.removesuffix(".npy") for one in packed.namelist()}
    except (OSError, zipfile.BadZipFile):
        return None
    found: list[Kind] = [kind for kind, usual in NAMES.items() if usual[0] in names or usual[1] in names]
    return found[0] if len(found) == 1 else None


def _items(path: str, arrays: dict[str, NDArray[Any]], kind: Kind, offset: NDArray[Any] | None) -> str:
    """Return the name of the array of the items."""

    def fits(array: NDArray[Any]) -> bool:
        if array.dtype.kind not in "uif":
            return False
        if offset is None:
            return array.ndim in RANKS[kind]
        return array.ndim + 1 in RANKS[kind] and len(array) == int(offset[-1])

    able = {name: array for name, array in arrays.items() if fits(array)}
    named = [name for name in NAMES[kind] if name in able]
    if named or len(able) == 1:
        return named[0] if named else next(iter(able))
    shown = ", ".join(f"{name} {list(array.shape)}" for name, array in arrays.items())
    if able:
        raise InputError(f"{path}: which array is the {kind}? Name it {NAMES[kind][0]}. It has {shown}.")
    raise InputError(
        f"{path}: no array of {kind} in it ({' or '.join(map(str, RANKS[kind]))} axes, or one less with offsets). It "
        f"has {shown}."
    )


def _rate(path: str, arrays: dict[str, NDArray[Any]]) -> int:
    rate = arrays.get("rate", arrays.get("sample_rate"))
    if rate is None or rate.ndim or rate.dtype.kind not in "iuf" or rate <= 0:
        raise InputError(f"{path}: audio needs its samples a second in an array `rate` of one number.")
    return int(rate)


def _cells(array: NDArray[Any]) -> list[str]:
    return [str(value) for value in array.tolist()]
