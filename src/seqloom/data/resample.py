"""Sound at another rate, by soxr (a band-limited interpolation: what the new rate cannot hold is filtered away)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import InputError


def resample(samples: NDArray[np.float32], rate: float, wanted: float) -> NDArray[np.float32]:
    """Return samples [samples] of one rate at another, float32; as they are where the rates agree."""
    if rate == wanted:
        return samples
    made: NDArray[Any] = _soxr().resample(np.ascontiguousarray(samples, np.float32), rate, wanted)
    return made if len(made) else samples[:1]  # of a single sample soxr makes none


def _soxr() -> Any:
    try:
        import soxr
    except (ImportError, OSError):
        raise InputError("reading audio at another rate needs soxr: pip install 'seqloom[audio]'.") from None
    return soxr
