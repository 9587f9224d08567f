"""Films: the frames of a video file (PyAV), of a folder of pictures, or of an array.

A film is never decoded further than it must be: its packets alone tell when its frames are shown, from which those to
be read follow, and only they are turned into pictures. What a frame is shown at counts, not its number, so that films
of a changing rate are sampled evenly in time:

    frames  so many of a film's N frames, the middle ones of as many equal parts: floor((2 i + 1) N / (2 frames));
            a film with no more has all of them read
    rate    what is shown at 0, 1 / rate, 2 / rate ... seconds: a film of fewer frames a second repeats some
    none    every frame
"""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seqloom.data.media import Item, kind_of
from seqloom.data.media_folder import natural
from seqloom.errors import InputError

Picture = Callable[[Item], NDArray[Any]]
"""Turns one frame, a file or an array [height, width] or [height, width, 3], into what is read of it."""
LARGEST = 8192 * 8192
"""Pixels of a frame at most; what a file's header claims is checked before any frame is decoded."""
SLACK = 0.02
"""Share of its length that a film may end early before it counts as cut; one frame is always let pass."""


@dataclass(frozen=True)
class Sampling:
    """Which frames of a film are read.

    frames  how many, evenly; None: see rate
    rate    frames a second; None: all
    native  frames a second of films that do not say it (folders, arrays); None: unknown
    limit   frames that may be read of one film at most
    """

    frames: int | None = None
    rate: float | None = None
    native: float | None = None
    limit: int = 256

    def wanted(self, times: Sequence[float], timed: bool) -> list[float]:
        """Return the times of the frames to be read, out of those at which frames are shown, in seconds.

        Raises InputError, without a place, for too many, and for a rate where the times are none (`timed`).
        """
        if self.frames is not None:
            return [times[place] for place in evenly(len(times), self.frames)]
        if self.rate is not None:
            if not timed:
                raise InputError(
                    "these frames have no times, and video.rate counts by the second: say how many they were shot at "
                    "with -s video.native=25, or take so many of each with -s video.frames=16"
                )
            one = (times[-1] - times[0]) / max(len(times) - 1, 1)  # the last frame is shown as long as the others
            count = max(1, ceil(round((times[-1] - times[0] + one) * self.rate, 6)))
            wanted = [times[0] + place / self.rate for place in range(count)]
        else:
            wanted = list(times)
        if len(wanted) > self.limit:
            raise InputError(
                f"{len(wanted)} frames are to be read of this film, and video.limit is {self.limit}: read fewer with "
                "-s video.frames=16 or a lower -s video.rate, or raise the limit"
            )
        return wanted


