"""A look: where in a picture a model looked for each word that it wrote, as plain arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DARK = 0.2
"""How bright a place is that was not looked at, beside the one most looked at."""


@dataclass(frozen=True, eq=False)
class Look:
    """Weights over the places of a picture, a map of them for each word.

    picture  [height, width], or with 1 or 3 channels, of 0 to 255
    weights  [words, rows, columns], the places of a grid laid over the picture; each map sums to 1
    words    what was written, or what each map is of
    title    what was looked for, and by which part
    """

    picture: NDArray[Any]
    weights: Floats
    words: Sequence[str]
    title: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError for weights that do not fit the words, or are none, and for what is no picture."""
        if self.weights.ndim != 3 or len(self.weights) != len(self.words) or not self.weights.size:
            raise ValueError(f"weights of shape {self.weights.shape} for {len(self.words)} words")
        if not np.isfinite(self.weights).all() or (self.weights < 0).any():
            raise ValueError("weights that are negative or not finite")
        if self.picture.ndim not in (2, 3) or self.picture.shape[2:] not in ((), (1,), (3,)):
            raise ValueError(f"a picture of shape {self.picture.shape}")

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """The picture in colour: [height, width, 3]."""
        gray = self.picture if self.picture.ndim == 3 else self.picture[..., None]
        return np.broadcast_to(gray.round().clip(0, 255).astype(np.uint8), (*gray.shape[:2], 3))

    def shaded(self, word: int, scale: int = 1) -> NDArray[np.uint8]:
        """Return the picture, each pixel `scale` by `scale`, as bright as its place was looked at, by lines between
        the middles of places (Xu et al. 2015, figures 2 and 3)."""
        pixels = self.pixels.repeat(scale, 0).repeat(scale, 1)
        each = self.weights[word] / (self.weights[word].max() or 1.0)
        light = DARK + (1 - DARK) * _between(_between(each, pixels.shape[0], 0), pixels.shape[1], 1)
        return (pixels * light[..., None]).round().astype(np.uint8)

    def inside(self, mask: NDArray[np.bool_]) -> Floats:
        """Return the share of each word's weight that lies in a part of the picture: [words].

        mask  [height, width], of any size with the shape of the picture. A place lies in it as far as its pixels do, so
              that weights alike everywhere have the share that the part has of the picture.
        """
        return np.einsum("wrc,rc->w", self.weights, covered(mask, self.weights.shape[1:]))


def covered(mask: NDArray[np.bool_], grid: tuple[int, ...]) -> Floats:
    """Return which share of each place of a grid a mask [height, width] covers: [rows, columns]."""
    rows, columns = grid
    return _means(_means(mask.astype(np.float64), rows, 0), columns, 1)


def _means(values: Floats, count: int, axis: int) -> Floats:
    """Average values over `count` stretches of equal length along an axis, which may begin inside one of them."""
    size = values.shape[axis]
    total = np.cumsum(values, axis)
    total = np.concatenate([np.zeros_like(total.take([0], axis)), total], axis)
    edges = np.arange(count + 1) * size / count
    low = np.minimum(edges.astype(int), size - 1)
    shape = [-1 if one == axis else 1 for one in range(values.ndim)]
    part = (edges - low).reshape(shape)
    at = total.take(low, axis) * (1 - part) + total.take(low + 1, axis) * part
    return np.diff(at, axis=axis) * count / size


def _between(values: Floats, size: int, axis: int) -> Floats:
    """Spread the values of places over pixels along an axis, by lines between their middles."""
    places = values.shape[axis]
    middles, pixels = (np.arange(places) + 0.5) / places, (np.arange(size) + 0.5) / size
    return np.apply_along_axis(lambda line: np.interp(pixels, middles, line), axis, values)
