"""Why: the quick view that applies to a row, none where time is up or a row says nothing."""

import time
from collections.abc import Callable

import pytest

from seqloom.explaining import VIEWS
from seqloom.pages.run_why import FIGURES, QUICK, why
from seqloom.training.run import Run

Kept = Callable[[str], tuple[Run, str | None]]


@pytest.mark.parametrize(
    ("task", "row", "view"),
    [("classify", "훌륭한 film", "occlusion"), ("translate", "개 3 마리가 달린다", "looking at")],
)
def test_a_row_is_explained_by_what_its_run_does(kept: Kept, task: str, row: str, view: str) -> None:
    run, _ = kept(task)
    part = why(run, "a row", row, time.monotonic() + 600)
    assert part is not None and part.title == "Why: a row" and row in part.about
    assert any(view in figure.title for figure in part.figures) and len(part.figures) <= FIGURES


def test_no_time_and_no_row_have_no_part(kept: Kept) -> None:
    run, _ = kept("classify")
    assert why(run, "late", "훌륭한 film", time.monotonic() - 1) is None
    asked, _ = kept("vqa")
    assert why(asked, "no question", "a.png", time.monotonic() + 600) is None


def test_the_views_are_there() -> None:
    assert set(QUICK) <= set(VIEWS)
