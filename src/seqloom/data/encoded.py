"""Rows as ids in one flat array, in memory or, past a limit, in a temporary file that the system deletes on exit."""

import tempfile
from array import array
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom.batch import Field
from seqloom.data.kept import Findings
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
        offsets, held, spill, end = array("q", [0]), array("i"), None, 0
        for row in rows:
            held.extend(row)
            end += len(row)
            offsets.append(end)
            if len(held) > limit:
                spill = spill or tempfile.TemporaryFile(prefix="seqloom-")  # noqa: SIM115
                with room_needed():
                    held.tofile(spill)
                held = array("i")
        places = np.frombuffer(offsets, np.int64)
        if spill is None:
            return cls(np.frombuffer(held, np.int32), places)
        with spill, room_needed():
            held.tofile(spill)
            spill.flush()
            return cls(np.memmap(spill, np.int32, "r"), places)

    def findings(self) -> Findings:
        """Return what `found` makes the same rows of."""
        return {"ids": self._ids, "offsets": self._offsets}

    @classmethod
    def found(cls, findings: Findings) -> "Encoded":
        """Take the rows that were kept."""
        return cls(findings["ids"], findings["offsets"])

    def __len__(self) -> int:
        return len(self.lengths)

    def padded(self, rows: Sequence[int]) -> Field:
        """Lay some rows side by side, as `batches.pad` does, without a list of each."""
        places = np.asarray(rows, np.int64)
        lengths = self.lengths[places]
        time = np.arange(max(1, lengths.max(initial=0)))
        mask = time < lengths[:, None]
        values = np.zeros(mask.shape, np.int64)
        values[mask] = self._ids[(self._offsets[places][:, None] + time)[mask]]
        return Field(torch.from_numpy(values), torch.from_numpy(mask))

    def __getitem__(self, row: int) -> list[int]:
        return self._ids[self._offsets[row] : self._offsets[row + 1]].tolist()
