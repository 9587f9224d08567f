"""The mel scale, bands of it, and cepstra: from a power spectrum to the numbers that speech is told by.

Two scales are in use. HTK (Young et al., The HTK Book 3.4, equation 5.13) is a logarithm all along:

    mel = 2595 log10(1 + hertz / 700)

Slaney's (Auditory Toolbox, Technical Report 1998-010) is a line up to 1000 Hz, 200/3 Hz a mel, and a logarithm beyond,
27 mels for each factor of 6.4. Bands are triangles whose corners are evenly spaced in mels and whose peaks are 1; those
of Slaney are divided by half their width in hertz, so that each has the same area.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqloom.errors import InputError

Scale = Literal["htk", "slaney"]
Floats = NDArray[np.float64]
_LINE = 200 / 3
_BREAK = 1000.0
_STEP = np.log(6.4) / 27


def to_mel(hertz: ArrayLike, scale: Scale) -> Floats:
    """Return mels for frequencies in hertz."""
    f = np.asarray(hertz, np.float64)
    if scale == "htk":
        return np.asarray(2595 * np.log10(1 + f / 700))
    return np.where(f < _BREAK, f / _LINE, _BREAK / _LINE + np.log(np.maximum(f, _BREAK) / _BREAK) / _STEP)


def to_hertz(mel: ArrayLike, scale: Scale) -> Floats:
    """Return frequencies in hertz for mels; undoes `to_mel`."""
    m = np.asarray(mel, np.float64)
    if scale == "htk":
        return np.asarray(700 * (10 ** (m / 2595) - 1))
    knee = _BREAK / _LINE
    return np.where(m < knee, m * _LINE, _BREAK * np.exp(_STEP * (np.maximum(m, knee) - knee)))


def corners(bands: int, low: float, high: float, scale: Scale) -> Floats:
    """Return the corners of `bands` triangles from `low` to `high` hertz: [bands + 2], in hertz."""
    ends = to_mel([low, high], scale)
    return to_hertz(np.linspace(ends[0], ends[1], bands + 2), scale)


def filters(rate: int, fft: int, bands: int, low: float, high: float, scale: Scale) -> Floats:
    """Return the weight of each bin of a spectrum of `fft` points in each band: [bands, fft // 2 + 1].

    Raises InputError for bands so narrow that no bin falls into one.
    """
    bins = np.arange(fft // 2 + 1) * rate / fft
    edges = corners(bands, low, high, scale)
    left, peak, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    weights = np.maximum(0, np.minimum((bins - left) / (peak - left), (right - bins) / (right - peak)))
    empty = np.flatnonzero(weights.max(1) <= 0)
    if len(empty):
        one = int(empty[0])
        raise InputError(
            f"audio.bands={bands}: band {one + 1} ({edges[one]:.0f} to {edges[one + 2]:.0f} Hz) lies between two bins "
            f"of the spectrum, which are {rate / fft:.0f} Hz apart. Take fewer bands, a longer audio.window or a "
            "higher audio.fmin."
        )
    return weights * (2 / (edges[2:] - edges[:-2]))[:, None] if scale == "slaney" else weights


def cosines(coefficients: int, bands: int) -> Floats:
    """Return the rows of an orthonormal cosine transform (DCT-II): [coefficients, bands]; cepstra are rows times the
    logarithms of bands."""
    n = np.arange(coefficients)[:, None]
    rows = np.cos(np.pi * n * (np.arange(bands) + 0.5) / bands) * np.sqrt(2 / bands)
    rows[0] /= np.sqrt(2)
    return np.asarray(rows)
