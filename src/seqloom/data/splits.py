"""Which rows are held out, and whether two files share rows."""

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import InputError

Indices = NDArray[np.int64]


def hold_out(keys: Iterable[str], share: float, seed: int) -> tuple[Indices, Indices]:
    """Split rows into (train, valid) indices, each in ascending order, by a hash of each row's own text and the seed.

    Rows with the same text stay together, and the order of the file does not matter. The valid rows are those of the
    smallest hashes, as many as come nearest to the share. Eight bytes a row are held.

    Raises InputError for a share outside 0 to 1, or where fewer than two different rows leave one side empty.
    """
    if not 0 < share < 1:
        raise InputError(f"a share of {share} cannot be held out; give one between 0 and 1, such as 0.1.")
    hashes = _hashes(keys, seed)
    distinct, counts = np.unique(hashes, return_counts=True)
    if len(distinct) < 2:
        raise InputError(
            f"{len(hashes)} rows with {len(distinct)} different contents cannot be split into train and valid: "
            "duplicates stay together. Give more rows, a valid file, or -s data.valid=null to hold out nothing."
        )
    held = np.cumsum(counts)  # rows held out if the first i + 1 groups are
    groups = 1 + int(np.abs(held[:-1] - share * len(hashes)).argmin())
    valid = hashes < distinct[groups]
    return np.flatnonzero(~valid), np.flatnonzero(valid)


def overlap(train_keys: Iterable[str], valid_keys: Iterable[str]) -> int:
    """Count the valid rows whose text is also in train; 8 bytes a row are held."""
    return int(np.isin(_hashes(valid_keys, 0), _hashes(train_keys, 0)).sum())


def _hashes(keys: Iterable[str], seed: int) -> NDArray[np.uint64]:
    salt = str(seed).encode()
    digests = (hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8, key=salt).digest() for key in keys)
    return np.fromiter((int.from_bytes(digest, "little") for digest in digests), np.uint64)
