"""What a sound file begins with and how it ends: whether it is what it is named, and whether it is whole.

A decoder reads a WAV whose data stops early, and an OGG whose last pages are gone, without a word. The sizes are
therefore compared here: the chunks of a RIFF, RF64 or AIFF file (Multimedia Programming Interface 1.0, 1991; EBU Tech
3306; Audio Interchange File Format 1.3), and the last page of an OGG file, which says that it is the last (RFC 3533,
section 6). FLAC counts its samples in its header, which the caller compares; so does an MP3 whose first frame has a
Xing or Info tag, which the usual encoders write. Of another MP3 nobody can tell.
"""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

from seqloom.data.media import Item
from seqloom.errors import InputError

READ = "WAV, FLAC, OGG (Vorbis or Opus), AIFF and MP3"
NAMES = {
    ".wav": "WAV",
    ".flac": "FLAC",
    ".ogg": "OGG",
    ".oga": "OGG",
    ".opus": "OGG",
    ".aiff": "AIFF",
    ".aif": "AIFF",
    ".mp3": "MP3",
}
UNKNOWN = 0xFFFFFFFF
"""The size that a program writes which does not know it yet, because it writes to a pipe."""
LAST_PAGE = 65_307
"""Bytes of the longest page of OGG: a header of 27, 255 sizes and 255 pieces of 255."""
OTHERS = {
    b"\x1a\x45\xdf\xa3": "Matroska or WebM",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "gzip",
    b"%PDF": "a PDF",
    b".snd": "Sun audio (AU)",
    b"caff": "Apple's CAF",
    b"#!AMR": "AMR",
}


@dataclass(frozen=True)
class Container:
    """The format of a file; `counted` says that its header tells how many samples there are."""

    name: str
    counted: bool


def look(item: Item) -> Container:
    """Look at a sound file from both ends. Raises InputError, with the place, where it is empty, no sound, named for
    another format, or cut."""
    if item.data is not None:
        return _look(item.where, "", io.BytesIO(item.data), len(item.data))
    assert item.file is not None
    if item.file.is_dir():
        raise InputError(f"{item.where}: it is a folder, and a recording is a file.")
    try:
        with item.file.open("rb") as file:
            return _look(item.where, item.file.name, file, item.file.stat().st_size)
    except OSError as error:
        raise InputError(f"{item.where}: it cannot be read: {error.strerror}.") from None


def _look(where: str, name: str, file: BinaryIO, size: int) -> Container:
    if not size:
        raise InputError(f"{where}: the file is empty (0 bytes).")
    start = file.read(12)
    found = _format(start)
    ending = PurePath(name).suffix.lower()
    if found is None:
        raise InputError(f"{where}: it is no recording, but {_what(start)}; {READ} are read.")
    if NAMES.get(ending, found) != found:
        raise InputError(
            f"{where}: its name says {NAMES[ending]}, and it holds {found}. Name it for what it is, or look at how it "
            "was made."
        )
    check = {"WAV": _riff, "AIFF": _aiff, "OGG": _ogg}.get(found)
    if check is not None and (missing := check(file, start, size)):
        raise InputError(f"{where}: it is cut: {missing}. Copy it again.")
    return Container(found, found in ("FLAC", "WAV", "AIFF") or (found == "MP3" and _xing(file, start)))


def _format(start: bytes) -> str | None:
    """Tell a format by its first bytes."""
    if start[:4] in (b"RIFF", b"RF64", b"RIFX") and start[8:12] in (b"WAVE", b""):
        return "WAV"
    if start[:4] == b"FORM" and start[8:12] in (b"AIFF", b"AIFC"):
        return "AIFF"
    if start[:4] in (b"fLaC", b"OggS"):
        return {b"fLaC": "FLAC", b"OggS": "OGG"}[start[:4]]
    if start[:3] == b"ID3" or (len(start) > 1 and start[0] == 0xFF and start[1] & 0xE6 == 0xE2):
        return "MP3"  # tags, or the header of a frame of layer III
    return None


def _what(start: bytes) -> str:
    """Say what a file seems to be instead."""
    for magic, what in OTHERS.items():
        if start.startswith(magic):
            return what
    if start[4:8] == b"ftyp":
        return "MP4 (M4A)"
    if start[:4] == b"RIFF":
        return f"RIFF of {start[8:12]!r}"
    if all(32 <= byte < 127 or byte in b"\t\r\n" for byte in start):
        return f"text that begins {start.decode('ascii').strip()!r}"
    return f"something that begins {start[:8].hex(' ')}"


def _riff(file: BinaryIO, start: bytes, size: int) -> str:
    """Say what is missing from a WAV file; "" for nothing."""
    order = ">" if start[:4] == b"RIFX" else "<"
    long = 0
    for name, length, at in _chunks(file, order, size):
        if name == b"ds64" and size - at >= 16:
            file.seek(at)
            long = int(struct.unpack(order + "QQ", file.read(16))[1])
        if name == b"data":
            wanted = long if length == UNKNOWN and long else length
            if length == UNKNOWN and not long:
                return ""
            return _short(wanted, size - at)
    return "its data is missing"


def _aiff(file: BinaryIO, start: bytes, size: int) -> str:
    for name, length, at in _chunks(file, ">", size):
        if name == b"SSND":
            return _short(length, size - at)
    return "its data is missing"


def _short(wanted: int, there: int) -> str:
    return "" if there >= wanted else f"{there} of the {wanted} bytes of sound that its header promises are there"


def _chunks(file: BinaryIO, order: str, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name, the length and the place of the content of each chunk."""
    at = 12
    while at + 8 <= size:
        file.seek(at)
        name, length = struct.unpack(order + "4sI", file.read(8))
        yield name, length, at + 8
        at += 8 + length + length % 2


def _xing(file: BinaryIO, start: bytes) -> bool:
    """Tell whether an MP3 counts its frames, in the tag that its first frame holds, behind ID3's."""
    file.seek(0)
    head = file.read(10)
    behind = 0
    if start[:3] == b"ID3" and len(head) == 10:  # its size is written in seven bits a byte
        behind = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
    file.seek(behind)
    first = file.read(64)
    return b"Xing" in first or b"Info" in first


def _ogg(file: BinaryIO, start: bytes, size: int) -> str:
    """Say what is missing from an OGG file, whose last page is whole and says that it ends the stream."""
    file.seek(max(0, size - LAST_PAGE))
    tail = file.read()
    at = tail.rfind(b"OggS")
    while at >= 0:
        header = tail[at : at + 27]
        if len(header) == 27 and header[4] == 0:
            sizes = tail[at + 27 : at + 27 + header[26]]
            end = at + 27 + header[26] + sum(sizes)
            if len(sizes) < header[26] or end > len(tail):
                return "its last page is not whole"
            return "" if header[5] & 4 else "its last page is missing"
        if len(header) < 27:
            return "its last page is not whole"
        at = tail.rfind(b"OggS", 0, at)
    return "its last page is missing"
