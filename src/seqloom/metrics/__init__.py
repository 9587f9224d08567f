"""Metrics: numbers that say how well a model answers, streamed over batches and kept in float64.

A metric is a class with `add(...)` for a batch's plain tensors, or for a written answer and its references
(`written.py`), `result() -> {name: value}`, and `higher`, which names every value it gives and says whether more of it
is better. It knows no model and no task. To add one: a file in this folder, a line in METRICS.
"""

from collections.abc import Mapping
from typing import ClassVar, Protocol, cast

from seqloom.errors import InputError, nearest
from seqloom.table import Table

METRICS = Table(
    "metric",
    "seqloom.metrics",
    {
        "classification": "classification:Classification",
        "multilabel": "multilabel:MultiLabel",
        "calibration": "calibration:Calibration",
        "language": "language:Language",
        "bleu": "bleu:BLEU",
        "orders": "orders:Orders",
        "chrf": "chrf:ChrF",
        "cider": "cider:CIDEr",
        "questions": "questions:Questions",
        "exact": "edits:Exact",
        "cer": "edits:CharacterErrors",
        "per": "edits:SymbolErrors",
        "spoken": "spoken:Spoken",
        "rouge": "rouge:Rouge",
        "distinct": "distinct:Distinct",
        "length": "length:Length",
        "tokens": "tokens:Tokens",
        "tagging": "tagging:Tagging",
        "spans": "spans:Spans",
        "forecasting": "forecasting:Forecasting",
        "regression": "regression:Regression",
    },
)


class Metric(Protocol):
    """What every entry of METRICS offers beside its own `add`."""

    higher: ClassVar[Mapping[str, bool]]

    def result(self) -> dict[str, float]:
        """Return the values so far."""


def higher_is_better(name: str) -> bool:
    """Say whether more of a metric is better, e.g. True for accuracy and False for loss.

    A value of one label ("f1/spam"), of one head ("intent.accuracy") or of answers written with the right words as
    input ("forced.bleu") has the direction of its metric; a gap ("gap.bleu") is better small.
    Raises InputError for a name that no metric gives.
    """
    known = {"loss": False}
    for entry in METRICS.values():
        known.update(cast(type[Metric], entry).higher)
    plain = name.split("/")[0].rsplit(".", 1)[-1]
    if plain not in known:
        raise InputError(f"unknown metric '{name}'" + nearest(plain, known))
    return known[plain] and "gap" not in name.split("/")[0].split(".")[:-1]


def gap(name: str, forced: float, free: float) -> float:
    """Return how much worse a value is free-running than teacher-forced, whatever its direction; above 0: worse."""
    return forced - free if higher_is_better(name) else free - forced
