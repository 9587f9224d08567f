"""Measure: a number that a person compares models by, as a function of what can be summed over rows.

Accuracy is (right, rows); F1 of spans is (true, told, both); BLEU is its ten counts. Whatever is a function of sums can
be told of any sample of rows, drawn with replacement or not, without a model: that is what intervals rest on.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from seqloom.errors import CheckpointError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Measure:
    """What is compared.

    name     as `Run.evaluate` names it
    unit     what a difference is in: "points" (of a hundred; shown times 100), "nats", ...
    columns  names of the statistics [k] of a row
    value    of summed statistics [..., k] to the number [...]
    bounds   the ends of what numbers there can be
    """

    name: str
    about: str
    unit: str
    higher: bool
    columns: tuple[str, ...]
    value: Callable[[Floats], Floats]
    bounds: tuple[float, float] = (-math.inf, math.inf)


@dataclass(frozen=True, eq=False)
class Items:
    """What one run is worth on each row, in the order of the data, so that two runs' items are of the same rows.

    stats    [items, k], of the measure's columns
    lengths  steps of the source [items], -1 where there is none
    classes  the true label of each: names, and which [items]; None where there is none
    rarity   how rare the tokens of a row are in training (mean log2 rank) [items]; None where nothing is ranked
    """

    measure: str
    stats: Floats
    lengths: Ints
    classes: tuple[tuple[str, ...], Ints] | None = None
    rarity: Floats | None = None

    def save(self, path: Path) -> None:
        """Write one .npz file, under another name first, so that there is a whole one or none."""
        arrays: dict[str, NDArray[np.generic]] = {
            "measure": np.array(self.measure),
            "stats": self.stats,
            "lengths": self.lengths,
        }
        if self.classes is not None:
            arrays["names"], arrays["classes"] = np.array(self.classes[0], dtype=np.str_), self.classes[1]
        if self.rarity is not None:
            arrays["rarity"] = self.rarity
        beside = path.with_name(path.name + ".part.npz")
        np.savez_compressed(beside, allow_pickle=False, **arrays)
        beside.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Items":
        """Read what `save` wrote. Raises CheckpointError where it is missing or damaged."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                classes = (tuple(str(one) for one in kept["names"]), kept["classes"]) if "classes" in kept else None
                rarity = kept.get("rarity")
                return cls(str(kept["measure"]), kept["stats"], kept["lengths"], classes, rarity)
        except FileNotFoundError:
            raise CheckpointError(f"{path} is missing; remove the .json of its name and say --resume.") from None
        except (ValueError, EOFError, OSError, KeyError, BadZipFile) as error:
            raise CheckpointError(
                f"{path} is damaged: {error}. Remove it and the .json of its name, --resume."
            ) from None
