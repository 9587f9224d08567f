"""Media: recordings, pictures and films of a data set, and the rows that name them.

A `Collection` is rows with their own cells (a label, a caption), each of which names one item of a `Shelf`. An item is
read when it is asked for; what is in it, the readers of its kind know (sound, picture, film).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

from seqloom.errors import InputError

Kind = Literal["audio", "image", "video"]
ENDINGS: dict[Kind, tuple[str, ...]] = {
    "audio": (".wav", ".flac", ".ogg", ".oga", ".opus", ".aiff", ".aif", ".mp3"),
    "image": (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"),
    "video": (".mp4", ".avi", ".mkv", ".webm", ".mov", ".m4v", ".mpg", ".mpeg"),
}
"""What the files of a kind are named."""
FILE = "file"
"""The column that holds the name of each item where a collection has no table of its own."""
NAME = "\x1fname"
"""The key under which a row to be answered bears the name of its item; no column of a table is called so."""


@dataclass(frozen=True)
class Item:
    """One recording, picture or film, not yet decoded; one of file, data and array is there.

    where  what it is called in messages
    file   a file, or of a film a folder of its frames
    data   an encoded file, out of an archive
    array  decoded already: audio [samples] or [samples, channels], with its rate in samples a second; a picture
           [height, width] or [height, width, channels]; a film [frames, height, width] or with channels
    """

    where: str
    file: Path | None = None
    data: bytes | None = None
    array: NDArray[Any] | None = None
    rate: int | None = None


class Shelf(ABC):
    """Items by their keys."""

    @abstractmethod
    def item(self, key: str) -> Item:
        """Return an item. Raises InputError, without a place, for a key that is not there or not allowed."""


class Folder(Shelf):
    """Files below a folder, by their paths in it; nothing outside is ever read."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def item(self, key: str) -> Item:
        """Return a file, or a folder of frames, by its path."""
        return Item(key, file=self.file(key))

    def file(self, key: str) -> Path:
        """Return where a path leads. Raises InputError where it leads nowhere, or out of the folder."""
        if not key.strip() or "\0" in key:
            raise InputError(f"{key!r} is no path of a file.")
        try:
            found = (self.root / key).resolve()
            inside = found.is_relative_to(self.root)
            there = inside and found.exists()
        except (OSError, RuntimeError) as error:  # a name that is too long, links that go round
            raise InputError(f"{key[:200]!r} is no path of a file: {error}.") from None
        if not inside:
            raise InputError(
                f"{key!r} leads out of {self.root}, and nothing outside the data is read: say where the files are with "
                "-s media.root=FOLDER, and write paths below it."
            )
        if not there:
            if "\\" in key and self.root.joinpath(key.replace("\\", "/")).exists():
                raise InputError(f"{key!r}: no such file in {self.root}; write / for \\ in paths, as on every system.")
            raise InputError(
                f"{key!r}: no such file in {self.root}; say where the files are with -s media.root=FOLDER."
            )
        return found


@dataclass
class Collection:
    """Rows, each of which names an item.

    path     what the data set is called in messages
    columns  the names of the cells, in order
    rows     the cells of each row, by column
    refs     the key of each row's item
    shelf    where items are found
    lines    the line of each row, where the rows stand in a table
    root     what a path in a message begins with
    notes    what to say aloud
    """

    path: str
    columns: list[str]
    rows: Sequence[dict[str, str]]
    refs: Sequence[str]
    shelf: Shelf
    lines: Sequence[int] | None = None
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, index: int) -> str:
        """Return the place of a row for messages: "clips.tsv:12 (a/b.wav)", "clips/a/b.wav" or "clips.npz[12]"."""
        ref = self.refs[index]
        if self.lines is not None:
            return f"{self.path}:{self.lines[index]} ({ref})"
        return f"{self.path}/{ref}" if isinstance(self.shelf, Folder) else f"{self.path}[{ref}]"

    def item(self, index: int) -> Item:
        """Return the item of a row, with the row's place. Raises InputError where there is none."""
        try:
            found = self.shelf.item(self.refs[index])
        except InputError as error:
            raise InputError(f"{self.where(index)}: {error}") from None
        return Item(self.where(index), found.file, found.data, found.array, found.rate)


def kind_of(name: str) -> Kind | None:
    """Tell what a file is by how it is named."""
    lower = name.lower()
    return next((kind for kind, endings in ENDINGS.items() if lower.endswith(endings)), None)
