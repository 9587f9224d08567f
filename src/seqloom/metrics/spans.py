"""Spans: how many are found whole, at the right words and of the right type, as CoNLL-2000's conlleval counts them."""

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from seqloom.data.spans import spans


class Spans:
    """Precision, recall and F1 of spans, of all (micro) and of each type.

        precision = right / predicted      recall = right / present      F1 = 2 right / (predicted + present)

    A span is right where start, end and type are all right. Nothing of nothing is 0.
    """

    higher: ClassVar = {"span_f1": True, "span_precision": True, "span_recall": True}

    def __init__(self) -> None:
        self._right: Counter[str] = Counter()
        self._predicted: Counter[str] = Counter()
        self._present: Counter[str] = Counter()

    def add(self, predicted: Sequence[str], true: Sequence[str]) -> None:
        """Count a sentence: a tag for each word, in any scheme (see `data/spans.py`)."""
        if len(predicted) != len(true):
            raise ValueError(f"{len(predicted)} tags for {len(true)} words")
        found, there = spans(predicted), spans(true)
        self._predicted.update(span.type for span in found)
        self._present.update(span.type for span in there)
        self._right.update(span.type for span in {*found} & {*there})

    def per_type(self) -> list[dict[str, str | float]]:
        """Return a row for each type: type, precision, recall, f1, and `spans`, how many there truly are."""
        rows: list[dict[str, str | float]] = []
        for kind in sorted({*self._predicted, *self._present}):
            precision, recall, f1 = _values(self._right[kind], self._predicted[kind], self._present[kind])
            spans = self._present[kind]
            rows.append({"type": kind, "precision": precision, "recall": recall, "f1": f1, "spans": spans})
        return rows

    def result(self) -> dict[str, float]:
        """Return span_precision, span_recall, span_f1 and, for each type, span_f1/TYPE."""
        values = _values(self._right.total(), self._predicted.total(), self._present.total())
        each = {f"span_f1/{row['type']}": float(row["f1"]) for row in self.per_type()}
        return dict(zip(("span_precision", "span_recall", "span_f1"), values, strict=True)) | each


def _values(right: int, predicted: int, present: int) -> tuple[float, float, float]:
    """Return precision, recall and F1."""
    return right / max(predicted, 1), right / max(present, 1), 2 * right / max(predicted + present, 1)
