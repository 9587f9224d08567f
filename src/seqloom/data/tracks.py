"""Tracks: points that move, as series with a channel for each number of each point.

Two formats are read. An archive of arrays (`.npz`), as MSR-Action3D is handed round in:

    frames  [all frames, points, dims] or [all frames, numbers], the tracks one after the other
    offset  [tracks + 1]               where each begins and the last ends
    others  [tracks]                   a column each: action, subject, ...

And the text of GRUFBA 3D, plain or gzipped:

    gesture g3 hands 1                 words in pairs, a column's name and its cell
    0.49 0.43 0.56 0.54 0.16 0.92      a frame a line: X Y Z of each point
    end

No archive with pickled objects is opened.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile, is_zipfile

import numpy as np
from numpy.typing import NDArray

from seqloom.data import blob as blobs
from seqloom.data.blob import Blob
from seqloom.data.cases import Case, Cases, Gather, number
from seqloom.data.formats import BadRow, decode
from seqloom.data.rows import OnBadRow
from seqloom.data.track_points import Points
from seqloom.errors import InputError, nearest

FRAMES, OFFSET = "frames", "offset"
HEAD = re.compile(r"gesture \S+( \S+ \S+)*")
POINT = 4
"""Numbers of a point at most, where nothing is said of an archive: x, y, z and how sure the sensor is."""
LONGEST = 1000
"""Bytes of a first line that are looked at."""
SPATIAL = 3
"""Numbers of a point in the text format: X Y Z."""


class _Track(NamedTuple):
    points: NDArray[Any]  # [frames, points, dims]
    own: dict[str, str]
    line: int


def read_tracks(path: str | Path, points: Points | None = None, on_bad_row: OnBadRow = "error") -> Cases:
    """Read the tracks of a file; each case has its own cells, and the place "file:n" is its line or, in an archive,
    its number from 1.

    Raises InputError, with the place, for what cannot be used.
    """
    points = points or Points()
    made = _archived(path) if _is_archive(path) else _written(blobs.load(path))
    found: Gather | None = None
    width = (0, 0)
    for track in made:
        if isinstance(track, _Bad):
            found = found or Gather(str(path), [], on_bad_row)
            found.refuse(track.line, track.bad)
            continue
        if width == (0, 0):
            width = (track.points.shape[1], track.points.shape[2])
            problem = points.check(*width)
            if problem:
                raise InputError(f"{path}: {problem}.")
            found = found or Gather(str(path), [], on_bad_row)
            found.channels = points.names(*width)
        assert found is not None
        try:
            if track.points.shape[1:] != width:
                raise BadRow(f"frames of {track.points.shape[1]} points, and the first track has {width[0]}")
            if not len(track.points):
                raise BadRow("a track without frames", "Leave it out")
            found.add(Case(points.channels(track.points), (), track.line, own=track.own))
        except BadRow as bad:
            found.refuse(track.line, bad)
    if found is None:
        raise InputError(f"{path}: it holds no track.")
    return found.done()


def is_tracks(path: str | Path, format: str | None = None) -> bool:
    """Tell whether a file holds tracks: by what is said of it or, where that is auto, by what it begins with."""
    if format not in (None, "auto"):
        return format == "tracks"
    place = Path(path)
    if not place.is_file():
        return False
    if _is_archive(place):
        return _of_points(place)
    if not place.name.lower().removesuffix(".gz").endswith((".txt", ".tracks")):
        return False
    try:
        with blobs.open_bytes(place, str(place)) as stream, blobs.whole(str(place)):
            first = stream.readline(LONGEST)
        return HEAD.fullmatch(decode(first).strip()) is not None
    except (InputError, BadRow):
        return False


def _of_points(place: Path) -> bool:
    """Tell an archive of tracks from one of films, by the headers of its arrays alone: fractions, and of each point no
    more than four numbers."""
    try:
        with ZipFile(place) as archive:
            if f"{OFFSET}.npy" not in archive.namelist():
                return False
            with archive.open(f"{FRAMES}.npy") as stream:
                version = np.lib.format.read_magic(stream)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                shape, _, dtype = read(stream)
    except (OSError, ValueError, EOFError, KeyError, BadZipFile):
        return False
    return dtype.kind == "f" and (len(shape) == 2 or (len(shape) == 3 and shape[2] <= POINT))


def _is_archive(path: str | Path) -> bool:
    return str(path).lower().endswith(".npz")


class _Bad(NamedTuple):
    line: int
    bad: BadRow


def _archived(path: str | Path) -> Iterator[_Track | _Bad]:
    """Yield the tracks of an archive. Raises InputError for one whose arrays do not fit together."""
    arrays = _arrays(path)
    for name in (FRAMES, OFFSET):
        if name not in arrays:
            raise InputError(
                f"{path}: no array '{name}'; an archive of tracks has 'frames' (all frames of all tracks) and 'offset'"
                f" (where each begins){nearest(name, list(arrays))}"
            )
    frames, offset = arrays.pop(FRAMES), arrays.pop(OFFSET)
    if frames.ndim not in (2, 3) or frames.dtype.kind not in "fiu" or 0 in frames.shape[1:]:
        raise InputError(
            f"{path}: 'frames' is {list(frames.shape)} of {frames.dtype}; tracks are numbers [all frames, points, dims]"
            " or [all frames, numbers]."
        )
    if offset.ndim != 1 or offset.dtype.kind not in "iu" or len(offset) < 2:
        raise InputError(f"{path}: 'offset' is {list(offset.shape)} of {offset.dtype}; it counts frames, from 0 on.")
    if offset[0] != 0 or int(offset[-1]) != len(frames) or (np.diff(offset.astype(np.int64)) < 0).any():
        raise InputError(
            f"{path}: 'offset' must rise from 0 to the {len(frames)} frames there are; it goes from {offset[0]} to "
            f"{offset[-1]}."
        )
    count = len(offset) - 1
    columns = {name: values for name, values in arrays.items() if values.shape == (count,)}
    if frames.ndim == 2:
        frames = frames[:, None]
    for place in range(count):
        own = {name: str(values[place]) for name, values in columns.items()}
        yield _Track(frames[int(offset[place]) : int(offset[place + 1])], own, place + 1)


def _arrays(path: str | Path) -> dict[str, NDArray[Any]]:
    place = blobs.find(path)
    assert place is not None  # a name that ends in .npz is not standard input
    try:
        with place.open("rb") as file:
            if not is_zipfile(file):
                raise BadZipFile
            file.seek(0)
            archive = np.load(file, allow_pickle=False)
            return {name: archive[name] for name in archive.files if isinstance(archive[name], np.ndarray)}
    except (OSError, EOFError, BadZipFile):
        raise InputError(
            f"{path}: this is no whole .npz archive: it is cut short, or something else. Write it again with"
            " numpy.savez, or give it its right name."
        ) from None
    except ValueError as error:
        raise InputError(
            f"{path}: it cannot be read ({error}). Archives hold plain arrays of numbers and of text, never objects."
        ) from None


def _written(blob: Blob) -> Iterator[_Track | _Bad]:
    """Yield the tracks of a text. A bad frame spoils its track, a bad head the file."""
    own: dict[str, str] | None = None
    frames: list[list[float]] = []
    start = 0
    bad: _Bad | None = None
    for line in blob.lines():
        try:
            words = decode(line.data).split()
        except BadRow as problem:
            bad, words = bad or _Bad(line.number, problem), ["?"]
        if not words:
            continue
        if own is None:
            own, frames, start, bad = _head(words, f"{blob.name}:{line.number}"), [], line.number, None
        elif words == ["end"]:
            if bad is not None:
                yield bad
            else:
                shape = (len(frames), len(frames[0]) // SPATIAL if frames else 1, SPATIAL)
                yield _Track(np.array(frames, np.float64).reshape(shape), own, start)
            own = None
        elif words[0] == "gesture":
            raise InputError(
                f"{blob.name}:{line.number}: a track begins before the one of line {start} has its 'end'. Add it."
            )
        elif bad is None:
            try:
                frames.append(_frame(words, frames))
            except BadRow as problem:
                bad = _Bad(line.number, problem)
    if own is not None:
        raise InputError(f"{blob.name}: the track of line {start} has no 'end': the file was cut short.")


def _head(words: list[str], where: str) -> dict[str, str]:
    if words[0] != "gesture" or len(words) % 2:
        raise InputError(
            f"{where}: {' '.join(words)[:60]!r} begins no track; that is 'gesture NAME', with more names and values "
            "behind it if need be, then a frame a line, then 'end'."
        )
    return dict(zip(words[::2], words[1::2], strict=True))


def _frame(words: list[str], before: list[list[float]]) -> list[float]:
    """Return the numbers of a line. Raises BadRow."""
    values = [number(word) for word in words]
    if len(values) % SPATIAL:
        raise BadRow(f"a frame of {len(values)} numbers, which are no X Y Z of points")
    if before and len(values) != len(before[0]):
        raise BadRow(f"a frame of {len(values)} numbers, and this track's first has {len(before[0])}")
    return values