def evenly(total: int, count: int) -> list[int]:
    """Return `count` places out of `total`, the middles of equal parts; all where there are no more."""
    return list(range(total)) if total <= count else [(2 * place + 1) * total // (2 * count) for place in range(count)]


def read_film(item: Item, sampling: Sampling, picture: Picture) -> NDArray[Any]:
    """Return the sampled frames of a film as `picture` makes them: [frames, ...].

    Raises InputError, with the place, for a file that is no film, cut, damaged or empty, for frames of different sizes,
    and for what the sampling refuses.
    """
    reel = _opened(item)
    try:
        times = reel.times(sampling.native)
        if not times:
            raise InputError("there is no frame in it")
        wanted = sampling.wanted(times, reel.timed or sampling.native is not None)
        made = [picture(frame) for frame in _held(reel.frames(sampling.native), wanted, item.where)]
    except InputError as error:
        text = str(error)
        placed = text.startswith(tuple(f"{item.where}{mark}" for mark in ":,/"))
        raise InputError(text if placed else f"{item.where}: {text}.") from None
    shapes = {one.shape for one in made}
    if len(shapes) > 1:
        said = " and ".join(" x ".join(map(str, shape)) for shape in sorted(shapes)[:3])
        raise InputError(f"{item.where}: frames of different sizes ({said}); bring them to one: -s image.height=64.")
    return np.stack(made)


class _Reel(Protocol):
    timed: bool
    """Frames have times of their own."""

    def times(self, native: float | None) -> list[float]:
        """Return when each frame is shown, in seconds, in order."""

    def frames(self, native: float | None) -> Iterator[tuple[float, Callable[[], Item]]]:
        """Yield when each frame is shown, and how to have it as a picture."""


def _held(frames: Iterator[tuple[float, Callable[[], Item]]], wanted: Sequence[float], where: str) -> Iterator[Item]:
    """Yield the frame that is shown at each time wanted."""
    rest = iter(wanted)
    time = next(rest, None)
    shown: Callable[[], Item] | None = None
    for start, frame in frames:
        while time is not None and shown is not None and time < start - 1e-6:
            yield shown()
            time = next(rest, None)
        shown = frame
    while time is not None:
        if shown is None:
            raise InputError(f"{where}: no frame of it can be decoded.")
        yield shown()
        time = next(rest, None)


def _opened(item: Item) -> _Reel:
    if item.array is not None:
        return _Array(item.where, item.array)
    if item.file is not None and item.file.is_dir():
        return _Pictures(item.where, item.file)
    if item.file is None and item.data is None:
        raise InputError(f"{item.where}: a film is a video file, a folder of frames or an array.")
    return _Video(item)


class _Array:
    """Frames that are decoded already."""

    timed = False

    def __init__(self, where: str, array: NDArray[Any]) -> None:
        if array.ndim not in (3, 4):
            raise InputError(
                f"{where}: an array {list(array.shape)} is no film, which is [frames, height, width] or [frames, "
                "height, width, channels]."
            )
        self._where, self._array = where, array

    def times(self, native: float | None) -> list[float]:
        return [place / (native or 1) for place in range(len(self._array))]

    def frames(self, native: float | None) -> Iterator[tuple[float, Callable[[], Item]]]:
        for place, time in enumerate(self.times(native)):
            yield time, lambda place=place: Item(f"{self._where}, frame {place + 1}", array=self._array[place])  # type: ignore[misc]


class _Pictures:
    """A folder of frames, in the order of their names, numbers by value."""

    timed = False

    def __init__(self, where: str, folder: Path) -> None:
        inside = sorted((one for one in folder.iterdir() if one.is_file()), key=lambda one: natural(one.name))
        shown = [one for one in inside if not one.name.startswith(".")]
        self._where, self._files = where, [one for one in shown if kind_of(one.name) == "image"]
        if not self._files:
            raise InputError(f"{where}: a folder without pictures; a film is a video file, or a folder of its frames.")

    def times(self, native: float | None) -> list[float]:
        return [place / (native or 1) for place in range(len(self._files))]

    def frames(self, native: float | None) -> Iterator[tuple[float, Callable[[], Item]]]:
        for file, time in zip(self._files, self.times(native), strict=True):
            yield time, lambda file=file: Item(f"{self._where}/{file.name}", file=file)  # type: ignore[misc]


class _Video:
    """A video file, or the bytes of one; its first video stream."""

    timed = True

    def __init__(self, item: Item) -> None:
        self._where = item.where
        self._file, self._data = item.file, item.data
        empty = not item.data if item.file is None else item.file.stat().st_size == 0
        if empty:
            raise InputError(f"{item.where}: the file is empty.")

    def times(self, native: float | None) -> list[float]:
        av = _av()
        with self._open() as container:
            stream = self._stream(container)
            base = float(stream.time_base or 1)
            stamps = []
            packets = 0
            try:
                for packet in container.demux(stream):
                    stamp = packet.dts if packet.pts is None else packet.pts
                    packets += bool(packet.size)
                    if packet.size and stamp is not None and not packet.is_discard:
                        stamps.append(stamp)
            except av.FFmpegError as error:
                raise self._damaged(error) from None
            start = min(stamps, default=0)
            times = [(stamp - start) * base for stamp in sorted(stamps)]
            self._whole(stream, container, packets, times)
            return times

    def frames(self, native: float | None) -> Iterator[tuple[float, Callable[[], Item]]]:
        av = _av()
        with self._open() as container:
            stream = self._stream(container)
            base, rate = float(stream.time_base or 1), float(stream.average_rate or 25)
            start: int | None = None
            number = 0
            try:
                for frame in container.decode(stream):
                    number += 1
                    stamp = frame.pts
                    if stamp is not None and start is None:
                        start = stamp
                    time = (number - 1) / rate if stamp is None or start is None else (stamp - start) * base
                    yield time, lambda frame=frame, number=number: self._item(frame, number)  # type: ignore[misc]
            except av.FFmpegError as error:
                raise InputError(
                    f"{self._where}: frame {number + 1} cannot be decoded ({error.strerror}): the file is damaged. "
                    "Copy it again, or leave it out."
                ) from None

    def _item(self, frame: Any, number: int) -> Item:
        """Turn a decoded frame upright: [height, width, 3], uint8."""
        array = frame.to_ndarray(format="rgb24")
        turns = round(frame.rotation / 90) % 4
        return Item(f"{self._where}, frame {number}", array=np.ascontiguousarray(np.rot90(array, turns)))

    def _open(self) -> Any:
        av = _av()
        try:
            return av.open(str(self._file) if self._file is not None else io.BytesIO(self._data or b""), "r")
        except (av.FFmpegError, OSError) as error:
            raise self._damaged(error) from None

    def _stream(self, container: Any) -> Any:
        """Return the video stream. Raises InputError where there is none, or one of enormous pictures."""
        if not container.streams.video and container.streams.audio:
            raise InputError(f"{self._where}: there is no picture in this file, which holds sound alone.")
        if not container.streams.video:
            raise InputError(f"{self._where}: there is no picture in this file: it was cut short, or is no film.")
        stream = container.streams.video[0]
        width, height = stream.codec_context.width, stream.codec_context.height
        if not width or not height:
            raise InputError(
                f"{self._where}: the size of its pictures is unknown: the file was cut short or is damaged."
            )
        if width * height > LARGEST:
            raise InputError(
                f"{self._where}: frames of {width} x {height} pixels are more than {LARGEST:,} each. Make the film "
                "smaller first."
            )
        return stream

    def _whole(self, stream: Any, container: Any, packets: int, times: Sequence[float]) -> None:
        """Raise InputError where a film ends before its header says it does: by the number of its frames or, where
        that is unknown, by its length."""
        if stream.frames:
            if packets >= stream.frames - max(1, SLACK * stream.frames):
                return
            there = f"{packets} of {stream.frames} frames"
        else:
            said = 0.0 if container.duration is None or len(container.streams) > 1 else container.duration / 1e6
            end = times[-1] if times else 0.0
            alone = float(1 / stream.average_rate) if stream.average_rate else 0.0
            gap = max((after - before for before, after in pairwise(times)), default=alone)
            if said - end <= max(SLACK * said, 1.5 * gap):  # the last frame may be shown as long as any other
                return
            there = f"{end:.3g} of {said:.3g} seconds"
        raise InputError(f"{self._where}: {there} are there: the file was cut short. Copy it again, or leave it out.")

    def _damaged(self, error: Exception) -> InputError:
        return InputError(
            f"{self._where}: this is no video, or it was cut short ({getattr(error, 'strerror', None) or error}). Copy "
            "it again, or leave it out."
        )


def _av() -> Any:
    """Return PyAV. Raises InputError that names the extra where it is not installed."""
    try:
        import av
    except ImportError:
        raise InputError("reading video needs PyAV: pip install 'seqloom[video]'") from None
    av.logging.set_level(av.logging.PANIC)  # what is wrong is said by us, with the file's name
    return av
