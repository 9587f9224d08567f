"""A long text as one stream: read in pieces, turned into ids, cut into a head and a tail."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqloom.data import blob as blobs
from seqloom.data.blob import BOM, MEMORY_LIMIT, Blob
from seqloom.data.columns import pick
from seqloom.data.formats import BadRow, choose, decode
from seqloom.data.rows import OnBadRow, Rows, read
from seqloom.data.scratch import room_needed
from seqloom.data.vocabulary import Vocabulary
from seqloom.errors import InputError

Ids = NDArray[np.int32]
USUAL = ("text", "document", "sentence", "review", "content", "body", "텍스트", "본문", "문서", "문장", "내용")
IDS_IN_MEMORY = 64 * 2**20
"""Ids (4 bytes each) beyond which a stream is kept in a temporary file."""


def text_chunks(
    path: str | Path,
    format: str = "auto",
    column: str | int | None = None,
    *,
    chunk: int = 2**20,
    header: bool | None = None,
    on_bad_row: OnBadRow = "error",
    say: Callable[[str], None] | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> Iterator[str]:
    r"""Return the text of a file in pieces of some `chunk` bytes that end at a line end (or the end of a long line).

    Line ends become "\n", a byte order mark goes, nothing else changes. Of a file of rows it is the texts of
    `column`, each ended by "\n"; without a name the first usual one, or the only one. `say` is told what is left out.

    Raises InputError for a file or a line that cannot be used, as `read` does.
    """
    blob = blobs.load(path, memory_limit)
    parser = choose(blob.name, format, next(blob.lines()).data[:200])
    if parser.name == "text":
        return _lines(blob, chunk, on_bad_row == "skip", say)
    wanted = () if column is None else (str(column),)
    rows = read(path, format=format, header=header, wanted=wanted, on_bad_row=on_bad_row, memory_limit=memory_limit)
    asked = rows.columns[0] if column is None and len(rows.columns) == 1 else column
    name = pick(rows, asked, USUAL, "text", "--text-column")
    if say:
        for note in rows.notes:
            say(note)
    return _cells(rows, name, chunk)


def _lines(blob: Blob, chunk: int, skip: bool, say: Callable[[str], None] | None) -> Iterator[str]:
    """Decode a text file piece by piece, line by line only where something is wrong."""
    line, skipped, first, used = 1, 0, "", False
    with blob.open() as stream:
        while piece := stream.read(chunk) + stream.readline():
            if line == 1:
                piece = piece.removeprefix(BOM)
            try:
                text = decode(piece)
            except BadRow:
                good = []
                for number, data in enumerate(_split(piece), line):
                    try:
                        good.append(decode(data))
                    except BadRow as bad:
                        place = f"{blob.name}:{number}: {bad.problem}"
                        if not skip:
                            raise InputError(f"{place}. {bad.fix}, or skip such rows with --on-bad-row skip.") from None
                        skipped, first = skipped + 1, first or place
                text = "".join(good)
            line += piece.count(b"\n")
            if text:
                used = True
                yield text.replace("\r\n", "\n")
    if skipped and say:
        say(f"{skipped} bad line{'' if skipped == 1 else 's'} skipped, the first: {first}")
    if skipped and not used:
        raise InputError(f"{blob.name}: no good line; the first: {first}.")


def _split(piece: bytes) -> list[bytes]:
    lines = piece.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _cells(rows: Rows, name: str, chunk: int) -> Iterator[str]:
    held: list[str] = []
    size = 0
    for text in rows.column(name):
        held.append(text)
        size += len(text)
        if size >= chunk:
            yield "\n".join(held) + "\n"
            held, size = [], 0
    if held:
        yield "\n".join(held) + "\n"


def encode_stream(chunks: Iterable[str], vocabulary: Vocabulary, *, in_memory: int = IDS_IN_MEMORY) -> Ids:
    """Return the ids of a text [length], in memory or, beyond `in_memory` ids, mapped from a temporary file.

    The file is deleted with the last array that uses it.
    """
    parts: list[Ids] = []
    held = 0
    spill = None
    with room_needed():
        for text in chunks:
            parts.append(np.asarray(vocabulary.encode(text), np.int32))
            held += len(parts[-1])
            if held > in_memory:
                spill = spill or tempfile.TemporaryFile(prefix="seqloom-")  # noqa: SIM115
                spill.write(np.concatenate(parts).tobytes())
                parts, held = [], 0
        if spill is None:
            return np.concatenate(parts) if parts else np.zeros(0, np.int32)
        for part in parts:
            spill.write(part.tobytes())
        spill.flush()
    with spill:  # the mapping outlives the open file
        return np.memmap(spill, np.int32, "r")


def before(chunks: Iterable[str], place: int) -> Iterator[str]:
    """Yield the first `place` characters of a text."""
    for text in chunks:
        if place <= 0:
            return
        yield text[:place]
        place -= len(text)


def after(chunks: Iterable[str], place: int) -> Iterator[str]:
    """Yield what `before` leaves out."""
    for text in chunks:
        if len(text) > place:
            yield text[max(0, place) :]
        place -= len(text)


def split_tail(ids: Ids, share: float) -> tuple[Ids, Ids]:
    """Cut off the last `share` of a stream, for validation: text that comes after what is learned.

    Raises InputError for a share outside 0 to 1, or where either part has fewer than two tokens.
    """
    if not 0 < share < 1:
        raise InputError(f"a share of {share} cannot be held out; give one between 0 and 1, such as 0.05.")
    place = len(ids) - round(len(ids) * share)
    if place < 2 or len(ids) - place < 2:
        raise InputError(
            f"{len(ids)} tokens are too few to hold out {share:g} of them: both parts need two at least. Give more text"
            " or a larger share, or -s data.valid=null to hold out nothing."
        )
    return ids[:place], ids[place:]
