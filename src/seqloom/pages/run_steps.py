"""What a tagger tells right: by type of span where tags write spans, and by tag."""

from typing import Any

import numpy as np

from seqloom.pages.run_look import Look
from seqloom.report.figures import Bars, Figure, Section, Table

MOST = 40
"""Tags in a table, the most frequent first."""


def steps_part(look: Look) -> Section | None:
    """Return the part of a page on tags; None where the meter tells nothing of them."""
    figures: list[Figure] = []
    for what, count, title in (("type", "spans", "Spans by type"), ("tag", "words", "Words by tag")):
        rows: list[dict[str, Any]] = list(look.details.get(f"per_{what}", ()))
        if not rows:
            continue
        rows.sort(key=lambda row: -row[count])
        shown = [
            (row[what], *(round(float(row[key]), 4) for key in ("precision", "recall", "f1")), int(row[count]))
            for row in rows[:MOST]
        ]
        left = f"The {MOST} most frequent of {len(rows)}." if len(rows) > MOST else ""
        figures.append(Table(title, (what, "precision", "recall", "F1", count), shown, left))
        if what == "type" or not look.details.get("per_type"):
            often = rows[: MOST // 2]
            figures.append(Bars("F1", [str(row[what]) for row in often], np.array([row["f1"] for row in often]), "F1"))
    return Section("Tags", "Which tags are told right.", figures) if figures else None
