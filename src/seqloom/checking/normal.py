"""Normal: a text without what two copies of it may differ in by accident, and hashes of texts, eight bytes each.

Letters are compared in the compatibility form of Unicode (NFKC) without case; spaces, control letters and punctuation
go, so that "Good film!" and "good  film" are one text. Only what parts digits stays ("1.5" is not "15", "1 2" not "12")
and a minus before a digit. Symbols (+, =, emoji) and the marks of letters (of Devanagari, say) stay too.
"""

import re
import sys
import unicodedata
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]


def normal(text: str) -> str:
    """Return a text as it is compared; one that holds nothing but punctuation stays as it is."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    kept = " ".join(_dropped().sub("", plain).split())
    return kept or " ".join(plain.split())


def hashed(text: str) -> int:
    """Return 64 bits that are the same for the same text in every process."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def hashes(texts: Iterable[str]) -> Hashes:
    """Return the hash of each text [texts]."""
    return np.fromiter(map(hashed, texts), np.uint64)


@cache
def _dropped() -> re.Pattern[str]:
    """Return what matches a run of spaces and punctuation that does not stand between digits or end in the minus of a
    number."""
    odd = [code for code in range(sys.maxunicode + 1) if _goes(unicodedata.category(chr(code)))]
    runs = np.split(np.array(odd), np.flatnonzero(np.diff(odd) > 1) + 1)
    inside = "".join(f"\\U{run[0]:08x}-\\U{run[-1]:08x}" for run in runs)
    one = f"[{inside}]"
    return re.compile(rf"(?<!{one})(?:(?<!\d){one}++(?:(?<![-\u2212])|(?!\d))|{one}++(?!\d))")


def _goes(category: str) -> bool:
    return category[0] in "PZ" or category in ("Cc", "Cf")
