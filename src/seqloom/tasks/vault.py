"""The decoded items of a collection: each read and checked once, kept while memory allows, else read again."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.data.media import Collection, Item
from seqloom.errors import InputError

Array = NDArray[Any]
MIB = 1 << 20


class Vault:
    """Items by their references.

    lengths  by reference: what `measure` says of each that was opened
    digests  by reference: a hash of what was decoded, the same for items that are the same
    """

    def __init__(
        self,
        collection: Collection,
        raw: Callable[[Item], Array],
        measure: Callable[[Array], int],
        memory: int,
    ) -> None:
        """`raw` decodes an item, or raises InputError; `memory` is in MiB."""
        self.collection, self._raw, self._measure = collection, raw, measure
        self._left = memory * MIB
        self._kept: dict[str, Array] = {}
        self._row: dict[str, int] = {}
        for row, ref in enumerate(collection.refs):
            self._row.setdefault(ref, row)
        self.lengths: dict[str, int] = {}
        self.digests: dict[str, str] = {}

    def __getitem__(self, ref: str) -> Array:
        """Return a decoded item, read again where it was not kept."""
        kept = self._kept.get(ref)
        return self._open(ref) if kept is None else kept

    def good(self, skip: bool) -> tuple[list[int], list[str]]:
        """Open every item once; return the rows whose item is good, and the message of each bad one.

        Raises InputError for the first bad one unless bad rows are skipped.
        """
        bad: dict[str, str] = {}
        for ref in self._row:
            try:
                found = self._open(ref)
            except InputError as error:
                if not skip:
                    raise InputError(f"{error} Or leave such rows out: --on-bad-row skip.") from None
                bad[ref] = str(error)
                continue
            content = np.ascontiguousarray(found)
            shape = f"{found.dtype}{found.shape}".encode()
            self.digests[ref] = hashlib.blake2b(shape + content.tobytes(), digest_size=16).hexdigest()
            self.lengths[ref] = self._measure(found)
        return [row for row, ref in enumerate(self.collection.refs) if ref not in bad], list(bad.values())

    def length(self, ref: str) -> int:
        """Return the length of an item."""
        if ref not in self.lengths:
            self.lengths[ref] = self._measure(self[ref])
        return self.lengths[ref]

    def _open(self, ref: str) -> Array:
        found = self._raw(self.collection.item(self._row[ref]))
        if found.nbytes <= self._left:
            self._left -= found.nbytes
            self._kept[ref] = found
        return found


def settled(collection: Collection, settle: Callable[[Item], None], skip: bool) -> None:
    """Call `settle` with the first item that it can read. Raises InputError for one before it unless bad rows are
    skipped, or where none can be read."""
    tried: Sequence[str] = list(dict.fromkeys(collection.refs))
    row = {ref: at for at, ref in reversed(list(enumerate(collection.refs)))}
    first: InputError | None = None
    for ref in tried:
        try:
            settle(collection.item(row[ref]))
        except InputError as error:
            if not skip:
                raise InputError(f"{error} Or leave such rows out: --on-bad-row skip.") from None
            first = first or error
            continue
        return
    raise InputError(f"{collection.path}: none of its {len(tried)} items can be read, the first: {first}")
