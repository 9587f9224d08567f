"""Blob: the decompressed bytes of a file, to read in order or at any place.

Small ones are held in memory. A large plain file is read where it lies; a large gzipped one, or standard input, is
first copied to a temporary file. Nothing is parsed here.
"""

import contextlib
import gzip
import io
import os
import stat
import sys
import unicodedata
import weakref
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from seqloom.data.scratch import Scratch, room_needed
from seqloom.data.sniff import HEAD, refuse_unreadable
from seqloom.errors import InputError, nearest

MEMORY_LIMIT = 256 * 2**20
"""Bytes of decompressed data above which rows are re-read from disk instead of held."""
PIECE = 2**20
BOM = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"


class Line(NamedTuple):
    """One physical line: its number from 1, the offset of its first byte, its bytes, and the line end cut off them."""

    number: int
    start: int
    data: bytes
    end: bytes


class Blob:
    """Bytes of one source. Safe to use in forked and in spawned worker processes."""

    def __init__(self, name: str, data: bytes | None, file: Path | None, scratch: Scratch | None = None) -> None:
        """Take the bytes themselves, or the file that holds them; `name` is what messages call the source."""
        self.name = name
        self._data = data
        self._file = file and file.absolute()
        self._scratch = scratch  # kept only so that the temporary file lives as long as this object
        self._stamp = _stamp(os.stat(file)) if file else None
        self._handle: BinaryIO | None = None
        self._process = 0

    @property
    def in_memory(self) -> bool:
        """Tell whether the bytes are held in memory."""
        return self._data is not None

    def open(self) -> BinaryIO:
        """Open the bytes for reading from the start; the caller closes it."""
        if self._data is not None:
            return io.BytesIO(self._data)
        assert self._file is not None
        return open(self._file, "rb", buffering=PIECE)

    def read(self, start: int, end: int) -> bytes:
        """Return bytes `start` to `end`. Raises InputError where the file was changed since it was first read."""
        if self._data is not None:
            return self._data[start:end]
        if self._handle is None or self._process != os.getpid():  # a fork shares the position of an open file
            self._handle, self._process = self.open(), os.getpid()
            weakref.finalize(self, self._handle.close)
            if _stamp(os.fstat(self._handle.fileno())) != self._stamp:
                raise self._changed()
        data = _read_at(self._handle, start, end - start)
        if len(data) != end - start:
            raise self._changed()
        return data

    def lines(self) -> Iterator[Line]:
        """Yield the physical lines; a byte order mark and the line ends (LF or CR LF) are left out."""
        offset = 0
        with self.open() as stream:
            for number, data in enumerate(stream, 1):
                start = offset
                offset += len(data)
                if number == 1 and data.startswith(BOM):
                    start, data = start + len(BOM), data[len(BOM) :]
                if data.endswith(b"\r\n"):
                    yield Line(number, start, data[:-2], b"\r\n")
                elif data.endswith(b"\n"):
                    yield Line(number, start, data[:-1], b"\n")
                else:
                    yield Line(number, start, data, b"")

    def _changed(self) -> InputError:
        return InputError(f"{self.name} was changed while it was being read. Run again, and leave the file as it is.")

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_handle": None, "_scratch": None}


def load(path: str | Path, memory_limit: int = MEMORY_LIMIT) -> Blob:
    """Return the bytes of a file, of a gzipped file (known by its first bytes, not its name), or of stdin ("-").

    Raises InputError for a file that is missing, a folder, empty, cut short, not text, or UTF-16.
    """
    place = find(path)
    if place is None:
        return _stdin(memory_limit)
    name = str(path)
    with open_bytes(place, name) as stream:
        if stream.plain and stream.size > memory_limit:
            refuse_unreadable(stream.read(HEAD), name)
            return Blob(name, None, place)
        return _take(stream, name, memory_limit)


