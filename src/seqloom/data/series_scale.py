"""Scales: the mean and deviation of each column of each series, over its training part alone.

A folder holds them as `scales.json`, by the name of the series.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqloom.data.sealed import seal, unseal
from seqloom.data.series_table import Floats

FORMAT = 1


@dataclass(frozen=True)
class Scale:
    """What a column is less of and divided by: center and spread, each [columns]."""

    center: Floats
    spread: Floats

    def apply(self, values: Floats) -> Floats:
        """Standardise values [..., columns]."""
        return (values - self.center) / self.spread

    def undo(self, values: Floats) -> Floats:
        """Bring values [..., columns] back to their own units."""
        return values * self.spread + self.center


def fit(values: Floats) -> Scale:
    """Learn from a training part [time, columns]; what is NaN is left out, and a constant column has a spread of 1."""
    known = ~np.isnan(values)
    count = np.maximum(known.sum(0), 1)
    center = np.where(known, values, 0.0).sum(0) / count
    spread = np.sqrt((np.where(known, values - center, 0.0) ** 2).sum(0) / count)
    flat = spread <= 1e-9 * np.maximum(1.0, np.abs(center))
    return Scale(center, np.where(flat, 1.0, spread))


def none(columns: int) -> Scale:
    """Return the scale that changes nothing."""
    return Scale(np.zeros(columns), np.ones(columns))


def constant(values: Floats) -> list[int]:
    """Return the columns of a part [time, columns] that never differ."""
    with np.errstate(invalid="ignore"):
        return [place for place, column in enumerate(values.T) if len(np.unique(column[~np.isnan(column)])) < 2]


Scales = dict[str, tuple[Scale, Scale]]
"""By name of a series: the scale of its channels, and of its covariates."""


def digest(scales: Scales) -> str:
    """Return a hash of what the scales are."""
    return hashlib.sha256(json.dumps(_plain(scales), sort_keys=True).encode()).hexdigest()


def save(scales: Scales, folder: Path) -> None:
    """Write `scales.json` into a folder."""
    seal(folder / "scales.json", FORMAT, {"series": _plain(scales)}, digest(scales))


def load(folder: Path) -> Scales:
    """Read what `save` wrote. Raises CheckpointError where it is missing, damaged or of a later format."""

    def made(about: dict[str, Any]) -> Scales:
        return {name: (_scale(values[:2]), _scale(values[2:])) for name, values in about["series"].items()}

    return unseal(folder / "scales.json", FORMAT, made, digest)


def _scale(values: list[list[float]]) -> Scale:
    return Scale(np.array(values[0], np.float64), np.array(values[1], np.float64))


def _plain(scales: Scales) -> dict[str, list[list[float]]]:
    return {
        name: [part.tolist() for scale in both for part in (scale.center, scale.spread)]
        for name, both in scales.items()
    }
