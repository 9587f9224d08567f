"""Archives of files (.tar, .tar.gz, .tgz): pictures, recordings or films read where they lie, never unpacked to disk.

As WebDataset has it, the files of one sample share what stands before the first dot of their names: 0001.jpg is the
item, 0001.cls its label, 0001.txt its text, and 0001.json holds further columns. Where nothing tells the class, the
folder that an item stands in does, as in a folder of classes. Names are names only: nothing is ever written under them.
Links, devices, absolute paths and paths with `..` are refused all the same, since no honest archive has them.
"""

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from seqloom.data.blob import PIECE, Blob, find, open_bytes, whole
from seqloom.data.formats import BadRow, Jsonl
from seqloom.data.media import FILE, Collection, Item, Kind, Shelf, kind_of
from seqloom.data.media_folder import LABEL
from seqloom.data.scratch import Scratch, room_needed
from seqloom.errors import InputError, nearest

ENDINGS = (".tar", ".tar.gz", ".tgz")
TEXT = "text"
"""The column that the contents of .txt files become."""
BESIDE = {"cls": LABEL, "txt": TEXT}
"""What the files beside an item become, by their ending; those named .json become a column a key."""
LARGEST_CELL = 1 << 20
"""Bytes of a file that tells of an item."""
LARGEST_ITEM = 1 << 30
"""Bytes of an item."""
BOMB, RATIO = 1 << 30, 20
"""An archive that unpacks to more bytes than this, and to so many times its own size, is a bomb."""
LOOKED_AT = 50


@dataclass
class Sample:
    """The files of one sample: the item's name and place, and the places of those that tell of it by their ending."""

    name: str = ""
    place: tuple[int, int] = (0, 0)
    beside: dict[str, tuple[int, int]] = field(default_factory=dict)


class Packed(Shelf):
    """Files of one archive, by their names in it."""

    def __init__(self, path: str, blob: Blob, places: dict[str, tuple[int, int]]) -> None:
        self._path, self._blob, self._places = path, blob, places

    def item(self, key: str) -> Item:
        """Return the bytes of a file. Raises InputError for one that is not there, or too large."""
        if key not in self._places:
            raise InputError(f"{self._path} has no file {key!r}" + nearest(key, list(self._places)) + ".")
        start, size = self._places[key]
        if size > LARGEST_ITEM:
            raise InputError(f"{key} has {size >> 20} MiB; of one item at most {LARGEST_ITEM >> 20} are read.")
        return Item(f"{self._path}: {key}", data=self._blob.read(start, start + size))


def read_tar(path: str, kind: Kind) -> Collection:
    """Read the names of an archive and what stands beside its items.

    Raises InputError for an archive that is damaged, a bomb, or holds what no honest one does; and where it has no item
    of the kind.
    """
    blob = _plain(path)
    samples, odd = _samples(path, blob, kind)
    found = [one for one in samples.values() if one.name]
    if not found:
        raise InputError(f"{path}: no {kind} in it by the names of its files.")
    rows = [_cells(path, blob, one) for one in found]
    notes = [f"{path}: {odd} files in it are no {kind} and belong to none, and are left out"] if odd else []
    if not any(LABEL in row for row in rows):
        _by_folder(path, [one.name for one in found], rows)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    refs = [one.name for one in found]
    return Collection(
        path, columns, rows, refs, Packed(path, blob, {one.name: one.place for one in found}), notes=notes
    )


def sniff_tar(path: str) -> Kind | None:
    """Tell what the first files of an archive are by their names."""
    if not path.lower().endswith(ENDINGS) or not Path(path).is_file():
        return None
    try:
        with tarfile.open(path, "r|*") as packed:
            for number, one in enumerate(packed):
                found = kind_of(one.name)
                if found is not None or number > LOOKED_AT:
                    return found
    except (tarfile.TarError, OSError, EOFError, ValueError):
        return None
    return None


def _plain(path: str) -> Blob:
    """Return the bytes of an archive: where it lies, or, where it is gzipped, of a copy that is not."""
    place = find(path)
    if place is None:
        raise InputError("an archive is read from a file, not from standard input.")
    with open_bytes(place, path) as stream, whole(path):
        if stream.plain:
            return Blob(path, None, place)
        most, size = max(BOMB, RATIO * stream.size), 0
        scratch = Scratch()
        with room_needed(), scratch.path.open("wb") as file:
            while piece := stream.read(PIECE):
                size += len(piece)
                if size > most:
                    raise InputError(
                        f"{path} unpacks to more than {most >> 20} MiB, {RATIO} times its size: this is no archive of "
                        "pictures, recordings or films."
                    )
                file.write(piece)
        return Blob(path, None, scratch.path, scratch)


