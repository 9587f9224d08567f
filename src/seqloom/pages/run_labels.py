"""What a run that tells labels gets right: confusion, labels, and whether it is as sure as it is right."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom.metrics.calibration import Calibration
from seqloom.pages.run_look import Look
from seqloom.pages.run_measures import share_interval
from seqloom.report.figures import Bars, Figure, Heat, Line, Lines, Section, Table

MOST = 30
"""Labels of which a confusion matrix is drawn; of more, the pairs most often mistaken are named."""
MISTAKEN = 15
LEAST = 10
"""Rows of a label, of which a recall is said to be low."""
Floats = NDArray[np.float64]


def labels_part(look: Look) -> Section | None:
    """Return the part of a page on labels; None where none is told, or several of one row."""
    details = look.details
    figures: list[Figure] = []
    if details.get("confusion"):
        figures += confusion(np.array(details["confusion"], np.float64), details["labels"])
    told, true = look.arrays.get("probabilities"), look.arrays.get("true")
    notes = []
    if told is not None and true is not None and true.ndim == 1:
        figures.append(reliability(told, true))
        notes.append(
            "Calibration (Guo et al. 2017): of rows held probable at 80 %, 80 % should be right. A line below the "
            "diagonal is too sure of itself, one above it not sure enough."
        )
    rows = details.get("per_class")
    if rows:
        figures.append(by_label(rows, look))
    return (
        Section("Labels", "Which labels are told right, and which are taken for which.", figures, notes)
        if figures
        else None
    )


def confusion(counts: Floats, labels: list[str]) -> list[Figure]:
    """Return shares of each true label by what it was taken for, or the worst mistakes of many labels."""
    present = counts.sum(1, keepdims=True)
    shares = np.divide(counts, present, out=np.full_like(counts, np.nan), where=present > 0)
    names = [f"{label} ({int(count):,})" for label, count in zip(labels, present[:, 0], strict=True)]
    found: list[Figure] = []
    if len(labels) <= MOST:
        caption = (
            "Shares of the rows of each true label; in brackets how many there are. Right ones lie on the diagonal."
        )
        found.append(Heat("Confusion", shares, names, labels, "true", "told", low=0.0, high=1.0, caption=caption))
    wrong = counts - np.diag(np.diag(counts))
    places = np.argsort(-wrong, axis=None, kind="stable")[:MISTAKEN]
    rows = [
        (labels[at // len(labels)], labels[at % len(labels)], int(wrong.flat[at]), f"{shares.flat[at]:.1%}")
        for at in places.tolist()
        if wrong.flat[at]
    ]
    if rows:
        columns = ("true", "told", "rows", "of the true ones")
        found.append(Table("Most often mistaken", columns, rows, right=("of the true ones",)))
    return found


def reliability(told: Floats, true: NDArray[Any]) -> Lines:
    """Return the reliability diagram of probabilities [rows, labels] and true ids [rows]."""
    counted = Calibration(bins=10)
    ids = torch.from_numpy(true.astype(np.int64))
    counted.add(torch.from_numpy(told), ids)
    sure, right = told.max(1), (told.argmax(1) == true).astype(np.float64)
    x, y, low, high = [], [], [], []
    for one in counted.bins():
        inside = (sure > one["from"]) & (sure <= one["to"])
        ends = share_interval(right[inside])
        x.append(one["confidence"])
        y.append(one["accuracy"])
        low.append(ends[0])
        high.append(ends[1])
    line = Line("this run", np.array(x), np.array(y), np.array(low), np.array(high))
    ideal = Line("as sure as right", np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    return Lines("Calibration", [line, ideal], "probability that it gives", "share that is right")


def by_label(rows: list[dict[str, Any]], look: Look) -> Table:
    """Return precision, recall and F1 of each label, the recall with an interval where single rows are known."""
    told, true = look.arrays.get("probabilities"), look.arrays.get("true")
    names = [row["label"] for row in rows]
    shown = []
    for number, row in enumerate(rows):
        ends = None
        if told is not None and true is not None and true.ndim == 1:
            right = (told.argmax(1) == true)[true == number].astype(np.float64)
            if len(right):
                ends = "{:.3f} to {:.3f}".format(*share_interval(right))
        values = [round(float(row[key]), 4) for key in ("precision", "recall", "f1")]
        shown.append((names[number], values[0], values[1], ends, values[2], int(row["rows"])))
    columns = ["label", "precision", "recall", "95 % of recall", "F1", "rows"]
    if all(row[3] is None for row in shown):
        return Table("By label", columns[:3] + columns[4:], [row[:3] + row[4:] for row in shown])
    return Table("By label", columns, shown, right=("95 % of recall",))


def worst_labels(look: Look) -> Bars | None:
    """Return the recall of the labels with the lowest, of those with enough rows."""
    rows = [row for row in look.details.get("per_class", ()) if row["rows"] >= LEAST]
    if len(rows) < 3:
        return None
    rows = sorted(rows, key=lambda row: row["recall"])[:MISTAKEN]
    return Bars(
        "Recall of the hardest labels",
        [row["label"] for row in rows],
        np.array([row["recall"] for row in rows]),
        "recall",
    )
