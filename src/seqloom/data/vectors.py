"""Pretrained word vectors from a file: word2vec (text or binary), fastText `.vec`, GloVe text; each also gzipped.

Only the words asked for are kept, so a file of millions of words costs the memory of a vocabulary. A word that comes
twice keeps its first vector.
"""

import math
import unicodedata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqloom.data.blob import Source, find, open_bytes, whole
from seqloom.errors import InputError

Vectors = NDArray[np.float32]
WIDEST = 100_000
"""Numbers in one vector; more means that the file is something else."""


def read_vectors(path: str | Path, words: set[str] | None = None) -> tuple[list[str], Vectors]:
    """Return the words found, in the file's order, and their vectors [words, size].

    `words` None takes every word. Words are composed (NFC) before they are compared. Raises InputError for a file
    that is cut short, whose dimension changes, or that holds no vectors.
    """
    place = find(path)
    name = "standard input" if place is None else str(path)
    with open_bytes(place, name) as stream, whole(name):
        first = stream.readline(16 * WIDEST)
        if not first:
            raise InputError(f"{name} is empty.")
        count, size = _header(first)
        if size and _is_binary(stream, size):
            return _binary(stream, name, count, size, words)
        return _text(stream, name, b"" if size else first, count, size, words)


def coverage(found: list[str], asked: int, path: str | Path) -> str:
    """Say how many of the words asked for have a vector."""
    share = 100 * len(found) / max(asked, 1)
    return f"{path}: vectors for {len(found)} of {asked} words ({share:.1f} %); the others start at random"


def _header(first: bytes) -> tuple[int, int]:
    """Return (words, size) as the first line of word2vec and fastText files says them, or (0, 0)."""
    parts = first.split()
    if len(parts) == 2 and all(part.isdigit() for part in parts) and 0 < int(parts[1]) <= WIDEST:
        return int(parts[0]), int(parts[1])
    return 0, 0


def _is_binary(stream: Source, size: int) -> bool:
    """Tell word2vec's binary layout by the first row: a text row is `size` numbers that can be read."""
    row = stream.peek(1)[:4096].split(b"\n")[0]
    values = row.split(b" ")[1:]
    if len(row) < 4096 and len(values) < size:
        return True
    return not all(_number(value) is not None for value in values[: min(size, 8)] if value)


def _text(
    stream: Source, name: str, first: bytes, count: int, size: int, words: set[str] | None
) -> tuple[list[str], Vectors]:
    found: dict[str, Vectors] = {}
    spaced = words is not None and any(" " in word for word in words)
    line, rows = (0, 0) if first else (1, 0)
    for raw in _with(first, stream):
        line += 1
        data = raw.rstrip(b" \r\n")
        if not data:
            continue
        rows += 1
        size = size or _first_size(data, name, line)
        spaces = data.count(b" ")
        if spaces == size and not spaced and words is not None:
            word = _word(data[: data.index(b" ")], name, line)
            if word not in words or word in found:
                continue
        word, values = _row(data, spaces, size, name, line)
        if (words is None or word in words) and word not in found:
            found[word] = np.array(values, np.float32)
    if rows < count:
        raise InputError(
            f"{name} ends after {rows} of the {count} words that its first line promises: it was cut short. Copy or"
            " download it again, or correct the first line if the cut is meant."
        )
    return list(found), np.array(list(found.values()), np.float32).reshape(len(found), size)


def _with(first: bytes, stream: Source):  # type: ignore[no-untyped-def]
    if first:
        yield first
    yield from stream


def _first_size(data: bytes, name: str, line: int) -> int:
    """Return how many numbers end the first row of a file without a header."""
    parts = data.split(b" ")
    size = 0
    for part in reversed(parts[1:]):
        if _number(part) is None:
            break
        size += 1
    if not size:
        raise InputError(
            f"{name}:{line}: not word vectors: expected a word and its numbers, separated by spaces, got"
            f" {data[:40].decode('utf-8', 'replace')!r}."
        )
    return size


def _row(data: bytes, spaces: int, size: int, name: str, line: int) -> tuple[str, list[float]]:
    """Cut a row into its word, which may hold spaces, and its numbers."""
    parts = data.rsplit(b" ", size)
    numbers = [_number(part) for part in parts[1:]]
    values = [number for number in numbers if number is not None]
    extra = parts[0].split(b" ")[1:]
    if spaces < size or len(values) < size or (extra and all(_number(part) is not None for part in extra)):
        bad = [part for part, number in zip(parts[1:], numbers, strict=True) if number is None]
        if spaces == size and bad:
            raise InputError(f"{name}:{line}: {bad[0][:40].decode('utf-8', 'replace')!r} is not a finite number.")
        raise InputError(
            f"{name}:{line}: {spaces} numbers, expected {size} as in the rows before. The file is damaged; copy or"
            " download it again."
        )
    return _word(parts[0], name, line), values


def _binary(stream: Source, name: str, count: int, size: int, words: set[str] | None) -> tuple[list[str], Vectors]:
    found: dict[str, Vectors] = {}
    width = 4 * size
    for row in range(count):
        word = bytearray()
        while (letter := stream.read(1)) and letter != b" ":
            word += letter
        data = stream.read(width) if letter else b""
        if len(data) < width:
            raise InputError(
                f"{name} ends in word {row + 1} of the {count} that its first line promises: it was cut short. Copy or"
                " download it again."
            )
        text = unicodedata.normalize("NFC", bytes(word).lstrip(b"\n").decode("utf-8", "replace"))
        if (words is None or text in words) and text not in found:
            values = np.frombuffer(data, "<f4").astype(np.float32)
            if not np.isfinite(values).all():
                raise InputError(f"{name}: the vector of {text!r} (word {row + 1}) holds a number that is not finite.")
            found[text] = values
    return list(found), np.array(list(found.values()), np.float32).reshape(len(found), size)


def _word(data: bytes, name: str, line: int) -> str:
    try:
        word = data.decode()
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name}:{line}: byte {error.start + 1} of the word is not UTF-8 (0x{data[error.start]:02x}). Remove the"
            " row, or convert the file to UTF-8."
        ) from None
    return word if word.isascii() else unicodedata.normalize("NFC", word)


def _number(data: bytes) -> float | None:
    try:
        value = float(data)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