@cache
def _stdin(memory_limit: int) -> Blob:
    """Read standard input, which comes only once, and keep it for whoever asks again."""
    with open_bytes(None, "standard input") as stream:
        return _take(stream, "standard input", memory_limit)


def find(path: str | Path) -> Path | None:
    """Return the place of a readable file; None for "-", standard input. Raises InputError where there is none."""
    if str(path) == "-":
        return None
    place = Path(path)
    if place.is_dir():
        inside = sorted(child.name for child in place.iterdir() if child.is_file())
        holds = f"It holds {', '.join(inside[:5])}{', ...' if len(inside) > 5 else ''}." if inside else "It is empty."
        raise InputError(f"{path} is a folder; give one file. {holds}")
    if place.exists():
        return place
    folder = place.parent
    if not folder.is_dir():
        raise InputError(f"no file {path}: there is no folder {folder}.")
    names = [child.name for child in folder.iterdir() if not child.name.startswith(".")]
    for other in names:  # macOS writes Hangul file names decomposed
        if unicodedata.normalize("NFC", other) == unicodedata.normalize("NFC", place.name):
            return folder / other
    raise InputError(f"no file {path}" + (nearest(place.name, names) if names else f"; {folder} is empty."))


class Source(io.BufferedReader):
    """Decompressed bytes in order, with whether they were plain and the size of the file on disk."""

    plain = True
    size = 0
    below: "Source | None" = None

    def close(self) -> None:
        """Close, and close what was unzipped too, which GzipFile leaves open."""
        super().close()
        if self.below is not None:
            self.below.close()


def open_bytes(place: Path | None, name: str) -> Source:
    """Open a file, or stdin for None, and undo gzip; reads of a damaged gzip raise what `whole` mends."""
    try:
        raw = os.dup(sys.stdin.fileno()) if place is None else os.open(place, os.O_RDONLY)
    except PermissionError:
        raise InputError(f"{name} may not be read (permission denied). Check it with: ls -l {name}") from None
    file = io.FileIO(raw, "rb")
    source = Source(file, PIECE)
    about = os.fstat(raw)
    regular = stat.S_ISREG(about.st_mode)
    if source.peek(2)[:2] != GZIP:
        source.size, source.plain = about.st_size, regular
        return source
    unzipped = Source(cast(io.RawIOBase, gzip.GzipFile(fileobj=source)), PIECE)
    unzipped.size, unzipped.plain, unzipped.below = about.st_size, False, source
    return unzipped


@contextlib.contextmanager
def whole(name: str) -> Iterator[None]:
    """Turn the errors of a damaged gzip file into an InputError."""
    try:
        yield
    except EOFError:
        raise InputError(
            f"{name} ends in the middle of its gzip data: it was cut short. Copy or download it again; gzip -t checks"
            " a file."
        ) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{name} is damaged gzip data ({error}). Copy or download it again; gzip -t checks a file."
        ) from None


def _take(stream: Source, name: str, memory_limit: int) -> Blob:
    """Read a stream to its end, to memory or, beyond the limit, to a temporary file."""
    pieces: list[bytes] = []
    size = 0
    with whole(name):
        while size <= memory_limit and (piece := stream.read(PIECE)):
            if not pieces:
                refuse_unreadable(piece[:HEAD], name)
            pieces.append(piece)
            size += len(piece)
        if size <= memory_limit:
            data = b"".join(pieces)
            if not data.removeprefix(BOM):
                raise InputError(f"{name} is empty.")
            return Blob(name, data, None)
        scratch = Scratch()
        with room_needed(), scratch.path.open("wb") as file:
            file.writelines(pieces)
            pieces.clear()
            while piece := stream.read(PIECE):
                file.write(piece)
    return Blob(name, None, scratch.path, scratch)


def _stamp(about: os.stat_result) -> tuple[int, int]:
    return about.st_size, about.st_mtime_ns


def _read_at(file: BinaryIO, start: int, size: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(file.fileno(), size, start)
    file.seek(start)
    return file.read(size)
