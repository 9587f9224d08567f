"""The points of a track as channels of numbers: which are read, from where they are measured, what is lost.

A track is the way of some points (the joints of a body, two hands) over time: [frames, points, dims]. Sensors write a
point that they lost as zeros, and one whose arithmetic went wrong as an enormous number; both are no place where
anything was.

    origin  none    as the file has them
            first   from where the same point was in the first frame
            centre  from the mean of all points of the same frame
            3       from point 3 of the same frame (numbered from 1), so that where a body stands tells nothing
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seqloom.data.formats import BadRow

Floats = NDArray[np.float64]
Lost = Literal["keep", "interpolate", "missing"]
Origin = Literal["none", "first", "centre"] | int


@dataclass(frozen=True)
class Points:
    """How the points of each frame become numbers.

    dims    which numbers of a point are read, from 1; None: all
    origin  what they are measured from
    lost    what becomes of a point that was lost (all its numbers 0, or one beyond the limit): interpolate puts it on
            the line between the frames beside it, missing leaves a gap
    limit   numbers further from 0 than this were never measured; None: any may be
    motion  every frame also tells how far each point moved since the frame before
    """

    dims: Sequence[int] | None = None
    origin: Origin = "none"
    lost: Lost = "keep"
    limit: float | None = None
    motion: bool = False

    def names(self, points: int, dims: int) -> list[str]:
        """Name the channels by point and number, such as "20.3"; those of motion "20.3 moved"."""
        read = self._read(dims)
        names = [f"{point}.{dim}" for point in range(1, points + 1) for dim in read]
        return [*names, *(f"{name} moved" for name in names)] if self.motion else names

    def check(self, points: int, dims: int) -> str | None:
        """Say which option does not suit tracks of so many points and numbers a point; None: all do."""
        for dim in self.dims or ():
            if not 1 <= dim <= dims:
                return f"tracks.dims names number {dim} of a point, and there are {dims}"
        if isinstance(self.origin, int) and not 1 <= self.origin <= points:
            return f"tracks.origin={self.origin}, and there are {points} points, numbered from 1"
        return None

    def channels(self, track: Floats) -> Floats:
        """Return [frames, channels] of a track [frames, points, dims], NaN where a number is missing.

        Raises BadRow for an infinite number, for one beyond the limit where lost points are kept, and for a track
        whose every point is lost.
        """
        read = track[:, :, [dim - 1 for dim in self._read(track.shape[2])]].astype(np.float64)
        if np.isinf(read).any():
            frame, point, _ = np.argwhere(np.isinf(read))[0]
            raise BadRow(f"point {point + 1} of frame {frame + 1} is not finite")
        read = self._found(read)
        read = self._placed(read)
        if self.motion:
            moved = np.diff(read, axis=0, prepend=read[:1])
            read = np.concatenate([read, moved], 1)
        return read.reshape(len(read), -1)

    def _read(self, dims: int) -> list[int]:
        return list(range(1, dims + 1)) if self.dims is None else list(self.dims)

    def _found(self, read: Floats) -> Floats:
        """Settle what is read of lost points."""
        far = np.any(np.abs(read) > (np.inf if self.limit is None else self.limit), axis=2)
        if self.lost == "keep":
            if far.any():
                frame, point = np.argwhere(far)[0]
                raise BadRow(
                    f"point {point + 1} of frame {frame + 1} is beyond tracks.limit={self.limit:g}",
                    "Say what is read in its place: -s tracks.lost=interpolate",
                )
            return read
        lost = far | np.all(read == 0, axis=2) | np.any(np.isnan(read), axis=2)
        if lost.all():
            raise BadRow("every point of this track is lost (all zeros)", "Leave the track out")
        read[lost] = np.nan
        if self.lost == "interpolate":
            for point in range(read.shape[1]):
                _bridge(read[:, point], lost[:, point])
        return read

    def _placed(self, read: Floats) -> Floats:
        """Measure points from the origin."""
        if self.origin == "none":
            return read
        if self.origin == "first":
            seen = ~np.isnan(read).any(2)
            first = seen.argmax(0)  # each point's first frame in which it was found
            return read - read[first, np.arange(read.shape[1])]
        if self.origin == "centre":
            count = np.maximum((~np.isnan(read)).sum(1, keepdims=True), 1)
            return read - np.nansum(read, 1, keepdims=True) / count
        return read - read[:, self.origin - 1 : self.origin]


def _bridge(point: Floats, lost: NDArray[np.bool_]) -> None:
    """Fill the gaps of one point [frames, dims] by straight lines, before the first and after the last by those."""
    known = np.flatnonzero(~lost)
    if len(known) and lost.any():
        for dim in range(point.shape[1]):
            point[:, dim] = np.interp(np.arange(len(point)), known, point[known, dim])
