"""Which words training has seen, as hashes: small to keep, and right whatever a vocabulary leaves out."""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import CheckpointError

FILE = "seen.npy"


class Seen:
    """Hashes of words, 8 bytes each."""

    def __init__(self, hashes: NDArray[np.uint64]) -> None:
        self.hashes = hashes

    @classmethod
    def of(cls, words: Iterable[str]) -> Self:
        """Take the words of training."""
        return cls(np.unique(_hashes(words)))

    def new(self, words: Sequence[str]) -> NDArray[np.bool_]:
        """Return for each word whether training never saw it."""
        return ~np.isin(_hashes(words), self.hashes)

    def save(self, folder: Path) -> None:
        """Write `seen.npy`."""
        np.save(folder / FILE, self.hashes, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read it. Raises CheckpointError where it is missing or damaged."""
        try:
            return cls(np.load(folder / FILE, allow_pickle=False))
        except FileNotFoundError:
            raise CheckpointError(f"{folder / FILE} is missing; copy the whole run folder again.") from None
        except (ValueError, EOFError, OSError) as error:
            raise CheckpointError(f"{folder / FILE} is damaged: {error}. Copy the run again.") from None


def _hashes(words: Iterable[str]) -> NDArray[np.uint64]:
    texts = (unicodedata.normalize("NFC", word).encode("utf-8", "surrogatepass") for word in words)
    digests = (hashlib.blake2b(text, digest_size=8).digest() for text in texts)
    return np.fromiter((int.from_bytes(digest, "little") for digest in digests), np.uint64)
