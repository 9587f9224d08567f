"""Rows as ids in one flat array, in memory or, past a limit, in a temporary file that the system deletes on exit."""

import tempfile
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from seqloom.data.scratch import room_needed

LIMIT = 100_000_000
"""Ids kept in memory (four bytes each) before they go to disk."""


class Encoded:
    """`encoded[i]` is row i's ids; `lengths` of all rows are known without reading them."""

    def __init__(self, ids: NDArray[np.int32], offsets: NDArray[np.int64]) -> None:
        self._ids, self._offsets = ids, offsets
        self.lengths = np.diff(offsets)

    @classmethod
    def collect(cls, rows: Iterable[list[int]], limit: int = LIMIT) -> "Encoded":
        """Take rows one by one, never holding more than `limit` ids in memory."""
        offsets, parts, held, spill = [0], [], 0, None
        for row in rows:
            parts.append(np.asarray(row, np.int32))
            offsets.append(offsets[-1] + len(row))
            held += len(row)
            if held > limit:
                spill = spill or tempfile.TemporaryFile(prefix="seqloom-")  # noqa: SIM115
                with room_needed():
                    spill.write(np.concatenate(parts).tobytes())
                parts, held = [], 0
        ids = np.concatenate(parts) if parts else np.empty(0, np.int32)
        if spill is not None:
            with spill, room_needed():
                spill.write(ids.tobytes())
                spill.flush()
                ids = np.memmap(spill, np.int32, "r")
        return cls(ids, np.asarray(offsets, np.int64))

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, row: int) -> list[int]:
        return self._ids[self._offsets[row] : self._offsets[row + 1]].tolist()
