"""Why: one or two rows explained, by a view that is quick."""

import time
from typing import Any

from seqloom.errors import InputError
from seqloom.explaining.explain import viewer_of
from seqloom.explaining.subjects import subject_of
from seqloom.report.figures import Section
from seqloom.training.run import Run

FIGURES = 3
"""Figures of a view that a page of a run shows; `seqloom explain` draws all."""
QUICK: dict[str, dict[str, Any]] = {"attention": {}, "saliency": {"method": "occlusion", "parts": 48}}
"""Views that cost some passes, and their options."""


def why(run: Run, title: str, row: Any, deadline: float) -> Section | None:
    """Return the part of a page that explains a row by the first quick view that applies; None where none does, or
    where there is no more time."""
    if time.monotonic() > deadline:
        return None
    try:
        subject = subject_of(run, row)
    except InputError:  # an empty row has nothing to explain
        return None
    names = list(QUICK) if run.model.decoder is not None else list(reversed(QUICK))
    for name in names:
        viewer = viewer_of(name, QUICK[name])
        if viewer.refusal(subject) is not None:
            continue
        view = viewer.view(subject, lambda note: None)
        about = f"{subject.question} → {subject.answer}    {subject.score_name} = {subject.told():.4g}\n\n{view.about}"
        left = len(view.figures) - FIGURES
        more = [f"{left} more figures are drawn by `seqloom explain`."] if left > 0 else []
        return Section(f"Why: {title}", about, list(view.figures)[:FIGURES], [*subject.notes, *view.notes, *more])
    return None