def _members(path: str, blob: Blob) -> Iterator[tarfile.TarInfo]:
    """Yield the files of an archive. Raises InputError for what no honest one holds."""
    with blob.open() as file:
        try:
            with tarfile.open(fileobj=file, mode="r:") as packed:
                for one in packed:
                    if one.isdir():
                        continue
                    parts = PurePosixPath(one.name.replace("\\", "/"))
                    if one.issym() or one.islnk():
                        raise InputError(f"{path}: {one.name!r} is a link to {one.linkname!r}; pack the file itself.")
                    if not one.isreg() or one.issparse():
                        raise InputError(f"{path}: {one.name!r} is no plain file; leave it out of the archive.")
                    if parts.is_absolute() or ".." in parts.parts or re.match(r"[A-Za-z]:", one.name):
                        raise InputError(f"{path}: {one.name!r} leads out of the archive; pack it under a plain name.")
                    yield one
        except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
            raise InputError(
                f"{path} is no tar archive, or a damaged one: {error}. Copy or download it again."
            ) from None
        end = file.seek(0, 2)
        if packed.offset > end:
            raise InputError(f"{path} ends in the middle of a file: it was cut short. Copy or download it again.")


def _samples(path: str, blob: Blob, kind: Kind) -> tuple[dict[str, Sample], int]:
    """Return the samples by their key, in order, and how many files belong to none."""
    samples: dict[str, Sample] = {}
    seen: set[str] = set()
    others: list[str] = []
    for one in _members(path, blob):
        folder, _, name = one.name.rpartition("/")
        if name.startswith("."):
            continue
        if one.name in seen:
            raise InputError(f"{path}: {one.name!r} is in it twice; leave one of them out.")
        seen.add(one.name)
        stem, _, ending = name.partition(".")
        key = f"{folder}/{stem}"
        sample = samples.setdefault(key, Sample())
        if kind_of(name) == kind:
            if sample.name:  # a.1.png and a.2.png: no samples of several files, but names with dots
                key = one.name
                sample = samples.setdefault(key, Sample())
            sample.name, sample.place = one.name, (one.offset_data, one.size)
        elif ending.lower() in (*BESIDE, "json"):
            sample.beside[ending.lower()] = (one.offset_data, one.size)
        else:
            others.append(key)
    return samples, len(others) + sum(len(one.beside) for one in samples.values() if not one.name)


def _cells(path: str, blob: Blob, sample: Sample) -> dict[str, str]:
    """Read what tells of an item."""
    row = {FILE: sample.name}
    for ending, (start, size) in sorted(sample.beside.items()):
        where = f"{path}: the .{ending} of {sample.name}"
        if size > LARGEST_CELL:
            raise InputError(f"{where} has {size >> 20} MiB; at most {LARGEST_CELL >> 20} are read.")
        try:
            text = blob.read(start, start + size).decode("utf-8-sig").strip()
            row |= {BESIDE[ending]: text} if ending in BESIDE else Jsonl().cells(text)
        except UnicodeDecodeError as error:
            raise InputError(f"{where} is no UTF-8: byte {error.start + 1}. Convert it.") from None
        except BadRow as bad:
            raise InputError(f"{where} is {bad.problem}. {bad.fix}.") from None
    return row


def _by_folder(path: str, names: list[str], rows: list[dict[str, str]]) -> None:
    """Take the folder of each item for its class, below the folder that all stand in."""
    folders = [name.split("/")[:-1] for name in names]
    shared = 0
    while all(len(one) > shared for one in folders) and len({one[shared] for one in folders}) == 1:
        shared += 1
    classes = [one[shared] if len(one) > shared else None for one in folders]
    if not any(classes):
        return
    if None in classes:
        raise InputError(
            f"{path}: {names[classes.index(None)]} stands in no class and others do; pack every file in the folder of "
            "its class, or give each a .cls beside it."
        )
    for row, label in zip(rows, classes, strict=True):
        row[LABEL] = str(label)
